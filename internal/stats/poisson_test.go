package stats_test

import (
	"math"
	"testing"

	"siyu/internal/stats"
)

func TestThePoissonTailIsTheSumOfItsTerms(t *testing.T) {
	for _, mean := range []float64{.001, .3, 2, 17.5, 240} {
		term, below := math.Exp(-mean), 0.0
		for n := range 60 {
			if got := stats.PoissonAtLeast(n, mean); math.Abs(got-(1-below)) > 1e-12 {
				t.Errorf("P(N >= %d | %v) = %v, want %v", n, mean, got, 1-below)
			}
			below += term
			term *= mean / float64(n+1)
		}
	}
	// Where the sum from below has lost all digits: 0.1^10/10! e^-0.1 (1 + 0.1/11 + ...).
	if got, want := stats.PoissonAtLeast(10, .1), 2.5163e-17; math.Abs(got/want-1) > 1e-3 {
		t.Errorf("far in the tail: %v, want %v", got, want)
	}
	if stats.PoissonAtLeast(0, 0) != 1 || stats.PoissonAtLeast(1, 0) != 0 {
		t.Error("a mean of 0 does not mean nothing")
	}
}
