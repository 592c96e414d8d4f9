package soptest_test

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
)

// afterOrder may begin anew for each order; who answers hears more.
const afterOrder = `sop: 1
name: after
title: {zh: 买后}
subject: customer
trigger: {fact: order_paid}
clock: relative
again: AGAIN
executor: relation
stop:
  - {name: complained, if: {did: complained}}
steps:
  - {name: thanks, at: 2h, within: 20h, channel: private, purpose: serve, service: true, content: [{text: {zh: 谢谢}}]}
  - {name: way, at: 26h, within: 2d, channel: wait, choose: [{if: {did: answered}, lane: talk}]}
  - {name: tip, at: 28h, within: 20h, channel: private, purpose: serve, content: [{text: {zh: 窍门}}]}
  - {name: more, lane: talk, at: 30h, within: 20h, channel: private, purpose: promote, content: [{text: {zh: 还有}}]}
`

// week is what happens to customers in a week of a brand, by the hour.
type week struct{ *rand.Rand }

const people = 60

func (h week) happens(w teller) {
	who := id.Customer(1 + h.IntN(people))
	switch h.IntN(8) {
	case 0, 1, 2:
		w.tell(who, order(1+h.IntN(1<<30)))
	case 3, 4:
		w.tell(who, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"})
	case 5:
		if h.IntN(4) == 0 {
			w.tell(who, event.ComplaintOpened{})
		}
	}
}

// live lets the same week happen to a town, one more day in which nothing does, and
// tells when it was over.
func (h week) live(w teller) {
	for n := range people {
		w.tell(id.Customer(1+n), event.RelationAdded{Staff: soptest.Member})
	}
	w.turn()
	for range 7 * 24 {
		h.happens(w)
		w.until(w.Clock.Now().Add(time.Hour))
		w.do("")
	}
	for range 72 {
		w.until(w.Clock.Now().Add(time.Hour))
		w.do("")
	}
}

// happened counts what became of steps in the end: "tip given", "more withheld".
func happened(w teller) map[string]int {
	all := map[string]int{}
	for n := range people {
		for said := range strings.SplitSeq(w.story(id.Customer(1+n)), ", ") {
			if words := strings.Fields(strings.NewReplacer("done", "given", "unmade", "given").Replace(said)); len(words) > 1 && words[1] != "postponed" {
				all[words[0]+" "+words[1]]++
			}
		}
	}
	return all
}

// foretold is the same of a dry run.
func foretold(dry *flow.DryRun) map[string]int {
	all := map[string]int{}
	for _, s := range dry.Steps {
		for outcome, n := range s.Outcome {
			if outcome != sop.Postponed && outcome != sop.Passed {
				all[s.Name+" "+string(outcome)] = n
			}
		}
	}
	return all
}

func TestWhatADryRunSaysIsWhatWouldHaveHappened(t *testing.T) {
	sameWeek := func() week { return week{rand.New(rand.NewPCG(5, 8))} }
	without := townAt(t, morning, clock.Shanghai)
	sameWeek().live(without)
	span := flow.DrySpan{From: morning, Until: without.Clock.Now()}
	for _, again := range []sop.Again{sop.Once, sop.AfterEnd, sop.Restart, sop.EachTrial} {
		t.Run(string(again), func(t *testing.T) {
			text := strings.Replace(afterOrder, "AGAIN", string(again), 1)
			with := townAt(t, morning, clock.Shanghai)
			with.install(text)
			sameWeek().live(with)
			p := must[sop.Process](t)(sop.Parse([]byte(text)))
			dry := must[flow.DryRun](t)(without.Operator.DryRun(t.Context(), without.World(span.Until), &p, span))
			if got, want := foretold(&dry), happened(with); !maps.Equal(got, want) {
				t.Errorf("foretold %v, happened %v", got, want)
			}
		})
	}
}

// What a member's day has no room for is withheld from whoever comes last.
func TestADryRunKnowsWhatMembersDaysHaveRoomFor(t *testing.T) {
	sameWeek := func() week { return week{rand.New(rand.NewPCG(5, 9))} }
	for _, c := range []struct {
		sentence string
		capacity int // contacts by hand a day
		change   *strings.Replacer
	}{
		{"two steps a day", 1000, strings.NewReplacer("executor:", "per_day: 2\nexecutor:")},
		{"two steps a day, tried again", 1000, strings.NewReplacer("executor:", "per_day: 2\nexecutor:", "within: 20h,", "within: 2d, late: postpone,")},
		{"five minutes a day, tips take seven", 2, strings.NewReplacer("channel: private, purpose: serve, content", "channel: private, purpose: serve, minutes: 7, content")},
		{"five minutes a day, tips are tasks", 2, strings.NewReplacer("channel: private, purpose: serve, content", "channel: task, minutes: 3, content")},
		{"tips are mass messages", 1000, strings.NewReplacer("channel: private, purpose: serve, content", "channel: mass, purpose: serve, content")},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			text := c.change.Replace(strings.Replace(afterOrder, "AGAIN", string(sop.EachTrial), 1))
			opens := morning.Add(-30 * time.Minute) // when quiet hours end, which nobody is late for then
			with, without := townAt(t, opens, clock.Shanghai), townAt(t, opens, clock.Shanghai)
			for _, w := range []teller{with, without} {
				w.Town.Capacity, w.Town.Rules.MaxConfirmations = c.capacity, 0
			}
			with.install(text)
			sameWeek().live(with)
			sameWeek().live(without)
			span := flow.DrySpan{From: opens, Until: without.Clock.Now()}
			p := must[sop.Process](t)(sop.Parse([]byte(text)))
			dry := must[flow.DryRun](t)(without.Operator.DryRun(t.Context(), without.World(span.Until), &p, span))
			if got, want := foretold(&dry), happened(with); !maps.Equal(got, want) {
				t.Errorf("foretold %v, happened %v", got, want)
			}
			if dry.Withheld["staff_capacity"] == 0 {
				t.Errorf("withheld %v, none for lack of room", dry.Withheld)
			}
		})
	}
}

// Of 32 minutes another process took 24: three asked for twice.
func TestADryRunLeavesMembersWhatTheyReallyHadToDo(t *testing.T) {
	const asks = `sop: 1
name: NAME
title: {zh: 问}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - {name: ask, at: 1h, within: 2h, channel: task, minutes: 4, content: [{text: {zh: 问}}]}
  - {name: hello, at: 2h, within: 2h, channel: private, purpose: serve, content: [{text: {zh: 您好}}]}
`
	w := townAt(t, morning, clock.Shanghai)
	w.Capacity = 8
	other := w.install(strings.Replace(asks, "NAME", "other", 1))
	w.add(1, 2, 3)
	w.until(morning.Add(30 * time.Hour))
	if given := len(must[[]flow.StepsGiven](t)(w.DB.StepsGivenOn(t.Context(), clock.Day(morning, w.Zone)))); other == 0 || given == 0 {
		t.Fatalf("%d steps given on the first day", given)
	}
	for name, want := range map[string]map[sop.Because]int{"other": {}, "another": {"staff_capacity": 3}} {
		p := must[sop.Process](t)(sop.Parse([]byte(strings.Replace(asks, "NAME", name, 1))))
		span := flow.DrySpan{From: morning.Add(-time.Hour), Until: w.Clock.Now()}
		dry := must[flow.DryRun](t)(w.Operator.DryRun(t.Context(), w.World(span.Until), &p, span))
		if !maps.Equal(dry.Withheld, want) {
			t.Errorf("%s: withheld %v, want %v", name, dry.Withheld, want)
		}
	}
}

// Groups without an owner, limits of a day, confirmations and WeCom's quota of a week.
func TestADryRunOfGroupsIsWhatWouldHaveHappened(t *testing.T) {
	for _, limit := range []string{"", "per_day: 7\n"} {
		text := strings.Replace(groupDay, "executor:", limit+"executor:", 1)
		town := func() teller {
			w := postingTown(t)
			w.Rules.Quota = decision.QuotaWeek
			f := must[event.Fact](t)(event.New(event.Group(60), w.Clock.Now(), event.FromBackfill, id.Hash("orphan"), event.GroupSeen{Name: "orphan", Owner: soptest.Member + 1}))
			must[int](t)(w.Log.Append(t.Context(), f))
			w.turn()
			return w
		}
		with, without := town(), town()
		from := with.Clock.Now()
		until := time.Date(2026, 5, 12, 0, 0, 0, 0, clock.Shanghai)
		with.install(text)
		posted := 0
		for with.Clock.Now().Before(until) {
			with.until(with.Clock.Now().Add(time.Hour))
			posted += with.deliver()
		}
		without.Clock.Set(until)
		without.turn()
		p := must[sop.Process](t)(sop.Parse([]byte(text)))
		dry := must[flow.DryRun](t)(without.Operator.DryRun(t.Context(), without.World(until), &p, flow.DrySpan{From: from, Until: until}))
		lines := sop.Adherence(must[[]sop.Count](t)(with.DB.StepCounts(t.Context(), 0, 0, 1<<30)), func(c sop.Count) int { return c.Step })
		byHandSum, given := 0, 0
		for i, s := range dry.Steps {
			l := lines[i]
			if s.Outcome[sop.Given] != l.Given || s.Outcome[sop.Withheld] != l.Withheld {
				t.Errorf("%q, %s: %d given and %d withheld, happened %d and %d", limit, s.Name, s.Outcome[sop.Given], s.Outcome[sop.Withheld], l.Given, l.Withheld)
			}
			byHandSum += s.ByHand
			if s.Name != "clean" {
				given += l.Given
			}
		}
		if byHand := given - posted; byHandSum != byHand || byHand == 0 || posted == 0 {
			t.Errorf("%q: %d posts are to be made by hand, %d were beside %d that WeCom sent", limit, byHandSum, byHand, posted)
		}
		if dry.Withheld[sop.BecauseNobody] == 0 || (dry.Withheld["staff_capacity"] > 0) != (limit != "") {
			t.Errorf("%q: withheld %v", limit, dry.Withheld)
		}
	}
}

func TestADryRunDoesNotKnowWhatWasSaidLater(t *testing.T) {
	const offer = `sop: 1
name: offer
title: {zh: 优惠}
subject: customer
trigger: {fact: group_joined}
clock: relative
again: once
executor: relation
steps:
  - {name: offer, at: 1h, within: 2h, channel: private, purpose: promote, content: [{text: {zh: 优惠}}]}
`
	after := func(hours int) time.Time {
		return morning.Add(100*24*time.Hour + time.Duration(hours)*time.Hour)
	}
	out, in := event.MessageExchanged{Staff: soptest.Member, Form: "text"}, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"}
	for _, c := range []struct {
		sentence string
		before   event.Body // a day before the offer
		later    event.Body // some hours after it
		want     string
	}{
		{"the member spoke later", nil, out, "withheld"},
		{"the customer spoke later", nil, in, "withheld"},
		{"the customer asked for something later", nil, event.NeedExpressed{Line: id.LineOf("tea"), How: "asked"}, "withheld"},
		{"the member spoke before and later", out, out, "given"},
		{"the customer spoke before and later", in, in, "given"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			stories := map[bool]string{}
			for _, real := range []bool{true, false} {
				w := townAt(t, morning, clock.Shanghai)
				w.tell(1, event.RelationAdded{Staff: soptest.Member})
				w.turn()
				if real {
					w.Clock.Set(after(-48))
					w.install(offer)
				}
				if c.before != nil {
					w.Clock.Set(after(-24))
					w.tell(1, c.before)
					w.turn()
				}
				w.Clock.Set(after(0))
				w.tell(1, event.GroupJoined{Group: 3})
				w.until(after(5))
				w.tell(1, c.later)
				w.until(after(7))
				if real {
					stories[real] = strings.Fields(w.story(1))[1]
					continue
				}
				p := must[sop.Process](t)(sop.Parse([]byte(offer)))
				span := flow.DrySpan{From: after(-1), Until: w.Clock.Now()}
				dry := must[flow.DryRun](t)(w.Operator.DryRun(t.Context(), w.World(span.Until), &p, span))
				for outcome := range dry.Steps[0].Outcome {
					stories[real] += string(outcome)
				}
			}
			if stories[true] != c.want || stories[false] != c.want {
				t.Errorf("the offer was %s, a dry run says %s, want %s", stories[true], stories[false], c.want)
			}
		})
	}
}
