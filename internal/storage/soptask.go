package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// StepTask is a step of a process that a member has and that is no contact to one
// customer.
type StepTask struct {
	sop.StepRecord
	LateFrom, Until time.Time
	From            time.Time   // until then the member has put it off, zero: has not
	PutOff          sop.Because // why
	PutOffs         int         // how often
	Proof           string      // as given, empty until it is done
}

// StepTaskQuery picks them. Zero fields ask nothing.
type StepTaskQuery struct {
	Scope org.Scope
	Staff id.Staff
	Begun time.Time // those not put off beyond it
	Limit int
}

// StepTasks returns the tasks that wait, the first to end first.
func (db *DB) StepTasks(ctx context.Context, q StepTaskQuery) ([]StepTask, error) {
	c := conditions{dialect: db.dialect}
	c.add("task = 1 AND outcome = 'given'")
	if q.Staff != 0 {
		c.add("staff_id = ?", int64(q.Staff))
	}
	if !q.Begun.IsZero() {
		c.add("starts <= ?", at(q.Begun))
	}
	c.scope(q.Scope)
	list, err := stepTasks(ctx, db.reader, c.where()+" ORDER BY ends, staff_id, subject_id, process_id, occurrence, step"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read tasks of processes: %w", err)
	}
	return list, nil
}

// AnsweredSteps returns the tasks that a member has answered since a time, the
// first first.
func (db *DB) AnsweredSteps(ctx context.Context, staff id.Staff, since time.Time) ([]StepTask, error) {
	list, err := stepTasks(ctx, db.reader, "WHERE staff_id = $1 AND at >= $2 AND task = 1 AND outcome IN ('done', 'no_need') ORDER BY at, subject_id, process_id, occurrence, step",
		int64(staff), at(since))
	if err != nil {
		return nil, fmt.Errorf("read answered tasks of processes: %w", err)
	}
	return list, nil
}

// StepTaskOf returns a task that waits or waited, fault.NotFound where there is
// none.
func (db *DB) StepTaskOf(ctx context.Context, k StepKey) (StepTask, error) {
	list, err := stepTasks(ctx, db.reader, whereStep, k.args()...)
	if err != nil {
		return StepTask{}, fmt.Errorf("read step %d of process %d: %w", k.Step, k.Process, err)
	}
	if len(list) == 0 {
		return StepTask{}, fault.New(fault.NotFound, "there is no such step")
	}
	return list[0], nil
}

// StepsOfTouches returns the steps behind contacts, by the number of the touch;
// contacts that no process made are left out.
func (db *DB) StepsOfTouches(ctx context.Context, customers []id.Customer, touches []int64) (map[int64]sop.StepRecord, error) {
	if len(touches) == 0 {
		return nil, nil
	}
	list, err := stepRecords(ctx, db.reader, "WHERE subject = 'customer' AND subject_id "+db.dialect.among(1)+" AND touch_id "+db.dialect.among(2),
		idList(db.dialect, customers), idList(db.dialect, touches))
	if err != nil {
		return nil, fmt.Errorf("read the steps of %d contacts: %w", len(touches), err)
	}
	steps := make(map[int64]sop.StepRecord, len(list))
	for _, s := range list {
		steps[s.Touch] = s
	}
	return steps, nil
}

// StepOfTask returns the step behind a contact by hand; known is false where no
// process made it.
func (db *DB) StepOfTask(ctx context.Context, task int64) (step sop.StepRecord, known bool, err error) {
	list, err := stepRecords(ctx, db.reader, "WHERE subject = 'customer' AND subject_id IN (SELECT customer_id FROM staff_task WHERE id = $1) AND touch_id = $2", task, task)
	if err != nil {
		return step, false, fmt.Errorf("read the step of task %d: %w", task, err)
	}
	if len(list) == 0 {
		return step, false, nil
	}
	return list[0], true, nil
}

// StepKey names a step of a run in one version.
type StepKey struct {
	sop.RunKey
	Version int
	Step    int
}

const whereStep = "WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4 AND version = $5 AND step = $6"

func (k StepKey) args() []any {
	return []any{k.ID, string(k.Subject), k.Process, k.Occurrence, int64(k.Version), int64(k.Step)}
}

func stepTasks(ctx context.Context, q querier, where string, args ...any) (list []StepTask, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var s StepTask
		err := scan(&s.ID, &s.Subject, &s.Process, &s.Occurrence, &s.Step, &s.Version, &s.Outcome, &s.Because, &s.Variant, &s.Touch, &s.DueAt, &s.At, &s.Staff, &s.Store,
			moment{&s.LateFrom}, moment{&s.Until}, &s.Proof, moment{&s.From}, &s.PutOff, &s.PutOffs)
		list = append(list, s)
		return err
	}, `SELECT subject_id, subject, process_id, occurrence, step, version, outcome, because, variant, touch_id, due_at, at, staff_id, store_id, late_from, ends, proof, starts, put_off, put_offs
		FROM sop_step `+where, args...)
	return list, err
}

// StepAnswer is what a member says about a task of a process.
type StepAnswer struct {
	StepKey
	Outcome sop.Outcome // Done, NoNeed or Postponed
	Photo   *StepPhoto  // with Done, where the step asks for a picture
	Because sop.Because // why it is put off, with Postponed, or not done, with NoNeed
	// With Postponed: until when it is put off, and until when it then waits.
	From, Until time.Time
	At          time.Time
}

// AnswerStep ends a task that waits, or puts it off, sop.MostPutOffs times at most:
// delivery.ErrPutOffs. The scope must cover it, else it is fault.Denied. A second answer to one that has ended changes nothing.
func (db *DB) AnswerStep(ctx context.Context, scope org.Scope, a StepAnswer) error {
	if a.Outcome != sop.Done && a.Outcome != sop.NoNeed && a.Outcome != sop.Postponed {
		return fault.New(fault.Invalid, "answer step %d: %q is no answer", a.Step, a.Outcome)
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		list, err := stepTasks(ctx, tx, whereStep+" AND task = 1"+tx.lock(), a.args()...)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return fault.New(fault.NotFound, "there is no such step")
		case scope.Staff != 0 && scope.Staff != list[0].Staff || scope.Staff == 0 && !scope.Sees(list[0].Store):
			return fault.New(fault.Denied, "it is another member's")
		case list[0].Outcome != sop.Given:
			return nil
		case a.Outcome == sop.Postponed:
			return tx.putStepOff(ctx, &list[0], &a)
		}
		proof := ""
		if a.Photo != nil {
			proof = string(sop.ByPhoto)
			if err := tx.keepPhoto(ctx, a.Photo); err != nil {
				return err
			}
		}
		counts := stepCounts{}
		if err := tx.endStep(ctx, &list[0], stepEnd{a.Outcome, a.Because, event.At(a.At), proof}, counts); err != nil {
			return err
		}
		return tx.countSteps(ctx, counts)
	})
	if err != nil {
		return fmt.Errorf("answer step %d of process %d: %w", a.Step, a.Process, err)
	}
	return nil
}

func (tx *Tx) putStepOff(ctx context.Context, s *StepTask, a *StepAnswer) error {
	if s.PutOffs >= sop.MostPutOffs {
		return delivery.ErrPutOffs()
	}
	until := s.Until
	if a.Until.After(until) {
		until = a.Until
	}
	if _, err := tx.exec(ctx, "UPDATE sop_step SET starts = $7, ends = $8, put_off = $9, put_offs = put_offs + 1 "+whereStep+" AND outcome = 'given'",
		append(a.args(), at(a.From), at(until), string(a.Because))...); err != nil {
		return err
	}
	return tx.countPutOff(ctx, &s.StepRecord, a.Because)
}

// countPutOff counts that a member put a step off that was given.
func (tx *Tx) countPutOff(ctx context.Context, s *sop.StepRecord, because sop.Because) error {
	held, err := tx.heldOut(ctx, s.RunKey)
	if err != nil {
		return err
	}
	counts := stepCounts{}
	counts.add(sop.Count{Process: s.Process, Version: s.Version, Day: s.DueAt.Day(), Step: s.Step, Staff: s.Staff, Store: s.Store, Held: held,
		Figure: sop.Figure(sop.Postponed), Because: because})
	return tx.countSteps(ctx, counts)
}

// followPutOff counts a contact of a process that its member put off.
func (tx *Tx) followPutOff(ctx context.Context, t *delivery.StaffTask, touch *delivery.Touch) error {
	key, ours := runOfTouch(touch)
	if !ours {
		return nil
	}
	list, err := stepRecords(ctx, tx, "WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4 AND touch_id = $5 AND outcome = 'given'",
		key.ID, string(key.Subject), key.Process, key.Occurrence, touch.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	return tx.countPutOff(ctx, &list[0], sop.Because(t.Because))
}

// heldOut tells whether the customer of a run is in the hold-out.
func (tx *Tx) heldOut(ctx context.Context, k sop.RunKey) (bool, error) {
	var held int64
	_, err := one(ctx, tx, []any{&held}, "SELECT held FROM sop_run WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4",
		k.ID, string(k.Subject), k.Process, k.Occurrence)
	return held == 1, err
}

// someTasks is how many tasks one transaction ends.
const someTasks = 500

// EndStepTasks ends tasks that nobody did in time and returns how many.
func (db *DB) EndStepTasks(ctx context.Context, now time.Time) (ended int, err error) {
	over := stepEnd{sop.Unmade, sop.BecauseWindow, event.At(now), ""}
	return db.endStepTasks(ctx, over, "WHERE task = 1 AND outcome = 'given' AND ends < $1 ORDER BY ends LIMIT $2", at(now), int64(someTasks))
}

// TakeStepTasks implements flow.Runs.
func (db *DB) TakeStepTasks(ctx context.Context, process int64, because sop.Because, now time.Time) (taken int, err error) {
	end := stepEnd{sop.TakenBack, because, event.At(now), ""}
	return db.endStepTasks(ctx, end, "WHERE task = 1 AND outcome = 'given' AND process_id = $1 ORDER BY ends LIMIT $2", process, int64(someTasks))
}

// TakeStepTasksOf implements flow.Runs.
func (db *DB) TakeStepTasksOf(ctx context.Context, subject sop.Subject, number int64, because sop.Because, now time.Time) (taken int, err error) {
	end := stepEnd{sop.TakenBack, because, event.At(now), ""}
	return db.endStepTasks(ctx, end, "WHERE task = 1 AND outcome = 'given' AND subject = $1 AND subject_id = $2 ORDER BY ends LIMIT $3", string(subject), number, int64(someTasks))
}

// endStepTasks ends the tasks of a query that returns someTasks at most, until it
// returns none.
func (db *DB) endStepTasks(ctx context.Context, e stepEnd, where string, args ...any) (ended int, err error) {
	for again := true; again; {
		n := 0
		err := db.Write(ctx, Background, func(tx *Tx) error {
			list, err := stepTasks(ctx, tx, where+tx.lock(), args...)
			n, again = len(list), len(list) == someTasks
			if err != nil {
				return err
			}
			counts := stepCounts{}
			for i := range list {
				if err := tx.endStep(ctx, &list[i], e, counts); err != nil {
					return err
				}
			}
			return tx.countSteps(ctx, counts)
		})
		if err != nil {
			return ended, fmt.Errorf("end tasks of processes: %w", err)
		}
		ended += n
	}
	return ended, nil
}
