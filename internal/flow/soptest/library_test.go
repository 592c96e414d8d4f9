package soptest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/storage"
)

// life is what happens to one customer in a process of the library, and what becomes
// of its steps.
type life struct {
	sentence string
	happens  []moment
	want     string // steps and what became of them, in the order of time
}

// moment is something that happens so many days after the start, at a time of day.
type moment struct {
	when string // such as "3d 12:00"
	body event.Body
}

// begin is when the lives of library processes begin: a Tuesday morning.
var begin = time.Date(2026, 5, 5, 0, 0, 0, 0, clock.Shanghai)

func library(name string) string { text, _ := sop.FromLibrary(name); return string(text) }

// daily are the times of day at which the program looks: after all those that
// processes of the library name.
var daily = []string{"00:10", "09:05", "10:35", "12:35", "18:05", "20:05"}

// live lets customers live so many days, each as a life says, beside each other.
func (w teller) live(days int, lives []life) {
	w.t.Helper()
	done := make([]int, len(lives))
	for day := range days {
		w.Clock.Set(when(day, "00:10"))
		w.passDay()
		for _, clock := range daily {
			w.Clock.Set(when(day, clock))
			for i := range lives {
				for ; done[i] < len(lives[i].happens) && !offset(w.t, lives[i].happens[done[i]].when).After(w.Clock.Now()); done[i]++ {
					m := lives[i].happens[done[i]]
					w.at(customerOf(i), offset(w.t, m.when), m.body)
				}
			}
			w.turn()
			w.doAll()
		}
	}
}

func when(day int, clock string) time.Time {
	at, _ := time.Parse("15:04", clock)
	return begin.AddDate(0, 0, day).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
}

func offset(t *testing.T, text string) time.Time {
	return must[sop.Offset](t)(sop.ParseOffset(text)).From(begin, clock.Shanghai)
}

// customerOf returns the customer who lives a life.
func customerOf(life int) id.Customer { return id.Customer(101 + life) }

// at tells what happened at a time that is over.
func (w teller) at(who id.Customer, at time.Time, body event.Body) {
	w.t.Helper()
	ok(w.t, w.TellAs(w.t.Context(), who, at, fmt.Sprint("life ", who, at.Unix(), body.Kind()), body))
}

// passDay lets a night pass: windows, stages and audiences.
func (w teller) passDay() {
	w.t.Helper()
	ok(w.t, w.Flow.PassDay(w.t.Context(), w.Clock.Now()))
	for more := true; more; {
		more = must[bool](w.t)(w.Flow.FillMembers(w.t.Context(), w.Clock.Now()))
	}
}

// doAll lets the member do everything that waits in working hours: contacts, and tasks
// that are none.
func (w teller) doAll() {
	w.t.Helper()
	if w.Rules.Quiet(w.Clock.Now().In(w.Zone)) {
		return
	}
	w.do(delivery.Result(""))
	tasks := must[[]storage.StepTask](w.t)(w.DB.StepTasks(w.t.Context(), storage.StepTaskQuery{Scope: everything}))
	for _, task := range tasks {
		key := storage.StepKey{RunKey: task.RunKey, Version: task.Version, Step: task.Step}
		ok(w.t, w.DB.AnswerStep(w.t.Context(), everything, storage.StepAnswer{StepKey: key, Outcome: sop.Done, At: w.Clock.Now()}))
	}
	w.turn()
}

func (w teller) tellsOf(lives []life) {
	w.t.Helper()
	for i, l := range lives {
		if got := w.story(customerOf(i)); got != l.want {
			w.t.Errorf("%s:\n got %s\nwant %s", l.sentence, strings.ReplaceAll(got, ", ", ",\n     "), strings.ReplaceAll(l.want, ", ", ",\n     "))
		}
	}
	checked(w.t, w)
}

// added is how most lives begin.
var added = moment{"0d 09:00", event.RelationAdded{Staff: soptest.Member}}

func says(when string) moment {
	return moment{when, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"}}
}

func buys(when string, number int) moment { return moment{when, order(number)} }

func TestLibraryComplaintRecovery(t *testing.T) {
	t.Parallel()
	w := townAt(t, begin, clock.Shanghai)
	number := w.install(library("complaint-recovery"))
	opened, closed := event.ComplaintOpened{}, event.ComplaintClosed{}
	lives := []life{
		{"solved the same day: nothing is raised, and called back", []moment{added, {"0d 10:00", opened}, {"0d 16:00", closed}},
			"answer done, solve skipped condition, raise skipped condition, call-back done, cause done"},
		{"solved on the third day", []moment{added, {"0d 10:00", opened}, {"2d 16:00", closed}},
			"answer done, solve done, raise done, call-back done, cause done"},
		{"open for good", []moment{added, {"0d 10:00", opened}},
			"answer done, solve done, raise done, raise-again done"},
		{"solved in the second week", []moment{added, {"0d 10:00", opened}, {"8d 16:00", closed}},
			"answer done, solve done, raise done, raise-again done, call-back-late done, cause-late done"},
		{"late in the evening, solved the next day", []moment{added, {"0d 21:30", opened}, {"1d 11:00", closed}},
			"answer done, solve done, raise skipped condition, call-back done, cause done"},
		{"whoever leaves is not called", []moment{added, {"0d 10:00", opened}, {"1d 09:30", event.RelationEnded{Staff: soptest.Member, By: event.ByCustomer}}},
			"answer done"},
	}
	w.live(16, lives)
	w.tellsOf(lives)
	results := sop.Results(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), number, 0, 1<<30)))
	if len(results) != 1 || results[0].Treated != (sop.Arm{Judged: 6, Reached: 3}) {
		t.Errorf("results: %+v", results)
	}
}
