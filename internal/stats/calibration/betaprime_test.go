package calibration

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

func TestTheQuantileOfARatioHasItsProbability(t *testing.T) {
	for _, a := range []float64{.05, .3, .5, .7, 1, 2, 5, 20, 300} {
		for _, b := range []float64{.3, .8, 1, 1.5, 2, 3.6, 10, 60, 1000} {
			for _, p := range []float64{.001, .02, .1, .3, .5, .7, .9, .99} {
				y := BetaPrime{A: a, B: b, Scale: 15}.Quantile(p)
				if got := mathext.RegIncBeta(a, b, y/(y+15)); math.Abs(got-p) > .015 {
					t.Errorf("shapes %v and %v: at the quantile of %v the probability is %v", a, b, p, got)
				}
			}
		}
	}
}

func TestNoProbabilityLiesBelowNothing(t *testing.T) {
	for _, p := range []float64{0, -1, math.Inf(-1), math.NaN()} {
		if got := (BetaPrime{A: 2, B: 4, Scale: 1}).Quantile(p); got != 0 {
			t.Errorf("the quantile of %v is %v", p, got)
		}
	}
}

func BenchmarkBetaPrimeQuantile(b *testing.B) {
	for name, shape := range map[string]float64{"Root": 1.3, "Inverse": .9} {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				quantile = BetaPrime{A: shape, B: 3.6 + float64(i%7)*6, Scale: 15}.Quantile(.01 + float64(i%89)*.01)
			}
		})
	}
}

var quantile float64
