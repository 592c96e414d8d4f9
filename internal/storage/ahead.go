package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/org"
)

// ApprovedAhead is a word for the mass messages of a process before they are made.
type ApprovedAhead struct {
	Process int64
	Version int
	Reach   int // customers whom they may reach together
	Account string
	Rank    org.Rank // of the account then
	Rule    org.ApprovalRule
	At      time.Time
}

var approvedAheadTable = table{name: "approved_ahead", key: []string{"process_id"}, known: keep, columns: []column{
	{"process_id", bigint}, {"version", bigint}, {"reach", bigint}, {"account", text}, {"rank", text}, {"rule", text}, {"at", bigint}}}

// ApproveAhead keeps the word; the first one about a process stands.
func (db *DB) ApproveAhead(ctx context.Context, a ApprovedAhead) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.put(ctx, approvedAheadTable, [][]any{{a.Process, int64(a.Version), int64(a.Reach), a.Account, string(a.Rank), string(a.Rule), at(a.At)}})
		return err
	})
	if err != nil {
		return fmt.Errorf("approve process %d ahead: %w", a.Process, err)
	}
	return nil
}

// ApprovedAheadOf returns the word for the version of a process that works, the zero
// one where there is none.
func (db *DB) ApprovedAheadOf(ctx context.Context, process int64) (a ApprovedAhead, err error) {
	_, err = one(ctx, db.reader, []any{&a.Process, &a.Version, &a.Reach, &a.Account, &a.Rank, &a.Rule, moment{&a.At}},
		"SELECT "+approvedAheadTable.list()+" FROM approved_ahead WHERE process_id = $1 AND version = (SELECT version FROM sop_process WHERE id = $1)", process)
	if err != nil {
		return a, fmt.Errorf("read who approved process %d ahead: %w", process, err)
	}
	return a, nil
}

// WaitingAhead returns mass messages whose time has come, that nobody approved, and
// whose process was approved ahead and is at work.
func (db *DB) WaitingAhead(ctx context.Context, now time.Time) ([]delivery.Dispatch, error) {
	list, err := dispatches(ctx, db.reader, `WHERE state = 'planned' AND approved_by = '' AND starts <= $1 AND ends > $1 AND process_id IN
		(SELECT a.process_id FROM approved_ahead a JOIN sop_process p ON p.id = a.process_id AND p.version = a.version AND p.state = 'active') ORDER BY id`, at(now))
	if err != nil {
		return nil, fmt.Errorf("read mass messages that were approved ahead: %w", err)
	}
	return list, nil
}

// ReachApproved returns how many customers the approved mass messages of a process are
// for, whatever became of them. Who gets one again is counted once.
func (db *DB) ReachApproved(ctx context.Context, process int64) (n int, err error) {
	_, err = one(ctx, db.reader, []any{&n}, `SELECT count(*) FROM dispatch d JOIN touch t ON t.dispatch_id = d.id AND t.dispatch_id <> 0 AND t.occurrence = 0
		WHERE d.process_id = $1 AND d.process_id <> 0 AND d.approved_by <> ''`, process)
	if err != nil {
		return 0, fmt.Errorf("count customers of approved messages of process %d: %w", process, err)
	}
	return n, nil
}
