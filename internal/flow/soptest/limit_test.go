package soptest_test

import (
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
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
