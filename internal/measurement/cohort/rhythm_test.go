package cohort

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/ltv"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// buyers adds customers of a store who placed repeat orders at a rate per month
// since their first.
func buyers(t *Tally, store id.Store, n int, rate float64, random *rand.Rand) {
	for i := range n {
		months := 1 + i%20
		c := &profile.Customer{Orders: profile.Orders{Count: 1, Days: 1, First: event.At(now) - event.Instant(months*30)*day}}
		own := 2 * rate * random.Float64() // customers differ
		for waited := random.ExpFloat64() / own; waited < float64(months); waited += random.ExpFloat64() / own {
			c.Orders.Days++
		}
		t.Add(c, &insight.Customer{}, Owner{Store: store})
	}
}

func TestAStoreIsComparedWithBuyersOfTheSameMonthsAndLeansOnTheBrand(t *testing.T) {
	random, tally := rand.New(rand.NewPCG(2, 3)), NewTally(now, now)
	for store := range id.Store(8) {
		buyers(tally, store+1, 2000, .3, random)
	}
	buyers(tally, 9, 2000, .45, random)
	buyers(tally, 10, 6, .6, random)
	whole := tally.Whole()
	rates := whole.StoreRates()
	for i, s := range whole.Stores {
		r := rates[i]
		switch s.Key {
		case id.Text(id.Store(9)):
			if r.Value < 1.25 || r.Value > 1.6 || r.Low < 1.1 || r.Prior > .2 {
				t.Errorf("the store that sells half as much again: %+v", r)
			}
		case id.Text(id.Store(10)):
			if r.Prior < .3 || r.Value > 1.6 || r.High < r.Value {
				t.Errorf("six buyers: %+v", r)
			}
		default:
			if math.Abs(r.Value-.95) > .08 {
				t.Errorf("a usual store: %+v", r)
			}
		}
	}
	if whole.Spread < 1 {
		t.Errorf("customers differ, and vary %.2f times as much as Poisson ones", whole.Spread)
	}
	for store, sums := range tally.Stores() {
		for i, s := range whole.Stores {
			if s.Key == id.Text(store) && sums.StoreRates()[0] != rates[i] {
				t.Errorf("store %d alone has %+v, in the brand %+v", store, sums.StoreRates()[0], rates[i])
			}
		}
	}
}

func TestAMonthIsComparedWithWhatTheModelExpects(t *testing.T) {
	tally := NewTally(now, now)
	buyers(tally, 1, 6000, .5, rand.New(rand.NewPCG(7, 1)))
	s := tally.Whole()
	rates := s.OrderRates(func(weeks float64) float64 { return .5 * weeks * 7 / 30 })
	for i, c := range s.Order {
		if c.Month != Earlier && math.Abs(rates[i].Value-1) > .25 {
			t.Errorf("%s: %+v of %v repeat orders", c.Month.Text(), rates[i], c.Repeats)
		}
	}
}

func TestBuyersOfAMonthHaveTheirRepeatOrders(t *testing.T) {
	tally := NewTally(now, now)
	buyers(tally, 1, 400, .5, rand.New(rand.NewPCG(1, 1)))
	all, cohorts := 0., tally.Whole()
	for _, c := range cohorts.Order {
		all += c.Repeats
	}
	if all == 0 || all != cohorts.Stores[0].Repeats || math.Abs(cohorts.Stores[0].Usual-all) > 1e-6 {
		t.Errorf("%v by month, %+v in all", all, cohorts.Stores[0].Rhythm)
	}
	if twice := Merge([]*Sums{cohorts, cohorts}); twice.Order[0].Repeats != 2*cohorts.Order[0].Repeats || twice.Stores[0].Repeats != 2*all {
		t.Error("sums of two places do not add up")
	}
}

func TestYoungTurnoverIsProvisionalByItsAge(t *testing.T) {
	tally := NewTally(now, now)
	c := &profile.Customer{Orders: profile.Orders{Count: 4, Days: 4, First: event.At(now) - 300*day}}
	for _, age := range []event.Instant{300, 20, 3, 0} {
		c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: event.At(now) - age*day - 1, Amount: 1000})
	}
	tally.Add(c, &insight.Customer{}, Owner{})
	s := tally.Whole()
	var young money.Fen
	for _, net := range s.Young {
		young += net
	}
	if young != 3000 || s.Young[0] != 1000 || s.Young[3] != 1000 {
		t.Errorf("%v", s.Young)
	}
	r := ltv.Refunds{Final: .2, By: []float64{0, 0, 0, .1, .2, .2, .2, .2, .2, .2, .2, .2}, Coming: make([]ltv.Ranged, 12)}
	r.Coming[0], r.Coming[3] = ltv.Ranged{Value: .2, Low: .1, High: .3}, ltv.Ranged{Value: .1, Low: .1, High: .1}
	if p := s.Pending(&r); p.Days != 7 || p.Turnover != 2000 || p.Coming != (ltv.Ranged{Value: 300, Low: 200, High: 400}) {
		t.Errorf("%+v", p)
	}
	if p := s.Pending(&ltv.Refunds{}); p.Days != 0 {
		t.Errorf("without refunds %+v", p)
	}
}
