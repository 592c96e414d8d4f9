package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/id"
)

// Execution is what one member did of the tasks whose window began within a
// time.
type Execution struct {
	Staff  id.Staff
	Due    int // given, mass sends and contacts by hand
	Done   int
	OnTime int // done before their window ended
	Open   int
}

// executionHour is the part of time by which execution is counted.
const executionHour = int64(time.Hour / time.Millisecond)

func hourOf(t time.Time) int64 { return at(t) - at(t)%executionHour }

// Execution returns it for every member who was given something from the hour
// of since to the hour of now.
func (db *DB) Execution(ctx context.Context, since, now time.Time) ([]Execution, error) {
	var list []Execution
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var e Execution
		err := scan(&e.Staff, &e.Due, &e.Done, &e.OnTime, &e.Open)
		list = append(list, e)
		return err
	}, `SELECT staff_id, CAST(sum(due) AS bigint), CAST(sum(done) AS bigint), CAST(sum(on_time) AS bigint), CAST(sum(waiting) AS bigint)
		FROM execution WHERE hour BETWEEN $1 AND $2 GROUP BY staff_id HAVING sum(due) > 0`, hourOf(since), hourOf(now))
	if err != nil {
		return nil, fmt.Errorf("read execution: %w", err)
	}
	return list, nil
}

var executionTable = table{name: "execution", key: []string{"hour", "staff_id"}, known: add, columns: []column{
	{"hour", bigint}, {"staff_id", bigint}, {"due", bigint}, {"done", bigint}, {"on_time", bigint}, {"waiting", bigint}}}

// given is a task as execution counts it.
type given struct {
	staff id.Staff
	from  time.Time
	Execution
}

// givenBy returns what a mass send counts for its member: nothing until WeCom
// has its task, and nothing once it was taken back.
func givenBy(d *delivery.Dispatch) given {
	g := given{staff: d.Staff, from: d.From}
	if d.State != delivery.Accepted || d.Task == delivery.Cancelled {
		return g
	}
	g.Due = 1
	switch d.Task {
	case delivery.Open:
		g.Open = 1
	case delivery.Confirmed:
		g.done(d.TaskSince, d.Until)
	}
	return g
}

// givenAs returns what a contact by hand counts.
func givenAs(t *delivery.StaffTask) given {
	g := given{staff: t.Staff, from: t.From}
	if t.State == delivery.Taken {
		return g
	}
	g.Due = 1
	switch t.State {
	case delivery.Due, delivery.Postponed:
		g.Open = 1
	case delivery.DoneState:
		g.done(t.Since, t.Until)
	}
	return g
}

func (g *given) done(at, until time.Time) {
	g.Done = 1
	if !at.After(until) {
		g.OnTime = 1
	}
}

// executionChange adds up what tasks count for members.
type executionChange map[[2]int64]*Execution

// add counts a task, or with -1 takes it out again.
func (c executionChange) add(g given, sign int) {
	if g.Due == 0 {
		return
	}
	key := [2]int64{hourOf(g.from), int64(g.staff)}
	e := c[key]
	if e == nil {
		e = new(Execution)
		c[key] = e
	}
	e.Due, e.Done, e.OnTime, e.Open = e.Due+sign*g.Due, e.Done+sign*g.Done, e.OnTime+sign*g.OnTime, e.Open+sign*g.Open
}

func (tx *Tx) changeExecution(ctx context.Context, c executionChange) error {
	var rows [][]any
	for key, e := range c {
		if *e != (Execution{}) {
			rows = append(rows, []any{key[0], key[1], int64(e.Due), int64(e.Done), int64(e.OnTime), int64(e.Open)})
		}
	}
	_, err := tx.put(ctx, executionTable, rows)
	return err
}
