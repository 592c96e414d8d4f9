package ltv

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/stats"
)

var newYear = event.At(time.Date(2024, 1, 2, 4, 0, 0, 0, time.UTC))

// law is how contacts of a made-up brand place first orders: of each way a
// share does so at all, after an exponential time.
type law struct {
	buys  map[int]float64
	weeks float64
}

// contacts draws customers of each way who became known over 60 weeks, observed
// until the 80th.
func (l law) contacts(each int, random *rand.Rand) *firstLearner {
	learner := &firstLearner{}
	learner.ordered(newYear)
	for way, share := range l.buys {
		for range each {
			began := 60 * random.Float64()
			seen := waiting{way: way, since: newYear + event.Instant(began*7)*oneDay, weeks: 80 - began}
			if after := l.weeks * random.ExpFloat64(); random.Float64() < share && after < seen.weeks {
				seen.weeks, seen.bought = after, true
			}
			learner.add(seen)
		}
	}
	return learner
}

func TestChancesOfWaysAreRecoveredWithTheShareWhoNeverBuys(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 8))
	l := law{buys: map[int]float64{1: .6, 2: .3, 3: .1}, weeks: 6}
	f := l.contacts(6000, random).learned()
	for way, share := range l.buys {
		c := Contact{Way: way, Quarter: QuarterOf(newYear)}
		never, year := f.Never(c), f.Chances(c, 0, 52)
		if math.Abs(never.Value-(1-share)) > .06 || math.Abs(year.Value-share) > .05 {
			t.Errorf("way %d: %.3f never buy (true %.2f), %.3f buy within a year", way, never.Value, 1-share, year.Value)
		}
		if never.Low > never.Value || never.High < never.Value || never.High-never.Low > .2 {
			t.Errorf("way %d: %+v", way, never)
		}
		waited := f.Chance(c, 26, 26)
		if waited > year.Value/4 {
			t.Errorf("way %d: after half a year without an order %.3f still buy within another", way, waited)
		}
	}
}

func TestAFewContactsOfAWaySpeakLittle(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	learner := law{buys: map[int]float64{1: .5, 2: .4, 3: .45}, weeks: 4}.contacts(3000, random)
	for range 3 {
		learner.add(waiting{way: 9, since: newYear, weeks: 70})
	}
	f := learner.learned()
	few, many := factorOf(f.Ways, 9), factorOf(f.Ways, 1)
	if few.Prior < .3 || many.Prior > .1 || few.Value < .4 || few.Error < 2*many.Error {
		t.Errorf("three contacts: %+v, three thousand: %+v", few, many)
	}
}

func TestNobodySeenLeavesTheStatedPriorAndNoNumberIsMissing(t *testing.T) {
	f := (&firstLearner{}).learned()
	week := f.Chances(Contact{}, 0, 1)
	if math.Abs(week.Value-(1-math.Exp(-usualFirstRate))) > 1e-12 || f.Events != 0 {
		t.Errorf("%+v", week)
	}
	for _, known := range []float64{0, .5, 30, 200, 5000} {
		r := f.Chances(Contact{Way: 4, Quarter: 8100}, known, 52)
		if !(r.Low >= 0 && r.Low <= r.Value && r.Value <= r.High && r.High <= 1) {
			t.Errorf("known for %v weeks: %+v", known, r)
		}
	}
}

func TestChancesOfFollowingHorizonsMultiply(t *testing.T) {
	f := law{buys: map[int]float64{1: .5}, weeks: 8}.contacts(500, rand.New(rand.NewPCG(1, 2))).learned()
	c := Contact{Way: 1, Quarter: QuarterOf(newYear)}
	both := (1 - f.Chance(c, 3, 40)) * (1 - f.Chance(c, 43, 200))
	if whole := 1 - f.Chance(c, 3, 240); math.Abs(both-whole) > 1e-12 {
		t.Errorf("%v and %v", both, whole)
	}
}

func TestContactsFromBeforeOrdersWereKnownTellNothing(t *testing.T) {
	learner := &firstLearner{}
	learner.ordered(newYear)
	learner.add(waiting{since: newYear - 200*oneDay, weeks: 30})
	learner.add(waiting{since: newYear, weeks: 2})
	if f := learner.learned(); f.Customers != 1 || len(f.Quarters) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestTheValueOfContactsIsTheirChanceTimesWhatNewCustomersBring(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	m := Model{Orders: inForce(), Spend: spend, First: law{buys: map[int]float64{1: .5}, weeks: 5}.contacts(4000, random).learned(), Newcomer: newcomerOf(inForce(), Horizon)}
	now := newYear + 56*7*oneDay
	c := &profile.Customer{ID: id.Customer(1), FirstSeen: now, Relations: []profile.Relation{{Staff: 1, Since: now - oneDay, AddWay: 1}}}
	w := m.Of(on(c, now/oneDay))
	buys := m.First.Chance(Contact{Way: 1, Quarter: QuarterOf(now)}, 1./7, float64(Horizon))
	late, soon := buys*(1+orders.ExpectedNew(Horizon/2)), buys*(1+orders.ExpectedNew(Horizon))
	if w.Orders < late || w.Orders > soon {
		t.Errorf("%.3f orders, between %.3f and %.3f expected", w.Orders, late, soon)
	}
	each := m.ContactWorth(Contact{Way: 1, Quarter: QuarterOf(now)})
	if each.Value < w.Turnover || each.Value > 1.2*w.Turnover || each.Low > each.Value || each.High < each.Value {
		t.Errorf("a new contact is worth %+v, one of a day %v", each, w.Turnover)
	}
	if asked := m.Over(on(c, now/oneDay), Horizon+stats.Weeks(1e-9)); math.Abs(asked.Turnover/w.Turnover-1) > 1e-6 {
		t.Errorf("%v asked anew, %v from what is kept", asked.Turnover, w.Turnover)
	}
}

func BenchmarkAContactsYear(b *testing.B) {
	m := Model{Orders: inForce(), Spend: spend, First: law{buys: map[int]float64{1: .5, 2: .4, 3: .3}, weeks: 5}.contacts(1000, rand.New(rand.NewPCG(4, 4))).learned(), Newcomer: newcomerOf(inForce(), Horizon)}
	now := newYear + 56*7*oneDay
	c := &profile.Customer{ID: 1, FirstSeen: now, Relations: []profile.Relation{{Staff: 1, Since: now - 9*oneDay, AddWay: 1}}}
	v := on(c, now/oneDay)
	for b.Loop() {
		m.Of(v)
	}
}
