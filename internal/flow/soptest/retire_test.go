package soptest_test

import (
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/storage"
)

const watchedProcess = `sop: 1
name: watched
title: {zh: 看}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
goal: {if: {did: bought}, within: 10d}
steps:
  - {name: hello, at: 30m, within: 8h, late: postpone, channel: private, purpose: serve, service: true, content: [{text: {zh: 您好}}]}
  - {name: note, at: 1d 10:00, within: 2d, channel: task, content: [{text: {zh: 记一笔}}]}
  - {name: later, at: 3d 10:00, within: 2d, channel: task, content: [{text: {zh: 再记一笔}}]}
`

func (w teller) results() []sop.Result {
	return sop.Results(must[[]sop.Count](w.t)(w.DB.StepCounts(w.t.Context(), 0, 0, 1<<30)))
}

func TestOfAPausedProcessGoalsAreJudgedAndStepsWait(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(watchedProcess)
	w.tell(1, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(5 * 24 * time.Hour)) // the steps of 1 are through
	w.tell(2, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(6 * 24 * time.Hour))
	ok(t, w.Operator.Pause(t.Context(), number, "lead", w.Clock.Now()))
	w.tell(1, order(1))
	w.until(morning.Add(12 * 24 * time.Hour))
	if got := w.results(); len(got) != 1 || got[0].Treated != (sop.Arm{Judged: 1, Reached: 1}) {
		t.Errorf("while it was paused: %+v", got)
	}
	if got := w.story(2); got != "hello given" && got != "hello unmade window_over" {
		t.Errorf("a step of a paused process happened: %s", got)
	}
	checked(t, w)
}

func TestWhoIsCutOffByRetirementIsOfNeitherArm(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(watchedProcess)
	w.tell(1, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(5 * 24 * time.Hour))
	for n := range 4 {
		w.tell(id.Customer(2+n), event.RelationAdded{Staff: soptest.Member})
	}
	w.until(morning.Add(7 * 24 * time.Hour))
	waiting := must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Staff: soptest.Member, Scope: everything}))
	if len(waiting) != 4 {
		t.Fatalf("%d tasks wait", len(waiting))
	}
	ok(t, w.Operator.Close(t.Context(), number, "lead", w.Clock.Now()))
	ended, more, err := w.Operator.EndRetired(t.Context(), w.Clock.Now())
	if ended != 4 || more || err != nil {
		t.Errorf("%d runs ended, more %v, %v", ended, more, err)
	}
	if again, _, err := w.Operator.EndRetired(t.Context(), w.Clock.Now()); again != 0 || err != nil {
		t.Errorf("%d runs ended again, %v", again, err)
	}
	if left := must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Scope: everything})); len(left) != 0 {
		t.Errorf("%d tasks still wait for the member", len(left))
	}
	w.until(morning.Add(30 * 24 * time.Hour))
	if got := w.results(); len(got) != 1 || got[0].Treated != (sop.Arm{Judged: 1}) || got[0].Cut != 4 {
		t.Errorf("results: %+v", got)
	}
	checked(t, w)
}

func TestWhereNoProcessWorksFactsAreNotReadAndBeginNothingLater(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.tell(1, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(2 * time.Hour))
	cursor := func() int64 { return must[int64](t)(w.DB.Cursor(t.Context(), flow.SOPReader)) }
	if cursor() != 0 {
		t.Errorf("the cursor of processes stands at %d", cursor())
	}
	w.install(watchedProcess)
	if turned := must[int64](t)(w.DB.Cursor(t.Context(), flow.Turner)); cursor() != turned {
		t.Errorf("the cursor stands at %d, facts were turned up to %d", cursor(), turned)
	}
	w.tell(2, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(4 * time.Hour))
	if w.story(1) != "" || w.story(2) == "" {
		t.Errorf("stories: %q, %q", w.story(1), w.story(2))
	}
	checked(t, w)
}
