package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
)

// EachRunDue calls do with every run whose next step falls due before a moment, in no
// order; held-out customers get nothing and are left out. It walks the index of due
// runs, and what do is given is used again for the next run.
func (db *DB) EachRunDue(ctx context.Context, until event.Instant, do func(*sop.Run)) error {
	r := sop.Run{State: sop.Waiting}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		if err := scan(&r.Subject, &r.ID, &r.Process, &r.Occurrence, &r.Version, &r.Lane, &r.Step, &r.DueAt, &r.Tried); err != nil {
			return err
		}
		do(&r)
		return nil
	}, `SELECT subject, subject_id, process_id, occurrence, version, lane, step, due_at, tried FROM sop_run
		WHERE state <> 'ended' AND state = 'waiting' AND due_at < $1 AND held = 0`, int64(until))
	if err != nil {
		return fmt.Errorf("read steps that fall due: %w", err)
	}
	return nil
}

// CustomersOfDispatches calls do with the customers to whom dispatches still are
// underway.
func (db *DB) CustomersOfDispatches(ctx context.Context, dispatches []int64, do func(dispatch int64, run string, c id.Customer)) error {
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var dispatch int64
		var run string
		var c id.Customer
		err := scan(&dispatch, &run, &c)
		do(dispatch, run, c)
		return err
	}, "SELECT dispatch_id, run, customer_id FROM touch WHERE state = 'underway' AND dispatch_id <> 0 AND dispatch_id "+db.dialect.among(1), idList(db.dialect, dispatches))
	if err != nil {
		return fmt.Errorf("read customers of %d dispatches: %w", len(dispatches), err)
	}
	return nil
}

// HandTask is a contact by hand that waits for a member.
type HandTask struct {
	Customer id.Customer
	Purpose  event.Purpose
	From     time.Time
}

// EachHandTask calls do with every contact by hand that waits and whose window is
// open after a moment.
func (db *DB) EachHandTask(ctx context.Context, after time.Time, do func(HandTask)) error {
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var t HandTask
		err := scan(&t.Customer, &t.Purpose, moment{&t.From})
		do(t)
		return err
	}, "SELECT customer_id, purpose, starts FROM staff_task WHERE state IN ('due', 'postponed') AND ends > $1", at(after))
	if err != nil {
		return fmt.Errorf("read contacts by hand: %w", err)
	}
	return nil
}

// TargetsUnderway calls do with the targets of posts' sends that have not got them.
func (db *DB) TargetsUnderway(ctx context.Context, sends []int64, do func(send, target int64)) error {
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var send, target int64
		if err := scan(&send, &target); err != nil {
			return err
		}
		do(send, target)
		return nil
	}, "SELECT send_id, target_id FROM post_target WHERE state = 'underway' AND send_id "+db.dialect.among(1)+" ORDER BY send_id, target_id", idList(db.dialect, sends))
	if err != nil {
		return fmt.Errorf("read targets of %d sends: %w", len(sends), err)
	}
	return nil
}
