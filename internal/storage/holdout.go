package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var holdoutTable = table{name: "holdout", key: []string{"customer_id"},
	columns: []column{{"customer_id", bigint}, {"held", bigint}, {"assigned", bigint}}}

// Holdout implements flow.Plans.
func (db *DB) Holdout(ctx context.Context, of flow.Whom) (map[id.Customer]bool, error) {
	held, err := holdoutOf(ctx, db.reader, db.dialect, of)
	if err != nil {
		return nil, fmt.Errorf("read hold-out: %w", err)
	}
	return held, nil
}

func holdoutOf(ctx context.Context, q querier, d Dialect, of flow.Whom) (map[id.Customer]bool, error) {
	held := make(map[id.Customer]bool, len(of.List))
	which, args := d.whom(of)
	err := each(ctx, q, func(scan func(...any) error) error {
		var c id.Customer
		var h int
		err := scan(&c, &h)
		held[c] = h == 1
		return err
	}, "SELECT customer_id, held FROM holdout WHERE customer_id "+which, args...)
	return held, err
}

// AssignHoldout implements flow.Plans.
func (db *DB) AssignHoldout(ctx context.Context, assigned map[id.Customer]bool, when time.Time) error {
	rows := make([][]any, 0, len(assigned))
	for c, held := range assigned {
		rows = append(rows, []any{int64(c), flag(held), at(when)})
	}
	err := db.putInTurns(ctx, holdoutTable, rows)
	if err != nil {
		return fmt.Errorf("assign hold-out of %d customers: %w", len(assigned), err)
	}
	return nil
}

// HeldSince returns, of the customers, those held out and since when.
func (db *DB) HeldSince(ctx context.Context, customers []id.Customer) (map[id.Customer]event.Instant, error) {
	held := map[id.Customer]event.Instant{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c id.Customer
		var since event.Instant
		err := scan(&c, &since)
		held[c] = since
		return err
	}, "SELECT customer_id, assigned FROM holdout WHERE held = 1 AND customer_id "+db.dialect.among(1), idList(db.dialect, customers))
	if err != nil {
		return nil, fmt.Errorf("read hold-out of %d customers: %w", len(customers), err)
	}
	return held, nil
}

// whom completes "customer_id " to a test for those who are named, with
// parameters from the first on.
func (d Dialect) whom(of flow.Whom) (test string, args []any) {
	if of.List != nil || of.First == 0 && of.Last == 0 {
		return d.among(1), []any{idList(d, of.List)}
	}
	return "BETWEEN $1 AND $2", []any{int64(of.First), int64(of.Last)}
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
