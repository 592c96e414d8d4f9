package storage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var _ delivery.Steps = (*DB)(nil)

// GiveSteps implements delivery.Steps.
func (db *DB) GiveSteps(ctx context.Context, due []delivery.StepDue, attempt func(map[id.Staff]delivery.MassGiven) delivery.StepAsker) (given delivery.StepsGiven, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		given = delivery.StepsGiven{ByHand: map[delivery.StepLimit]int{}, Takes: map[id.Staff]time.Duration{}}
		standings, err := tx.stepStandings(ctx, due)
		if err != nil {
			return err
		}
		there, err := tx.stillThere(ctx, len(due), func(i int) *sop.Run { return &due[i].Was })
		if err != nil {
			return err
		}
		mass, err := tx.massGiven(ctx, due, standings)
		if err != nil {
			return err
		}
		decide, b := attempt(mass), giving{counts: stepCounts{}, given: givenSteps{}, load: loadChange{}}
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
					given.Takes[g.Touch.Staff] += g.Takes
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
	today       int64
	counts      stepCounts
	given       givenSteps
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
		b.given.add(&made)
		if made.Kept {
			b.steps = append(b.steps, stepRow(&made))
		}
	}
	if g.Touch == nil {
		return
	}
	b.today = at(startOfDay(d.World))
	if g.Task != nil {
		b.load[b.loadOf(g.Touch, ofProcess)]++
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
	g.Touch.Dispatch = g.Dispatch.ID
	j.touches = append(j.touches, *g.Touch)
}

// ofProcess stands in place of a text among what members were given, because no
// plan gave it; of a mass message its number follows, because each is a
// confirmation.
const ofProcess = "sop/"

func (b *giving) loadOf(t *delivery.Touch, material string) loadKey {
	return loadKey{day: b.today, staff: t.Staff, channel: t.Channel, purpose: t.Purpose, material: material}
}

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
		j := b.joins[dispatch]
		if err := tx.join(ctx, j); err != nil {
			return err
		}
		b.load[b.loadOf(&j.touches[0], ofProcess+strconv.FormatInt(dispatch, 10))] += int64(len(j.touches))
	}
	if _, err := tx.put(ctx, loadTable, b.load.rows()); err != nil {
		return err
	}
	if err := tx.putGiven(ctx, b.given); err != nil {
		return err
	}
	return tx.countSteps(ctx, b.counts)
}

// join adds touches to a mass message that has not left, or begins it.
func (tx *Tx) join(ctx context.Context, j *joining) error {
	found, err := dispatches(ctx, tx, "WHERE id = $1"+tx.lock(), j.dispatch.ID)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		_, err := tx.addDispatch(ctx, &delivery.Draft{Dispatch: *j.dispatch, Touches: j.touches})
		return err
	}
	if found[0].State != delivery.Planned {
		return fault.New(fault.Conflict, "nobody can join dispatch %d, which is %s", j.dispatch.ID, found[0].State)
	}
	if _, err := tx.addMassTouches(ctx, j.dispatch.ID, j.touches); err != nil {
		return err
	}
	return tx.keepBatch(ctx, &found[0])
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

// stepEnd is what becomes of a given step.
type stepEnd struct {
	outcome sop.Outcome
	because sop.Because
	at      event.Instant
	proof   string
}

// endStep notes what became of a step that is given.
func (tx *Tx) endStep(ctx context.Context, s *StepTask, e stepEnd, counts stepCounts) error {
	n, err := tx.exec(ctx, `UPDATE sop_step SET outcome = $1, because = $2, at = $3, proof = CASE WHEN $4 = '' THEN proof ELSE $4 END
		WHERE subject_id = $5 AND subject = $6 AND process_id = $7 AND occurrence = $8 AND version = $9 AND step = $10 AND outcome = 'given'`,
		string(e.outcome), string(e.because), int64(e.at), e.proof, s.ID, string(s.Subject), s.Process, s.Occurrence, int64(s.Version), int64(s.Step))
	if err != nil || n == 0 {
		return err
	}
	held, err := tx.heldOut(ctx, s.RunKey)
	if err != nil {
		return err
	}
	k := sop.Count{Process: s.Process, Version: s.Version, Day: s.DueAt.Day(), Step: s.Step, Staff: s.Staff, Store: s.Store, Held: held,
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
