package soptest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/storage"
)

// firstWeek is a new group's first week: who has not written down the rules by the third
// day is asked again.
const firstWeek = `sop: 1
name: first-week
title: {zh: 新群第一周, en: A new group's first week}
subject: group
trigger: {fact: group_seen, named: [福利]}
clock: relative
again: once
executor: group_owner
steps:
  - {name: rules, at: 1h, within: 2d, late: postpone, channel: task, minutes: 5, content: [{text: {zh: 写好群规}}]}
  - {name: again, at: 3d 10:00, within: 2d, late: postpone, channel: task, minutes: 5, if: {not: {done: rules}}, content: [{text: {zh: 还没写群规}}]}
  - {name: topic, at: 4d 10:00, within: 2d, late: postpone, channel: task, minutes: 5, if: {done: rules}, content: [{text: {zh: 发一个话题}}]}
`

// firstMonth is a new member's first month.
const firstMonth = `sop: 1
name: first-month
title: {zh: 新员工第一个月, en: A new member's first month}
subject: member
trigger: {fact: staff_seen}
clock: relative
again: after_end
executor: self
steps:
  - {name: read, at: 1h, within: 3d, late: postpone, channel: task, minutes: 30, content: [{text: {zh: 读手册}}]}
  - {name: first-talks, at: 7d 10:00, within: 3d, late: postpone, channel: task, minutes: 30, content: [{text: {zh: 和店长看第一周的聊天}}]}
`

const newcomer = soptest.Member + 7

// tellOf tells a fact about a group or a member.
func (w teller) tellOf(subject event.Subject, source event.Source, body event.Body) {
	w.t.Helper()
	f, err := event.New(subject, w.Clock.Now(), source, id.Hash(fmt.Sprint(subject, w.Clock.Now(), body)), body)
	ok(w.t, err)
	must[int](w.t)(w.Log.Append(w.t.Context(), f))
}

// storyOf tells what became of the steps of a group, store or member: "rules done".
func (w teller) storyOf(p *sop.Process, number int64) string {
	w.t.Helper()
	steps := must[[]sop.StepRecord](w.t)(w.DB.StepsOf(w.t.Context(), p.Subject, number, 100))
	said := make([]string, len(steps))
	for i, s := range steps {
		said[len(steps)-1-i] = strings.TrimSpace(fmt.Sprint(p.Steps[s.Step].Name, " ", s.Outcome, " ", s.Because))
	}
	return strings.Join(said, ", ")
}

// days lets days pass; what is given is done where done says so.
func (w teller) days(n int, done func(storage.StepTask) bool) {
	w.t.Helper()
	for range n * 12 {
		w.until(w.Clock.Now().Add(2 * time.Hour))
		for _, task := range must[[]storage.StepTask](w.t)(w.DB.StepTasks(w.t.Context(), storage.StepTaskQuery{Scope: everything})) {
			if done(task) {
				ok(w.t, w.DB.AnswerStep(w.t.Context(), everything, storage.StepAnswer{StepKey: storage.StepKey{RunKey: task.RunKey, Version: task.Version, Step: task.Step}, Outcome: sop.Done, At: w.Clock.Now()}))
			}
		}
	}
}

func TestANewGroupHasItsFirstWeek(t *testing.T) {
	w := townAt(t, morning.Add(-time.Hour), clock.Shanghai)
	seen := func(group id.Group, name string, created time.Time, customers int) {
		w.tellOf(event.Group(group), event.FromCallback, event.GroupSeen{Name: name, Owner: soptest.Member, CreatedAt: created, Customers: customers})
	}
	seen(1, "福利旧群", w.Clock.Now(), 1)
	w.turn()
	w.Clock.Set(morning)
	w.install(firstWeek)
	seen(1, "福利旧群", morning.Add(-time.Hour), 2) // was there before the process
	seen(2, "福利群", morning, 0)
	seen(3, "福利没人管群", morning, 0)
	seen(4, "玩家群", morning, 0)
	seen(5, "福利散群", morning, 0)
	w.days(1, func(task storage.StepTask) bool { return task.ID == 2 })
	seen(2, "福利一群", morning, 40) // it is shown again: nothing begins anew
	w.tellOf(event.Group(5), event.FromCallback, event.GroupDismissed{})
	w.days(7, func(task storage.StepTask) bool { return task.ID == 2 })
	p := must[sop.Process](t)(sop.Parse([]byte(firstWeek)))
	for group, want := range map[int64]string{
		1: "", 4: "",
		2: "rules done, again skipped condition, topic done",
		3: "rules unmade window_over, topic skipped condition, again unmade window_over",
		5: "rules taken subject_gone",
	} {
		if got := w.storyOf(&p, group); got != want {
			t.Errorf("group %d: %s, want %s", group, got, want)
		}
	}
	runs := must[[]sop.Run](t)(w.DB.RunsOf(t.Context(), sop.OfGroup, []int64{2, 5}))
	if len(runs) != 2 || runs[1].Because != sop.BecauseEnded || runs[0].Because != "" {
		t.Errorf("runs: %+v", runs)
	}
	dry := must[flow.DryRun](t)(w.Operator.DryRun(t.Context(), w.World(w.Clock.Now()), &p, flow.DrySpan{From: morning, Until: w.Clock.Now()}))
	if dry.Entered != 2 || dry.Given != 4 || dry.Steps[1].Outcome[sop.Skipped] != 2 {
		t.Errorf("tried afterwards: %+v", dry)
	}
	checked(t, w)
}

func TestANewMemberHasAFirstMonth(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.Managers = []id.Staff{newcomer, newcomer + 1, newcomer + 2}
	shown := func(staff id.Staff, source event.Source, status int) {
		w.tellOf(event.Staff(staff), source, event.StaffSeen{Status: status, UserID: "u"})
	}
	shown(newcomer+1, event.FromReconcile, 1) // works already
	w.turn()
	w.install(firstMonth)
	shown(newcomer+2, event.FromBackfill, 1) // is found when a corp is read for the first time
	shown(newcomer, event.FromCallback, 4)   // is invited
	w.days(1, func(storage.StepTask) bool { return true })
	if got := must[[]sop.Run](t)(w.DB.RunsOf(t.Context(), sop.OfMember, []int64{int64(newcomer), int64(newcomer + 1), int64(newcomer + 2)})); len(got) != 0 {
		t.Fatalf("before anybody joins: %+v", got)
	}
	shown(newcomer, event.FromCallback, 1)
	shown(newcomer+1, event.FromCallback, 1)
	w.days(1, func(storage.StepTask) bool { return true })
	w.tellOf(event.Staff(newcomer), event.FromCallback, event.StaffSeen{Status: 1, UserID: "u", Departments: []int{2}}) // moves
	w.days(9, func(storage.StepTask) bool { return true })
	p := must[sop.Process](t)(sop.Parse([]byte(firstMonth)))
	if got := w.storyOf(&p, int64(newcomer)); got != "read done, first-talks done" {
		t.Errorf("who joined: %s", got)
	}
	if got := w.storyOf(&p, int64(newcomer+1)); got != "" {
		t.Errorf("who was there: %s", got)
	}
	w.tellOf(event.Staff(newcomer), event.FromCallback, event.StaffLeft{})
	w.days(1, func(storage.StepTask) bool { return true })
	shown(newcomer, event.FromCallback, 1) // comes back
	w.days(1, func(storage.StepTask) bool { return false })
	w.tellOf(event.Staff(newcomer), event.FromCallback, event.StaffLeft{})
	w.days(9, func(storage.StepTask) bool { return true })
	if got := w.storyOf(&p, int64(newcomer)); got != "read done, first-talks done, read taken subject_gone" {
		t.Errorf("who came back and left for good: %s", got)
	}
	dry := must[flow.DryRun](t)(w.Operator.DryRun(t.Context(), w.World(w.Clock.Now()), &p, flow.DrySpan{From: morning.Add(time.Minute), Until: w.Clock.Now()}))
	if dry.Entered != 2 || dry.Given != 4 {
		t.Errorf("tried afterwards: %+v", dry)
	}
	checked(t, w)
}

func TestARunAboutAStoreEndsWithTheStore(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(`sop: 1
name: opening
title: {zh: 开门检查, en: Opening}
subject: store
trigger: {dates: [2026-05-06]}
clock: calendar
again: once
executor: store
steps:
  - {name: look, at: 0d 10:00, within: 1h, late: drop, channel: task, content: [{text: {zh: 看一遍}}]}
  - {name: look-again, at: 5d 10:00, within: 1h, late: drop, channel: task, content: [{text: {zh: 再看一遍}}]}
`)
	w.days(2, func(storage.StepTask) bool { return true })
	w.Closed = true
	w.days(6, func(storage.StepTask) bool { return true })
	for store, want := range map[id.Store]sop.Because{soptest.Shop: "", soptest.Branch: sop.BecauseEnded} {
		runs := must[[]sop.Run](t)(w.DB.RunsOf(t.Context(), sop.OfStore, []int64{int64(store)}))
		if len(runs) != 1 || runs[0].State != sop.Ended || runs[0].Because != want {
			t.Errorf("store %d: %+v", store, runs)
		}
	}
	checked(t, w)
}
