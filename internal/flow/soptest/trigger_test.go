package soptest_test

import (
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

func TestBirthdaysComeOnceAYear(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	text, _ := sop.FromLibrary("birthday")
	w.tell(3, event.RelationAdded{Staff: soptest.Member})
	w.tell(3, event.CustomerDescribed{BirthMonth: 5, BirthDay: 10})
	w.tell(4, event.RelationAdded{Staff: soptest.Member})
	w.turn()
	w.install(string(text))
	ok(t, w.Flow.PassDay(t.Context(), w.Clock.Now()))
	for more := true; more; {
		more = must[bool](t)(w.Flow.FillMembers(t.Context(), w.Clock.Now()))
	}
	for day := 1; day < 12; day++ {
		w.Clock.Set(time.Date(2026, 5, 5+day, 0, 10, 0, 0, clock.Shanghai))
		ok(t, w.Flow.PassDay(t.Context(), w.Clock.Now()))
		w.turn()
		w.until(time.Date(2026, 5, 5+day, 12, 0, 0, 0, clock.Shanghai))
		w.do("")
	}
	if got := w.story(3); got != "before done, wishes done, unused done" {
		t.Errorf("who has a birthday: %s", got)
	}
	if got := w.story(4); got != "" {
		t.Errorf("who has told none: %s", got)
	}
	checked(t, w)
}

func TestWhoFitsARuleAlreadyEntersWhereTheProcessSaysSo(t *testing.T) {
	for _, c := range []struct{ present, three, four string }{{"true", "hello given", "hello given"}, {"false", "", "hello given"}} {
		w := townAt(t, morning, clock.Shanghai)
		w.tell(3, event.RelationAdded{Staff: soptest.Member})
		w.turn()
		w.install(strings.Replace(threeSteps, "{fact: relation_added}", "{rule: {field: relation, is: in, values: [active]}, present: "+c.present+"}", 1))
		ok(t, w.Flow.PassDay(t.Context(), w.Clock.Now()))
		for more := true; more; {
			more = must[bool](t)(w.Flow.FillMembers(t.Context(), w.Clock.Now()))
		}
		w.tell(4, event.RelationAdded{Staff: soptest.Member})
		w.until(morning.Add(2 * time.Hour))
		if three, four := w.story(3), w.story(4); three != c.three || four != c.four {
			t.Errorf("present %s: who fitted: %q, who came to fit: %q", c.present, three, four)
		}
	}
}

func TestGroupsHaveTheirDays(t *testing.T) {
	w := townAt(t, time.Date(2026, 5, 5, 23, 0, 0, 0, clock.Shanghai), clock.Shanghai)
	for n, name := range []string{"福利一群", "玩家群"} {
		f, err := event.New(event.Group(id.Group(50+n)), w.Clock.Now(), event.FromBackfill, id.Hash("group", name), event.GroupSeen{Name: name, Owner: soptest.Member})
		ok(t, err)
		must[int](t)(w.Log.Append(t.Context(), f))
	}
	ok(t, w.DB.SetGroupKind(t.Context(), 50, "deal"))
	w.turn()
	text, _ := sop.FromLibrary("group-day-deal")
	w.install(string(text))
	w.until(time.Date(2026, 5, 6, 10, 0, 0, 0, clock.Shanghai))
	tasks := must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Staff: soptest.Member, Scope: everything}))
	if len(tasks) != 1 || tasks[0].ID != 50 || tasks[0].Subject != sop.OfGroup {
		t.Fatalf("tasks of the morning: %+v", tasks)
	}
	ok(t, w.DB.AnswerStep(t.Context(), everything, storage.StepAnswer{StepKey: storage.StepKey{RunKey: tasks[0].RunKey, Version: tasks[0].Version, Step: tasks[0].Step}, Outcome: sop.Done, At: w.Clock.Now()}))
	w.until(time.Date(2026, 5, 6, 22, 0, 0, 0, clock.Shanghai))
	lines := sop.Adherence(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), 0, 0, 1<<30)), func(sop.Count) int { return 0 })
	if l := lines[0]; l.Given != 3 || l.Done != 1 || l.OnTime != 1 || l.Unmade != 2 {
		t.Errorf("the day: %+v", l)
	}
	checked(t, w)
}

// Forty who join a group are forty to greet; what the group gives is told to each of
// them alone, and posted into the group for none.
func TestWhoJoinsAGroupIsToldAloneWhatItGives(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	for c := range id.Customer(4) {
		w.tell(3+c, event.RelationAdded{Staff: soptest.Member})
	}
	w.turn()
	w.install(library("first-72-hours"))
	for c := range id.Customer(4) {
		w.tell(3+c, event.GroupJoined{Group: 9})
	}
	for day := range 3 {
		w.until(morning.AddDate(0, 0, day).Add(4 * time.Hour))
		tasks := must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Staff: soptest.Member, Scope: everything}))
		if want := map[int]int{0: 4}[day]; len(tasks) != want {
			t.Errorf("day %d: %d tasks that are no contact, want %d", day, len(tasks), want)
		}
		w.doAll()
	}
	for c := range id.Customer(4) {
		if got := w.story(3 + c); got != "greet-by-name done, promised-gift done, best-of done" {
			t.Errorf("newcomer %d: %s", c, got)
		}
	}
	checked(t, w)
}

// everything is the scope of headquarters.
var everything = org.All()
