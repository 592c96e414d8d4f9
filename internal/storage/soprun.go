package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
)

var _ flow.Runs = (*DB)(nil)

var (
	sopRunTable = table{name: "sop_run", key: []string{"subject_id", "subject", "process_id", "occurrence"}, known: replace, columns: []column{
		{"subject_id", bigint}, {"subject", text}, {"process_id", bigint}, {"occurrence", bigint}, {"version", bigint}, {"lane", text},
		{"step", bigint}, {"due_at", bigint}, {"tried", bigint}, {"state", text}, {"because", text}, {"entered_at", bigint},
		{"last_step", bigint}, {"held", bigint}, {"goal", text}, {"happened", text}}}
	sopStepTable = table{name: "sop_step", key: []string{"subject_id", "subject", "process_id", "occurrence", "version", "step"}, known: replace, columns: []column{
		{"subject_id", bigint}, {"subject", text}, {"process_id", bigint}, {"occurrence", bigint}, {"version", bigint}, {"step", bigint},
		{"outcome", text}, {"because", text}, {"variant", bigint}, {"touch_id", bigint}, {"due_at", bigint}, {"at", bigint}, {"staff_id", bigint}, {"store_id", bigint},
		{"task", bigint}, {"late_from", bigint}, {"ends", bigint}, {"proof", text}, {"starts", bigint}, {"put_off", text}, {"put_offs", bigint}}}
)

func sopRunRow(r *sop.Run) []any {
	return []any{r.ID, string(r.Subject), r.Process, r.Occurrence, int64(r.Version), r.Lane, int64(r.Step), int64(r.DueAt), int64(r.Tried),
		string(r.State), string(r.Because), int64(r.Entered), int64(r.LastStep), flag(r.Held), string(r.Goal), r.Happened}
}

func scanRun(scan func(...any) error) (r sop.Run, err error) {
	var held int64
	err = scan(&r.ID, &r.Subject, &r.Process, &r.Occurrence, &r.Version, &r.Lane, &r.Step, &r.DueAt, &r.Tried, &r.State, &r.Because,
		&r.Entered, &r.LastStep, &held, &r.Goal, &r.Happened)
	r.Held = held == 1
	return r, err
}

func runs(ctx context.Context, q querier, where string, args ...any) (list []sop.Run, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		r, err := scanRun(scan)
		list = append(list, r)
		return err
	}, "SELECT "+sopRunTable.list()+" FROM sop_run "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read runs of processes: %w", err)
	}
	return list, nil
}

// RunsOf implements flow.Runs.
func (db *DB) RunsOf(ctx context.Context, subject sop.Subject, ids []int64) ([]sop.Run, error) {
	return runsOf(ctx, db.reader, db.dialect, subject, ids)
}

func runsOf(ctx context.Context, q querier, d Dialect, subject sop.Subject, ids []int64) ([]sop.Run, error) {
	return runs(ctx, q, "WHERE subject_id "+d.among(1)+" AND subject = $2 ORDER BY subject_id, process_id, occurrence", idList(d, ids), string(subject))
}

// DueRuns implements flow.Runs.
func (db *DB) DueRuns(ctx context.Context, q flow.DueQuery) ([]sop.Run, error) {
	c := conditions{dialect: db.dialect}
	open := "state <> 'ended'"
	if q.Watching {
		open = "state = 'watching'"
	}
	c.add(open+" AND due_at <= ?", int64(q.Until))
	c.add("process_id "+db.dialect.among(0), idList(db.dialect, q.Processes))
	if a := q.After; a != nil {
		c.add("due_at >= ?", int64(a.DueAt)) // the index begins with it
		c.add("(due_at, subject_id, subject, process_id, occurrence) > (CAST(? AS bigint), CAST(? AS bigint), CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint))",
			int64(a.DueAt), a.ID, string(a.Subject), a.Process, a.Occurrence)
	}
	return runs(ctx, db.reader, c.where()+" ORDER BY due_at, subject_id, subject, process_id, occurrence"+c.limit(q.Limit), c.args...)
}

// EachRun implements flow.Runs.
func (db *DB) EachRun(ctx context.Context, process int64, version, chunk int, do func([]sop.Run) error) error {
	var last sop.Run
	for first := true; ; first = false {
		c := conditions{dialect: db.dialect}
		c.add("state <> 'ended' AND process_id = ?", process)
		if version != 0 {
			c.add("version = ?", int64(version))
		}
		if !first {
			c.add("(subject_id, subject, process_id, occurrence) > (CAST(? AS bigint), CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint))",
				last.ID, string(last.Subject), last.Process, last.Occurrence)
		}
		some, err := runs(ctx, db.reader, c.where()+" ORDER BY subject_id, subject, process_id, occurrence"+c.limit(chunk), c.args...)
		if err != nil || len(some) == 0 {
			return err
		}
		last = some[len(some)-1]
		if err := do(some); err != nil {
			return err
		}
	}
}

// EnterRuns implements flow.Runs.
func (db *DB) EnterRuns(ctx context.Context, e flow.Entering) (entered int, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		entered = 0
		if e.Began != e.Until {
			if err := tx.advanceCursor(ctx, flow.Fold{Reader: flow.SOPReader, Began: e.Began, Cursor: e.Until}); err != nil {
				return err
			}
		}
		counts := stepCounts{}
		fresh, err := tx.newRuns(ctx, e.New)
		if err != nil {
			return err
		}
		rows := make([][]any, len(fresh))
		for i, r := range fresh {
			rows[i] = sopRunRow(r)
			counts.run(r, r.Entered, sop.RunEntered, "")
		}
		if _, err := tx.put(ctx, sopRunTable, rows); err != nil {
			return err
		}
		entered = len(fresh)
		if _, err := tx.moveRuns(ctx, e.Moves, counts); err != nil {
			return err
		}
		return tx.countSteps(ctx, counts)
	})
	if err != nil {
		return 0, fmt.Errorf("let %d subjects enter processes: %w", len(e.New), err)
	}
	return entered, nil
}

// newRuns returns the runs whose key is not stored yet, each key once.
func (tx *Tx) newRuns(ctx context.Context, list []sop.Run) (fresh []*sop.Run, err error) {
	by := map[sop.Subject][]int64{}
	for i := range list {
		by[list[i].Subject] = append(by[list[i].Subject], list[i].ID)
	}
	known := map[sop.RunKey]bool{}
	for subject, ids := range by {
		some, err := runsOf(ctx, tx, tx.dialect, subject, ids)
		if err != nil {
			return nil, err
		}
		for i := range some {
			known[some[i].RunKey] = true
		}
	}
	for i := range list {
		if !known[list[i].RunKey] {
			known[list[i].RunKey] = true
			fresh = append(fresh, &list[i])
		}
	}
	return fresh, nil
}

// MoveRuns implements flow.Runs.
func (db *DB) MoveRuns(ctx context.Context, moves []flow.RunMove) (moved int, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		counts := stepCounts{}
		if moved, err = tx.moveRuns(ctx, moves, counts); err != nil {
			return err
		}
		return tx.countSteps(ctx, counts)
	})
	if err != nil {
		return 0, fmt.Errorf("move %d runs: %w", len(moves), err)
	}
	return moved, nil
}

// moveRuns stores runs that still stand where they did, and what became of steps.
func (tx *Tx) moveRuns(ctx context.Context, moves []flow.RunMove, counts stepCounts) (moved int, err error) {
	var rows, steps [][]any
	given := givenSteps{}
	standing, err := tx.stillThere(ctx, len(moves), func(i int) *sop.Run { return &moves[i].Was })
	if err != nil {
		return 0, err
	}
	for i := range moves {
		if !standing[i] {
			continue
		}
		m := &moves[i]
		rows = append(rows, sopRunRow(&m.Is))
		counts.moved(&m.Was, &m.Is)
		for n := range m.Done {
			counts.step(&m.Done[n].StepRecord, m.Was.Held)
			given.add(&m.Done[n])
			if m.Done[n].Kept {
				steps = append(steps, stepRow(&m.Done[n]))
			}
		}
	}
	if err := tx.putRuns(ctx, rows); err != nil {
		return 0, err
	}
	if _, err := tx.put(ctx, sopStepTable, lastOf(steps)); err != nil {
		return 0, err
	}
	if err := tx.putGiven(ctx, given); err != nil {
		return 0, err
	}
	return len(rows), tx.joinPosts(ctx, moves, standing)
}

// putRuns stores runs, in the order of their keys: neighbours share pages.
func (tx *Tx) putRuns(ctx context.Context, rows [][]any) error {
	slices.SortFunc(rows, sopRunTable.compare)
	_, err := tx.put(ctx, sopRunTable, rows)
	return err
}

// lastOf leaves the last row of each step: no row may stand twice in one
// statement.
func lastOf(steps [][]any) [][]any {
	slices.SortStableFunc(steps, sopStepTable.compare)
	kept := steps[:0]
	for i := range steps {
		if i+1 < len(steps) && sopStepTable.compare(steps[i], steps[i+1]) == 0 {
			continue
		}
		kept = append(kept, steps[i])
	}
	return kept
}

// stillThere tells of each of n runs whether it is stored as it was read.
func (tx *Tx) stillThere(ctx context.Context, n int, run func(int) *sop.Run) ([]bool, error) {
	by := map[sop.Subject][]int64{}
	for i := range n {
		by[run(i).Subject] = append(by[run(i).Subject], run(i).ID)
	}
	stored := make(map[sop.RunKey]sop.Run, n)
	for subject, ids := range by {
		some, err := runs(ctx, tx, "WHERE subject_id "+tx.dialect.among(1)+" AND subject = $2 AND state <> 'ended'"+tx.lock(), idList(tx.dialect, ids), string(subject))
		if err != nil {
			return nil, err
		}
		for _, r := range some {
			stored[r.RunKey] = r
		}
	}
	there := make([]bool, n)
	for i := range n {
		is, found := stored[run(i).RunKey]
		there[i] = found && is == *run(i)
	}
	return there, nil
}

func stepRow(m *flow.StepMade) []any {
	return []any{m.ID, string(m.Subject), m.Process, m.Occurrence, int64(m.Version), int64(m.Step), string(m.Outcome), string(m.Because), int64(m.Variant),
		m.Touch, int64(m.DueAt), int64(m.At), int64(m.Staff), int64(m.Store), flag(m.Task), int64(m.LateFrom), at(m.Until), "", int64(0), "", int64(0)}
}

var sopGivenTable = table{name: "sop_given", known: add, key: []string{"day", "process_id", "version", "step", "staff_id", "store_id"}, columns: []column{
	{"day", bigint}, {"process_id", bigint}, {"version", bigint}, {"step", bigint}, {"staff_id", bigint}, {"store_id", bigint}, {"n", bigint}, {"takes", bigint}}}

// givenSteps adds up steps that a transaction gives, by the day of the moment, with N
// of the keys 0.
type givenSteps map[int64]map[flow.StepsGiven]givenSum

// givenSum is how many steps were given and how long they take.
type givenSum struct {
	n     int64
	takes time.Duration
}

func (g givenSteps) add(r *flow.StepMade) {
	if r.Outcome != sop.Given {
		return
	}
	day := r.At.Day()
	if g[day] == nil {
		g[day] = map[flow.StepsGiven]givenSum{}
	}
	k := flow.StepsGiven{Process: r.Process, Version: r.Version, Step: r.Step, Staff: r.Staff, Store: r.Store}
	g[day][k] = givenSum{g[day][k].n + 1, g[day][k].takes + r.Takes}
}

func (tx *Tx) putGiven(ctx context.Context, given givenSteps) error {
	var rows [][]any
	for day, steps := range given {
		for k, sum := range steps {
			rows = append(rows, []any{day, k.Process, int64(k.Version), int64(k.Step), int64(k.Staff), int64(k.Store), sum.n, sum.takes.Milliseconds()})
		}
	}
	_, err := tx.put(ctx, sopGivenTable, rows)
	return err
}

// StepsGivenOn implements flow.Runs.
func (db *DB) StepsGivenOn(ctx context.Context, day time.Time) (list []flow.StepsGiven, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var s flow.StepsGiven
		var takes int64
		err := scan(&s.Process, &s.Version, &s.Step, &s.Staff, &s.Store, &s.N, &takes)
		s.Takes = time.Duration(takes) * time.Millisecond
		list = append(list, s)
		return err
	}, "SELECT process_id, version, step, staff_id, store_id, n, takes FROM sop_given WHERE day = $1 ORDER BY process_id, version, step, staff_id, store_id", event.At(day).Day())
	if err != nil {
		return nil, fmt.Errorf("read steps given on a day: %w", err)
	}
	return list, nil
}

// runOfTouch returns the run that the name of a touch's run names.
func runOfTouch(t *delivery.Touch) (k sop.RunKey, ok bool) {
	if !strings.HasPrefix(t.Run, "sop/") {
		return k, false
	}
	k = sop.RunKey{Subject: sop.OfCustomer, ID: int64(t.Customer)}
	_, err := fmt.Sscanf(t.Run, "sop/%d/%d", &k.Process, &k.Occurrence)
	return k, err == nil
}
