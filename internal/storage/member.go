package storage

import (
	"context"
	"fmt"

	"siyu/internal/connector/customers"
	"siyu/internal/event"
	"siyu/internal/id"
)

var (
	_ customers.Runs       = (*DB)(nil)
	_ customers.Identities = (*DB)(nil)
)

// DescribedCustomers implements customers.Identities.
func (db *DB) DescribedCustomers(ctx context.Context, ids []id.Customer) (map[id.Customer]customers.Known, error) {
	states, err := db.LoadCustomers(ctx, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[id.Customer]customers.Known, len(ids))
	for i := range states {
		c := &states[i]
		if c.FirstSeen == 0 {
			continue
		}
		d := &c.Described
		known[ids[i]] = customers.Known{Since: c.FirstSeen.Time(), At: d.At.Time(), By: c.Referrer.By, Said: event.CustomerDescribed{
			BirthMonth: d.BirthMonth, BirthDay: d.BirthDay, City: d.City, Level: d.Level, Campaign: d.Campaign, Tags: d.Tags,
		}}
	}
	return known, nil
}

// SaveMembers implements customers.Runs.
func (db *DB) SaveMembers(ctx context.Context, facts []event.Fact, at customers.Checkpoint) error {
	facts = inOrder(facts, func(f *event.Fact) int64 { return f.Subject.ID })
	state, err := encode(at)
	if err != nil {
		return err
	}
	var put appended
	err = db.Write(ctx, Background, func(tx *Tx) (err error) {
		if put, err = tx.appendFacts(ctx, facts); err != nil {
			return err
		}
		_, err = tx.put(ctx, runTable, [][]any{{at.Key[:], int64(event.At(at.Started)), flag(at.Done), state}})
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d facts of customers: %w", len(facts), err)
	}
	db.tail.push(put.facts)
	return nil
}

// OpenMemberRun implements customers.Runs.
func (db *DB) OpenMemberRun(ctx context.Context, key [32]byte) (at customers.Checkpoint, ok bool, err error) {
	ok, err = db.openRun(ctx, key, &at)
	return at, ok, err
}
