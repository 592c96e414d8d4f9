package btyd

import (
	"math"
	"testing"

	"siyu/internal/stats"
)

func TestDiscountedOrdersWithinALongHorizonAreTheResidualOnes(t *testing.T) {
	m := ParetoNBD{R: .5533971, Alpha: 10.5801985, S: .6060625, Beta: 11.6562237}
	for _, s := range []Summary{{Frequency: 26, Recency: 30.86, Age: 31}, {Frequency: 2, Recency: 30.43, Age: 38.86}, {}} {
		near(t, "discounted orders", DiscountedWithin(m, s, 20_000, .0027), m.Discounted(s, .0027), 1e-7)
	}
}

func TestDiscountedOrdersAreTheSumOfDiscountedDays(t *testing.T) {
	s := Summary{Frequency: 4, Recency: 25, Age: 30}
	const rate, days = .01, 3640
	for _, m := range []Lifetime{typical, MBGNBD(typical), ParetoNBD{.6, 8, .7, 12}, MBGCNBD{2, 1.2, 3, .9, 1.5}} {
		sum, before := 0., 0.
		for d := 1; d <= days; d++ {
			now := m.Expected(s, stats.WeeksOfDays(d))
			sum += (now - before) * math.Exp(-rate*(float64(d)-.5)/7)
			before = now
		}
		near(t, m.Name(), DiscountedWithin(m, s, stats.WeeksOfDays(days), rate), sum, 1e-6)
		if undiscounted := DiscountedWithin(m, s, 52, 1e-12); math.Abs(undiscounted/m.Expected(s, 52)-1) > 1e-9 {
			t.Errorf("%s: without a discount %v, expected %v", m.Name(), undiscounted, m.Expected(s, 52))
		}
	}
}

func TestADiscountPerYearIsWhatAYearLoses(t *testing.T) {
	near(t, "value in a year", math.Exp(-Continuous(.1)*365.25/7), 1/1.1, 1e-14)
}
