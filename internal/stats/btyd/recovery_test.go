package btyd

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"siyu/internal/stats"
)

func TestSimulatedMBGNBDParametersAreRecovered(t *testing.T) {
	truth := MBGCNBD{1, .8, 5, .9, 2}
	_, fit := MBGNBD{}.Refit(Compress(simulateRegular(truth, 12_000, 80, 21)))
	if !fit.Converged || fit.AtBorder {
		t.Fatalf("%+v", fit)
	}
	for i, want := range []float64{truth.R, truth.Alpha, truth.A, truth.B} {
		if p := fit.Parameters[i]; math.Abs(math.Log(p.Value/want)) > 3*p.Error/p.Value {
			t.Errorf("%s is %v +- %v, want %v", p.Name, p.Value, p.Error, want)
		}
	}
}

// simulateSpenders draws the mean amounts of repeat orders.
func simulateSpenders(m Spend, customers int, seed uint64) []Summary {
	source := rand.NewPCG(seed, 5)
	random := rand.New(source)
	summaries := make([]Summary, customers)
	for i := range summaries {
		s := Summary{Frequency: 1 + random.IntN(6)}
		rate := distuv.Gamma{Alpha: m.Q, Beta: m.V, Src: source}.Rand()
		s.Monetary = distuv.Gamma{Alpha: m.P * float64(s.Frequency), Beta: rate * float64(s.Frequency), Src: source}.Rand()
		summaries[i] = s
	}
	return summaries
}

func TestSimulatedSpendParametersAreRecovered(t *testing.T) {
	truth := Spend{P: 6, Q: 4, V: 15}
	_, fit := FitSpend(simulateSpenders(truth, 20_000, 3))
	for i, want := range []float64{truth.P, truth.Q, truth.V} {
		if p := fit.Parameters[i]; math.Abs(math.Log(p.Value/want)) > 3*p.Error/p.Value || fit.AtBorder {
			t.Errorf("%s is %v +- %v, want %v", p.Name, p.Value, p.Error, want)
		}
	}
}

// Fits of many begin where a sample's ended; it must not show.
func TestFitsOfManyAreThoseWithoutASampleFirst(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	customers := simulateRegular(MBGCNBD{1, 1.5, 3, .7, 3}, (many+1)*fewTerms*2, 60, 31)
	for i := range customers {
		customers[i].Age += stats.Weeks(random.Float64()) // so that nearly all patterns differ
	}
	tuples := Compress(customers)
	spenders := simulateSpenders(Spend{P: 6, Q: 4, V: 15}, (many+1)*fewTerms, 4)
	if sampled(tuples) == nil {
		t.Fatalf("%d patterns are not many", len(tuples))
	}
	_, geometric := MBGNBD{}.Refit(tuples)
	_, pareto := ParetoNBD{}.Refit(tuples)
	_, spend := FitSpend(spenders)
	for name, c := range map[string]struct{ got, want Fit }{
		"mbgnbd": {geometric, maximise(newGeometricLikelihood(tuples, 1, 1).likelihood()).fit},
		"pnbd":   {pareto, maximise(newParetoLikelihood(tuples).likelihood()).fit},
		"spend":  {spend, maximise(newSpendLikelihood(spenders).likelihood()).fit},
	} {
		for i, p := range c.want.Parameters {
			if got := c.got.Parameters[i]; math.Abs(got.Value/p.Value-1) > 1e-7 || math.Abs(got.Error/p.Error-1) > 1e-4 {
				t.Errorf("%s: %s is %v +- %v, without a sample %v +- %v", name, p.Name, got.Value, got.Error, p.Value, p.Error)
			}
		}
		if c.got.Evaluations*3 > c.want.Evaluations*2 || !c.got.Converged || c.got.AtBorder {
			t.Errorf("%s: %d evaluations, %d without a sample", name, c.got.Evaluations, c.want.Evaluations)
		}
	}
}
