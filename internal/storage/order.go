package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"siyu/internal/connector/export"
	"siyu/internal/connector/orders"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var (
	_ orders.Runs       = (*DB)(nil)
	_ export.Identities = (*DB)(nil)
)

var orderTable = table{name: "orders", key: []string{"order_id"}, known: replace, columns: []column{
	{"order_id", bigint}, {"shop", text}, {"store_id", bigint}, {"customer_id", bigint}, {"at", bigint},
	{"purchase", bigint}, {"amount", bigint}, {"refunded", bigint}, {"record", bytes}}}

var runTable = table{name: "import_run", key: []string{"key"}, known: replace,
	columns: []column{{"key", bytes}, {"started", bigint}, {"done", bigint}, {"state", bytes}}}

// KnownOrders implements orders.Runs.
func (db *DB) KnownOrders(ctx context.Context, list []id.Order) (map[id.Order]orders.Known, error) {
	known := make(map[id.Order]orders.Known, len(list))
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var k orders.Known
		var at event.Instant
		var purchase int64
		var record []byte
		if err := scan(&k.Order, &k.Shop, &k.Store, &k.Customer, &at, &purchase, &k.Amount, &k.Refunded, &record); err != nil {
			return err
		}
		k.At, k.Purchase = at.Time(), purchase == 1
		known[k.Order] = k
		if err := cbor.Unmarshal(record, &k.Record); err != nil {
			return fmt.Errorf("decode order %s: %w", id.Text(k.Order), err)
		}
		known[k.Order] = k
		return nil
	}, "SELECT order_id, shop, store_id, customer_id, at, purchase, amount, refunded, record FROM "+
		db.dialect.joined(1)+" orders ON order_id = j.value", idList(db.dialect, slices.Sorted(slices.Values(list))))
	if err != nil {
		return nil, fmt.Errorf("read %d orders: %w", len(list), err)
	}
	return known, nil
}

// SaveOrders implements orders.Runs. Rows are written in the order of their
// keys, so that neighbours are found together.
func (db *DB) SaveOrders(ctx context.Context, facts []event.Fact, list []orders.Known, at orders.Checkpoint) error {
	facts = inOrder(facts, func(f *event.Fact) int64 { return f.Subject.ID })
	rows := make([][]any, len(list))
	for i, k := range inOrder(list, func(k *orders.Known) int64 { return int64(k.Order) }) {
		record, err := encode(k.Record)
		if err != nil {
			return err
		}
		rows[i] = []any{int64(k.Order), k.Shop, int64(k.Store), int64(k.Customer), int64(event.At(k.At)),
			flag(k.Purchase), int64(k.Amount), int64(k.Refunded), record}
	}
	state, err := encode(at)
	if err != nil {
		return err
	}
	var put appended
	err = db.Write(ctx, Background, func(tx *Tx) (err error) {
		if put, err = tx.appendFacts(ctx, facts); err != nil {
			return err
		}
		if _, err := tx.put(ctx, orderTable, rows); err != nil {
			return err
		}
		_, err = tx.put(ctx, runTable, [][]any{{at.Key[:], int64(event.At(at.Started)), flag(at.Done), state}})
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d orders: %w", len(list), err)
	}
	db.tail.push(put.facts)
	return nil
}

// inOrder returns a list sorted by a key; what has one key keeps its order.
func inOrder[T any](list []T, key func(*T) int64) []T {
	type place struct {
		key int64
		at  int
	}
	places := make([]place, len(list))
	for i := range list {
		places[i] = place{key(&list[i]), i}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
	sorted := make([]T, len(list))
	for i, p := range places {
		sorted[i] = list[p.at]
	}
	return sorted
}

// OpenRun implements orders.Runs.
func (db *DB) OpenRun(ctx context.Context, key [32]byte) (at orders.Checkpoint, ok bool, err error) {
	ok, err = db.openRun(ctx, key, &at)
	return at, ok, err
}

// openRun reads the checkpoint of an import that is not finished, and tells whether
// there is one.
func (db *DB) openRun(ctx context.Context, key [32]byte, into any) (ok bool, err error) {
	var state []byte
	if ok, err = one(ctx, db.reader, []any{&state}, "SELECT state FROM import_run WHERE key = $1 AND done = 0", key[:]); err != nil || !ok {
		return false, err
	}
	if err := cbor.Unmarshal(state, into); err != nil {
		return false, fmt.Errorf("decode checkpoint of an import: %w", err)
	}
	return true, nil
}

// MetSince implements export.Identities.
func (db *DB) MetSince(ctx context.Context, customers []id.Customer, since time.Time) (map[id.Customer]bool, error) {
	met := map[id.Customer]bool{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c id.Customer
		err := scan(&c)
		met[c] = true
		return err
	}, "SELECT subject_id FROM fact WHERE subject_id "+db.dialect.among(1)+" AND subject_type = $2 AND kind = $3 GROUP BY subject_id HAVING min(received) >= $4",
		idList(db.dialect, customers), string(event.AboutCustomer), string(event.KindCustomerIdentified), at(since))
	if err != nil {
		return nil, fmt.Errorf("look up whom was met of %d customers: %w", len(customers), err)
	}
	return met, nil
}

// PhoneOwners implements export.Identities.
func (db *DB) PhoneOwners(ctx context.Context, keys [][]byte) (map[string]id.Customer, error) {
	wanted := make([]flow.Identity, len(keys))
	for i, k := range keys {
		wanted[i] = flow.Identity{Kind: event.ByPhone, Key: k}
	}
	owners, err := db.IdentityOwners(ctx, wanted)
	if err != nil {
		return nil, err
	}
	found := make(map[string]id.Customer, len(owners))
	for i, k := range keys {
		if c, known := owners[wanted[i].Text()]; known {
			found[string(k)] = c
		}
	}
	return found, nil
}
