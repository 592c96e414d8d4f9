package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// visits is a process of an answer at once and two contacts later.
const visits = `sop: 1
name: visits
title: {en: Visits}
subject: customer
trigger: {fact: referral_stayed}
clock: relative
again: once
executor: relation
steps:
  - {name: thanks, at: 1h, channel: private, purpose: serve, service: true, content: [{text: {en: Thanks}}]}
  - {name: ask, at: 3d, channel: private, purpose: ask, content: [{text: {en: How is it}}]}
  - {name: pause, at: 4d, channel: wait}
  - {name: again, at: 5d, channel: mass, purpose: ask, content: [{text: {en: And now}}]}
  - {name: late, at: 40d, channel: call, purpose: ask, content: [{text: {en: Still}}]}
`

// festival is a process of a date, for buyers.
const festival = `sop: 1
name: festival
title: {en: Festival}
subject: customer
trigger:
  dates: [2026-11-11]
  rule: {field: orders, is: ">=", values: [1]}
clock: calendar
again: every_time
executor: relation
steps:
  - {name: eve, at: "-3d 10:00", channel: mass, purpose: serve, content: [{text: {en: Soon}}]}
  - {name: day, at: "0d 10:00", channel: mass, purpose: serve, content: [{text: {en: Today}}]}
`

func people(from, until int) (list []id.Customer) {
	for c := from; c <= until; c++ {
		list = append(list, id.Customer(c))
	}
	return list
}

// install puts a process to work.
func (h *house) install(text string) (number int64) {
	h.t.Helper()
	p, err := sop.Parse([]byte(text))
	must(h.t, err)
	must(h.t, h.Operate(h.t.Context(), func(ctx context.Context, o *flow.Operator) error {
		if number, _, err = o.Install(ctx, flow.ProcessVersion{Document: p, By: "lead", At: h.clock.Now()}); err != nil {
			return err
		}
		return o.Activate(ctx, number, "lead", h.clock.Now())
	}))
	return number
}

// calendarHouse has 30 customers, of whom the last ten bought; 20 are on a process
// of visits, and a batch waits for six.
func calendarHouse(t *testing.T) *house {
	h := openHouse(t)
	var facts []event.Fact
	for _, c := range people(1, 30) {
		facts = append(facts, h.related(c, monday.AddDate(0, -1, 0))...)
		if c > 20 {
			facts = append(facts, h.order(c, int64(c), monday.AddDate(0, 0, -20)))
		}
	}
	h.tell(facts...)
	must(t, h.KeepAudiences(t.Context()))
	number := h.install(visits)
	p, err := sop.Parse([]byte(visits))
	must(t, err)
	var e flow.Entering
	for _, c := range people(1, 20) {
		key := sop.RunKey{Subject: sop.OfCustomer, ID: int64(c), Process: number, Occurrence: int64(event.At(monday))}
		e.New = append(e.New, p.Enter(key, 1, monday, h.zone))
	}
	must(t, second(h.db.EnterRuns(t.Context(), e)))
	h.batchTo(1, 0, "words", people(18, 23)...)
	return h
}

func cells(r web.CalendarRow) string {
	var list []int
	for _, c := range r.Cells {
		list = append(list, c.N)
	}
	return fmt.Sprint(list)
}

func TestTheCalendarCountsWhoReceivesSomethingByDayAndAudience(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	h.install(festival)
	number := h.saved(web.AudienceForm{Name: "buyers", Rule: buyers})
	v, err := h.desk.ComingDays(ctx, org.All(), web.ByAudience)
	must(t, err)
	equal(t, "everybody", cells(v.Rows[0]), "[23 0 0 20 0 20 10 0 0 10 0 0 0 0]")
	equal(t, "rows", len(v.Rows), 2)
	equal(t, "buyers", cells(v.Rows[1]), "[3 0 0 0 0 0 10 0 0 10 0 0 0 0]")
	equal(t, "more than once", fmt.Sprint(v.Twice), "[3 0 0 0 0 0 0 0 0 0 0 0 0 0]")
	equal(t, "above two in a week", fmt.Sprint(v.Over), "[0 0 0 3 0 20 0 0 0 0 0 0 0 0]")

	day, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday})
	must(t, err)
	if len(day.Coming) != 2 || day.Coming[0].Kind != web.ComesService || day.Coming[0].Process != "visits" || day.Coming[0].N != 20 || day.Coming[1].Batch != 1 || day.Coming[1].N != 6 {
		t.Errorf("today: %+v", day.Coming)
	}
	if len(day.Pairs) != 1 || day.Pairs[0].Both != 3 || day.Pairs[0].First.Kind != web.ComesService || day.Pairs[0].Withheld != 0 {
		t.Errorf("an answer withholds nothing of what comes before it: %+v", day.Pairs)
	}
	later, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday.AddDate(0, 0, 6), Audience: number})
	must(t, err)
	if len(later.Coming) != 1 || later.Coming[0].Kind != web.ComesDate || later.Coming[0].N != 10 || later.Size != 10 {
		t.Errorf("three days before the festival: %+v", later)
	}
	if _, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday.AddDate(0, 0, 14)}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("beyond the calendar: %v", err)
	}
	nobody, err := h.desk.ComingDays(ctx, org.Scope{Stores: []id.Store{99}}, web.ByStores)
	must(t, err)
	equal(t, "another store", cells(nobody.Rows[0]), "[0 0 0 0 0 0 0 0 0 0 0 0 0 0]")
}

func TestTwoThingsOnOneDaySayWhichWinsAndWhatIsWithheld(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	meets, err := h.desk.BatchMeets(ctx, org.All(), 1)
	must(t, err)
	if meets.Customers != 6 || len(meets.Pairs) != 1 || meets.Pairs[0].Second.Batch != 1 || meets.Pairs[0].Both != 3 {
		t.Errorf("the batch meets %+v", meets)
	}
	h.batchTo(2, 0, "other words", people(20, 30)...)
	h.batchTo(3, 0, "words", people(24, 25)...)
	must(t, second(h.gate.Load().Approve(ctx, "lead", []int64{2})))
	h.clock.Set(h.clock.Now().Add(2 * time.Minute))
	meets, err = h.desk.BatchMeets(ctx, org.All(), 1)
	must(t, err)
	if len(meets.Pairs) != 2 || meets.Pairs[0].Both != 4 || meets.Pairs[0].Withheld != 4 || meets.Pairs[0].First.Kind != web.ComesApproved || meets.Pairs[0].Second.Kind != web.ComesWaiting {
		t.Errorf("what is approved wins: %+v", meets.Pairs)
	}
	day, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday})
	must(t, err)
	if len(day.Pairs) == 0 || day.Pairs[0].Both != 6 || day.Pairs[0].Second.Batches != 2 || day.Twice != 8 {
		t.Errorf("the day: twice %d, %+v", day.Twice, day.Pairs)
	}
	rules := h.brand.Documents().Rules
	rules.Budget.Day = 2
	must(t, h.brand.Set(ctx, "rules", rules, "lead"))
	meets, err = h.desk.BatchMeets(ctx, org.All(), 1)
	must(t, err)
	if meets.Pairs[0].Withheld != 1 { // only the customer of all three
		t.Errorf("with two contacts a day: %+v", meets.Pairs)
	}
}

func TestAProcessSaysWhatItMeetsBeforeItIsPutToWork(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	p, err := sop.Parse([]byte(festival))
	must(t, err)
	must(t, h.storeProcess(ctx, flow.ProcessVersion{Document: p, By: "lead", At: h.clock.Now()}))
	h.clock.Set(h.clock.Now().AddDate(0, 0, 6)) // the eve of the festival
	h.batchTo(7, 0, "other words", people(25, 27)...)
	meets, err := h.desk.ProcessMeets(ctx, org.All(), "festival")
	must(t, err)
	if !meets.Known || meets.Customers != 10 || len(meets.Days) != 2 || len(meets.Pairs) != 1 || meets.Pairs[0].Both != 3 || meets.Pairs[0].Withheld != 3 {
		t.Errorf("the festival meets %+v", meets)
	}
	meets, err = h.desk.ProcessMeets(ctx, org.All(), "visits")
	must(t, err)
	if meets.Known || meets.Pairs != nil {
		t.Errorf("a process of facts: %+v", meets)
	}
	if _, err := h.desk.ProcessMeets(ctx, org.All(), "nothing"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("no process: %v", err)
	}
}
