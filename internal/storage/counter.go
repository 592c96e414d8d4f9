package storage

import (
	"context"
	"fmt"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var counterTable = table{name: "counter", key: []string{"name", "day", "store_id", "part"}, known: add,
	columns: []column{{"name", text}, {"day", bigint}, {"store_id", bigint}, {"part", text}, {"value", bigint}}}

func counterRows(counters []flow.Counter) [][]any {
	rows := make([][]any, len(counters))
	for i, c := range counters {
		rows[i] = []any{c.Name, int64(c.Day), int64(c.Store), c.Part, c.Delta}
	}
	return rows
}

// Counters returns the figures with one of the names for the business days
// from first to last, both included: one row per day, name, store and part,
// in that order, its value in Delta.
func (db *DB) Counters(ctx context.Context, names []string, first, last event.Instant) ([]flow.Counter, error) {
	var counters []flow.Counter
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c flow.Counter
		var store int64
		if err := scan(&c.Day, &c.Name, &store, &c.Part, &c.Delta); err != nil {
			return err
		}
		c.Store = id.Store(store)
		counters = append(counters, c)
		return nil
	}, "SELECT day, name, store_id, part, value FROM counter WHERE day BETWEEN $1 AND $2 AND name "+db.dialect.amongWords(3)+
		" ORDER BY day, name, store_id, part", int64(first), int64(last), wordList(db.dialect, names))
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	return counters, nil
}

// EverCounted tells whether a figure was counted on any day.
func (db *DB) EverCounted(ctx context.Context, name string) (bool, error) {
	var day int64
	found, err := one(ctx, db.reader, []any{&day}, "SELECT day FROM counter WHERE name = $1 LIMIT 1", name)
	if err != nil {
		return false, fmt.Errorf("look for a first count: %w", err)
	}
	return found, nil
}

// SetCounters implements flow.States.
func (db *DB) SetCounters(ctx context.Context, figures []flow.Counter) error {
	as := counterTable
	as.known = replace
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.put(ctx, as, counterRows(figures))
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d figures: %w", len(figures), err)
	}
	db.forgetDays(figures)
	return nil
}
