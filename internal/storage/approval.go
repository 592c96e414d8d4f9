package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/id"
	"siyu/internal/org"
)

// Approval is one person's word for something that waits for approval.
type Approval struct {
	Kind      ApprovalKind
	Subject   int64 // dispatch, or what the kind numbers
	Account   string
	Rank      org.Rank // of the account then
	At        time.Time
	Store     id.Store // whose it is
	Customers int      // whom it reaches
	Rule      org.ApprovalRule
	Send      [32]byte // of which it is a part; see SendOf
}

// ApprovalKind says what is approved.
type ApprovalKind string

// The kinds.
const (
	MassApproval    ApprovalKind = "mass"    // a mass message to customers, by its dispatch
	GroupApproval   ApprovalKind = "group"   // a post into groups
	MomentsApproval ApprovalKind = "moments" // a Moments post
	OneOffApproval  ApprovalKind = "one_off" // what members do by hand for an audience once, before it begins
	ProcessApproval ApprovalKind = "process" // a version of a process whose messages members write and whose calls they make, before it comes into force
)

// SendOf names the send that parts belong to which are equal in all the words.
func SendOf(kind ApprovalKind, words ...string) [32]byte {
	return id.Hash(append([]string{"send", string(kind)}, words...)...)
}

var approvalTable = table{name: "approval", key: []string{"kind", "subject_id", "account"}, known: keep, columns: []column{
	{"kind", text}, {"subject_id", bigint}, {"account", text}, {"rank", text}, {"at", bigint}, {"store_id", bigint}, {"customers", bigint},
	{"rule", text}, {"send", bytes}}}

// Approve keeps approvals, of which an account's first of a subject stands, and
// returns all that there are of the subjects then: of two people who approve at
// the same time the later one sees both.
func (db *DB) Approve(ctx context.Context, given []Approval) (all []Approval, err error) {
	if len(given) == 0 {
		return nil, nil
	}
	rows, subjects := make([][]any, len(given)), make([]int64, len(given))
	for i := range given {
		a := &given[i]
		subjects[i] = a.Subject
		rows[i] = []any{string(a.Kind), a.Subject, a.Account, string(a.Rank), at(a.At), int64(a.Store), int64(a.Customers), string(a.Rule), a.Send[:]}
	}
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		if err := tx.lockSends(ctx, given); err != nil {
			return err
		}
		if _, err := tx.put(ctx, approvalTable, rows); err != nil {
			return err
		}
		all, err = approvals(ctx, tx, "WHERE kind = $1 AND subject_id "+tx.dialect.among(2)+order, string(given[0].Kind), idList(tx.dialect, subjects))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keep %d approvals: %w", len(given), err)
	}
	return all, nil
}

// WithdrawApprovals forgets the words given for a subject of a kind, and returns how many
// there were.
func (db *DB) WithdrawApprovals(ctx context.Context, kind ApprovalKind, subject int64) (words int, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "DELETE FROM approval WHERE kind = $1 AND subject_id = $2", string(kind), subject)
		words = int(n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("withdraw approvals: %w", err)
	}
	return words, nil
}

// lockSends lets approvals of a send wait for each other; SQLite has one writer
// anyway.
func (tx *Tx) lockSends(ctx context.Context, given []Approval) error {
	if tx.dialect != Postgres {
		return nil
	}
	_, err := tx.exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('siyu approval ' || $1))", string(given[0].Kind))
	return err
}

const order = " ORDER BY at, account"

// Approvals returns those of subjects of a kind, oldest first.
func (db *DB) Approvals(ctx context.Context, kind ApprovalKind, subjects []int64) ([]Approval, error) {
	list, err := approvals(ctx, db.reader, "WHERE kind = $1 AND subject_id "+db.dialect.among(2)+order, string(kind), idList(db.dialect, subjects))
	if err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	return list, nil
}

// ApprovalsOfSend returns those of all parts of a send, oldest first.
func (db *DB) ApprovalsOfSend(ctx context.Context, send [32]byte) ([]Approval, error) {
	list, err := approvals(ctx, db.reader, "WHERE send = $1"+order, send[:])
	if err != nil {
		return nil, fmt.Errorf("read approvals of a send: %w", err)
	}
	return list, nil
}

func approvals(ctx context.Context, q querier, where string, args ...any) (list []Approval, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var a Approval
		var send []byte
		if err := scan(&a.Kind, &a.Subject, &a.Account, &a.Rank, moment{&a.At}, &a.Store, &a.Customers, &a.Rule, &send); err != nil {
			return err
		}
		a.Send = [32]byte(send)
		list = append(list, a)
		return nil
	}, "SELECT "+approvalTable.list()+" FROM approval "+where, args...)
	return list, err
}

// WaitingOf returns how many customers each of the batches reaches that still
// waits.
func (db *DB) WaitingOf(ctx context.Context, batches []int64) (map[int64]int, error) {
	customers := map[int64]int{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var dispatch int64
		var n int
		err := scan(&dispatch, &n)
		customers[dispatch] = n
		return err
	}, "SELECT dispatch_id, customers FROM batch WHERE dispatch_id "+db.dialect.among(1), idList(db.dialect, batches))
	if err != nil {
		return nil, fmt.Errorf("read customers of %d batches: %w", len(batches), err)
	}
	return customers, nil
}
