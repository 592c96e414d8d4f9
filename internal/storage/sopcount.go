package storage

import (
	"context"
	"fmt"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

var sopCountTable = table{name: "sop_count", known: add,
	key: []string{"day", "process_id", "version", "step", "staff_id", "store_id", "held", "figure", "because", "bucket"},
	columns: []column{{"day", bigint}, {"process_id", bigint}, {"version", bigint}, {"step", bigint}, {"staff_id", bigint}, {"store_id", bigint},
		{"held", bigint}, {"figure", text}, {"because", text}, {"bucket", bigint}, {"n", bigint}}}

// stepCounts adds up what a transaction counts; N of the keys is 0.
type stepCounts map[sop.Count]int

func (c stepCounts) add(k sop.Count) {
	if k.Version != 0 {
		c[k]++
	}
}

// run counts a figure of a run, on the day of a moment.
func (c stepCounts) run(r *sop.Run, at event.Instant, f sop.Figure, because sop.Because) {
	c.add(sop.Count{Process: r.Process, Version: r.Version, Day: at.Day(), Step: sop.RunStep, Held: r.Held, Figure: f, Because: because})
}

// moved counts what the run itself came to. A goal counts on the day on which the
// run entered.
func (c stepCounts) moved(was, is *sop.Run) {
	if is.Because != "" && was.Because == "" {
		c.run(is, is.Entered, sop.RunStopped, is.Because)
	}
	switch {
	case was.Goal != sop.Unjudged:
	case is.Goal == sop.Reached:
		c.run(is, is.Entered, sop.GoalReached, "")
	case is.Goal == sop.Missed:
		c.run(is, is.Entered, sop.GoalMissed, "")
	}
}

func (c stepCounts) step(r *sop.StepRecord, held bool) {
	because := r.Because
	if r.Outcome == sop.Postponed {
		because = ""
	}
	c.add(sop.Count{Process: r.Process, Version: r.Version, Day: r.DueAt.Day(), Step: r.Step, Staff: r.Staff, Store: r.Store, Held: held,
		Figure: sop.Figure(r.Outcome), Because: because})
}

func (tx *Tx) countSteps(ctx context.Context, counts stepCounts) error {
	rows := make([][]any, 0, len(counts))
	for k, n := range counts {
		rows = append(rows, []any{k.Day, k.Process, int64(k.Version), int64(k.Step), int64(k.Staff), int64(k.Store), flag(k.Held),
			string(k.Figure), string(k.Because), int64(k.Bucket), int64(n)})
	}
	_, err := tx.put(ctx, sopCountTable, rows)
	return err
}

// StepCounts returns what is counted of a process on business days, both included;
// process 0: of all.
func (db *DB) StepCounts(ctx context.Context, process, from, to int64) (list []sop.Count, err error) {
	where, args := "day BETWEEN $1 AND $2", []any{from, to}
	if process != 0 {
		where, args = where+" AND process_id = $3", append(args, process)
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var c sop.Count
		var held int64
		err := scan(&c.Day, &c.Process, &c.Version, &c.Step, &c.Staff, &c.Store, &held, &c.Figure, &c.Because, &c.Bucket, &c.N)
		c.Held = held == 1
		list = append(list, c)
		return err
	}, "SELECT "+sopCountTable.list()+" FROM sop_count WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read counts of process %d: %w", process, err)
	}
	return list, nil
}

// StepSumQuery asks for counts added up. Parts of a count by which nobody asks are
// zero in the answer; Figure, Because and Bucket always tell apart.
type StepSumQuery struct {
	Scope    org.Scope
	Process  int64 // 0: all
	From, To int64 // business days, both included
	// By what is told apart.
	ByProcess, ByVersion, ByStep, ByStaff, ByStore, ByArm bool
	// Of is what is counted: steps, runs, or both where it is empty.
	Of SumOf
}

// SumOf picks what is counted.
type SumOf string

// What is counted.
const (
	OfSteps SumOf = "steps"
	OfRuns  SumOf = "runs"
)

// StepSums returns counts added up by the database, so that a page reads some
// hundreds of rows where a day of a large brand has thousands.
func (db *DB) StepSums(ctx context.Context, q StepSumQuery) (list []sop.Count, err error) {
	c := conditions{dialect: db.dialect}
	c.add("day BETWEEN ? AND ?", q.From, q.To)
	if q.Process != 0 {
		c.add("process_id = ?", q.Process)
	}
	switch q.Of {
	case OfSteps:
		c.add("step >= 0")
	case OfRuns:
		c.add("step < 0")
	}
	c.scope(q.Scope)
	picked, grouped := "", "figure, because, bucket"
	for _, part := range []struct {
		name string
		by   bool
	}{{"process_id", q.ByProcess}, {"version", q.ByVersion}, {"step", q.ByStep}, {"staff_id", q.ByStaff}, {"store_id", q.ByStore}, {"held", q.ByArm}} {
		if !part.by {
			picked += "0, "
			continue
		}
		picked, grouped = picked+part.name+", ", grouped+", "+part.name
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var s sop.Count
		var held int64
		err := scan(&s.Process, &s.Version, &s.Step, &s.Staff, &s.Store, &held, &s.Figure, &s.Because, &s.Bucket, &s.N)
		s.Held = held == 1
		list = append(list, s)
		return err
	}, "SELECT "+picked+"figure, because, bucket, CAST(sum(n) AS bigint) FROM sop_count "+c.where()+" GROUP BY "+grouped, c.args...)
	if err != nil {
		return nil, fmt.Errorf("add up counts of process %d: %w", q.Process, err)
	}
	return list, nil
}

// StepsOf returns what became of the steps of a subject's runs, the newest first.
func (db *DB) StepsOf(ctx context.Context, subject sop.Subject, subjectID int64, limit int) (list []sop.StepRecord, err error) {
	list, err = stepRecords(ctx, db.reader, "WHERE subject_id = $1 AND subject = $2 ORDER BY at DESC, process_id DESC, occurrence DESC, version DESC, step DESC LIMIT $3", subjectID, string(subject), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read steps of %s %s: %w", subject, id.Text(id.Customer(subjectID)), err)
	}
	return list, nil
}

// StepsOfRuns implements flow.Runs.
func (db *DB) StepsOfRuns(ctx context.Context, process int64, subject sop.Subject, ids []int64) ([]sop.StepRecord, error) {
	list, err := stepRecords(ctx, db.reader, "WHERE subject_id "+db.dialect.among(1)+" AND subject = $2 AND process_id = $3 ORDER BY subject_id, occurrence, version, step",
		idList(db.dialect, ids), string(subject), process)
	if err != nil {
		return nil, fmt.Errorf("read steps of runs of process %d: %w", process, err)
	}
	return list, nil
}

func stepRecords(ctx context.Context, q querier, where string, args ...any) (list []sop.StepRecord, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var s sop.StepRecord
		err := scan(&s.ID, &s.Subject, &s.Process, &s.Occurrence, &s.Step, &s.Version, &s.Outcome, &s.Because, &s.Variant, &s.Touch, &s.DueAt, &s.At, &s.Staff, &s.Store)
		list = append(list, s)
		return err
	}, "SELECT subject_id, subject, process_id, occurrence, step, version, outcome, because, variant, touch_id, due_at, at, staff_id, store_id FROM sop_step "+where, args...)
	return list, err
}
