package ltv

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

const oneWeek = 7 * oneDay

// leavers draws contacts of 40 weeks, of whom one in a hundred deletes the member in a
// week and none has bought; who is related buys at a rate a week, who left at a share of it.
func leavers(n int, rate, share float64, random *rand.Rand) (all []*profile.Customer) {
	for i := range n {
		since := newYear + event.Instant(random.IntN(40))*oneWeek
		left := since + event.Instant(random.ExpFloat64()/.01*float64(oneWeek))
		first := since + event.Instant(random.ExpFloat64()/rate*float64(oneWeek))
		if first > left {
			first = left + event.Instant(random.ExpFloat64()/(rate*share)*float64(oneWeek))
		}
		c := &profile.Customer{ID: id.Customer(i + 1), FirstSeen: since, Relations: []profile.Relation{{Staff: 1, Since: since, AddWay: 1}}}
		if left < endOfLeavers {
			c.Relations[0].Until, c.Relations[0].End = left, event.ByCustomer
		}
		if first < endOfLeavers {
			note(c, first, 5000)
		}
		all = append(all, c)
	}
	return all
}

const endOfLeavers = event.Instant(1704168000000) + 80*oneWeek

func learnedOf(customers []*profile.Customer) Model {
	learner := NewLearner()
	for _, c := range customers {
		learner.Add(c, endOfLeavers)
	}
	return learner.Model(learner.History(Choice{}))
}

// Who deleted the member hears of the brand no more: from then on nobody waits for an order
// of theirs as of others, and what they still buy says how much less is to be expected.
func TestWhoDeletedTheMemberIsNoLongerWaitedFor(t *testing.T) {
	customers := leavers(8000, .02, .25, rand.New(rand.NewPCG(3, 9)))
	f := learnedOf(customers).First
	if f.Reach.Left < 1000 || math.Abs(f.Reach.Gone-.25) > .05 || math.Abs(f.Reach.Ends-.01) > .001 {
		t.Errorf("%+v, want an end in a hundred weeks and a quarter of the orders after it", f.Reach)
	}
	if hazard := f.Hazard[2] * f.factor(1, QuarterOf(newYear)); math.Abs(hazard/.02-1) > .1 {
		t.Errorf("who is related buys at %.4f a week, want .02", hazard)
	}
}

func TestWhoDeletedTheMemberIsExpectedToBuyLess(t *testing.T) {
	m := learnedOf(leavers(8000, .02, .25, rand.New(rand.NewPCG(3, 9))))
	since := endOfLeavers - 10*oneWeek
	stays := &profile.Customer{ID: 1, FirstSeen: since, Relations: []profile.Relation{{Staff: 1, Since: since, AddWay: 1}}}
	gone := stays.Clone()
	gone.Relations[0].Until, gone.Relations[0].End = endOfLeavers-oneWeek, event.ByCustomer
	now := past.View{At: endOfLeavers, Orders: endOfLeavers}
	kept, lost := now, now
	kept.Customer, lost.Customer = stays, &gone
	if one, other := m.Of(kept), m.Of(lost); !(other.Orders < one.Orders/2 && other.Orders > one.Orders/8 && other.Turnover < one.Turnover/2) {
		t.Errorf("expected %.3f orders of who is related, %.3f of who deleted the member", one.Orders, other.Orders)
	}
	before := past.View{Customer: &gone, At: endOfLeavers - 2*oneWeek, Orders: endOfLeavers - 2*oneWeek}
	if c, _ := contactOf(before); c.Left {
		t.Error("a deletion of later was known")
	}
}

// Of contacts who are related now as many buy as is said, deletions to come included: were
// they not, .65 would be said. When a relation ends is averaged in the exponent, which says
// too much where four in ten end in a year.
func TestTheChanceOfAFirstOrderKnowsThatRelationsEnd(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	f := learnedOf(leavers(8000, .02, .25, random)).First
	const n, horizon = 200_000, 52.0
	buys := 0
	for range n {
		left, first := random.ExpFloat64()/.01, random.ExpFloat64()/.02
		if first > left {
			first = left + random.ExpFloat64()/(.02*.25)
		}
		if first < horizon {
			buys++
		}
	}
	if said, truth := f.Chance(Contact{Way: 1, Quarter: QuarterOf(newYear)}, 0, horizon), float64(buys)/n; math.Abs(said-truth) > .025 {
		t.Errorf("%.3f said to buy within a year, %.3f do", said, truth)
	}
}

func TestWithoutAnyKnownEndNothingIsSaidOfLeaving(t *testing.T) {
	f := law{buys: map[int]float64{1: .5}, weeks: 8}.contacts(500, rand.New(rand.NewPCG(1, 2))).learned()
	if f.Reach != (Reach{Gone: usualGone}) {
		t.Errorf("%+v", f.Reach)
	}
}
