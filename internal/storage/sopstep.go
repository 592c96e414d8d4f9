package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
)

var _ delivery.Steps = (*DB)(nil)

// GiveSteps implements delivery.Steps.
func (db *DB) GiveSteps(ctx context.Context, due []delivery.StepDue, attempt func() delivery.StepAsker) (given delivery.StepsGiven, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		given = delivery.StepsGiven{ByHand: map[delivery.StepLimit]int{}}
		standings, err := tx.stepStandings(ctx, due)
		if err != nil {
			return err
		}
		there, err := tx.stillThere(ctx, len(due), func(i int) *sop.Run { return &due[i].Was })
		if err != nil {
			return err
		}
		decide, b := attempt(), giving{counts: stepCounts{}, load: loadChange{}}
		for i := range due {
			d := &due[i]
			switch s := standings[d.Was.Customer()]; {
			case !there[i]:
			case s == nil:
				b.end(d, sop.BecauseTwin)
			default:
				g := decide(*s, d)
				b.add(d, &g)
				switch {
				case g.Task != nil:
					given.ByHand[delivery.StepLimit{Staff: g.Touch.Staff, Process: d.Was.Process}]++
				case g.Touch != nil:
					given.Mass++
				}
				s.Pending = s.Pending || g.Touch != nil
			}
		}
		return tx.storeGiving(ctx, &b)
	})
	if err != nil {
		return delivery.StepsGiven{}, fmt.Errorf("give steps: %w", err)
	}
	return given, nil
}

// stepStandings returns what is known now of the customers of runs. Where two
// records of one person are due together the one that does not answer for the
// person has none.
func (tx *Tx) stepStandings(ctx context.Context, due []delivery.StepDue) (map[id.Customer]*decision.Standing, error) {
	var frozen int64
	if _, err := one(ctx, tx, []any{&frozen}, "SELECT frozen FROM gate"+tx.lock()); err != nil { // as calls that open exclude each other
		return nil, fmt.Errorf("read gate: %w", err)
	}
	asked := make([]id.Customer, len(due))
	earliest := due[0].World.Now
	for i := range due {
		asked[i] = due[i].Was.Customer()
	}
	const noDispatch = -1 // staff tasks have 0
	g := gathering{tx: tx, self: noDispatch, from: at(earliest.Add(-contactMemory))}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return g.resolve(ctx, asked) },
		g.loadProfiles, g.loadHoldout, g.loadLimiting, g.loadContacts, g.loadPending,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	standings, first := make(map[id.Customer]*decision.Standing, len(asked)), map[id.Customer]id.Customer{}
	for _, c := range asked {
		if other, taken := first[g.head[c]]; taken && other != c {
			continue
		}
		first[g.head[c]] = c
		standings[c] = g.standing[g.head[c]]
	}
	return standings, nil
}

// giving is what comes of giving steps, on its way to the database.
type giving struct {
	runs, steps [][]any
	tasks       []delivery.StaffTask
	touches     []delivery.Touch // of tasks
	joins       map[int64]*joining
	order       []int64
	counts      stepCounts
	load        loadChange
}

// joining is touches that join one mass message.
type joining struct {
	dispatch *delivery.Dispatch
	touches  []delivery.Touch
}

func (b *giving) end(d *delivery.StepDue, because sop.Because) {
	is := d.Process.End(d.Was, because)
	b.runs = append(b.runs, sopRunRow(&is))
	b.counts.moved(&d.Was, &is)
}

func (b *giving) add(d *delivery.StepDue, g *delivery.StepGiven) {
	b.runs = append(b.runs, sopRunRow(&g.Moved.Run))
	b.counts.moved(&d.Was, &g.Moved.Run)
	for _, made := range flow.Made(d.Process, g.Moved.Records, d.World) {
		b.counts.step(&made.StepRecord, d.Was.Held)
		if made.Kept {
			b.steps = append(b.steps, stepRow(&made))
		}
	}
	if g.Touch == nil {
		return
	}
	today := at(startOfDay(d.World))
	b.load[loadKey{day: today, staff: g.Touch.Staff, channel: g.Touch.Channel, purpose: g.Touch.Purpose, material: ofProcess}]++
	if g.Task != nil {
		b.tasks, b.touches = append(b.tasks, *g.Task), append(b.touches, *g.Touch)
		return
	}
	if b.joins == nil {
		b.joins = map[int64]*joining{}
	}
	j := b.joins[g.Dispatch.ID]
	if j == nil {
		j = &joining{dispatch: g.Dispatch}
		b.joins[g.Dispatch.ID] = j
		b.order = append(b.order, g.Dispatch.ID)
	}
	j.touches = append(j.touches, *g.Touch)
}

// ofProcess stands in place of a text among what members were given, because no
// plan gave it.
const ofProcess = "sop/"

func startOfDay(w sop.World) time.Time { return sop.DayOf(w.Now.In(w.Zone)).Start(w.Zone) }

func (tx *Tx) storeGiving(ctx context.Context, b *giving) error {
	if err := tx.putRuns(ctx, b.runs); err != nil {
		return err
	}
	if _, err := tx.put(ctx, sopStepTable, lastOf(b.steps)); err != nil {
		return err
	}
	if _, err := tx.addStaffTasks(ctx, b.tasks, b.touches); err != nil {
		return err
	}
	for _, dispatch := range b.order {
		if err := tx.join(ctx, b.joins[dispatch]); err != nil {
			return err
		}
	}
	_, err := tx.put(ctx, loadTable, b.load.rows())
	return errors.Join(err, tx.countSteps(ctx, b.counts))
}

// mostJoined is how many customers a mass message of a process takes before
// another one begins: WeCom takes no more.
const mostJoined = 10_000

// join adds touches to a mass message that has not left, or to the next one of the
// same contents.
func (tx *Tx) join(ctx context.Context, j *joining) error {
	d := *j.dispatch
	for {
		found, err := dispatches(ctx, tx, "WHERE id = $1"+tx.lock(), d.ID)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			_, err := tx.addDispatch(ctx, &delivery.Draft{Dispatch: d, Touches: joined(j.touches, d.ID)})
			return err
		}
		var already int64
		if _, err := one(ctx, tx, []any{&already}, "SELECT count(*) FROM touch WHERE dispatch_id = $1 AND dispatch_id <> 0", d.ID); err != nil {
			return err
		}
		if found[0].State == delivery.Planned && found[0].ApprovedBy == d.ApprovedBy && already+int64(len(j.touches)) <= mostJoined {
			if _, err := tx.addTouches(ctx, joined(j.touches, d.ID)); err != nil {
				return err
			}
			return tx.keepBatch(ctx, &found[0])
		}
		d.ID++ // the numbers after a hash are as free as it is
	}
}

func joined(touches []delivery.Touch, dispatch int64) []delivery.Touch {
	for i := range touches {
		touches[i].Dispatch = dispatch
	}
	return touches
}

// OpenSteps implements delivery.Steps.
func (db *DB) OpenSteps(ctx context.Context, customers []id.Customer) ([]sop.StepRecord, error) {
	list, err := stepRecords(ctx, db.reader, "WHERE subject = 'customer' AND outcome = 'given' AND task = 0 AND subject_id "+db.dialect.among(1)+
		" ORDER BY subject_id, process_id, occurrence, step", idList(db.dialect, customers))
	if err != nil {
		return nil, fmt.Errorf("read open steps of %d customers: %w", len(customers), err)
	}
	return list, nil
}

// StepTask is a step of a process that a member has and that is no contact to one
// customer.
type StepTask struct {
	sop.StepRecord
	LateFrom, Until time.Time
	Proof           string // as given, empty until it is done
}

// StepTaskQuery picks them. Zero fields ask nothing.
type StepTaskQuery struct {
	Scope org.Scope
	Staff id.Staff
	Limit int
}

// StepTasks returns the tasks that wait, the first to end first.
func (db *DB) StepTasks(ctx context.Context, q StepTaskQuery) ([]StepTask, error) {
	c := conditions{dialect: db.dialect}
	c.add("task = 1 AND outcome = 'given'")
	if q.Staff != 0 {
		c.add("staff_id = ?", int64(q.Staff))
	}
	c.scope(q.Scope)
	list, err := stepTasks(ctx, db.reader, c.where()+" ORDER BY ends, staff_id, subject_id, process_id, occurrence, step"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read tasks of processes: %w", err)
	}
	return list, nil
}

func stepTasks(ctx context.Context, q querier, where string, args ...any) (list []StepTask, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var s StepTask
		err := scan(&s.ID, &s.Subject, &s.Process, &s.Occurrence, &s.Step, &s.Version, &s.Outcome, &s.Because, &s.Variant, &s.Touch, &s.DueAt, &s.At, &s.Staff, &s.Store,
			moment{&s.LateFrom}, moment{&s.Until}, &s.Proof)
		list = append(list, s)
		return err
	}, `SELECT subject_id, subject, process_id, occurrence, step, version, outcome, because, variant, touch_id, due_at, at, staff_id, store_id, late_from, ends, proof
		FROM sop_step `+where, args...)
	return list, err
}

// StepAnswer is what a member says about a task of a process.
type StepAnswer struct {
	sop.RunKey
	Version int
	Step    int
	Outcome sop.Outcome // Done or NoNeed
	Proof   string      // with Done, where the step asks for more than the member's word
	At      time.Time
}

// AnswerStep ends a task that waits. The scope must cover it, else it is
// fault.Denied. A second answer changes nothing.
func (db *DB) AnswerStep(ctx context.Context, scope org.Scope, a StepAnswer) error {
	if a.Outcome != sop.Done && a.Outcome != sop.NoNeed {
		return fault.New(fault.Invalid, "answer step %d: %q is no answer", a.Step, a.Outcome)
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		list, err := stepTasks(ctx, tx, "WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4 AND version = $5 AND step = $6 AND task = 1"+tx.lock(),
			a.ID, string(a.Subject), a.Process, a.Occurrence, int64(a.Version), int64(a.Step))
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return fault.New(fault.NotFound, "there is no such step")
		case scope.Staff != 0 && scope.Staff != list[0].Staff || scope.Staff == 0 && !scope.Sees(list[0].Store):
			return fault.New(fault.Denied, "it is another member's")
		case list[0].Outcome != sop.Given:
			return nil
		}
		counts := stepCounts{}
		if err := tx.endStep(ctx, &list[0], stepEnd{a.Outcome, "", event.At(a.At), a.Proof}, counts); err != nil {
			return err
		}
		return tx.countSteps(ctx, counts)
	})
	if err != nil {
		return fmt.Errorf("answer step %d of process %d: %w", a.Step, a.Process, err)
	}
	return nil
}

// EndStepTasks ends tasks that nobody did in time and returns how many.
func (db *DB) EndStepTasks(ctx context.Context, now time.Time) (ended int, err error) {
	const some = 500 // rows of one transaction
	for again := true; again; {
		err := db.Write(ctx, Background, func(tx *Tx) error {
			list, err := stepTasks(ctx, tx, "WHERE task = 1 AND outcome = 'given' AND ends < $1 ORDER BY ends LIMIT $2"+tx.lock(), at(now), int64(some))
			if again = len(list) == some; err != nil {
				return err
			}
			counts := stepCounts{}
			for i := range list {
				if err := tx.endStep(ctx, &list[i], stepEnd{sop.Unmade, sop.BecauseWindow, event.At(now), ""}, counts); err != nil {
					return err
				}
			}
			ended += len(list)
			return tx.countSteps(ctx, counts)
		})
		if err != nil {
			return ended, fmt.Errorf("end tasks of processes: %w", err)
		}
	}
	return ended, nil
}

// stepEnd is what becomes of a given step.
type stepEnd struct {
	outcome sop.Outcome
	because sop.Because
	at      event.Instant
	proof   string
}

// endStep notes what became of a step that is given.
func (tx *Tx) endStep(ctx context.Context, s *StepTask, e stepEnd, counts stepCounts) error {
	n, err := tx.exec(ctx, `UPDATE sop_step SET outcome = $1, because = $2, at = $3, proof = $4
		WHERE subject_id = $5 AND subject = $6 AND process_id = $7 AND occurrence = $8 AND version = $9 AND step = $10 AND outcome = 'given'`,
		string(e.outcome), string(e.because), int64(e.at), e.proof, s.ID, string(s.Subject), s.Process, s.Occurrence, int64(s.Version), int64(s.Step))
	if err != nil || n == 0 {
		return err
	}
	var held int64
	if _, err := one(ctx, tx, []any{&held}, "SELECT held FROM sop_run WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4",
		s.ID, string(s.Subject), s.Process, s.Occurrence); err != nil {
		return err
	}
	k := sop.Count{Process: s.Process, Version: s.Version, Day: s.DueAt.Day(), Step: s.Step, Staff: s.Staff, Store: s.Store, Held: held == 1,
		Figure: sop.Figure(e.outcome), Because: e.because}
	if e.outcome == sop.Done {
		k.Bucket = sop.Bucket(e.at.Time().Sub(s.DueAt.Time()))
		if e.at > event.At(s.LateFrom) {
			k.Because = sop.BecauseLate
		}
	}
	counts.add(k)
	return nil
}

// followSteps lets steps of processes stand where their touches do.
func (tx *Tx) followSteps(ctx context.Context, touches []delivery.Touch) error {
	outcomes := map[delivery.TouchState]sop.Outcome{delivery.Delivered: sop.Done, delivery.Failed: sop.Failed, delivery.Withdrawn: sop.TakenBack}
	counts := stepCounts{}
	for i := range touches {
		t := &touches[i]
		key, ours := runOfTouch(t)
		outcome, ended := outcomes[t.State]
		if !ours || !ended {
			continue
		}
		list, err := stepTasks(ctx, tx, "WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4 AND touch_id = $5 AND outcome = 'given'",
			key.ID, string(key.Subject), key.Process, key.Occurrence, t.ID)
		if err != nil || len(list) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		switch sop.Because(t.Because) {
		case sop.Because(delivery.NoNeed):
			outcome = sop.NoNeed
		case sop.Because(delivery.WindowOver):
			outcome = sop.Unmade
		}
		if err := tx.endStep(ctx, &list[0], stepEnd{outcome, sop.Because(t.Because), event.At(t.At), ""}, counts); err != nil {
			return err
		}
	}
	return tx.countSteps(ctx, counts)
}
