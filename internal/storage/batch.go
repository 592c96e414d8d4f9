package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Batch is a dispatch that waits for approval, with what its actions promise.
type Batch struct {
	Dispatch  int64
	Staff     id.Staff
	Store     id.Store
	Purpose   event.Purpose
	Customers int // who would get it
	Gain      delivery.Gain
}

// BatchQuery asks for a page of batches. Zero fields do not filter.
type BatchQuery struct {
	Scope    org.Scope
	Purposes []event.Purpose
	EndAfter time.Time // only those whose window ends after it
	After    *Batch    // the last one of the page before
	Limit    int
}

var batchTable = table{name: "batch", key: []string{"dispatch_id"}, known: replace, columns: []column{
	{"dispatch_id", bigint}, {"staff_id", bigint}, {"store_id", bigint}, {"purpose", text}, {"ends", bigint},
	{"customers", bigint}, {"gain", double}, {"gain_low", double}, {"gain_high", double}, {"process_id", bigint}}}

// ofLiveProcess leaves out what wants nobody's approval for now, or for good.
const ofLiveProcess = "process_id NOT IN (SELECT id FROM sop_process WHERE state IN ('paused', 'retired'))"

// Batches returns one page of what waits for approval, highest gain first.
func (db *DB) Batches(ctx context.Context, q BatchQuery) ([]Batch, error) {
	c := conditions{dialect: db.dialect}
	c.add("ends > ? AND "+ofLiveProcess, at(q.EndAfter))
	if q.Purposes != nil {
		c.add("purpose "+db.dialect.amongWords(0), wordList(db.dialect, q.Purposes))
	}
	if q.After != nil {
		gain := q.After.Gain.Value
		c.add("gain <= ? AND (gain < ? OR dispatch_id < ?)", gain, gain, q.After.Dispatch)
	}
	c.scope(q.Scope)
	var list []Batch
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var b Batch
		err := scan(&b.Dispatch, &b.Staff, &b.Store, &b.Purpose, &b.Customers, &b.Gain.Value, &b.Gain.Low, &b.Gain.High)
		list = append(list, b)
		return err
	}, "SELECT dispatch_id, staff_id, store_id, purpose, customers, gain, gain_low, gain_high FROM batch "+c.where()+
		" ORDER BY gain DESC, dispatch_id DESC"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read batches: %w", err)
	}
	return list, nil
}

// DispatchesNamed returns the dispatches with these ids that exist, in order of
// id.
func (db *DB) DispatchesNamed(ctx context.Context, list []int64) ([]delivery.Dispatch, error) {
	found, err := dispatches(ctx, db.reader, "WHERE id "+db.dialect.among(1)+" ORDER BY id", idList(db.dialect, list))
	if err != nil {
		return nil, fmt.Errorf("read %d dispatches: %w", len(list), err)
	}
	return found, nil
}

// WaitingCustomers returns how many customers wait in batches of each purpose
// whose window ends after a time.
func (db *DB) WaitingCustomers(ctx context.Context, scope org.Scope, endAfter time.Time) (map[event.Purpose]int, error) {
	c := conditions{dialect: db.dialect}
	c.add("ends > ? AND "+ofLiveProcess, at(endAfter))
	c.scope(scope)
	counts := map[event.Purpose]int{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var p event.Purpose
		var n int
		err := scan(&p, &n)
		counts[p] = n
		return err
	}, "SELECT purpose, CAST(sum(customers) AS bigint) FROM batch "+c.where()+" GROUP BY purpose", c.args...)
	if err != nil {
		return nil, fmt.Errorf("count customers of batches: %w", err)
	}
	return counts, nil
}

// waits tells whether a dispatch waits for approval.
func waits(d *delivery.Dispatch) bool { return d.State == delivery.Planned && d.ApprovedBy == "" }

// keepBatch notes what waits for approval, after its touches were stored, and
// forgets what does not.
func (tx *Tx) keepBatch(ctx context.Context, d *delivery.Dispatch) error {
	if !waits(d) {
		_, err := tx.exec(ctx, "DELETE FROM batch WHERE dispatch_id = $1", d.ID)
		return err
	}
	var customers int64
	var g delivery.Gain
	if _, err := one(ctx, tx, []any{&customers, &g.Value, &g.Low, &g.High}, `SELECT count(t.id),
			coalesce(sum(a.gain), 0.0), coalesce(sum(a.gain_low), 0.0), coalesce(sum(a.gain_high), 0.0)
		FROM touch t LEFT JOIN action a ON a.day = $2 AND a.customer_id = t.customer_id AND a.id = t.action_id
		WHERE t.dispatch_id = $1 AND t.dispatch_id <> 0 AND t.state = 'underway'`, d.ID, at(d.Day)); err != nil {
		return fmt.Errorf("add up batch: %w", err)
	}
	return tx.putBatch(ctx, d, customers, g)
}

func (tx *Tx) putBatch(ctx context.Context, d *delivery.Dispatch, customers int64, g delivery.Gain) error {
	_, err := tx.put(ctx, batchTable, [][]any{{d.ID, int64(d.Staff), int64(d.Store), string(d.Purpose), at(d.Until),
		customers, g.Value, g.Low, g.High, d.Process}})
	return err
}
