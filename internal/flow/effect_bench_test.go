//go:build unix

package flow_test

import (
	"syscall"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/mind"
	"siyu/internal/measurement/effect"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

// believed assumes what a model that has learned nothing does, which costs as much
// to ask as one that has.
type believed struct {
	model     *mind.Model
	settings  mind.Settings
	situation mind.Situation
}

func (believed) Table() string { return "believed" }

func (b believed) Assumed(_ *flow.World, c *profile.Customer, at event.Instant, days float64) (float64, effect.Orders) {
	a := b.model.Added(&b.settings, &b.situation, c, at, days)
	return a.Plain, effect.Orders{a.Need, a.Trust, a.Exposure}
}

func (b believed) Risk(_ *flow.World, c *profile.Customer, at event.Instant) float64 {
	return b.model.Risk(c, at)
}

const (
	measuredPeople  = 10_000
	plannedDays     = 215 // as many as the first pass looks at, and the week after
	contactsOfADay  = 500 // each customer every twenty days
	heldOutOfTwenty = 1
)

// planHalfAYear stores what was planned for measuredPeople, one in twenty of whom
// is held out, and returns the day after.
func planHalfAYear(b *testing.B, db *storage.DB, log *eventlog.Log) {
	b.Helper()
	first := clock.Day(noon.AddDate(0, 0, -plannedDays), clock.Shanghai)
	var facts []event.Fact
	held := map[id.Customer]bool{}
	for n := range measuredPeople {
		c := id.Customer(n + 1)
		held[c] = n%20 < heldOutOfTwenty
		for k, body := range []event.Body{event.RelationAdded{Staff: 1}, paid(10 * n), paid(10*n + 1), paid(10*n + 2)} {
			f, err := event.New(event.Customer(c), first.AddDate(0, 0, 40*k+n%40), event.FromOrders, id.Hash("half a year", id.Text(c), string(rune(k))), body)
			if err != nil {
				b.Fatal(err)
			}
			facts = append(facts, f)
		}
	}
	if _, err := log.Append(b.Context(), facts...); err != nil {
		b.Fatal(err)
	}
	if err := db.AssignHoldout(b.Context(), held, first); err != nil {
		b.Fatal(err)
	}
	for day := range plannedDays {
		on := first.AddDate(0, 0, day)
		part := flow.PlanPart{Plan: decision.Plan{Day: on}}
		for k := range contactsOfADay {
			n := (day*contactsOfADay + k) % measuredPeople
			c := id.Customer(n + 1)
			part.Of.List = append(part.Of.List, c)
			switch {
			case held[c]:
				part.Plan.Withheld = append(part.Plan.Withheld, decision.Withheld{Day: on, Customer: c, Because: decision.BecauseHoldout, Purpose: event.Remind})
			case n%23 == 0:
				part.Plan.Withheld = append(part.Plan.Withheld, decision.Withheld{Day: on, Customer: c, Because: decision.BecauseLater, Purpose: event.Remind})
			default:
				part.Plan.Actions = append(part.Plan.Actions, decision.Action{ID: int64(day*contactsOfADay + k + 1), Day: on, Customer: c, Staff: 1, Purpose: event.Remind, Channel: event.OneToOne,
					From: on, Until: on.Add(time.Hour), Alternatives: []string{"remind", "day+0", "day+1", "day+2", "day+3", "day+4", "day+5", "day+6"}})
			}
		}
		if err := db.SavePlan(b.Context(), part); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMeasuringEffects measures half a year of draws, as the first pass of an
// installation does, and then the week after, as every later one. Half a year of
// 10,000 customers is 97,000 contacts.
func BenchmarkMeasuringEffects(b *testing.B) {
	db, err := storage.Open(b.Context(), storage.Config{URL: storagetest.SQLite(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	log := eventlog.New(db, clock.NewVirtual(noon))
	planHalfAYear(b, db, log)
	f := folded(b, db, log)
	settings, situation := mind.Defaults(), mind.Situation{Now: noon, LinkRate: 1}
	assumer := believed{mind.Unlearned(settings, situation), settings, situation}
	pass := func(now time.Time) (clock, processors float64) {
		began, used := time.Now(), processorTime(b)
		if err := f.MeasureEffects(b.Context(), now, db, assumer); err != nil {
			b.Fatal(err)
		}
		return time.Since(began).Seconds(), (processorTime(b) - used).Seconds()
	}
	var first, firstUsed, week, weekUsed float64
	passes := 0.0
	for b.Loop() {
		if err := db.SaveModel(b.Context(), flow.EffectName, noon.Format(time.RFC3339Nano), []byte("{}")); err != nil {
			b.Fatal(err)
		}
		one, used := pass(noon.AddDate(0, 0, -7))
		first, firstUsed = first+one, firstUsed+used
		one, used = pass(noon)
		week, weekUsed = week+one, weekUsed+used
		passes++
	}
	b.ReportMetric(first/passes, "s/first")
	b.ReportMetric(firstUsed/passes, "cpu-s/first")
	b.ReportMetric(week/passes, "s/week")
	b.ReportMetric(weekUsed/passes, "cpu-s/week")
	b.ReportMetric(0, "ns/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
