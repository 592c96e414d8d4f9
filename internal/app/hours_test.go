package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/capacity"
	"siyu/internal/org"
	"siyu/internal/web"
)

// groupDay is a day of tasks for the owners of groups.
const groupDay = `sop: 1
name: group-day
title: {en: A day in a group}
subject: group
trigger: {weekdays: [mon, tue, wed, thu, fri, sat, sun]}
clock: calendar
again: every_time
executor: group_owner
steps:
  - {name: morning, at: "0d 10:00", channel: task, minutes: 30, content: [{text: {en: Tidy up}}]}
  - {name: noon, at: "0d 12:00", channel: group, purpose: promote, content: [{text: {en: One deal}}]}
`

const (
	north, south = "north", "south"
	southGuide   = id.Staff(12)
)

// hoursHouse has a store in the north and one in the south, each with a member, and
// groups of theirs: one in the north, two in the south.
func hoursHouse(t *testing.T) *house {
	h := openHouse(t)
	ctx, lead := t.Context(), web.Asker{Account: "lead", Scope: org.All()}
	facts := []event.Fact{
		h.fact(event.Staff(guide), monday, event.StaffSeen{Corp: corp, UserID: "guide", Status: 1, Contact: true, Departments: []int{7}}),
		h.fact(event.Staff(southGuide), monday, event.StaffSeen{Corp: corp, UserID: "south", Status: 1, Contact: true, Departments: []int{8}}),
	}
	for group, owner := range map[id.Group]id.Staff{1: guide, 2: southGuide, 3: southGuide} {
		facts = append(facts, h.fact(event.Group(group), monday, event.GroupSeen{Corp: corp, Name: fmt.Sprint("group ", group), Owner: owner, CreatedAt: monday}))
	}
	for department, name := range map[int]string{7: north, 8: south} {
		stores, err := h.desk.StoreList(ctx, org.All())
		must(t, err)
		must(t, h.desk.SetStore(ctx, lead, web.StoreForm{Version: stores.Version, New: true, StoreEntry: web.StoreEntry{Name: name, Kind: org.Direct, Department: department}}))
	}
	h.tell(facts...)
	must(t, h.brand.Reload(ctx))
	return h
}

// at moves the clock on the first day and lets what is due happen.
func (h *house) at(hour, minute int) {
	h.t.Helper()
	h.clock.Set(time.Date(monday.Year(), monday.Month(), monday.Day(), hour, minute, 0, 0, monday.Location()))
	must(h.t, h.StepProcesses(h.t.Context()))
}

func (h *house) executedBy(by web.Place) (text string) {
	h.t.Helper()
	places, err := h.desk.ExecutionBy(h.t.Context(), org.All(), by)
	must(h.t, err)
	for _, p := range places {
		if p.Due > 0 {
			text += fmt.Sprintf("%s due %d done %d on time %d open %d; ", p.Name, p.Due, p.Done, p.OnTime, p.Open)
		}
	}
	return text
}

func TestTasksOfProcessesWaitAndCountAsOthersDo(t *testing.T) {
	h := hoursHouse(t)
	ctx := t.Context()
	h.install(groupDay)
	h.at(10, 5)
	equal(t, "by store", h.executedBy(web.ByStore), "south due 2 done 0 on time 0 open 2; north due 1 done 0 on time 0 open 1; ")
	waiting, err := h.desk.Unconfirmed(ctx, org.All(), "")
	must(t, err)
	tasks := 0
	for _, w := range waiting.Tasks {
		if w.Process != "group-day" || w.How != sop.Task || w.Step.EN != "morning" || w.Customers != 0 {
			t.Errorf("a task that waits: %+v", w)
		}
		tasks += w.Tasks
	}
	equal(t, "tasks that wait", fmt.Sprint(len(waiting.Tasks), tasks), "2 3")
	own, err := h.desk.Unconfirmed(ctx, org.Scope{Stores: []id.Store{id.StoreOf(north)}}, "")
	must(t, err)
	equal(t, "in the north", len(own.Tasks), 1)

	member := web.Asker{Account: "guide", Scope: org.Scope{Staff: guide}}
	list, err := h.desk.Tasks(ctx, member.Scope)
	must(t, err)
	must(t, h.desk.Answer(ctx, member, web.TaskAnswer{Step: list.Tasks[0].Step, State: web.TaskDone}))
	equal(t, "once one is done", h.executedBy(web.ByStore), "south due 2 done 0 on time 0 open 2; north due 1 done 1 on time 1 open 0; ")
	page, err := h.desk.Execution(ctx, org.All(), "")
	must(t, err)
	at := slices.IndexFunc(page.Staff, func(e web.StaffExecution) bool { return e.Staff == southGuide })
	if len(page.Staff) != 2 || at != 0 || page.Staff[0].Open != 2 || page.Staff[1].OnTime != 1 {
		t.Errorf("by member: %+v", page.Staff)
	}
	h.at(12, 5)
	equal(t, "with the post that a member does by hand", h.executedBy(web.ByStore), "south due 4 done 0 on time 0 open 4; north due 2 done 1 on time 1 open 1; ")
}

func TestPagesOfWhatWaitsLoseNoTaskOfAProcess(t *testing.T) {
	h := hoursHouse(t)
	var facts []event.Fact
	for group := range id.Group(130) {
		owner := id.Staff(100 + group)
		facts = append(facts, h.fact(event.Staff(owner), monday, event.StaffSeen{Corp: corp, UserID: fmt.Sprint("member", group), Status: 1, Contact: true, Departments: []int{7}}),
			h.fact(event.Group(10+group), monday, event.GroupSeen{Corp: corp, Name: "more", Owner: owner, CreatedAt: monday}))
	}
	h.tell(facts...)
	h.install(groupDay)
	h.at(10, 5)
	seen, pages := 0, 0
	for after := ""; ; {
		page, err := h.desk.Unconfirmed(t.Context(), org.All(), after)
		must(t, err)
		seen, pages = seen+len(page.Tasks), pages+1
		if after = page.Next; after == "" {
			break
		}
	}
	equal(t, "members with tasks", seen, 132)
	if pages < 2 {
		t.Errorf("%d pages", pages)
	}
	for _, wrong := range []string{"step.x", "step.1.1.1", "step.1.1.1.x.0", "step.1.1.1.1.x", "step.1.1.-.1.1"} {
		if _, err := h.desk.Unconfirmed(t.Context(), org.All(), wrong); err == nil {
			t.Errorf("a cursor %q leads somewhere", wrong)
		}
	}
}

// tuesday moves the clock to the second day.
func (h *house) tuesday(hour, minute int) {
	h.t.Helper()
	h.clock.Set(time.Date(monday.Year(), monday.Month(), monday.Day()+1, hour, minute, 0, 0, monday.Location()))
	must(h.t, h.StepProcesses(h.t.Context()))
}

func (h *house) hours(scope org.Scope) web.OrganisationView {
	h.t.Helper()
	v, err := h.desk.Organisation(h.t.Context(), scope)
	must(h.t, err)
	if v.Counting {
		h.t.Fatal("the next days are not added up")
	}
	return v
}

// minutesBy says how many minutes each process takes today and on the next days.
func minutesBy(v web.OrganisationView) (text string) {
	for _, p := range v.Processes {
		text += fmt.Sprint(p.Name, " ", p.Today.Takes.Minutes(), " |")
		for _, w := range p.Ahead {
			text += fmt.Sprint(" ", w.Takes.Minutes())
		}
		text += "; "
	}
	return text
}

// kinds says how many pieces of each kind of work there are today.
func kinds(b capacity.Balance) (text string) {
	for _, w := range b.ByKind() {
		text += fmt.Sprint(w.Kind, " ", w.Count, " x ", w.Each(), "; ")
	}
	return text
}

// Three groups: a task of 30 minutes and a post by hand of the usual 4, each day.
func TestStepsTakeTheirMinutesOnTheDayOnWhichTheyAreGivenOrDue(t *testing.T) {
	h := hoursHouse(t)
	h.measured()
	must(t, h.KeepAudiences(t.Context()))
	h.install(groupDay)
	h.at(9, 5)
	const daily = "group-day 102 | 102 102 102 102 102 102; "
	equal(t, "before the first step", minutesBy(h.hours(org.All())), daily)
	h.at(10, 5)
	v := h.hours(org.All())
	equal(t, "half of it given, half of it due", minutesBy(v), daily)
	equal(t, "kinds", kinds(v.Whole), "moments 2 x 5m0s; process_group 6 x 17m0s; groups 3 x 10m0s; ")
	own := h.hours(org.Scope{Stores: []id.Store{id.StoreOf(north)}})
	equal(t, "of the north", minutesBy(own), "group-day 34 | 34 34 34 34 34 34; ")
	if v.Titles[1].Title.EN != "A day in a group" || v.Ahead[0].Whole.Needs != 142*time.Minute || len(v.Ahead[0].Short) != 1 || v.Ahead[0].Short[0].Name != south {
		t.Errorf("tomorrow: %+v", v.Ahead[0])
	}

	long, err := sop.Parse([]byte(strings.Replace(groupDay, "minutes: 30", "minutes: 60", 1)))
	must(t, err)
	long.Steps = append([]sop.Step{{Name: "wait", At: sop.Offset{Timed: true, Clock: 8 * time.Hour}, Channel: sop.Wait}}, long.Steps...)
	must(t, h.Operate(t.Context(), func(ctx context.Context, o *flow.Operator) error {
		_, _, err := o.Install(ctx, flow.ProcessVersion{Document: long, By: "lead", At: h.clock.Now()})
		return err
	}))
	h.clock.Set(h.clock.Now().Add(2 * time.Minute)) // the calendar is added up anew
	equal(t, "who is on the way keeps the version", minutesBy(h.hours(org.All())), "group-day 102 | 192 192 192 192 192 192; ")

	h.at(12, 5)
	member := web.Asker{Account: "guide", Scope: org.Scope{Staff: guide}}
	list, err := h.desk.Tasks(t.Context(), member.Scope)
	must(t, err)
	for _, task := range list.Tasks {
		answer := web.TaskAnswer{Step: task.Step, State: web.TaskDone}
		if task.How == sop.Group {
			answer.State, answer.Because = web.TaskPostponed, sop.BecauseNoTime
		}
		must(t, h.desk.Answer(t.Context(), member, answer))
	}
	h.clock.Set(h.clock.Now().Add(2 * time.Minute))
	equal(t, "put off to the next day", minutesBy(h.hours(org.All())), "group-day 102 | 196 192 192 192 192 192; ")
	h.tuesday(9, 5)
	equal(t, "what is left and what is due", minutesBy(h.hours(org.All())), "group-day 264 | 192 192 192 192 192 192; ")
}

// measured lets the brand say that the hours it has are the usual ones: 85 minutes of a
// member on average.
func (h *house) measured() {
	h.t.Helper()
	must(h.t, h.desk.SetCapacity(h.t.Context(), web.Asker{Account: "lead", Scope: org.All()}, web.CapacityForm{Settings: capacity.Defaults()}))
}

// Two members with 30 contacts each, all that a plan hands them, and three groups.
func TestNoStoreIsShortByWhatThePlanHandsOutUntilSomebodySaysHowMuchTimeThereIs(t *testing.T) {
	h := hoursHouse(t)
	must(t, h.KeepAudiences(t.Context()))
	ctx, day := t.Context(), clock.Day(monday, clock.Shanghai)
	planned := func(store string, because decision.Because, n int) flow.PlanCount {
		return flow.PlanCount{PlanKey: flow.PlanKey{Day: day, Store: id.StoreOf(store), Because: because, Limiting: insight.Need, Purpose: event.Ask, Channel: event.OneToOne}, Customers: n}
	}
	must(t, h.db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: day}, Counts: []flow.PlanCount{planned(north, "", 30), planned(south, "", 30)}}))
	v := h.hours(org.All())
	if v.Short != 0 || v.Whole.Left() != 0 || v.Whole.Has != (2*120+3*10+2*5)*time.Minute || len(v.Stops) != 0 {
		t.Errorf("members have all that the plan hands them: %d short, %s of %s left", v.Short, v.Whole.Left(), v.Whole.Has)
	}
	must(t, h.db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: day}, Counts: []flow.PlanCount{planned(south, decision.BecauseCapacity, 7)}}))
	v = h.hours(org.All())
	if v.Short != 1 || v.Stores[0].Name != south || v.Missing != 28*time.Minute || len(v.Stops) != 1 || v.Stops[0].Stops != 7 {
		t.Errorf("what the plan left out is lacking: %d short, by %s, stop %+v", v.Short, v.Missing, v.Stops)
	}
	h.measured()
	v = h.hours(org.All())
	if v.Short != 2 || v.Whole.Has != 170*time.Minute {
		t.Errorf("by the hours of those present: %d short, %s there", v.Short, v.Whole.Has)
	}
	if v.Limit != 30 || v.Fits != 16 { // 170 minutes less 30 of groups and 10 of Moments are 130 for two
		t.Errorf("%d contacts fit a limit of %d, want 16 and 30", v.Fits, v.Limit)
	}
	lead := web.Asker{Account: "lead", Scope: org.All()}
	must(t, h.desk.SetLimit(ctx, lead, v.Rules, v.Fits))
	if now := h.brand.Documents().Rules.Capacity; now != 16 || h.hours(org.All()).Limit != 16 {
		t.Errorf("the limit is %d", now)
	}
	if err := h.desk.SetLimit(ctx, lead, v.Rules, 20); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a second change from the same page: %v", err)
	}
	if err := h.desk.SetLimit(ctx, lead, v.Rules+1, -1); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("fewer than none: %v", err)
	}
}

// A member has 85 minutes. Twenty contacts of the usual 4 minutes take 80, a mass
// message to all of them is one confirmation.
func TestStepsForCustomersAreOfTheirStoreAndMassMessagesOneConfirmation(t *testing.T) {
	h := hoursHouse(t)
	h.measured()
	var facts []event.Fact
	for _, c := range people(1, 20) {
		facts = append(facts, h.fact(event.Customer(c), monday, event.CustomerSeen{Corp: corp, Type: 1}), h.fact(event.Customer(c), monday.AddDate(0, -1, 0), event.RelationAdded{Staff: guide}))
	}
	h.tell(facts...)
	must(t, h.KeepAudiences(t.Context()))
	number := h.install(visits)
	p, err := sop.Parse([]byte(visits))
	must(t, err)
	var e flow.Entering
	for _, c := range people(1, 20) {
		e.New = append(e.New, p.Enter(sop.RunKey{Subject: sop.OfCustomer, ID: int64(c), Process: number, Occurrence: int64(event.At(monday))}, 1, monday, h.zone))
	}
	must(t, second(h.db.EnterRuns(t.Context(), e)))
	v := h.hours(org.All())
	equal(t, "as they are due", minutesBy(v), "visits 80 | 0 0 80 0 2 0; ")
	equal(t, "the south has none of them", minutesBy(h.hours(org.Scope{Stores: []id.Store{id.StoreOf(south)}})), "")
	if v.Short != 1 || v.Stores[0].Name != north || len(v.Stops) != 1 || v.Stops[0].Kind != capacity.StepServe || v.Stops[0].Process != number || v.Stops[0].Stops != 3 {
		t.Errorf("what to stop in the north, which lacks %s: %+v", -v.Stores[0].Left(), v.Stops)
	}
	h.at(10, 5)
	equal(t, "once they are given", minutesBy(h.hours(org.All())), "visits 80 | 0 0 80 0 2 0; ")

	// Twenty entered on the first day, so that twenty a day are usual: their first step
	// is 80 minutes on each day to come, their second one three days later, the mass
	// message five.
	h.tuesday(9, 5)
	equal(t, "with those who enter on a usual day", minutesBy(h.hours(org.All())), "visits 0 | 80 160 80 162 160 162; ")
}

func TestAMassMessageOfAProcessIsOneConfirmationOfTheProcess(t *testing.T) {
	h := calendarHouse(t)
	number := h.install(strings.ReplaceAll(strings.ReplaceAll(festival, "2026-11-11", "2026-11-02"), "-3d 10:00", "0d 09:30"))
	h.at(9, 35)
	must(t, h.StepProcesses(t.Context()))
	given, err := h.db.StepsGivenOn(t.Context(), monday)
	must(t, err)
	at := slices.IndexFunc(given, func(g flow.StepsGiven) bool { return g.Process == number })
	if at < 0 || given[at].N < 2 {
		t.Fatalf("given: %+v", given)
	}
	v := h.hours(org.All())
	for _, p := range v.Processes {
		if p.Name == "festival" && (p.Today.Count != 2 || p.Today.Takes != 4*time.Minute) {
			t.Errorf("one is given and one due: %+v", p.Today)
		}
	}
	if text := kinds(v.Whole); strings.Contains(text, "mass") {
		t.Errorf("it counts as a mass message beside processes, too: %s", text)
	}
}

func TestWorkOfThePlanIsCountedWithWhatTimeForbidsAndWhatIsLeft(t *testing.T) {
	h := hoursHouse(t)
	must(t, h.KeepAudiences(t.Context()))
	ctx, store, day := t.Context(), id.StoreOf(north), clock.Day(monday, clock.Shanghai)
	count := func(because decision.Because, limiting insight.Part, purpose event.Purpose, channel event.Channel, n int) flow.PlanCount {
		return flow.PlanCount{PlanKey: flow.PlanKey{Day: day, Store: store, Because: because, Limiting: limiting, Purpose: purpose, Channel: channel}, Customers: n}
	}
	must(t, h.db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: day}, Counts: []flow.PlanCount{
		count("", insight.Trust, event.Remind, event.OneToOne, 3), count("", insight.Need, event.Promote, event.OneToOne, 4), count("", insight.Need, event.Serve, event.OneToOne, 5),
		count("", insight.Need, event.Greet, event.OneToOne, 6), count("", insight.Need, event.Remind, event.MassSend, 700),
		count(decision.BecauseCapacity, insight.Need, event.Ask, event.OneToOne, 7), count(decision.BecauseBudgetWeek, insight.Need, event.Ask, event.OneToOne, 8),
	}}))
	var tasks []delivery.StaffTask
	var touches []delivery.Touch
	for i, w := range []struct {
		purpose event.Purpose
		days    int
	}{{event.Invite, 0}, {event.Invite, -1}, {event.Ask, -1}, {event.Ask, 0}, {event.Remind, -1}, {event.Ask, 1}} {
		key := delivery.TouchKey{Customer: id.Customer(i + 1), Run: "test", Channel: event.OneToOne}
		from := monday.AddDate(0, 0, w.days)
		tasks = append(tasks, delivery.StaffTask{ID: key.ID(), Customer: key.Customer, Staff: guide, Store: store, Purpose: w.purpose, State: delivery.Due, From: from, Until: from.AddDate(0, 0, 3), Since: from})
		touches = append(touches, delivery.Touch{ID: key.ID(), TouchKey: key, Staff: guide, Purpose: w.purpose, State: delivery.Underway, At: from})
	}
	must(t, second(h.db.AddStaffTasks(ctx, tasks, touches)))
	for i, purpose := range []event.Purpose{event.Remind, event.Ask, event.Ask} {
		d := delivery.Draft{Dispatch: delivery.Dispatch{ID: int64(i + 1), Corp: corp, Staff: guide, Store: store, Day: day.AddDate(0, 0, -1), Purpose: purpose, Text: fmt.Sprint(i),
			From: monday, Until: monday.AddDate(0, 0, 1), State: delivery.Accepted, Task: delivery.Open, Since: monday}}
		key := delivery.TouchKey{Customer: id.Customer(i + 1), Run: "test", Channel: event.MassSend}
		d.Touches = []delivery.Touch{{ID: key.ID(), TouchKey: key, Dispatch: d.Dispatch.ID, Staff: guide, Purpose: purpose, State: delivery.Underway, At: monday}}
		must(t, second(h.db.AddDispatches(ctx, []delivery.Draft{d})))
	}
	v := h.hours(org.All())
	equal(t, "work", kinds(v.Whole), "sell_distrust 3 x 4m0s; sell 5 x 4m0s; sell_mass 1 x 2m0s; invite 2 x 2m0s; greet 6 x 4m0s; ask 8 x 4m0s; mass 2 x 2m0s; serve 5 x 4m0s; moments 2 x 5m0s; groups 3 x 10m0s; ")
}

func TestTodaySaysWhatAnHourIsWorthWhereItIsWorthMost(t *testing.T) {
	h := hoursHouse(t)
	hour := func(scope org.Scope) string {
		t.Helper()
		v, err := h.desk.Today(t.Context(), scope)
		must(t, err)
		return fmt.Sprint(v.Plan.HourStore, " ", v.Plan.Hour.Value)
	}
	equal(t, "before any plan", hour(org.All()), " 0")
	prices, err := json.Marshal(decision.Prices{Staff: map[id.Staff]decision.Price{guide: {Hour: 1200}, southGuide: {Hour: 3400}, 99: {Hour: 9900}}})
	must(t, err)
	must(t, h.db.SaveModel(t.Context(), flow.PricesName, monday.Format(time.DateOnly), prices))
	equal(t, "of the brand", hour(org.All()), "south 3400")
	equal(t, "of the north", hour(org.Scope{Stores: []id.Store{id.StoreOf(north)}}), "north 1200")
	h.clock.Set(monday.AddDate(0, 0, 1))
	equal(t, "a day later", hour(org.All()), " 0")
}
