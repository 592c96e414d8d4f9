package decision_test

import (
	"fmt"
	"math"
	"math/rand/v2"
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

// courseOf gives the levers of cases a course.
func courseOf(all []decision.Case, week float64) []decision.Case {
	for i := range all {
		for l := range all[i].Insight.Levers {
			all[i].Insight.Levers[l].Week = week
		}
	}
	return all
}

// week returns a brief of one member who does one contact by hand a day, and
// customers whom only a member can reach.
func week(gains ...float64) (decision.Brief, []decision.Case) {
	b := brandWith(1, 1)
	b.Settings.MaxConfirmations, b.Settings.Explore, b.Before = 0, decision.Explore{}, &decision.Prices{}
	all := make([]decision.Case, len(gains))
	for i, gain := range gains {
		all[i] = decision.Case{
			Profile: &profile.Customer{ID: id.Customer(i + 1), Relations: []profile.Relation{{Staff: 1, Since: event.At(now.AddDate(0, 0, -30))}}}, OrdersAsOf: b.Now,
			Insight: &insight.Customer{ID: id.Customer(i + 1), Limiting: insight.Trust, Levers: []insight.Lever{{Part: insight.Trust, Gain: gain, Cost: 100, Week: .9}}},
		}
	}
	return b, all
}

func because(plan decision.Plan) map[id.Customer]decision.Because {
	said := map[id.Customer]decision.Because{}
	for _, w := range plan.Withheld {
		said[w.Customer] = w.Because
	}
	return said
}

func next(t *testing.T, b decision.Brief, c decision.Case, plan decision.Plan) string {
	t.Helper()
	b.Prices = &plan.Prices
	on, found := decision.NextContact(b, c, plan.Ahead)
	if !found {
		return "never"
	}
	return fmt.Sprintf("day %d %s %s", int(on.Day.Sub(b.Day).Hours()/24), on.Purpose, on.Channel)
}

func TestWhoFindsNoRoomTodayIsPlannedForTheNextDays(t *testing.T) {
	t.Parallel()
	b, all := week(900, 800, 700)
	plan := decision.Make(b, slices.Values(all))
	if len(plan.Actions) != 1 || plan.Actions[0].Customer != 1 {
		t.Fatalf("%+v", plan.Actions)
	}
	for i, want := range []string{2: "day 2 serve one_to_one", 1: "day 1 serve one_to_one"} {
		if i > 0 && next(t, b, all[i], plan) != want {
			t.Errorf("customer %d: %s, want %s", i+1, next(t, b, all[i], plan), want)
		}
	}
	if price := plan.Prices.Staff[1].Contact; price > 60 {
		t.Errorf("another contact today is worth %.0f, although tomorrow has room", price)
	}
}

func TestANightThatLooksAtItsDayAloneExpectsNothing(t *testing.T) {
	t.Parallel()
	b, all := week(900, 800)
	b.Settings.DaysAhead = 1
	plan := decision.Make(b, slices.Values(all))
	if len(plan.Ahead) != 0 || plan.Prices.Staff[1].Contact != 700 || next(t, b, all[1], plan) != "never" {
		t.Errorf("%+v, %+v", plan.Ahead, plan.Prices.Staff[1])
	}
}

// The first gains more; its gain stays. The other one's is gone tomorrow.
func TestWhoCanBeHadTomorrowMakesRoomForWhoCannot(t *testing.T) {
	t.Parallel()
	b, all := week(900, 500)
	all[0].Insight.Levers[0].Week, all[1].Insight.Levers[0].Week = .99, 0
	plan := decision.Make(b, slices.Values(all))
	if len(plan.Actions) != 1 || plan.Actions[0].Customer != 2 || next(t, b, all[0], plan) != "day 1 serve one_to_one" {
		t.Errorf("%+v; %s", plan.Actions, next(t, b, all[0], plan))
	}
}

func TestAGainThatGrowsWaits(t *testing.T) {
	t.Parallel()
	b, all := week(900)
	all[0].Insight.Levers[0].Week = 1.3
	plan := decision.Make(b, slices.Values(all))
	if because(plan)[1] != decision.BecauseWait || next(t, b, all[0], plan) != "day 6 serve one_to_one" {
		t.Errorf("%+v; %s", plan.Actions, next(t, b, all[0], plan))
	}
	b.Prices = &plan.Prices
	turn := decision.Replan(b, nil, slices.Values(all))
	if len(turn.Withheld) != 1 || turn.Withheld[0].Because != decision.BecauseWait {
		t.Errorf("a turn of the day: %+v", turn)
	}
}

func TestWhatPassingTimeAllowsIsPlannedForItsDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*decision.Brief, *decision.Case)
		why    decision.Because
		want   string
	}{
		{"the week's budget", func(_ *decision.Brief, c *decision.Case) {
			c.Profile.Touches.Recent = touchesAgo(4)
		}, decision.BecauseBudgetWeek, "day 3 serve one_to_one"},
		{"the month's budget", func(_ *decision.Brief, c *decision.Case) {
			c.Profile.Touches.Recent = touchesAgo(28, 20, 12)
		}, decision.BecauseBudgetMonth, "day 2 serve one_to_one"},
		{"something falls due", func(b *decision.Brief, c *decision.Case) {
			c.Insight.Limiting, c.Insight.Levers[0].Part = insight.Exposure, insight.Exposure
			c.Insight.NextDue, c.OrdersAsOf = b.Now.Add(b.Settings.DueAhead+50*time.Hour), b.Now
		}, decision.BecauseNotDue, "day 3 remind one_to_one"},
		{"something falls due after the days ahead", func(b *decision.Brief, c *decision.Case) {
			c.Insight.Limiting, c.Insight.Levers[0].Part = insight.Exposure, insight.Exposure
			c.Insight.NextDue = b.Now.AddDate(0, 0, 30)
		}, decision.BecauseNotDue, "never"},
		{"nobody works tomorrow and the day after", func(b *decision.Brief, c *decision.Case) {
			b.Settings.Weekdays = []float64{1, 1, 0, 0, 0, 1, 1} // today is a Tuesday
		}, decision.BecauseQuiet, "day 3 serve one_to_one"},
		{"no time makes up for an objection", func(_ *decision.Brief, c *decision.Case) {
			c.Profile.Refused = 1
		}, decision.BecauseRefused, "never"},
		{"a complaint is not foreseen to end", func(_ *decision.Brief, c *decision.Case) {
			c.Profile.Complaints = []profile.Complaint{{Opened: 1}}
		}, decision.BecauseComplaint, "never"},
	} {
		b, all := week(900)
		c.change(&b, &all[0])
		plan := decision.Make(b, slices.Values(all))
		if got := because(plan)[1]; got != c.why || next(t, b, all[0], plan) != c.want {
			t.Errorf("%s: %s, %s; want %s, %s", c.name, got, next(t, b, all[0], plan), c.why, c.want)
		}
	}
}

func touchesAgo(days ...int) (list []profile.Touch) {
	for _, d := range days {
		list = append(list, profile.Touch{At: event.At(now.AddDate(0, 0, -d)), Channel: event.OneToOne, Purpose: event.Serve, Staff: 1})
	}
	return list
}

// What is expected fits into the days, and says of everybody the same that is said of
// each.
func TestTheDaysAheadHoldWhatMembersCanDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, all := brandOf(t)
		b.Settings.DaysAhead = rapid.IntRange(0, decision.MaxDaysAhead).Draw(t, "days ahead")
		if rapid.Bool().Draw(t, "weekdays differ") {
			b.Settings.Weekdays = []float64{0, 1, 1, .5, 1, 1, 0}
		}
		courseOf(all, rapid.SampledFrom([]float64{0, .8, 1, 1.2}).Draw(t, "course"))
		plan := decision.Make(b, slices.Values(all))
		type place struct {
			staff id.Staff
			day   time.Time
		}
		hands, sends, customers := map[place]int{}, map[place]int{}, 0
		for _, row := range plan.Ahead {
			at := place{row.Staff, row.Day}
			if row.Channel == event.OneToOne {
				hands[at] += row.Customers
			} else {
				sends[at]++
			}
			customers += row.Customers
			if row.Customers < 1 || row.Least <= 0 || row.Gain < row.Least || !row.Day.After(b.Day) || row.Day.After(b.Day.AddDate(0, 0, b.Settings.DaysAhead-1)) {
				t.Fatalf("%+v", row)
			}
			if weekday := row.Day.Weekday(); len(b.Settings.Weekdays) > 0 && b.Settings.Weekdays[weekday] == 0 {
				t.Fatalf("on a %s: %+v", weekday, row)
			}
		}
		for at, n := range hands {
			room := b.Settings.Capacity
			if len(b.Settings.Weekdays) > 0 {
				room = int(math.Round(float64(room) * b.Settings.Weekdays[at.day.Weekday()]))
			}
			if n > room || sends[at] > b.Settings.MaxConfirmations {
				t.Fatalf("member %d on %s: %d by hand of %d, %d mass sends of %d", at.staff, at.day, n, room, sends[at], b.Settings.MaxConfirmations)
			}
		}
		if customers > len(plan.Withheld) {
			t.Fatalf("%d expected of %d who are left alone today", customers, len(plan.Withheld))
		}
	})
}

// A member of two hands a day. Where every day brings more customers than the hands
// reach, the next days have no room either: to look ahead gains nothing and must lose
// nothing. Where they come all at once, and then fewer, it tells who can wait.
func TestLookingAheadGainsWhereLoadIsUneven(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		usual, rush int // customers of a day, and of each seventh
		least       float64
	}{{"even", 3, 3, .99}, {"a rush a week", 0, 12, 1.03}, {"a rush beside what comes every day", 1, 9, 1.01}} {
		gained := [2]float64{}
		for seed := range uint64(8) {
			for k, ahead := range []int{1, 7} {
				gained[k] += weeksOf(seed, ahead, [2]int{c.usual, c.rush})
			}
		}
		t.Logf("%s: %.0f a day at a time, %.0f looking a week ahead (%+.1f %%)", c.name, gained[0], gained[1], 100*(gained[1]/gained[0]-1))
		if gained[1] < c.least*gained[0] {
			t.Errorf("%s: %.0f a day at a time, %.0f looking a week ahead", c.name, gained[0], gained[1])
		}
	}
}

// weeksOf returns what the member gains over eight weeks in which so many customers
// come a day and a seventh day.
func weeksOf(seed uint64, ahead int, come [2]int) (sum float64) {
	b, _ := week()
	b.Settings.DaysAhead, b.Settings.Capacity, b.Before = ahead, 2, nil
	draw := rand.New(rand.NewPCG(seed, 5))
	var open []decision.Case
	for d := range 56 {
		n := come[0]
		if d%7 == 0 {
			n = come[1]
		}
		_, fresh := week(make([]float64, n)...)
		for i := range fresh {
			k := &fresh[i]
			k.Profile.ID = id.Customer(d*100 + i + 1)
			k.Insight.ID = k.Profile.ID
			lever := &k.Insight.Levers[0]
			lever.Gain, lever.Week = 200+math.Exp(5+draw.NormFloat64()), .2+.75*draw.Float64()
		}
		open = append(open, fresh...)
		b.Now = now.AddDate(0, 0, d)
		b.Day = clock.Day(b.Now, clock.Shanghai)
		done := map[id.Customer]bool{}
		plan := decision.Make(b, slices.Values(open))
		b.Before = &plan.Prices
		for _, a := range plan.Actions {
			sum, done[a.Customer] = sum+a.Gain.Value-a.Cost, true
		}
		open = slices.DeleteFunc(open, func(c decision.Case) bool { return done[c.Profile.ID] })
		for i := range open {
			lever := &open[i].Insight.Levers[0]
			lever.Gain *= math.Pow(lever.Week, 1./7)
		}
	}
	return sum
}
