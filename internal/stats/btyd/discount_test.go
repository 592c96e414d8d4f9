package btyd

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/stats"
)

func TestDiscountedOrdersWithinALongHorizonAreTheResidualOnes(t *testing.T) {
	m := ParetoNBD{R: .5533971, Alpha: 10.5801985, S: .6060625, Beta: 11.6562237}
	for _, s := range []Summary{{Frequency: 26, Recency: 30.86, Age: 31}, {Frequency: 2, Recency: 30.43, Age: 38.86}, {}} {
		near(t, "discounted orders", NewDiscounts(m, 20_000, .0027).Share(s)*m.Expected(s, 20_000), m.Discounted(s, .0027), 1e-7)
	}
}

func TestDiscountedOrdersAreTheSumOfDiscountedDays(t *testing.T) {
	s := Summary{Frequency: 4, Recency: 25, Age: 30}
	const rate, days = .01, 3640
	for _, m := range []Divided{typical, MBGNBD(typical), ParetoNBD{.6, 8, .7, 12}, MBGCNBD{2, 1.2, 3, .9, 1.5}} {
		sum, before := 0., 0.
		for d := 1; d <= days; d++ {
			now := m.Expected(s, stats.WeeksOfDays(d))
			sum += (now - before) * math.Exp(-rate*(float64(d)-.5)/7)
			before = now
		}
		near(t, m.Name(), NewDiscounts(m, stats.WeeksOfDays(days), rate).Share(s)*m.Expected(s, stats.WeeksOfDays(days)), sum, 1e-6)
		if share := NewDiscounts(m, 52, 1e-12).Share(s); math.Abs(share-1) > 1e-9 {
			t.Errorf("%s: without a discount %v is left", m.Name(), share)
		}
	}
}

func TestDiscountsAreThoseOfTheCustomerWhoeverWasAskedForBefore(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		for _, m := range divided() {
			kept := NewDiscounts(m, 26, .002)
			for range 6 {
				s, _, _ := summary(rt)
				if share := kept.Share(s); share != NewDiscounts(m, 26, .002).Share(s) || !(share > 0 && share < 1) {
					rt.Fatalf("%s: %v", m.Name(), share)
				}
				pareto, tells := m.(ParetoNBD)
				orders, ok := kept.Residual(s, m.Alive(s))
				if ok != tells || ok && orders != pareto.Discounted(s, .002) {
					rt.Fatalf("%s: residual %v", m.Name(), orders)
				}
			}
		}
	})
}

func TestADiscountPerYearIsWhatAYearLoses(t *testing.T) {
	near(t, "value in a year", math.Exp(-Continuous(.1)*365.25/7), 1/1.1, 1e-14)
}
