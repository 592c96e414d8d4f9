package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/org"
)

// Waiting counts what waits for a person.
type Waiting struct {
	Approvals int // dispatches whose window has not ended and that nobody approved
	InDoubt   int // dispatches without an answer
	Open      int // mass sends to confirm and contacts by hand to do, begun and not over
}

// CountWaiting counts what waits within a scope, without reading it.
func (db *DB) CountWaiting(ctx context.Context, scope org.Scope, now time.Time) (w Waiting, err error) {
	var confirm, contact int
	for _, count := range []struct {
		into  *int
		table string
		where string
		args  []any
	}{
		{&w.Approvals, "dispatch", "state = ? AND approved_by = '' AND ends > ?", []any{string(delivery.Planned), at(now)}},
		{&w.InDoubt, "dispatch", "state = ?", []any{string(delivery.InDoubt)}},
		{&confirm, "dispatch", "task = ?", []any{string(delivery.Open)}},
		{&contact, "staff_task", "state IN (?, ?) AND starts <= ? AND ends > ?", []any{string(delivery.Due), string(delivery.Postponed), at(now), at(now)}},
	} {
		c := conditions{dialect: db.dialect}
		c.add(count.where, count.args...)
		c.scope(scope)
		err := each(ctx, db.reader, func(scan func(...any) error) error { return scan(count.into) },
			"SELECT count(*) FROM "+count.table+" "+c.where(), c.args...)
		if err != nil {
			return w, fmt.Errorf("count what waits: %w", err)
		}
	}
	w.Open = confirm + contact
	return w, nil
}

// CountTouches counts the customers of each dispatch.
func (db *DB) CountTouches(ctx context.Context, dispatches []int64) (map[int64]int, error) {
	counts := make(map[int64]int, len(dispatches))
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var dispatch int64
		var n int
		err := scan(&dispatch, &n)
		counts[dispatch] = n
		return err
	}, "SELECT dispatch_id, count(*) FROM touch WHERE dispatch_id "+db.dialect.among(1)+" GROUP BY dispatch_id", idList(db.dialect, dispatches))
	if err != nil {
		return nil, fmt.Errorf("count touches: %w", err)
	}
	return counts, nil
}
