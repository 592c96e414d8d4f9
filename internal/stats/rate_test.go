package stats_test

import (
	"math"
	"testing"

	"siyu/internal/stats"
)

func TestTheDifferenceOfSharesIsAsPublished(t *testing.T) {
	t.Parallel()
	// Newcombe 1998, table II, method 10: 56/70 against 48/80, and 9/10 against 3/10.
	for _, c := range []struct {
		a, m, b, n int
		low, high  float64
	}{{56, 70, 48, 80, .0524, .3339}, {9, 10, 3, 10, .1705, .8090}, {6, 7, 2, 7, .0582, .8062}, {5, 56, 0, 29, -.0381, .1926}} {
		low, high := stats.Newcombe(c.a, c.m, c.b, c.n, stats.NormalQuantile(.975))
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d/%d - %d/%d: %.4f to %.4f, want %.4f to %.4f", c.a, c.m, c.b, c.n, low, high, c.low, c.high)
		}
	}
	if low, high := stats.Newcombe(0, 0, 1, 2, 2); low != -1 || high != 1 {
		t.Errorf("of no cases: %g to %g", low, high)
	}
}
