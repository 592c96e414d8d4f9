package soptest_test

import (
	"fmt"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/flow/soptest"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// movedProcess begins a process whose steps a test writes.
const movedProcess = `sop: 1
name: moved
title: {zh: 换}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
`

// stepOf writes a step of a kind.
func stepOf(kind, name, at string) string {
	how := map[string]string{
		"private": "channel: private, purpose: serve, service: true, content: [{text: {zh: 您好}}]",
		"call":    "channel: call, purpose: serve, service: true, content: [{text: {zh: 打电话}}]",
		"task":    "channel: task, content: [{text: {zh: 记一笔}}]",
		"tag":     "channel: tag, tag: new",
	}[kind]
	return fmt.Sprintf("  - {name: %s, at: %s, within: 3d, late: postpone, %s}\n", name, at, how)
}

// finish lets the member do everything that waits.
func (w teller) finish() {
	w.t.Helper()
	w.do("")
	for _, s := range must[[]storage.StepTask](w.t)(w.DB.StepTasks(w.t.Context(), storage.StepTaskQuery{Scope: everything})) {
		ok(w.t, w.DB.AnswerStep(w.t.Context(), org.All(), storage.StepAnswer{
			StepKey: storage.StepKey{RunKey: s.RunKey, Version: s.Version, Step: s.Step}, Outcome: sop.Done, At: w.Clock.Now()}))
	}
}

// move lets the runs of a version be taken over and returns how many were.
func (w teller) move(number int64, from int) int {
	w.t.Helper()
	ok(w.t, w.Operator.AskMove(w.t.Context(), flow.Moving{Process: number, Version: from, By: "lead", Asked: w.Clock.Now()}))
	moved, more, err := w.Operator.MoveAsked(w.t.Context(), w.Clock.Now())
	if more {
		w.t.Errorf("more are to be moved after %d", moved)
	}
	return must[int](w.t)(moved, err)
}

func TestStepsThatChangePlacesHappenOnceToWhoIsMoved(t *testing.T) {
	for _, s := range []struct{ kind, want string }{
		{"task", "first done, second done, third done"},
		{"tag", "first passed, second done, third done"},
		{"private", "first done, second done, third done"},
		{"call", "first done, second done, third done"},
	} {
		t.Run(s.kind, func(t *testing.T) {
			w := townAt(t, morning, clock.Shanghai)
			number := w.install(movedProcess + stepOf(s.kind, "first", "1d 10:00") + stepOf("private", "second", "2d 10:00") + stepOf("task", "third", "3d 10:00"))
			w.tell(1, event.RelationAdded{Staff: soptest.Member})
			w.until(morning.Add(25 * time.Hour))
			w.finish()
			w.install(movedProcess + stepOf("private", "second", "1d 14:00") + stepOf(s.kind, "first", "2d 14:00") + stepOf("task", "third", "3d 10:00"))
			if moved := w.move(number, 1); moved != 1 {
				t.Fatalf("%d runs were moved", moved)
			}
			for day := range 5 {
				w.until(morning.Add(time.Duration(25+24*(1+day)) * time.Hour))
				w.finish()
			}
			if got := w.story(1); got != s.want {
				t.Errorf("%s, want %s", got, s.want)
			}
			counts := must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), number, 0, 1<<30))
			if all := sop.Adherence(counts, func(sop.Count) int { return 0 })[0]; all.Open() != 0 {
				t.Errorf("%d steps stay open for ever", all.Open())
			}
			checked(t, w)
		})
	}
}

func TestWhoIsMovedTwiceStillGetsNoStepAgain(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	first := movedProcess + stepOf("task", "note", "1d 10:00") + stepOf("private", "tip", "3d 10:00")
	number := w.install(first)
	w.tell(1, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(25 * time.Hour))
	w.finish()
	for n, text := range []string{
		movedProcess + stepOf("private", "tip", "3d 10:00") + stepOf("task", "note", "4d 10:00"),
		movedProcess + stepOf("private", "tip", "3d 14:00") + stepOf("task", "note", "5d 10:00"),
	} {
		w.install(text)
		if moved := w.move(number, 1+n); moved != 1 {
			t.Fatalf("%d runs were moved", moved)
		}
		w.until(w.Clock.Now().Add(2 * time.Hour))
	}
	for range 7 {
		w.until(w.Clock.Now().Add(24 * time.Hour))
		w.finish()
	}
	if got := w.story(1); got != "note done, tip done" {
		t.Errorf("story: %s", got)
	}
	checked(t, w)
}
