package decision_test

import (
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// forgotten yields customers whom a reminder would help, every day anew.
func forgotten(n int) iter.Seq[decision.Case] {
	return func(yield func(decision.Case) bool) {
		for i := range n {
			c := decision.Case{
				Profile: &profile.Customer{ID: id.Customer(i + 1), Relations: []profile.Relation{{Staff: 1, Since: 1}}},
				Insight: &insight.Customer{Limiting: insight.Exposure, NextDue: now, Levers: []insight.Lever{{Part: insight.Exposure, Gain: 900, Cost: 100}}},
			}
			if !yield(c) {
				return
			}
		}
	}
}

func brandOn(days, capacity int) decision.Brief {
	b := brandWith(1, capacity)
	b.Settings.SilentAfter = 0
	b.Now = now.AddDate(0, 0, days)
	b.Day = clock.Day(b.Now, clock.Shanghai)
	return b
}

// ordersRead tells of customers at the time of a plan.
func ordersRead(b decision.Brief, cases iter.Seq[decision.Case]) iter.Seq[decision.Case] {
	return func(yield func(decision.Case) bool) {
		for c := range cases {
			c.OrdersAsOf, c.Insight.NextDue = b.Now, b.Now
			if !yield(c) {
				return
			}
		}
	}
}

func TestTheDayOfAFewContactsIsDrawnEvenlyAndStaysDrawn(t *testing.T) {
	t.Parallel()
	const customers = 20_000
	waited := make([]int, customers+1) // days until the contact, whichever day it is first proposed on
	open := make([]int, customers+1)   // days in two weeks
	for day := range 14 {
		b := brandOn(day, customers)
		plan := decision.Make(b, ordersRead(b, forgotten(customers)))
		for _, a := range plan.Actions {
			if open[a.Customer] == 0 {
				waited[a.Customer] = day
			}
			open[a.Customer]++
			if math.Abs(a.Probability-(1-.05*6/7)) > 1e-6 || !decision.DrewDay(a.Alternatives) || a.Alternatives[0] != string(event.Remind) {
				t.Fatalf("%+v", a)
			}
		}
		for _, w := range plan.Withheld {
			if w.Because != decision.BecauseLater || w.Purpose != event.Remind || w.Gain != 900 {
				t.Fatalf("%+v", w)
			}
		}
	}
	drawn, after := 0, [7]int{}
	for c := 1; c <= customers; c++ {
		switch open[c] {
		case 14:
		case 2: // the same weekday of both weeks
			drawn++
			after[waited[c]]++
		default:
			t.Fatalf("customer %d could be contacted on %d of 14 days", c, open[c])
		}
	}
	// Four standard errors of .05 among 20,000 are .0062; of a seventh among 1,000, 44.
	if share := float64(drawn) / customers; math.Abs(share-.05) > .0062 {
		t.Errorf("the day of %.4f was drawn", share)
	}
	for wait, n := range after {
		if math.Abs(float64(n)-float64(drawn)/7) > 44 {
			t.Errorf("%d of %d wait %d days", n, drawn, wait)
		}
	}
}

func TestTheNextContactIsDrawnAnewAndWhatTheBrandPostsIsNone(t *testing.T) {
	t.Parallel()
	const customers = 5_000
	waiting := func(touch ...profile.Touch) (who []id.Customer) {
		b := brandOn(0, customers)
		b.Settings.Explore.TimingShare = .5
		plan := decision.Make(b, func(yield func(decision.Case) bool) {
			for c := range ordersRead(b, forgotten(customers)) {
				c.Profile.Touches.Recent = touch
				if !yield(c) {
					return
				}
			}
		})
		for _, w := range plan.Withheld {
			who = append(who, w.Customer)
		}
		return who
	}
	long := event.At(now.AddDate(0, -2, 0))
	never := waiting()
	if posted := waiting(profile.Touch{At: long, Channel: event.Moments}); !slices.Equal(never, posted) {
		t.Error("what was posted to everybody drew the day anew")
	}
	written := waiting(profile.Touch{At: long, Channel: event.MassSend})
	both := 0
	for _, c := range written {
		if _, found := slices.BinarySearch(never, c); found {
			both++
		}
	}
	// Independent draws of 3/7 have .184 in common; four standard errors are .022.
	if share := float64(both) / customers; math.Abs(share-9./49) > .022 {
		t.Errorf("%.3f wait before and after a contact", share)
	}
}

func TestADrawnDayOnlyDelaysWhatWouldBeDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, cases := brandOf(t)
		b.Settings.Explore.TimingShare = .5
		if rapid.Bool().Draw(t, "late") {
			b.Now = b.Day.Add(22 * time.Hour)
		}
		drawn := decision.Make(b, slices.Values(cases))
		b.Settings.Explore.TimingShare = 0
		plain := decision.Make(b, slices.Values(cases))
		would := map[id.Customer]decision.Because{}
		for _, w := range plain.Withheld {
			would[w.Customer] = w.Because
		}
		served := map[id.Customer]bool{}
		for _, a := range plain.Actions {
			served[a.Customer] = slices.Contains(a.Alternatives, string(event.Serve))
		}
		for _, w := range drawn.Withheld {
			because, withheld := would[w.Customer]
			if w.Because != decision.BecauseLater {
				if room := w.Because == decision.BecauseCapacity || w.Because == decision.BecauseQuiet; because != w.Because && !room {
					t.Fatalf("customer %d: %q, without drawn days %q", w.Customer, w.Because, because)
				}
				continue
			}
			if withheld && because != decision.BecauseCapacity && because != decision.BecauseQuiet {
				t.Fatalf("customer %d waits for a day, although without drawn days it is %q", w.Customer, because)
			}
			if w.Purpose == event.Serve || served[w.Customer] {
				t.Fatalf("customer %d waits to be served", w.Customer)
			}
		}
	})
}

func TestServingNeverWaits(t *testing.T) {
	t.Parallel()
	const customers = 2_000
	b := brandWith(1, customers)
	b.Settings.Explore.TimingShare = .5
	plan := decision.Make(b, cases(b, customers)) // serve and ask tie
	if len(plan.Actions) != customers {
		t.Fatalf("%d of %d are contacted", len(plan.Actions), customers)
	}
	for _, a := range plan.Actions {
		if decision.DrewDay(a.Alternatives) || a.Probability != .5 {
			t.Fatalf("%+v", a)
		}
	}
}
