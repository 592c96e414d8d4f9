package soptest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/money"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

// morning is a Tuesday, after quiet hours.
var morning = time.Date(2026, 5, 5, 9, 30, 0, 0, clock.Shanghai)

// teller lets things happen in a town.
type teller struct {
	*soptest.Town
	t *testing.T
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func townAt(t *testing.T, now time.Time, zone *time.Location) teller {
	t.Helper()
	db := must[*storage.DB](t)(storage.Open(t.Context(), storage.Config{URL: storagetest.SQLite(t)}))
	t.Cleanup(func() { ok(t, db.Close()) })
	return teller{must[*soptest.Town](t)(soptest.New(t.Context(), db, now, zone)), t}
}

func (w teller) install(text string) int64 { return must[int64](w.t)(w.Install(w.t.Context(), text)) }

// until lets the town live until a time, hour by hour.
func (w teller) until(at time.Time) {
	w.t.Helper()
	for w.Clock.Now().Before(at) {
		next := w.Clock.Now().Add(time.Hour)
		if next.After(at) {
			next = at
		}
		w.Clock.Set(next)
		w.turn()
	}
}

func (w teller) turn() { w.t.Helper(); must[any](w.t)(w.Turn(w.t.Context())) }

func (w teller) tell(who id.Customer, body event.Body) {
	w.t.Helper()
	ok(w.t, w.Tell(w.t.Context(), who, body))
}

func (w teller) story(who id.Customer) string { return must[string](w.t)(w.Story(w.t.Context(), who)) }

// tasks returns the tasks that wait.
func (w teller) tasks() []delivery.StaffTask {
	return must[[]delivery.StaffTask](w.t)(w.DB.StaffTasks(w.t.Context(), delivery.TaskQuery{States: []delivery.StaffTaskState{delivery.Due, delivery.Postponed}, Scope: org.All()}))
}

// do lets the member do what waits.
func (w teller) do(result delivery.Result) {
	w.t.Helper()
	for _, task := range w.tasks() {
		ok(w.t, w.Gate.AnswerTask(w.t.Context(), org.All(), delivery.Answer{Task: task.ID, State: delivery.DoneState, Result: result, By: "clerk"}))
	}
}

func order(number int) event.Body {
	return event.OrderPaid{Order: id.Order(number), Shop: "shop", Store: soptest.Shop, Amount: money.Fen(5000), Items: []event.OrderItem{{Line: id.LineOf("tea"), Quantity: 1, Amount: 5000}}}
}

const threeSteps = `sop: 1
name: three
title: {zh: 三步, en: Three steps}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
goal: {if: {did: bought}, within: 10d}
stop:
  - {name: bought, if: {did: bought}}
steps:
  - {name: hello, at: 30m, within: 4h, late: postpone, channel: private, purpose: serve, service: true, content: [{text: {zh: "{name}您好"}}]}
  - {name: tip, at: 1d 10:00, within: 2d, late: postpone, channel: private, purpose: serve, content: [{text: {zh: 小窍门}}]}
  - {name: offer, at: 3d 11:00, within: 2d, late: postpone, channel: private, purpose: promote, if: {did: answered}, content: [{text: {zh: 给您留着}}]}
`

// each sentence is about one customer who adds the member on Tuesday at 9:30.
func TestStoriesOfCustomersInAProcess(t *testing.T) {
	const who = id.Customer(11)
	day := func(n int, clock string) time.Time {
		at, _ := time.Parse("15:04", clock)
		return time.Date(2026, 5, 5+n, at.Hour(), at.Minute(), 0, 0, morning.Location())
	}
	for _, s := range []struct {
		sentence string
		happens  func(w teller)
		want     string
	}{
		{"nobody answers, the offer is not made", func(w teller) {
			w.until(day(0, "11:00"))
			w.do("")
			w.until(day(1, "12:00"))
			w.do("")
			w.until(day(6, "12:00"))
		}, "hello done, tip done, offer skipped condition"},
		{"an answer is followed by the offer", func(w teller) {
			w.until(day(0, "11:00"))
			w.do(delivery.Answered)
			w.until(day(1, "12:00"))
			w.do("")
			w.tell(who, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"})
			w.until(day(3, "12:00"))
		}, "hello done, tip done, offer given"},
		{"a purchase ends the run and takes back what waits", func(w teller) {
			w.until(day(1, "11:00"))
			w.tell(who, order(1))
			w.turn()
			w.until(day(5, "12:00"))
		}, "hello unmade window_over, tip taken stop:bought"},
		{"a complaint holds marketing up, not service", func(w teller) {
			w.tell(who, event.ComplaintOpened{})
			w.until(day(3, "12:00"))
			w.tell(who, event.ComplaintClosed{})
			w.until(day(6, "12:00"))
		}, "hello unmade window_over, tip withheld complaint_open, offer skipped condition"},
		{"no marketing to who wants none", func(w teller) {
			w.until(day(0, "11:00"))
			w.do(delivery.Refused)
			w.turn()
			w.until(day(6, "12:00"))
		}, "hello done, tip withheld refused_marketing, offer skipped condition"},
		{"who leaves gets nothing more", func(w teller) {
			w.until(day(0, "11:00"))
			w.tell(who, event.RelationEnded{Staff: soptest.Member, By: event.ByCustomer})
			w.turn()
			w.until(day(6, "12:00"))
		}, "hello taken relation_ended, tip withheld relation_ended, offer skipped condition"},
		{"an offer waits while trust is what is missing", func(w teller) {
			w.Limits[who] = insight.Trust
			w.until(day(0, "11:00"))
			w.tell(who, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"})
			w.do("")
			w.until(day(1, "11:00"))
			w.do("")
			w.until(day(6, "12:00"))
		}, "hello done, tip done, offer withheld trust_limits"},
	} {
		t.Run(s.sentence, func(t *testing.T) {
			w := townAt(t, morning.Add(-time.Hour), clock.Shanghai)
			w.install(threeSteps)
			w.Clock.Set(morning)
			w.tell(who, event.RelationAdded{Staff: soptest.Member})
			w.turn()
			s.happens(w)
			if got := w.story(who); got != s.want {
				t.Errorf("%s\n got %s\nwant %s", s.sentence, got, s.want)
			}
		})
	}
}

// offers is a process that sells: first what was promised, then the rest.
const offers = `sop: 1
name: offers
title: {zh: 优惠}
subject: customer
trigger: {fact: need_expressed}
clock: relative
again: once
executor: relation
steps:
  - {name: promised, at: 30m, within: 2d, channel: private, purpose: promote, promised: true, content: [{text: {zh: 添加时答应的}}]}
  - {name: offer, at: 1d 10:00, within: 2d, channel: private, purpose: promote, content: [{text: {zh: 优惠}}]}
`

func TestStepsSellWhenThePlanWould(t *testing.T) {
	const who = id.Customer(11)
	promise := []decision.Promise{{State: "scan", Days: 7, Material: "gift"}}
	near := []insight.Lever{{Part: insight.Exposure, Gain: 950}, {Part: insight.Trust, Gain: 900}}
	for _, s := range []struct {
		sentence string
		happens  func(w teller)
		want     string
	}{
		{"promised by the way of the add", func(w teller) { w.Rules.Promises = promise }, "promised done, offer done"},
		{"nothing is promised by anybody", func(teller) {}, "promised withheld not_promised, offer done"},
		{"promised to others", func(w teller) {
			w.Rules.Promises = []decision.Promise{{State: "card", Days: 7, Material: "gift"}}
		}, "promised withheld not_promised, offer done"},
		{"what was promised may be said while trust limits, nothing else", func(w teller) {
			w.Rules.Promises = promise
			w.Limits[who] = insight.Trust
		}, "promised done, offer withheld trust_limits"},
		{"trust comes close to limiting", func(w teller) {
			w.Minded = func(_ *profile.Customer, into *insight.Customer) {
				into.Limiting, into.Levers = insight.Exposure, near
			}
		}, "promised withheld not_promised, offer withheld trust_limits"},
		{"orders cannot be linked", func(w teller) {
			w.Minded = func(_ *profile.Customer, into *insight.Customer) {
				into.Value = insight.Estimate{Unit: insight.Fen, Evidence: insight.NotMeasurable}
			}
		}, "promised withheld not_promised, offer withheld not_measurable"},
	} {
		t.Run(s.sentence, func(t *testing.T) {
			w := townAt(t, morning, clock.Shanghai)
			w.install(offers)
			s.happens(w)
			w.tell(who, event.RelationAdded{Staff: soptest.Member, State: "scan"})
			w.turn()
			w.Clock.Set(morning.Add(time.Hour))
			w.tell(who, event.NeedExpressed{})
			for range 40 {
				w.until(w.Clock.Now().Add(time.Hour))
				w.do("")
			}
			if got := w.story(who); got != s.want {
				t.Errorf("%s\n got %s\nwant %s", s.sentence, got, s.want)
			}
		})
	}
}

func TestHowLongASilenceIsIsSet(t *testing.T) {
	for days, want := range map[int]string{20: "offer withheld long_silence", 60: "offer given", 0: "offer given"} {
		w := townAt(t, morning, clock.Shanghai)
		w.Rules.SilentAfter = time.Duration(days) * 24 * time.Hour
		w.tell(3, event.RelationAdded{Staff: soptest.Member})
		w.turn()
		w.Clock.Set(morning.Add(40 * 24 * time.Hour))
		w.install(strings.Replace(strings.Replace(offers, "promised: true, ", "", 1), "fact: need_expressed", "fact: group_joined", 1))
		w.tell(3, event.GroupJoined{Group: 9})
		w.until(w.Clock.Now().Add(2 * time.Hour))
		if got := w.story(3); got != strings.Replace(want, "offer", "promised", 1) {
			t.Errorf("silent after %d days: %s", days, got)
		}
	}
}

func TestWhatHappenedBeforeBeginsNothing(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(threeSteps)
	ok(t, w.TellAs(t.Context(), 3, morning.Add(-48*time.Hour), "old", event.RelationAdded{Staff: soptest.Member}))
	w.until(morning.Add(2 * time.Hour))
	if got := w.story(3); got != "" {
		t.Errorf("a relation of before: %s", got)
	}
}

// Whoever comes in the night, or late in the evening, is served in the morning, with as
// much time as the night took; and not later.
func TestQuietHoursAreWaitedFor(t *testing.T) {
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 5, 5+day, hour, minute, 0, 0, clock.Shanghai)
	}
	timed := strings.Replace(threeSteps, "at: 30m, within: 4h", "at: 0d 20:00, within: 2h", 1)
	short := strings.Replace(threeSteps, "within: 4h", "within: 30m", 1)
	for _, c := range []struct {
		sentence     string
		text         string
		added, awake time.Time // the program sleeps in between, but for the first hour
		want         string
	}{
		{"due in working hours", threeSteps, at(0, 20, 15), at(0, 20, 50), "hello given"},
		{"due at night", threeSteps, at(0, 20, 45), at(1, 8, 59), "hello postponed quiet_hours"},
		{"due at night, in the morning", threeSteps, at(0, 20, 45), at(1, 9, 0), "hello given"},
		{"due at midnight, in the morning", threeSteps, at(0, 23, 45), at(1, 9, 0), "hello given"},
		{"due at night, as long as its window is", threeSteps, at(0, 20, 45), at(1, 13, 0), "hello given, tip postponed touch_unconfirmed"},
		{"due at night, and too late", threeSteps, at(0, 20, 45), at(1, 13, 1), "hello dropped window_over, tip given"},
		{"due at night, with half an hour: time for one more try", short, at(0, 20, 45), at(1, 10, 0), "hello given, tip postponed touch_unconfirmed"},
		{"due at night, and after that", short, at(0, 20, 45), at(1, 10, 1), "hello dropped window_over, tip given"},
		{"due in the evening, what the night took is left", threeSteps, at(0, 18, 30), at(1, 11, 0), "hello given, tip postponed touch_unconfirmed"},
		{"due in the evening, and not longer", threeSteps, at(0, 18, 30), at(1, 11, 1), "hello dropped window_over, tip given"},
		{"an evening's own time of day does not come in the morning", timed, at(0, 18, 30), at(1, 9, 0), "hello dropped window_over"},
		{"a clock that jumps two days ahead", threeSteps, at(0, 20, 45), at(2, 23, 0), "hello dropped window_over, tip postponed quiet_hours"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			w := townAt(t, c.added, clock.Shanghai)
			w.install(c.text)
			w.tell(3, event.RelationAdded{Staff: soptest.Member})
			w.turn()
			if c.added.Hour() != 18 {
				w.until(earliest(c.added.Add(time.Hour), c.awake))
			}
			w.Clock.Set(c.awake)
			w.turn()
			w.turn()
			if got := w.story(3); got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.sentence, got, c.want)
			}
		})
	}
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Who was given a step in the morning that had fallen into the night is on time as long
// as its window, counted from the morning.
func TestANightDoesNotMakeLate(t *testing.T) {
	for minutes, onTime := range map[int]int{60: 1, 5 * 60: 0} {
		w := townAt(t, time.Date(2026, 5, 5, 20, 45, 0, 0, clock.Shanghai), clock.Shanghai)
		number := w.install(threeSteps)
		w.tell(3, event.RelationAdded{Staff: soptest.Member})
		w.turn()
		morning := time.Date(2026, 5, 6, 9, 0, 0, 0, clock.Shanghai)
		w.until(morning)
		w.Clock.Set(morning.Add(time.Duration(minutes) * time.Minute))
		w.do("")
		w.turn()
		lines := sop.Adherence(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), number, 0, 1<<30)), func(c sop.Count) int { return c.Step })
		if l := lines[0]; l == nil || l.Done != 1 || l.OnTime != onTime {
			t.Errorf("done %d minutes into the morning: %+v", minutes, l)
		}
	}
}

func TestALongStopLosesNoStepAndDoublesNone(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(threeSteps)
	w.tell(3, event.RelationAdded{Staff: soptest.Member})
	w.turn()
	w.Clock.Set(morning.Add(27 * time.Hour)) // hello's window is over, tip's is not
	w.turn()
	w.turn()
	if got := w.story(3); got != "hello dropped window_over, tip given" {
		t.Errorf("after a day without the program: %s", got)
	}
	if n := len(w.tasks()); n != 1 {
		t.Errorf("%d tasks wait, want 1", n)
	}
}

func TestAfterAStopConditionsAreAskedOfWhatWasRead(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(livelyProcess)
	w.tell(11, event.RelationAdded{Staff: soptest.Member})
	w.Clock.Set(morning.Add(30 * time.Minute))
	w.turn()
	w.tell(12, event.RelationAdded{Staff: soptest.Member})
	w.Clock.Set(morning.Add(time.Hour))
	w.tell(12, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"})
	w.turn()
	w.Clock.Set(morning.Add(3 * time.Hour)) // 11 is at the choice, 12 at the tag before it
	w.turn()
	w.until(morning.Add(8 * time.Hour))
	if got, want := w.story(12), "hello given, mark passed, note given, call given"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestClockJumpsChangeNothingThatHappened(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(threeSteps)
	w.tell(3, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(time.Hour))
	before := len(w.tasks())
	w.Clock.Set(morning.Add(-3 * time.Hour)) // somebody sets the clock back
	w.turn()
	w.Clock.Set(morning.Add(time.Hour))
	w.turn()
	if got := len(w.tasks()); got != before || before != 1 {
		t.Errorf("%d tasks, before %d", got, before)
	}
}

func TestMassMessagesOfOneStepShareADispatch(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(`sop: 1
name: mass
title: {zh: 群发}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - {name: news, at: 30m, channel: mass, purpose: ask, content: [{text: {zh: "{name}，有新东西"}}]}
`)
	for n := range 450 {
		w.tell(id.Customer(100+n), event.RelationAdded{Staff: soptest.Member})
	}
	w.until(morning.Add(45 * time.Minute))
	list := must[[]delivery.Dispatch](t)(w.DB.Dispatches(t.Context(), delivery.Query{States: []delivery.State{delivery.Planned}, Scope: org.All()}))
	if len(list) != 1 {
		t.Fatalf("%d dispatches, want 1", len(list))
	}
	touches := must[[]delivery.Touch](t)(w.DB.TouchesOf(t.Context(), list[0].ID))
	batches := must[[]storage.Batch](t)(w.DB.Batches(t.Context(), storage.BatchQuery{Scope: org.All()}))
	if len(touches) != 450 || len(batches) != 1 || batches[0].Customers != 450 {
		t.Errorf("%d touches, batches %v; want 450 in one", len(touches), batches)
	}
	checked(t, w)
}

// checked holds the database to its own laws.
func checked(t *testing.T, w teller) {
	t.Helper()
	if problems := must[[]string](t)(w.DB.Check(t.Context())); len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
}

func TestMembersAreGivenNoMoreThanADayHolds(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.Capacity = 3
	w.install(strings.Replace(threeSteps, "service: true", "service: false", 1))
	for n := range 7 {
		w.tell(id.Customer(100+n), event.RelationAdded{Staff: soptest.Member})
	}
	w.until(morning.Add(8 * time.Hour))
	if n := len(w.tasks()); n != 3 {
		t.Errorf("%d tasks, want 3", n)
	}
	got := map[string]int{}
	for n := range 7 {
		got[w.story(id.Customer(100+n))]++
	}
	if fmt.Sprint(got) != "map[hello given:3 hello withheld staff_capacity:4]" {
		t.Errorf("stories: %v", got)
	}
	checked(t, w)
}

func TestVersionsAreKeptOrMovedByAPerson(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(threeSteps)
	w.tell(1, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(time.Hour))
	w.do("")
	changed := strings.Replace(threeSteps, "name: tip, at: 1d 10:00", "name: tip, at: 2d 10:00", 1)
	w.install(changed)
	w.tell(2, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(26 * time.Hour))
	if one, two := w.story(1), w.story(2); one != "hello done, tip given" || two != "hello unmade window_over" {
		t.Errorf("old version: %s; new version: %s", one, two)
	}
	w.tell(3, event.RelationAdded{Staff: soptest.Member})
	w.until(morning.Add(27 * time.Hour))
	w.install(strings.Replace(changed, "name: tip, at: 2d 10:00", "name: tip, at: 3d 10:00", 1))
	if moved := w.move(number, 2); moved != 2 {
		t.Errorf("%d runs were moved, want 2", moved)
	}
	w.until(morning.Add(60 * time.Hour))
	if two := w.story(2); two != "hello unmade window_over" {
		t.Errorf("moved before its step: %s", two)
	}
	w.until(morning.Add(73 * time.Hour))
	if two := w.story(2); two != "hello unmade window_over, tip given" {
		t.Errorf("moved: %s", two)
	}
	checked(t, w)
}

func TestARetiredProcessTakesEverythingBack(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(threeSteps)
	for n := range 5 {
		w.tell(id.Customer(1+n), event.RelationAdded{Staff: soptest.Member})
	}
	w.until(morning.Add(time.Hour))
	if ended := must[int](t)(w.Operator.Retire(t.Context(), number, "lead", w.Clock.Now())); ended != 5 {
		t.Errorf("%d runs ended, want 5", ended)
	}
	if n := len(w.tasks()); n != 0 {
		t.Errorf("%d tasks still wait", n)
	}
	if got := w.story(3); got != "hello taken retired" {
		t.Errorf("story: %s", got)
	}
	checked(t, w)
}

func TestGoalsAreJudgedOfEverybodyAndCounted(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(threeSteps)
	for n := range 6 {
		w.tell(id.Customer(1+n), event.RelationAdded{Staff: soptest.Member})
	}
	w.until(morning.Add(2 * time.Hour))
	w.do("")
	w.tell(1, order(1))
	w.tell(2, order(2))
	w.until(morning.Add(11 * 24 * time.Hour))
	counts := must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), number, 0, 1<<30))
	results := sop.Results(counts)
	if len(results) != 1 || results[0].Treated != (sop.Arm{Judged: 6, Reached: 2}) || results[0].Measurable {
		t.Errorf("results: %+v", results)
	}
	all := sop.Adherence(counts, func(sop.Count) int { return 0 })[0]
	if all.Entered != 6 || all.Stopped != 2 || all.Due() != all.Given+all.Dropped || all.Open() != 0 {
		t.Errorf("adherence: %+v", all)
	}
	checked(t, w)
}
