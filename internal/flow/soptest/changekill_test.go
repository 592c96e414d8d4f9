package soptest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault/killtest"
	"siyu/internal/flow"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/storage/storagetest"
)

// change is something that a person does to the only process of a town.
type change string

const (
	pausing  change = "pause"
	resuming change = "resume"
	moving   change = "move"
	retiring change = "retire"
)

// changed does it; doing it again changes nothing.
func changed(ctx context.Context, w *soptest.Town, do change) error {
	const number = 1
	switch now := w.Clock.Now(); do {
	case pausing:
		return w.Operator.Pause(ctx, number, "lead", now)
	case resuming:
		return w.Operator.Activate(ctx, number, "lead", now)
	case moving:
		moves, err := w.DB.MovesOf(ctx, number)
		if err != nil || len(moves) > 0 {
			return err
		}
		return w.Operator.AskMove(ctx, flow.Moving{Process: number, Version: 1, By: "lead", Asked: now})
	default:
		list, err := w.DB.Processes(ctx)
		if err != nil || list[0].State == flow.ProcessRetired {
			return err
		}
		return w.Operator.Close(ctx, number, "lead", now)
	}
}

const (
	crowd          = 2500 // customers: three portions of a change
	killsOfAChange = 75   // one of so many kills is of each change
)

// The steps change places in the second version: hello, which everybody had, stands last.
const (
	changing = `sop: 1
name: changing
title: {zh: 变}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
goal: {if: {did: bought}, within: 30d}
steps:
`
	stepHello = "  - {name: hello, at: %s, within: 20d, late: postpone, channel: task, content: [{text: {zh: 登记}}]}\n"
	stepNews  = "  - {name: news, at: %s, within: 20d, late: postpone, channel: mass, purpose: ask, content: [{text: {zh: 新闻}}]}\n"
	stepNote  = "  - {name: note, at: %s, within: 20d, late: postpone, channel: task, content: [{text: {zh: 记一笔}}]}\n"
)

func steps(parts ...string) string {
	at, text := []string{"30m", "2d 10:00", "4d 10:00"}, changing
	for i, part := range parts {
		text += fmt.Sprintf(part, at[i])
	}
	return text
}

func TestKilledWhileAProcessIsChangedItIsChangedWholeAndOnce(t *testing.T) {
	rounds := max(2, killtest.Rounds(t)/killsOfAChange)
	t.Run("SQLite", func(t *testing.T) { changedTown(t, storagetest.SQLite(t), rounds) })
	t.Run("PostgreSQL", func(t *testing.T) { changedTown(t, postgrestest.Start(t).Database(t), 1) })
}

// changedTown kills so many lives of a town while each of the changes is made.
func changedTown(t *testing.T, url string, rounds int) {
	t.Helper()
	now, spare := morning, rand.New(rand.NewPCG(5, 7))
	in := func(live func(w teller)) {
		t.Helper()
		db := must[*storage.DB](t)(storage.Open(t.Context(), storage.Config{URL: url}))
		w := teller{must[*soptest.Town](t)(soptest.New(t.Context(), db, now, clock.Shanghai)), t}
		w.Capacity = 2 * crowd
		live(w)
		now = w.Clock.Now()
		ok(t, db.Close())
	}
	killed := func(do change, after func(w teller)) {
		t.Helper()
		for range rounds {
			killtest.Start(t, orders{url, now, do}).Kill(time.Duration(spare.Int64N(int64(2 * longestSpared))))
		}
		in(func(w teller) {
			ok(t, changed(t.Context(), w.Town, do))
			w.turn()
			after(w)
			checked(t, w)
		})
	}
	in(func(w teller) {
		w.install(steps(stepHello, stepNews, stepNote))
		for n := range crowd {
			ok(t, w.TellAs(t.Context(), id.Customer(1+n), now, fmt.Sprint("added ", n), event.RelationAdded{Staff: soptest.Member}))
		}
		w.until(morning.Add(time.Hour))
	})
	now = morning.Add(49 * time.Hour) // news is due
	killed(pausing, func(w teller) { w.everybody("hello given") })
	killed(resuming, func(w teller) { w.everybody("hello given, news given") })
	in(func(w teller) { w.install(steps(stepNews, stepNote, stepHello)) })
	killed(moving, func(w teller) {
		if m := must[[]flow.Moving](t)(w.DB.MovesOf(t.Context(), 1)); len(m) != 1 || m[0].Moved != crowd || m[0].Ended.IsZero() {
			t.Errorf("%d customers, moved are %+v", crowd, m)
		}
		w.until(morning.Add(50 * time.Hour))
		w.everybody("hello given, news given, note given")
	})
	killed(retiring, func(w teller) {
		w.everybody("hello taken retired, news taken retired, note taken retired")
		ok(t, w.DB.EachRun(t.Context(), 1, 0, crowd, func(some []sop.Run) error {
			for i := range some {
				if some[i].State == sop.Waiting {
					t.Errorf("customer %d still waits for step %d", some[i].ID, some[i].Step)
				}
			}
			return nil
		}))
		if waiting := must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Scope: org.All()})); len(waiting) > 0 {
			t.Errorf("%d tasks still wait", len(waiting))
		}
		if left := must[[]delivery.Dispatch](t)(w.DB.Dispatches(t.Context(), delivery.Query{States: []delivery.State{delivery.Planned}})); len(left) > 0 {
			t.Errorf("%d mass messages may still leave", len(left))
		}
	})
}

// everybody checks that the customers all have one story. What became of a step later
// stands last, so names are compared in their order in it.
func (w teller) everybody(want string) {
	w.t.Helper()
	stories := map[string]int{}
	for n := range crowd {
		told := strings.Split(w.story(id.Customer(1+n)), ", ")
		stories[inOrder(told)]++
	}
	if stories[want] != crowd {
		w.t.Errorf("stories %v, want %d of %q", stories, crowd, want)
	}
}

// inOrder joins what became of hello, news and note, in this order.
func inOrder(told []string) string {
	var said []string
	for _, name := range []string{"hello", "news", "note"} {
		for _, one := range told {
			if strings.HasPrefix(one, name+" ") {
				said = append(said, one)
			}
		}
	}
	return strings.Join(said, ", ")
}
