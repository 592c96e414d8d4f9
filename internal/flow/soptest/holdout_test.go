package soptest_test

import (
	"math"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/storage"
)

// greetingProcess reaches newcomers by a task and by a message.
const greetingProcess = `sop: 1
name: greeting
title: {zh: 迎新}
subject: customer
trigger: {fact: group_joined}
clock: relative
again: once
executor: relation
goal: {if: {did: bought}, within: 10d}
steps:
  - {name: greet, at: 30m, within: 8h, late: postpone, channel: task, purpose: greet, content: [{text: {zh: 群里点名欢迎}}]}
  - {name: note, at: 40m, within: 8h, late: postpone, channel: task, service: true, content: [{text: {zh: 登记}}]}
  - {name: tip, at: 1d 10:00, within: 2d, late: postpone, channel: private, purpose: serve, content: [{text: {zh: 小窍门}}]}
`

func TestHeldOutCustomersAreLeftAsTheyAreAndTheDifferenceIsMeasured(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(greetingProcess)
	const each = 30
	held := map[id.Customer]bool{}
	for n := range 2 * each {
		who := id.Customer(1 + n)
		held[who] = n >= each
		w.tell(who, event.RelationAdded{Staff: soptest.Member})
		w.tell(who, event.GroupJoined{Group: 3})
	}
	ok(t, w.DB.AssignHoldout(t.Context(), held, w.Clock.Now()))
	w.until(morning.Add(2 * time.Hour))
	for _, s := range must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Scope: everything})) {
		if held[s.Customer()] && s.Step == 0 {
			t.Fatalf("a member is asked to greet customer %d, who is held out", s.Customer())
		}
	}
	for range 4 {
		w.finish()
		w.until(w.Clock.Now().Add(24 * time.Hour))
	}
	for n := range each { // who was greeted buys more often
		if n%3 != 0 {
			w.tell(id.Customer(1+n), order(1000+n))
		}
		if n%6 == 0 {
			w.tell(id.Customer(1+each+n), order(2000+n))
		}
	}
	w.until(morning.Add(12 * 24 * time.Hour))
	for who, untouched := range held {
		want := "greet done, note done, tip done"
		if untouched {
			want = "greet withheld holdout, note done, tip withheld holdout"
		}
		if got := w.story(who); got != want {
			t.Errorf("customer %d: %s, want %s", who, got, want)
		}
	}
	results := w.results()
	if len(results) != 1 || results[0].Treated != (sop.Arm{Judged: each, Reached: 20}) || results[0].Held != (sop.Arm{Judged: each, Reached: 5}) {
		t.Fatalf("results: %+v", results)
	}
	// Newcombe's method 10 of 20/30 against 5/30, computed by hand.
	if r := results[0]; !r.Measurable || r.Difference != 0.5 || math.Abs(r.Low-0.2539) > 1e-4 || math.Abs(r.High-0.6691) > 1e-4 {
		t.Errorf("the difference is told as %.4f (%.4f to %.4f)", r.Difference, r.Low, r.High)
	}
	checked(t, w)
}

func TestWhoRefusesOrComplainsIsNotReachedByATaskEither(t *testing.T) {
	for _, s := range []struct {
		sentence, want string
		body           event.Body
	}{
		{"who refuses marketing is not greeted", "greet withheld refused_marketing, note given", event.MarketingRefused{By: "clerk"}},
		{"who has a complaint is not greeted while it is open", "greet postponed complaint_open", event.ComplaintOpened{}},
		{"who only joins is", "greet given, note given", nil},
	} {
		t.Run(s.sentence, func(t *testing.T) {
			w := townAt(t, morning, clock.Shanghai)
			w.install(greetingProcess)
			w.tell(1, event.RelationAdded{Staff: soptest.Member})
			w.tell(1, event.GroupJoined{Group: 3})
			if s.body != nil {
				w.tell(1, s.body)
			}
			w.until(morning.Add(2 * time.Hour))
			if got := w.story(1); got != s.want {
				t.Errorf("%s, want %s", got, s.want)
			}
			checked(t, w)
		})
	}
}
