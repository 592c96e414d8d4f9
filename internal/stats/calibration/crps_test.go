package calibration

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// scoreByIntegration integrates (F(z) - 1[y <= z])^2 over z.
func scoreByIntegration(d BetaPrime, y float64) float64 {
	sum := 0.
	const steps = 400_000
	for i := range steps {
		share := (float64(i) + .5) / steps
		z := d.Scale * share / (1 - share)
		f := mathext.RegIncBeta(d.A, d.B, share)
		if y <= z {
			f--
		}
		sum += f * f * d.Scale / ((1 - share) * (1 - share)) / steps
	}
	return sum
}

func TestContinuousScoreIsItsIntegral(t *testing.T) {
	for _, c := range []struct {
		d BetaPrime
		y float64
	}{{BetaPrime{6, 4, 15}, 30}, {BetaPrime{6, 4, 15}, 3}, {BetaPrime{50, 12, 2}, 9}, {BetaPrime{.7, 2.5, 100}, 20}, {BetaPrime{3, 3, 1}, 0}} {
		if got, want := c.d.CRPS(c.y), scoreByIntegration(c.d, c.y); math.Abs(got/want-1) > 1e-3 {
			t.Errorf("%+v for %v: %v, by integration %v", c.d, c.y, got, want)
		}
	}
}

func TestContinuousScoreRewardsTheTruth(t *testing.T) {
	source := rand.NewPCG(1, 1)
	truth := BetaPrime{5, 4, 20}
	var honest, narrow, high float64
	for range 20_000 {
		y := truth.Scale * distuv.Gamma{Alpha: truth.A, Beta: 1, Src: source}.Rand() / distuv.Gamma{Alpha: truth.B, Beta: 1, Src: source}.Rand()
		honest += truth.CRPS(y)
		narrow += BetaPrime{20, 13, 20}.CRPS(y)
		high += BetaPrime{5, 4, 26}.CRPS(y)
	}
	if honest >= narrow || honest >= high {
		t.Errorf("the truth scores %v, too narrow %v, too high %v", honest, narrow, high)
	}
}
