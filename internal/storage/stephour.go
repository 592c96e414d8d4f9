package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"siyu/internal/id"
	"siyu/internal/org"
)

// StepRef names a step of a version of a process.
type StepRef struct {
	Process int64
	Version int
	Step    int
}

// StepExecution returns what members did of steps that fell due on business days,
// both included, by member: due is what they were given and nobody took back.
func (db *DB) StepExecution(ctx context.Context, from, to int64, steps []StepRef) (list []Execution, err error) {
	if len(steps) == 0 {
		return nil, nil
	}
	// Day by day and step by step, because the counts of a day hold every member at
	// every step: most are of contacts.
	var days, of []string
	for day := from; day <= to; day++ {
		days = append(days, fmt.Sprintf("(%d)", day))
	}
	for _, s := range steps {
		of = append(of, fmt.Sprintf("(%d, %d, %d)", s.Process, s.Version, s.Step))
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var e Execution
		err := scan(&e.Staff, &e.Due, &e.Done, &e.OnTime, &e.Open)
		list = append(list, e)
		return err
	}, "WITH days(day) AS (VALUES "+strings.Join(days, ", ")+"), steps(process_id, version, step) AS (VALUES "+strings.Join(of, ", ")+`)
		SELECT c.staff_id, CAST(sum(CASE c.figure WHEN 'given' THEN c.n WHEN 'taken' THEN -c.n ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN c.figure = 'done' THEN c.n ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN c.figure = 'done' AND c.because <> 'late' THEN c.n ELSE 0 END) AS bigint),
			CAST(sum(CASE c.figure WHEN 'given' THEN c.n ELSE -c.n END) AS bigint)
		FROM days CROSS JOIN steps CROSS JOIN sop_count c
		WHERE c.day = days.day AND c.process_id = steps.process_id AND c.version = steps.version AND c.step = steps.step AND c.staff_id <> 0
			AND c.figure IN ('given', 'done', 'no_need', 'unmade', 'taken', 'failed')
		GROUP BY c.staff_id HAVING sum(CASE c.figure WHEN 'given' THEN c.n WHEN 'taken' THEN -c.n ELSE 0 END) > 0 ORDER BY c.staff_id`)
	if err != nil {
		return nil, fmt.Errorf("count tasks of processes by member: %w", err)
	}
	return list, nil
}

// StepList is the tasks of one step that one member has until one time and that are
// no contact to one customer.
type StepList struct {
	StepRef
	Staff id.Staff
	Store id.Store
	N     int
	Since time.Time // the first of them was given
	Until time.Time
}

// StepListQuery asks for a page of them. Those that members have put off beyond Begun
// are left out.
type StepListQuery struct {
	Scope org.Scope
	Begun time.Time
	After *StepList // the last one of the page before
	Limit int
}

// StepLists returns one page of the lists, those that end first at the top.
func (db *DB) StepLists(ctx context.Context, q StepListQuery) (list []StepList, err error) {
	c := conditions{dialect: db.dialect}
	c.add("task = 1 AND outcome = 'given' AND starts <= ?", at(q.Begun))
	if a := q.After; a != nil {
		c.add("ends >= ?", at(a.Until)) // the index begins with it
		c.add("(ends, staff_id, process_id, version, step) > (?, ?, ?, ?, ?)", at(a.Until), int64(a.Staff), a.Process, int64(a.Version), int64(a.Step))
	}
	c.scope(q.Scope)
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var l StepList
		err := scan(moment{&l.Until}, &l.Staff, &l.Process, &l.Version, &l.Step, &l.Store, moment{&l.Since}, &l.N)
		list = append(list, l)
		return err
	}, "SELECT ends, staff_id, process_id, version, step, max(store_id), min(at), count(*) FROM sop_step "+c.where()+
		" GROUP BY ends, staff_id, process_id, version, step ORDER BY ends, staff_id, process_id, version, step"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read lists of tasks of processes: %w", err)
	}
	return list, nil
}

// StepsLeftTo is open tasks of one step that a store's members were given before a day
// or have put off beyond it.
type StepsLeftTo struct {
	StepRef
	Store id.Store
	From  time.Time // until then they are put off, zero: are not
	N     int
}

// StepsLeft returns them, of all processes.
func (db *DB) StepsLeft(ctx context.Context, day time.Time) (list []StepsLeftTo, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var l StepsLeftTo
		err := scan(&l.Process, &l.Version, &l.Step, &l.Store, moment{&l.From}, &l.N)
		list = append(list, l)
		return err
	}, `SELECT process_id, version, step, store_id, starts, count(*) FROM sop_step WHERE task = 1 AND outcome = 'given' AND (at < $1 OR starts >= $2)
		GROUP BY process_id, version, step, store_id, starts ORDER BY process_id, version, step, store_id, starts`, at(day), at(day.AddDate(0, 0, 1)))
	if err != nil {
		return nil, fmt.Errorf("count tasks of processes that are left: %w", err)
	}
	return list, nil
}
