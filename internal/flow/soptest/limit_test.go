package soptest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/storage"
)

const slowProcess = `sop: 1
name: slow
title: {zh: 慢}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
per_day: 2
executor: relation
steps:
  - {name: hello, at: 30m, within: 9d, late: postpone, channel: CHANNEL, content: [{text: {zh: 您好}}]}
`

// givenTo returns how many of the customers from 100 on were given their only step.
func (w teller) givenTo(customers int) (given int) {
	for n := range customers {
		if strings.HasSuffix(w.story(id.Customer(100+n)), "given") {
			given++
		}
	}
	return given
}

func TestALimitOfADayCountsStepsOnTheDayOnWhichTheyAreGiven(t *testing.T) {
	for _, channel := range []string{"private, purpose: serve", "task"} {
		w := townAt(t, morning, clock.Shanghai)
		w.install(strings.Replace(slowProcess, "CHANNEL", channel, 1))
		const customers = 9
		for n := range customers {
			w.tell(id.Customer(100+n), event.RelationAdded{Staff: soptest.Member})
		}
		for day := range 4 {
			w.until(morning.Add(time.Duration(day)*24*time.Hour + 11*time.Hour))
			if got, want := w.givenTo(customers), 2*(day+1); got != want {
				t.Errorf("%s: %d given until the evening of day %d, want %d", channel, got, day, want)
			}
			w.turn()
		}
		checked(t, w)
	}
}

func TestMassMessagesTakeNothingFromTheLimitOfADay(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(strings.Replace(strings.Replace(slowProcess, "CHANNEL", "mass, purpose: ask", 1), "within: 9d, late: postpone", "within: 9d", 1) +
		"  - {name: note, at: 2h, within: 1d, channel: task, content: [{text: {zh: 记}}]}\n")
	for n := range 4 {
		w.tell(id.Customer(100+n), event.RelationAdded{Staff: soptest.Member})
	}
	w.until(morning.Add(3 * time.Hour))
	given := 0
	for n := range 4 {
		if w.story(id.Customer(100+n)) == "hello given, note given" {
			given++
		}
	}
	if given != 2 {
		t.Errorf("%d of 4 were given both the mass message and one of two tasks, want 2", given)
	}
}

// longSteps gives a member what takes longer than a contact by hand of 4 minutes: a task
// with a photo, and a call.
const longSteps = `sop: 1
name: long
title: {zh: 久}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - {name: photo, at: 30m, within: 9d, channel: task, proof: photo, minutes: 10, content: [{text: {zh: 拍照}}]}
  - {name: call, at: 1h, within: 9d, late: postpone, channel: call, purpose: serve, minutes: 30, content: [{text: {zh: 问候}}]}
`

// Of a day with room for 20 contacts, 80 minutes, four photos take 40 and two calls the rest.
func TestStepsTakeAMembersDayByTheirMinutes(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.Capacity = 20
	w.install(longSteps)
	w.add(100, 101, 102, 103)
	w.until(morning.Add(8 * time.Hour))
	got := map[string]int{}
	for n := range 4 {
		got[w.story(id.Customer(100+n))]++
	}
	if want := "map[photo given, call given:2 photo given, call postponed staff_capacity:2]"; fmt.Sprint(got) != want {
		t.Errorf("stories %v, want %s", got, want)
	}
	load := must[map[id.Staff]decision.Load](t)(w.DB.Load(t.Context(), clock.Day(w.Clock.Now(), clock.Shanghai)))[soptest.Member]
	if want := (decision.Load{StepContacts: 2, Steps: 100 * time.Minute}); load != want || load.Hands() != 25 {
		t.Errorf("load %+v takes the room of %d contacts, want %+v and 25", load, load.Hands(), want)
	}
	checked(t, w)
}

func TestAMassMessageThatWasDroppedTakesNothingOfTheDay(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(massProcess)
	w.add(100, 101)
	w.until(morning.Add(2 * time.Hour))
	load := func() int {
		return must[map[id.Staff]decision.Load](t)(w.DB.Load(t.Context(), clock.Day(w.Clock.Now(), clock.Shanghai)))[soptest.Member].Confirmations
	}
	if load() != 1 {
		t.Fatalf("%d confirmations before, want 1", load())
	}
	must[int](t)(w.Operator.Retire(t.Context(), number, "lead", w.Clock.Now()))
	w.turn()
	if load() != 0 {
		t.Errorf("%d confirmations after the message was dropped", load())
	}
}

func TestATaskOfAProcessIsPutOffThreeTimesAtMost(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(watchedProcess)
	w.tell(1, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(25 * time.Hour))
	answer := func(a storage.StepAnswer) error {
		waits := must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Scope: everything}))[0]
		a.StepKey, a.At = storage.StepKey{RunKey: waits.RunKey, Version: waits.Version, Step: waits.Step}, w.Clock.Now()
		a.From, a.Until = a.At.Add(20*time.Hour), a.At.Add(32*time.Hour)
		return w.DB.AnswerStep(t.Context(), everything, a)
	}
	for n := range 4 {
		err := answer(storage.StepAnswer{Outcome: sop.Postponed, Because: sop.BecauseNoTime})
		if enough := n == 3; (fault.KeyOf(err) == "error.put_off_enough") != enough || (err == nil) == enough {
			t.Errorf("put off %d times: %v", n+1, err)
		}
	}
	ok(t, answer(storage.StepAnswer{Outcome: sop.NoNeed, Because: sop.BecauseNoGoods}))
	if got := w.story(1); !strings.Contains(got, "note no_need no_goods") {
		t.Errorf("story: %s", got)
	}
	checked(t, w)
}
