package calibration_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/stats/calibration"
)

func TestSpearmanPHasItsKnownValues(t *testing.T) {
	// The critical values of Student's t: 2.306 at 8 degrees of freedom, 2.0106 at
	// 48, leave 5 %.
	for _, c := range []struct {
		t float64
		n int
	}{{2.306004, 10}, {2.010635, 50}} {
		free := float64(c.n - 2)
		r := c.t / math.Sqrt(free+c.t*c.t)
		if p := calibration.SpearmanP(r, c.n); math.Abs(p-.05) > 1e-6 {
			t.Errorf("n = %d: p = %v", c.n, p)
		}
	}
	if calibration.SpearmanP(.9, 3) != 1 || calibration.SpearmanP(math.NaN(), 30) != 1 || calibration.SpearmanP(1, 30) != 0 {
		t.Error("what cannot be tested has a p")
	}
}

func TestPairsWithoutDependenceAreSeldomCalledDependent(t *testing.T) {
	random, called := rand.New(rand.NewPCG(4, 2)), 0
	const rounds = 2000
	for range rounds {
		a, b := make([]float64, 30), make([]float64, 30)
		for i := range a {
			a[i], b[i] = float64(random.IntN(4)), random.Float64()
		}
		if calibration.SpearmanP(calibration.Spearman(a, b), len(a)) < .1 {
			called++
		}
	}
	if share := float64(called) / rounds; share < .075 || share > .125 {
		t.Errorf("at 10 %% it calls %.1f %%", 100*share)
	}
}
