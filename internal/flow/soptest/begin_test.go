package soptest_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/flow/soptest"
)

// greeting is a process of one step that anything may begin.
const greeting = `sop: 1
name: greeting
title: {zh: 问候}
subject: customer
trigger: TRIGGER
clock: relative
again: every_time
executor: relation
steps:
  - {name: hello, at: 0m, within: 20h, channel: task, content: [{text: {zh: 问候}}]}
`

// greeted lets things happen to a customer before a process is put to work and after.
func greeted(t *testing.T, trigger string, before, after []moment) (story string, foretold int) {
	t.Helper()
	w := townAt(t, when(0, "09:00"), clock.Shanghai)
	for _, m := range before {
		w.Clock.Set(offset(t, m.when))
		w.tell(3, m.body)
		w.turn()
	}
	w.Clock.Set(when(200, "09:00"))
	text := strings.Replace(greeting, "TRIGGER", trigger, 1)
	w.install(text)
	for _, m := range after {
		w.Clock.Set(offset(t, m.when))
		w.tell(3, m.body)
		w.turn()
	}
	p := must[sop.Process](t)(sop.Parse([]byte(text)))
	span := flow.DrySpan{From: when(200, "09:00"), Until: w.Clock.Now().Add(time.Hour)}
	dry := must[flow.DryRun](t)(w.Operator.DryRun(t.Context(), w.World(span.Until), &p, span))
	return w.story(3), dry.Entered
}

func TestNewCustomersAreThoseWhomNobodyKnew(t *testing.T) {
	t.Parallel()
	added, handed := event.RelationAdded{Staff: soptest.Member}, event.RelationAdded{Staff: soptest.Member, AddWay: event.HandedOver}
	colleague := event.RelationAdded{Staff: soptest.Member + 1}
	for _, c := range []struct {
		sentence      string
		before, after []moment
		begins        bool
		blind         bool // a dry run cannot know it
	}{
		{"who was never seen", nil, []moment{{"201d 10:00", added}}, true, false},
		{"who came by a group", []moment{{"1d", event.GroupJoined{Group: 9}}}, []moment{{"201d 10:00", added}}, true, false},
		{"who asked to be added first", nil, []moment{{"201d 09:30", event.RelationAdded{Staff: soptest.Member, Half: true}}, {"201d 10:00", added}}, true, false},
		{"who adds by the card of a first parcel", []moment{{"195d 10:00", order(1)}}, []moment{{"201d 10:00", added}}, true, false},
		{"who bought long ago", []moment{{"100d", order(1)}}, []moment{{"201d 10:00", added}}, false, false},
		{"who knows a colleague", []moment{{"1d", colleague}}, []moment{{"201d 10:00", added}}, false, false},
		{"who left a colleague", []moment{{"1d", colleague}, {"9d", event.RelationEnded{Staff: soptest.Member + 1, By: event.ByCustomer}}}, []moment{{"201d 10:00", added}}, false, false},
		{"who comes back to the same member", []moment{{"1d", added}, {"9d", event.RelationEnded{Staff: soptest.Member, By: event.ByCustomer}}}, []moment{{"201d 10:00", added}}, false, true},
		{"who is handed over", nil, []moment{{"201d 10:00", handed}}, false, false},
	} {
		story, foretold := greeted(t, "{fact: relation_added, first: true}", c.before, c.after)
		if begins := story != ""; begins != c.begins || !c.blind && (foretold == 1) != c.begins {
			t.Errorf("%s: %q, foretold %d", c.sentence, story, foretold)
		}
	}
}

func TestWhoEndedARelationIsAsked(t *testing.T) {
	t.Parallel()
	before := []moment{{"1d", event.RelationAdded{Staff: soptest.Member}}, {"2d", event.RelationAdded{Staff: soptest.Member + 1}}}
	got := map[event.EndedBy]bool{}
	for _, by := range sop.Enders() {
		story, foretold := greeted(t, "{fact: relation_ended, by: [transfer, staff]}", before, []moment{{"201d 10:00", event.RelationEnded{Staff: soptest.Member + 1, By: by}}})
		if got[by] = story != ""; got[by] != (foretold == 1) {
			t.Errorf("by %s: %q, foretold %d", by, story, foretold)
		}
	}
	if want := map[event.EndedBy]bool{event.ByTransfer: true, event.ByStaff: true, event.ByCustomer: false, event.ByNobody: false}; !maps.Equal(got, want) {
		t.Errorf("begun: %v", got)
	}
	if story, _ := greeted(t, "{fact: relation_ended}", before, []moment{{"201d 10:00", event.RelationEnded{Staff: soptest.Member + 1, By: event.ByCustomer}}}); story == "" {
		t.Error("who ended it is asked where nobody asks")
	}
}

func TestAProcessIsTriedInOneStoreAndThenInAll(t *testing.T) {
	t.Parallel()
	inShop := strings.Replace(greeting, "TRIGGER", `{fact: order_paid, rule: {field: store, is: in, values: ["7"]}}`, 1)
	for _, c := range []struct {
		sentence, text string
		enter          int
	}{
		{"tried in one store", inShop, 1},
		{"installed in all", strings.Replace(greeting, "TRIGGER", "{fact: order_paid}", 1), 2},
	} {
		w := townAt(t, morning, clock.Shanghai)
		w.tell(1, event.RelationAdded{Staff: soptest.Member})
		w.tell(2, event.RelationAdded{Staff: soptest.Member + 1})
		w.turn()
		w.install(inShop)
		w.install(c.text)
		w.tell(1, order(1))
		w.tell(2, order(2))
		w.until(morning.Add(time.Hour))
		if got := w.story(1); got != "hello given" {
			t.Errorf("%s: %q", c.sentence, got)
		}
		if runs := must[[]sop.Run](t)(w.DB.RunsOf(t.Context(), sop.OfCustomer, []int64{1, 2})); len(runs) != c.enter {
			t.Errorf("%s: %d entered, want %d", c.sentence, len(runs), c.enter)
		}
		p := must[sop.Process](t)(sop.Parse([]byte(c.text)))
		span := flow.DrySpan{From: morning.Add(-time.Hour), Until: w.Clock.Now()}
		dry := must[flow.DryRun](t)(w.Operator.DryRun(t.Context(), w.World(span.Until), &p, span))
		if dry.Entered != c.enter {
			t.Errorf("%s: a dry run lets %d enter, want %d", c.sentence, dry.Entered, c.enter)
		}
		checked(t, w)
	}
}

func TestWhetherARuleBesideAFactHoldsIsAskedWhenItIsTold(t *testing.T) {
	t.Parallel()
	w := townAt(t, morning, clock.Shanghai)
	w.install(strings.Replace(greeting, "TRIGGER", `{fact: complaint_closed, rule: {field: orders, is: ">=", values: [2]}}`, 1))
	w.tell(1, event.RelationAdded{Staff: soptest.Member})
	w.tell(1, event.ComplaintOpened{})
	w.tell(1, order(1))
	w.tell(1, event.ComplaintClosed{})
	w.turn()
	w.tell(1, order(2)) // fits now, but nothing happens
	w.until(morning.Add(2 * time.Hour))
	if got := w.story(1); got != "" {
		t.Errorf("a customer entered who only came to fit: %s", got)
	}
	w.tell(1, event.ComplaintOpened{})
	w.tell(1, event.ComplaintClosed{})
	w.until(morning.Add(3 * time.Hour))
	if got := w.story(1); got != "hello given" {
		t.Errorf("story: %s", got)
	}
	checked(t, w)
}
