package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// StepPhoto is a picture that proves a step, sealed.
type StepPhoto struct {
	StepKey
	Staff   id.Staff
	Store   id.Store
	At      time.Time
	Account string // who brought it
	Box     []byte // nil where it was not asked for
}

var sopPhotoTable = table{name: "sop_photo", key: []string{"subject_id", "subject", "process_id", "occurrence", "version", "step"}, known: replace, columns: []column{
	{"subject_id", bigint}, {"subject", text}, {"process_id", bigint}, {"occurrence", bigint}, {"version", bigint}, {"step", bigint},
	{"staff_id", bigint}, {"store_id", bigint}, {"at", bigint}, {"account", text}, {"box", bytes}}}

func (tx *Tx) keepPhoto(ctx context.Context, p *StepPhoto) error {
	_, err := tx.put(ctx, sopPhotoTable, [][]any{append(p.args(), int64(p.Staff), int64(p.Store), at(p.At), p.Account, p.Box)})
	return err
}

// KeepPhoto stores the picture of a contact's step, in place of one that was stored
// before; of a step that has ended it stores nothing.
func (db *DB) KeepPhoto(ctx context.Context, p StepPhoto) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		var n int64
		if _, err := one(ctx, tx, []any{&n}, "SELECT count(*) FROM sop_step "+whereStep+" AND outcome = 'given'", p.args()...); err != nil || n == 0 {
			return err
		}
		if err := tx.keepPhoto(ctx, &p); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "UPDATE sop_step SET proof = $7 "+whereStep, append(p.args(), string(sop.ByPhoto))...)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the picture of step %d of process %d: %w", p.Step, p.Process, err)
	}
	return nil
}

// Photo returns the picture of a step. It is fault.NotFound where there is none
// that the scope covers.
func (db *DB) Photo(ctx context.Context, scope org.Scope, k StepKey) (p StepPhoto, err error) {
	found, err := one(ctx, db.reader, []any{&p.Staff, &p.Store, moment{&p.At}, &p.Account, &p.Box},
		"SELECT staff_id, store_id, at, account, box FROM sop_photo "+whereStep, k.args()...)
	if err != nil {
		return p, fmt.Errorf("read the picture of step %d of process %d: %w", k.Step, k.Process, err)
	}
	if !found || scope.Staff != 0 && scope.Staff != p.Staff || scope.Staff == 0 && !scope.Sees(p.Store) {
		return p, fault.New(fault.NotFound, "there is no such picture")
	}
	p.StepKey = k
	return p, nil
}

// Photos returns which pictures there are of a process, the newest first, without
// their boxes.
func (db *DB) Photos(ctx context.Context, scope org.Scope, process int64, limit int) (list []StepPhoto, err error) {
	c := conditions{dialect: db.dialect}
	c.add("process_id = ?", process)
	c.scope(scope)
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		p := StepPhoto{}
		err := scan(&p.ID, &p.Subject, &p.Process, &p.Occurrence, &p.Version, &p.Step, &p.Staff, &p.Store, moment{&p.At}, &p.Account)
		list = append(list, p)
		return err
	}, "SELECT subject_id, subject, process_id, occurrence, version, step, staff_id, store_id, at, account FROM sop_photo "+c.where()+" ORDER BY at DESC, subject_id"+c.limit(limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read pictures of process %d: %w", process, err)
	}
	return list, nil
}

// erasePhotos removes the pictures of steps about a subject.
func (tx *Tx) erasePhotos(ctx context.Context, s event.Subject) error {
	subject := map[event.SubjectType]sop.Subject{event.AboutCustomer: sop.OfCustomer, event.AboutGroup: sop.OfGroup, event.AboutStaff: sop.OfMember, event.AboutStore: sop.OfStore}[s.Type]
	_, err := tx.exec(ctx, "DELETE FROM sop_photo WHERE subject_id = $1 AND subject = $2", s.ID, string(subject))
	return err
}
