package app

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
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
