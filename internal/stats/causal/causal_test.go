package causal

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestTwoArmsOfKnownNumbers(t *testing.T) {
	e := Compare(ArmOf([]float64{1, 2, 3, 4}), ArmOf([]float64{0, 2}))
	if e.Difference != 1.5 || math.Abs(e.SE-math.Sqrt(5.0/3/4+2.0/2)) > 1e-12 {
		t.Errorf("%+v", e)
	}
	if z := (Effect{}).Z(); z != 0 {
		t.Errorf("no difference is %v standard errors", z)
	}
}

func TestCovariatesSharpenWithoutMovingTheEffect(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var treated, control []float64
	var rows [][]float64
	for i := range 8000 {
		x := r.NormFloat64()
		y := 2*x + r.NormFloat64()
		rows = append(rows, []float64{x})
		if i < 4000 {
			treated = append(treated, y+.3)
		} else {
			control = append(control, y)
		}
	}
	a, ok := CompareAdjusted(treated, control, rows)
	plain := Compare(ArmOf(treated), ArmOf(control))
	if !ok || math.Abs(a.Cut-.8) > .02 || a.SE > .5*plain.SE || math.Abs(a.Difference-.3) > 4*a.SE {
		t.Errorf("adjusted %+v, plain %+v", a, plain)
	}
	if _, ok := CompareAdjusted([]float64{1, 2}, []float64{3, 4}, [][]float64{{1}, {1}, {1}, {1}}); ok {
		t.Error("a constant covariate explained something")
	}
}

func TestAnEffectIsFoundWithinItsInterval(t *testing.T) {
	inside, all := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		treated, control := make([]float64, 400), make([]float64, 100)
		for i := range treated {
			treated[i] = 1 + 3*r.NormFloat64()
		}
		for i := range control {
			control[i] = r.NormFloat64()
		}
		e := Compare(ArmOf(treated), ArmOf(control))
		if all++; math.Abs(e.Difference-1) < 1.96*e.SE {
			inside++
		}
	})
	if share := float64(inside) / float64(all); share < .85 {
		t.Errorf("%.2f of intervals hold the effect", share)
	}
}
