package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
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
	equal(t, "above two in a week", fmt.Sprint(v.Over), "[0 0 0 0 0 3 0 0 0 0 0 0 0 0]")

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
	if meets.Pairs[0].Withheld != 0 { // an answer, which one of them gets as well, counts for nobody
		t.Errorf("with two contacts a day: %+v", meets.Pairs)
	}
}

func TestAProcessSaysWhatItMeetsBeforeItIsPutToWork(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	p, err := sop.Parse([]byte(festival))
	must(t, err)
	must(t, second(h.desk.InstallProcess(ctx, boss, web.ProcessForm{Document: p})))
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

// birthdays greets the evening before and on the day.
const birthdays = `sop: 1
name: birthdays
title: {en: Birthdays}
subject: customer
trigger: {date: birthday}
clock: calendar
again: every_time
executor: relation
steps:
  - {name: eve, at: "-1d 10:00", channel: private, purpose: serve, content: [{text: {en: Tomorrow}}]}
  - {name: day, at: "0d 10:00", channel: private, purpose: serve, service: true, content: [{text: {en: Happy birthday}}]}
`

func TestTheCalendarExpectsBirthdaysThatHaveNotCome(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	born := func(c id.Customer, month, day int) event.Fact {
		return h.fact(event.Customer(c), monday, event.CustomerDescribed{BirthMonth: month, BirthDay: day})
	}
	h.tell(born(1, 11, 8), born(2, 11, 8), born(3, 11, 3), born(4, 12, 24))
	h.install(birthdays)
	v, err := h.desk.ComingDays(ctx, org.All(), web.ByAudience)
	must(t, err)
	equal(t, "everybody", cells(v.Rows[0]), "[23 0 0 20 0 20 2 0 0 0 0 0 0 0]") // the eve of two birthdays falls on a day of visits
	eve, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday.AddDate(0, 0, 5)})
	must(t, err)
	equal(t, "on the eve", fmt.Sprintf("%d %s %d %t %t", len(eve.Coming), eve.Coming[1].Process, eve.Coming[1].N, eve.Coming[1].Expected, eve.Coming[0].Expected), "2 birthdays 2 true false")
	equal(t, "both on the eve", fmt.Sprint(eve.Twice, eve.Pairs[0].Both, eve.Pairs[0].Withheld), "2 2 2")
	day, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday.AddDate(0, 0, 6)})
	must(t, err)
	equal(t, "on the day", fmt.Sprintf("%d %s %d %t", len(day.Coming), day.Coming[0].Kind, day.Coming[0].N, day.Coming[0].Expected), "1 service 2 true")
}

func TestTheCalendarSaysOfWhomNobodyCanKnowAndHowManyUsuallyEnter(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	h.install(birthdays)
	v, err := h.desk.ComingDays(ctx, org.All(), web.ByAudience)
	must(t, err)
	if len(v.Unforeseen) != 1 || v.Unforeseen[0].Process.Name != "visits" || v.Unforeseen[0].Days != 0 {
		t.Errorf("on the day of its beginning: %+v", v.Unforeseen)
	}
	h.clock.Set(monday.AddDate(0, 0, 2))
	v, err = h.desk.ComingDays(ctx, org.All(), web.ByAudience)
	must(t, err)
	if v.Unforeseen[0].Days != 2 || v.Unforeseen[0].Usual != 10 {
		t.Errorf("two days later: %+v", v.Unforeseen)
	}
	v, err = h.desk.ComingDays(ctx, org.Scope{Stores: []id.Store{3}}, web.ByAudience)
	must(t, err)
	if len(v.Unforeseen) != 1 || v.Unforeseen[0].Days != 0 || v.Unforeseen[0].Usual != 0 {
		t.Errorf("the brand's number is not the store's: %+v", v.Unforeseen)
	}
	must(t, h.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		name := v.Unforeseen[0].Process.Name
		list, err := h.db.Processes(ctx)
		must(t, err)
		at := slices.IndexFunc(list, func(p flow.Process) bool { return p.Name == name })
		return errors.Join(o.Pause(ctx, list[at].Number, "lead", h.clock.Now()), o.Activate(ctx, list[at].Number, "lead", h.clock.Now()))
	}))
	h.clock.Set(monday.AddDate(0, 0, 3))
	v, err = h.desk.ComingDays(ctx, org.All(), web.ByAudience)
	must(t, err)
	if v.Unforeseen[0].Days != 1 || v.Unforeseen[0].Usual != 0 {
		t.Errorf("nobody has entered since it was put to work again: %+v", v.Unforeseen)
	}
}

// groupDays is a post into member groups each Thursday.
const groupDays = `sop: 1
name: group-days
title: {en: Group days}
subject: group
trigger: {weekdays: [thu], named: [member]}
clock: calendar
again: every_time
executor: group_owner
steps:
  - {name: deal, at: "0d 10:00", channel: group, purpose: serve, content: [{text: {en: Deal}}]}
`

func TestTheCalendarShowsWhoSeesPostsAndWhoHearsFromOthersOnThatDay(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	members := id.Group(7)
	facts := []event.Fact{h.fact(event.Group(members), monday, event.GroupSeen{Corp: corp, Name: "member group", Owner: guide, CreatedAt: monday, Customers: 9}),
		h.fact(event.Group(8), monday, event.GroupSeen{Corp: corp, Name: "another", Owner: guide, CreatedAt: monday})}
	for _, c := range people(16, 22) {
		facts = append(facts, h.fact(event.Customer(c), monday, event.GroupJoined{Group: members}))
	}
	h.tell(facts...)
	number, author := h.install(groupDays), "lead"
	post := func(number int64, channel event.Channel, days int, targets ...int64) {
		from := monday.AddDate(0, 0, days)
		p := delivery.Post{ID: number, Channel: channel, Corp: corp, Purpose: event.Serve, Text: "The tasting begins at seven o'clock sharp\nand more", Author: author, Made: monday, From: from, Until: from.AddDate(0, 0, 1)}
		d := delivery.PostDraft{Send: delivery.PostSend{ID: 10 * number, Post: number, Channel: channel, Corp: corp, Staff: guide, Store: 3, Day: from, From: from, Until: p.Until, State: delivery.Planned, ApprovedBy: "lead", Since: monday}}
		for _, target := range targets {
			d.Targets = append(d.Targets, delivery.PostTarget{Post: number, Target: target, Send: 10 * number, State: delivery.Underway, At: monday})
		}
		must(t, h.db.AddPost(ctx, p, []delivery.PostDraft{d}))
	}
	post(1, event.GroupPost, 0, int64(members), 8)
	post(2, event.Moments, 4, int64(guide))
	v, err := h.desk.ComingDays(ctx, org.All(), web.ByAudience)
	must(t, err)
	equal(t, "posts", fmt.Sprint(v.Posts), "[1 0 0 1 1 0 0 0 0 0 1 0 0 0]")
	equal(t, "who receives something is counted as without posts", cells(v.Rows[0]), "[23 0 0 20 0 20 0 0 0 0 0 0 0 0]")
	equal(t, "who sees posts", fmt.Sprint(v.Rows[0].Cells[0].Seen, v.Rows[0].Cells[3].Seen, v.Rows[0].Cells[4].Seen, v.Rows[0].Cells[5].Seen), "7 7 30 0")
	equal(t, "more than once", v.Twice[0], 3)

	day, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday})
	must(t, err)
	if len(day.Posts) != 1 || day.Posts[0].Kind != web.ComesApproved || day.Posts[0].Targets != 2 || day.Posts[0].N != 7 || day.Posts[0].Says != "The tasting begins at se…" {
		t.Errorf("posts today: %+v", day.Posts)
	}
	if len(day.Seen) != 2 || day.Seen[0].Both != 5 || day.Seen[0].First.Process != "visits" || day.Seen[1].Both != 5 || day.Seen[1].First.Batch != 1 || day.Seen[1].Withheld != 0 {
		t.Errorf("seen with others: %+v", day.Seen)
	}
	thursday, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: monday.AddDate(0, 0, 10)})
	must(t, err)
	if len(thursday.Posts) != 1 || thursday.Posts[0].Process != "group-days" || !thursday.Posts[0].Expected || thursday.Posts[0].Targets != 1 || len(thursday.Coming) != 0 {
		t.Errorf("posts on the second Thursday: %+v", thursday.Posts)
	}
	meets, err := h.desk.BatchMeets(ctx, org.All(), 1)
	must(t, err)
	if len(meets.Seen) != 1 || meets.Seen[0].Both != 5 || meets.Seen[0].Second.Post != 1 {
		t.Errorf("the batch meets %+v", meets.Seen)
	}
	author = delivery.ProcessAuthor(number)
	post(3, event.GroupPost, 2, int64(members))
	for _, step := range []struct {
		change func(*flow.Operator, context.Context, int64, string, time.Time) error
		want   string
	}{{(*flow.Operator).Activate, "[1 0 1 1 1 0 0 0 0 0 1 0 0 0]"}, {(*flow.Operator).Pause, "[1 0 0 0 1 0 0 0 0 0 0 0 0 0]"}} {
		must(t, h.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
			return step.change(o, ctx, number, "lead", h.clock.Now())
		}))
		h.clock.Set(h.clock.Now().Add(2 * time.Minute))
		v, err = h.desk.ComingDays(ctx, org.All(), web.ByAudience)
		must(t, err)
		equal(t, "posts of a process", fmt.Sprint(v.Posts), step.want)
	}
}

func TestTheCalendarExpectsTodaysDatesUntilTheDayIsOpened(t *testing.T) {
	h := calendarHouse(t)
	ctx := t.Context()
	members := id.Group(7)
	h.tell(h.fact(event.Group(members), monday, event.GroupSeen{Corp: corp, Name: "member group", Owner: guide, CreatedAt: monday, Customers: 9}),
		h.fact(event.Customer(16), monday, event.GroupJoined{Group: members}),
		h.fact(event.Customer(1), monday, event.CustomerDescribed{BirthMonth: 11, BirthDay: 9}))
	h.install(groupDays)
	h.install(birthdays)
	must(t, h.KeepAudiences(ctx))                                                 // who enters from now on begins a run
	number := h.install(strings.Replace(festival, "2026-11-11", "2026-11-08", 1)) // its eve is Thursday
	comes := func(day time.Time, wanted string) (said []string) {
		h.clock.Set(h.clock.Now().Add(2 * time.Minute))
		v, err := h.desk.ComingDay(ctx, org.All(), web.CalendarQuery{Day: day})
		must(t, err)
		for _, c := range slices.Concat(v.Coming, v.Posts) {
			if strings.Contains(wanted, c.Process) && c.Process != "" {
				said = append(said, fmt.Sprint(c.Process, " ", c.N, " ", c.Expected))
			}
		}
		return said
	}
	thursday, sunday := monday.AddDate(0, 0, 3), monday.AddDate(0, 0, 6)
	h.clock.Set(clock.Day(thursday, h.zone).Add(5 * time.Minute))
	equal(t, "after midnight", fmt.Sprint(comes(thursday, "festival group-days")), "[festival 10 true group-days 1 true]")
	must(t, h.db.SetProgress(ctx, fmt.Sprintf("sop/%d/2026-11-08", number), 26))
	equal(t, "where some have entered", fmt.Sprint(comes(thursday, "festival")), "[festival 4 true]")
	must(t, h.db.SetProgress(ctx, fmt.Sprintf("sop/%d/2026-11-08", number), 0))
	must(t, h.StepProcesses(ctx))
	equal(t, "once the day is opened", fmt.Sprint(comes(thursday, "festival group-days")), "[festival 10 false group-days 1 false]")
	h.clock.Set(clock.Day(sunday, h.zone).Add(5 * time.Minute))
	equal(t, "a birthday on the eve", fmt.Sprint(comes(sunday, "birthdays")), "[birthdays 1 true]")
	must(t, h.KeepAudiences(ctx))
	must(t, h.Turn(ctx))
	equal(t, "once the day has passed", fmt.Sprint(comes(sunday, "birthdays")), "[birthdays 1 false]")
}
