package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/fault"
)

// AudienceExport is a file of an audience that needs the word of a lead.
type AudienceExport struct {
	ID        int64
	Audience  int64
	Account   string
	At        time.Time
	Customers int
	Format    string
	State     ExportState
	Answerer  string
	Answered  time.Time
	// Changed is when the audience, or one that it names, was changed last: what
	// was asked or approved before is of other customers. It is not stored.
	Changed time.Time
}

// approvalHolds is how long an approval may wait to be used.
const approvalHolds = 7 * 24 * time.Hour

// approvedFor is the least number of customers an approval must name to hold for
// so many: an audience grows by up to a tenth while somebody is waited for.
func approvedFor(customers int) int64 { return int64(customers) * 10 / 11 }

// ExportState is what was said of an export.
type ExportState string

// The states of exports.
const (
	ExportWaiting  ExportState = "waiting"
	ExportApproved ExportState = "approved"
	ExportRefused  ExportState = "refused"
	ExportDone     ExportState = "done" // approved, and the file was taken
)

// AskExport stores an export that waits, unless the account waits for the same
// one already. One that waits for fewer customers or another rule is replaced, so
// that nobody approves what they have not read.
func (db *DB) AskExport(ctx context.Context, e AudienceExport) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM audience_export WHERE audience_id = $1 AND account = $2 AND format = $3 AND state = 'waiting'
			AND (at < $4 OR customers < $5)`, e.Audience, e.Account, e.Format, at(e.Changed), approvedFor(e.Customers)); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO audience_export (id, audience_id, account, at, customers, format, state, answered_by, answered)
			SELECT CAST($1 AS bigint), CAST($2 AS bigint), CAST($3 AS text), CAST($4 AS bigint), CAST($5 AS bigint), CAST($6 AS text), 'waiting', '', 0
			WHERE NOT EXISTS (SELECT 1 FROM audience_export WHERE audience_id = $7 AND account = $8 AND format = $9 AND state = 'waiting')`,
			randomID(), e.Audience, e.Account, at(e.At), int64(e.Customers), e.Format, e.Audience, e.Account, e.Format)
		return err
	})
	if err != nil {
		return fmt.Errorf("store export of audience %d: %w", e.Audience, err)
	}
	return nil
}

// AudienceExports returns the exports in a state, oldest first.
func (db *DB) AudienceExports(ctx context.Context, state ExportState) (list []AudienceExport, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var e AudienceExport
		err := scan(&e.ID, &e.Audience, &e.Account, moment{&e.At}, &e.Customers, &e.Format, &e.State, &e.Answerer, moment{&e.Answered})
		list = append(list, e)
		return err
	}, "SELECT id, audience_id, account, at, customers, format, state, answered_by, answered FROM audience_export WHERE state = $1 ORDER BY at, id", string(state))
	if err != nil {
		return nil, fmt.Errorf("read exports: %w", err)
	}
	return list, nil
}

// AnswerExport notes what somebody else than who asked said of a waiting export;
// fault.Conflict where none of another account waits under the number.
func (db *DB) AnswerExport(ctx context.Context, e AudienceExport) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "UPDATE audience_export SET state = $1, answered_by = $2, answered = $3 WHERE id = $4 AND state = 'waiting' AND account <> $5",
			string(e.State), e.Answerer, at(e.Answered), e.ID, e.Answerer)
		if err == nil && n == 0 {
			err = fault.WithKey(fault.Conflict, "error.export_own", fmt.Errorf("no export of somebody else waits under this number"))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("answer export: %w", err)
	}
	return nil
}

// TakeExport uses up an approval, and tells whether there was one of these
// customers: asked since the rule is what it is, for about as many or more, and
// not answered too long ago.
func (db *DB) TakeExport(ctx context.Context, e AudienceExport) (taken bool, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE audience_export SET state = 'done' WHERE id = (SELECT min(id) FROM audience_export
			WHERE audience_id = $1 AND account = $2 AND format = $3 AND state = 'approved'
			AND at >= $4 AND customers >= $5 AND answered >= $6)`, e.Audience, e.Account, e.Format,
			at(e.Changed), approvedFor(e.Customers), at(e.At.Add(-approvalHolds)))
		taken = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("use the approval of an export: %w", err)
	}
	return taken, nil
}
