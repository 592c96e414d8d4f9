package ltv

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

func TestValueIsDiscountedByTheDayOnWhichOrdersFall(t *testing.T) {
	pareto := btyd.ParetoNBD{R: .55, Alpha: 10.6, S: .61, Beta: 11.7}
	f := inForce()
	f.Members = append(f.Members, Member{Name: "pnbd", Pareto: &pareto})
	m := Model{Orders: f}
	for _, c := range []Case{{Summary: btyd.Summary{Frequency: 4, Recency: stats.WeeksOfDays(175), Age: stats.WeeksOfDays(210)}},
		{Summary: btyd.Summary{Age: stats.WeeksOfDays(30)}}, {Summary: btyd.Summary{Frequency: 600, Recency: 140, Age: 150}}} {
		for _, perYear := range []float64{.05, .3, .05} {
			rate := btyd.Continuous(perYear)
			orders, present, before := 0., 0., 0.
			for d := 1; d <= horizonDays; d++ {
				now := f.usually(c, stats.WeeksOfDays(d)).Expected
				present += (now - before) * math.Exp(-rate*(float64(d)-.5)/7)
				orders, before = now, now
			}
			if got, want := f.left(&c, rate), present/orders; math.Abs(got-want) > 2e-6 || !(got < 1) {
				t.Errorf("of %+v %.8f is left at %v a year, day by day %.8f", c.Summary, got, perYear, want)
			}
		}
	}
	buyer, _, _ := live(1, 200, rand.NewPCG(3, 1))
	known := on(buyer, 300)
	if left := m.Left(known, 0); left != 1 {
		t.Errorf("without a discount %v is left", left)
	}
	if near, far := m.Left(known, .05), m.Left(known, .3); !(far < near && near < 1) {
		t.Errorf("%v is left at 5 %% a year, %v at 30 %%", near, far)
	}
}

// Of a first order that falls anywhere in the year, alike, e^(-rate u) is left on average;
// what comes after it falls later still.
func TestWhoHasNotBoughtIsDiscountedFromTheFirstOrderOn(t *testing.T) {
	f := inForce()
	n := newcomerOf(f, Horizon)
	rate := btyd.Continuous(.2)
	left := f.newcomersLeft(n, rate)
	before := 1.
	for i, share := range left {
		middle := math.Exp(-rate * float64(Horizon) * (float64(i) + .5) / newcomerSlices)
		if !(share < middle && share > math.Exp(-rate*float64(Horizon)) && share < before) {
			t.Errorf("slice %d: %v is left, of the first order alone %v", i, share, middle)
		}
		before = share
	}
	if again := f.newcomersLeft(n, btyd.Continuous(.1)); !(again[0] > left[0]) {
		t.Errorf("at half the rate %v is left, before %v", again[0], left[0])
	}
}
