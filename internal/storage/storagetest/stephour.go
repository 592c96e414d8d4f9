package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// given lets a run enter and gives its first step to a member as a task until so many
// hours after noon.
func given(t *testing.T, ctx context.Context, db *storage.DB, p *flow.Process, who int64, staff id.Staff, until int) storage.StepKey {
	t.Helper()
	run := runOf(p, who)
	must[int](t)(db.EnterRuns(ctx, flow.Entering{New: []sop.Run{run}}))
	is := run
	is.Step, is.DueAt = 1, event.At(noon.Add(24*time.Hour))
	made := flow.StepMade{StepRecord: sop.StepRecord{RunKey: run.RunKey, Version: 1, Outcome: sop.Given, DueAt: run.DueAt, At: run.DueAt, Staff: staff, Store: id.Store(staff)},
		Task: true, Kept: true, LateFrom: event.At(noon.Add(2 * time.Hour)), Until: noon.Add(time.Duration(until) * time.Hour)}
	equal(t, "moved", must[int](t)(db.MoveRuns(ctx, []flow.RunMove{{Was: run, Is: is, Done: []flow.StepMade{made}}})), 1)
	return storage.StepKey{RunKey: run.RunKey, Version: 1}
}

func tasksOfProcessesAreCountedByMember(t *testing.T, ctx context.Context, db *storage.DB) {
	p := processOf(t, ctx, db)
	keys := map[int64]storage.StepKey{}
	for who, c := range []struct {
		staff id.Staff
		until int
	}{{5, 8}, {5, 8}, {5, 3}, {6, 8}, {6, 2}} {
		keys[int64(who)] = given(t, ctx, db, &p, int64(who), c.staff, c.until)
	}
	lists := func(q storage.StepListQuery) (text string) {
		t.Helper()
		for _, l := range must[[]storage.StepList](t)(db.StepLists(ctx, q)) {
			equal(t, "step", l.StepRef, storage.StepRef{Process: p.Number, Version: 1})
			text += fmt.Sprint(l.Staff, "x", l.N, " until ", l.Until.Sub(noon), ", ")
		}
		return text
	}
	equal(t, "lists", lists(storage.StepListQuery{Scope: org.All(), Begun: noon}), "6x1 until 2h0m0s, 5x1 until 3h0m0s, 5x2 until 8h0m0s, 6x1 until 8h0m0s, ")
	equal(t, "of a store", lists(storage.StepListQuery{Scope: org.Scope{Stores: []id.Store{6}}, Begun: noon}), "6x1 until 2h0m0s, 6x1 until 8h0m0s, ")
	equal(t, "of a member", lists(storage.StepListQuery{Scope: org.Scope{Staff: 5}, Begun: noon, Limit: 1}), "5x1 until 3h0m0s, ")
	after := must[[]storage.StepList](t)(db.StepLists(ctx, storage.StepListQuery{Scope: org.All(), Begun: noon, Limit: 3}))[2]
	equal(t, "the next page", lists(storage.StepListQuery{Scope: org.All(), Begun: noon, After: &after, Limit: 3}), "6x1 until 8h0m0s, ")

	waiting := func(scope org.Scope, hours int) int {
		t.Helper()
		return must[storage.Waiting](t)(db.CountWaiting(ctx, scope, noon.Add(time.Duration(hours)*time.Hour))).Open
	}
	equal(t, "what waits for a member, now and later", fmt.Sprint(waiting(org.Scope{Staff: 5}, 0), waiting(org.Scope{Staff: 5}, 4), waiting(org.All(), 0)), "3 2 0")
	all := must[[]storage.StepsLeftTo](t)(db.StepsLeft(ctx, noon.Truncate(24*time.Hour).AddDate(0, 0, 1)))
	equal(t, "left by store", fmt.Sprint(len(all), all[0].Store, all[0].N, all[1].Store, all[1].N, all[0].From.IsZero()), "2 5 3 6 2 true")
	equal(t, "nothing is left of the day itself", len(must[[]storage.StepsLeftTo](t)(db.StepsLeft(ctx, noon.Truncate(24*time.Hour)))), 0)

	day := event.At(noon).Day()
	steps := []storage.StepRef{{Process: p.Number, Version: 1}, {Process: p.Number, Version: 2, Step: 1}}
	executed := func() string {
		t.Helper()
		return fmt.Sprint(must[[]storage.Execution](t)(db.StepExecution(ctx, day-7, day, steps)))
	}
	equal(t, "given", executed(), "[{5 3 0 0 3} {6 2 0 0 2}]")
	answer := func(who int64, outcome sop.Outcome, hours int) {
		t.Helper()
		a := storage.StepAnswer{StepKey: keys[who], Outcome: outcome, At: noon.Add(time.Duration(hours) * time.Hour)}
		if outcome == sop.Postponed {
			a.Because, a.From, a.Until = sop.BecauseNoTime, noon.Add(20*time.Hour), noon.Add(30*time.Hour)
		}
		ok(t, db.AnswerStep(ctx, org.All(), a))
	}
	answer(0, sop.Done, 1)
	answer(1, sop.Done, 3)
	answer(2, sop.Postponed, 1)
	answer(3, sop.NoNeed, 1)
	equal(t, "ended", must[int](t)(db.EndStepTasks(ctx, noon.Add(3*time.Hour))), 1)
	equal(t, "done in time, late, put off, not needed, not done", executed(), "[{5 3 2 1 1} {6 2 0 0 0}]")
	left := func(days int) (text string) {
		t.Helper()
		for _, l := range must[[]storage.StepsLeftTo](t)(db.StepsLeft(ctx, noon.Truncate(24*time.Hour).AddDate(0, 0, days))) {
			text += fmt.Sprint("store ", l.Store, " x", l.N)
			if !l.From.IsZero() {
				text += fmt.Sprint(" from ", l.From.Sub(noon))
			}
		}
		return text
	}
	equal(t, "left of the day itself but for what is put off", left(0), "store 5 x1 from 20h0m0s")
	equal(t, "left on the next day", left(1), "store 5 x1 from 20h0m0s")
	equal(t, "while put off", lists(storage.StepListQuery{Scope: org.All(), Begun: noon.Add(19 * time.Hour)}), "")
	equal(t, "afterwards", lists(storage.StepListQuery{Scope: org.All(), Begun: noon.Add(20 * time.Hour)}), "5x1 until 30h0m0s, ")
	equal(t, "taken back of another subject", must[int](t)(db.TakeStepTasksOf(ctx, sop.OfMember, 1<<40, sop.BecauseEnded, noon)), 0)
	equal(t, "taken back", must[int](t)(db.TakeStepTasks(ctx, p.Number, sop.BecauseRetired, noon)), 1)
	equal(t, "without what was taken back", executed(), "[{5 2 2 1 0} {6 2 0 0 0}]")
	equal(t, "of other days", len(must[[]storage.Execution](t)(db.StepExecution(ctx, day-9, day-1, steps))), 0)
	equal(t, "of other steps", len(must[[]storage.Execution](t)(db.StepExecution(ctx, day, day, steps[1:]))), 0)
	equal(t, "of none", len(must[[]storage.Execution](t)(db.StepExecution(ctx, day, day, nil))), 0)
}
