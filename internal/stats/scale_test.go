package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTheMeanOfAScaleHasItsPosteriorsInterval(t *testing.T) {
	// Ten answers of 5: p = (.2, .2, .2, .2, 10.2)/11, mean 4.8182, variance .51240/12.
	mean, low, high := ScaleMean([]int{0, 0, 0, 0, 10}, 1)
	if sd := math.Sqrt(.5123967 / 12); mean != 5 || math.Abs(low-(4.8181818-sd)) > 1e-6 || high != 5 {
		t.Errorf("%v, %v to %v", mean, low, high)
	}
	if mean, low, high = ScaleMean([]int{1, 0, 0, 0, 1}, 0); mean != 3 || math.Abs(low-3) > 1e-12 || math.Abs(high-3) > 1e-12 {
		t.Errorf("%v, %v to %v", mean, low, high)
	}
	if mean, low, high = ScaleMean(make([]int, 5), 1); mean != 0 || low != 0 || high != 0 {
		t.Errorf("without answers: %v, %v to %v", mean, low, high)
	}
}

func TestTheIntervalOfAScaleHoldsTheTruthAsOftenAsItSays(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	for _, share := range [][5]float64{{.1, .1, .2, .3, .3}, {.02, .03, .05, .2, .7}, {.2, .2, .2, .2, .2}} {
		truth := 0.0
		for i, p := range share {
			truth += float64(i+1) * p
		}
		for _, n := range []int{10, 60} {
			held := 0
			const times = 4000
			for range times {
				var counts [5]int
				for range n {
					u := random.Float64()
					for i, p := range share {
						if u -= p; u < 0 || i == 4 {
							counts[i]++
							break
						}
					}
				}
				if _, low, high := ScaleMean(counts[:], Central80); low <= truth && truth <= high {
					held++
				}
			}
			if got := float64(held) / times; got < .75 || got > .87 {
				t.Errorf("of %v with %d answers: %v", share, n, got)
			}
		}
	}
}
