package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

const massText = `
sop: 1
name: news
title: {zh: 新闻}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - {name: news, at: 1h, within: 3d, late: postpone, channel: mass, purpose: ask, content: [{text: {zh: 新茶到了}}]}
`

// massAsker gives all runs one mass message and keeps what it was told of members.
type massAsker struct {
	process *flow.Process
	message int64
	told    map[id.Staff]delivery.MassGiven
}

func (a *massAsker) attempt(told map[id.Staff]delivery.MassGiven) delivery.StepAsker {
	a.told = told
	return func(_ decision.Standing, d *delivery.StepDue) delivery.StepGiven {
		g := delivery.StepGiven{Moved: d.Moved}
		key := delivery.TouchKey{Customer: d.Was.Customer(), Run: d.Was.Name(), Step: a.process.Document.Steps[0].Number(), Channel: event.MassSend}
		g.Touch = &delivery.Touch{ID: key.ID(), TouchKey: key, Staff: 5, Purpose: event.Ask, State: delivery.Underway, At: d.World.Now}
		g.Dispatch = &delivery.Dispatch{ID: a.message, Staff: 5, Store: 7, Day: startOf(d.World.Now), Purpose: event.Ask, Text: "new", Process: a.process.Number, Postpone: true,
			From: d.World.Now, Until: noon.Add(72 * time.Hour), State: delivery.Planned, Since: d.World.Now}
		d.Process.Give(&g.Moved, d.Seen, 5, 7, d.World)
		g.Moved.Records[len(g.Moved.Records)-1].Touch = g.Touch.ID
		return g
	}
}

func startOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// giveMass lets customers enter and gives them a message; it returns what was told of
// the member.
func (a *massAsker) giveMass(t *testing.T, ctx context.Context, db *storage.DB, message int64, customers ...int64) string {
	t.Helper()
	e := flow.Entering{}
	for _, c := range customers {
		e.New = append(e.New, runOf(a.process, c))
	}
	must[int](t)(db.EnterRuns(ctx, e))
	a.message = message
	w := sop.World{Now: noon.Add(time.Hour), Zone: time.UTC, Rules: decision.Defaults()}
	var due []delivery.StepDue
	for _, r := range must[[]sop.Run](t)(db.DueRuns(ctx, flow.DueQuery{Until: event.At(w.Now), Processes: []int64{a.process.Number}})) {
		due = append(due, delivery.StepDue{Was: r, Process: &a.process.Document, Moved: a.process.Document.Advance(r, sop.Seen{}, w), World: w})
	}
	equal(t, "joined", must[delivery.StepsGiven](t)(db.GiveSteps(ctx, due, a.attempt)).Mass, len(customers))
	return fmt.Sprint(a.told[5].Count, a.told[5].Steps)
}

func massMessagesAreJoinedUntilTheyAreApproved(t *testing.T, ctx context.Context, db *storage.DB) {
	document := must[sop.Process](t)(sop.Parse([]byte(massText)))
	number := must[int64](t)(db.AddProcess(ctx, flow.ProcessVersion{Document: document, By: "lin", At: noon}))
	p := must[[]flow.Process](t)(db.Processes(ctx))[0]
	state := func(s flow.ProcessState) {
		p.State = s
		ok(t, db.ChangeProcess(ctx, p))
	}
	state(flow.ProcessActive)
	guestsAre(t, ctx, db, 1, 2, 3, 4, 5, 6)
	a := massAsker{process: &p}
	change := func(message int64, change func(*delivery.Dispatch)) {
		ok(t, db.ChangeDispatch(ctx, message, func(r *delivery.Record) error { change(&r.Dispatch); return nil }))
	}
	plans := draft(50, 9) // of the plan, the day before, and on its way
	plans.Dispatch.State, plans.Dispatch.ResendOf, plans.Dispatch.Process, plans.Dispatch.Task, plans.Dispatch.CancelFor = delivery.Planned, 0, 0, delivery.NoTask, ""
	plans.Dispatch.Staff, plans.Dispatch.Day, plans.Dispatch.Until = 5, startOf(noon).AddDate(0, 0, -1), noon.Add(30*time.Hour)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{plans}))

	equal(t, "nothing of processes yet", a.giveMass(t, ctx, db, 900, 1, 2), "1 map[]")
	equal(t, "one that can be joined", a.giveMass(t, ctx, db, 900, 3), "2 map[900:2]")
	change(900, func(d *delivery.Dispatch) { d.ApprovedBy = "lead" })
	equal(t, "one that was approved", a.giveMass(t, ctx, db, 901, 4), fmt.Sprintf("2 map[900:%d]", delivery.Closed))
	change(900, func(d *delivery.Dispatch) { d.State, d.Called, d.Task = delivery.Accepted, noon, delivery.Open })
	equal(t, "one that was called", a.giveMass(t, ctx, db, 901, 5), fmt.Sprintf("3 map[900:%d 901:1]", delivery.Closed))
	change(900, func(d *delivery.Dispatch) { d.Task = delivery.Cancelled })
	state(flow.ProcessPaused)
	equal(t, "one taken back, one on hold", a.giveMass(t, ctx, db, 901, 6), fmt.Sprintf("1 map[900:%d 901:2]", delivery.Closed))

	batches := func() int {
		return len(must[[]storage.Batch](t)(db.Batches(ctx, storage.BatchQuery{Scope: org.All(), EndAfter: noon})))
	}
	equal(t, "batches while it is paused", batches(), 0)
	holds := func() (paused, retired bool) {
		ok(t, db.OpenDispatch(ctx, 901, startOf(noon), func(o delivery.Opening) error {
			paused, retired = o.Paused, o.Retired
			return nil
		}))
		return paused, retired
	}
	paused, retired := holds()
	equal(t, "held back", fmt.Sprint(paused, retired), "true false")
	change(901, func(d *delivery.Dispatch) { d.ApprovedBy = "lead" })
	ready := delivery.Query{Process: number, States: []delivery.State{delivery.Planned}, ReadyAt: noon.Add(2 * time.Hour), Scope: org.All()}
	equal(t, "ready while it is paused", len(must[[]delivery.Dispatch](t)(db.Dispatches(ctx, ready))), 0)
	state(flow.ProcessRetired)
	paused, retired = holds()
	equal(t, "taken back", fmt.Sprint(paused, retired), "false true")
	state(flow.ProcessActive)
	equal(t, "ready", len(must[[]delivery.Dispatch](t)(db.Dispatches(ctx, ready))), 1)
	change(901, func(d *delivery.Dispatch) { d.ApprovedBy = "" })
	equal(t, "batches", batches(), 1)
	equal(t, "customers", len(must[[]delivery.Touch](t)(db.TouchesOf(ctx, 901))), 3)
}
