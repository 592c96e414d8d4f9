package regression

import (
	"math"
	"math/rand/v2"
	"testing"
)

func draw(rows int, b []float64, seed uint64) Data {
	random := rand.New(rand.NewPCG(seed, 3))
	d := Data{Columns: len(b)}
	for range rows {
		row := []float64{1}
		for range b[1:] {
			row = append(row, random.NormFloat64())
		}
		d.Append(row, random.Float64() < -math.Expm1(-math.Exp(dot(row, b))))
	}
	return d
}

func wide(n int) []Prior {
	p := make([]Prior, n)
	for i := range p {
		p[i] = Prior{SD: 10}
	}
	return p
}

func TestSimulatedCoefficientsAreRecovered(t *testing.T) {
	truth := []float64{-1.5, .8, -.4, 0}
	inside, checked := 0, 0
	for seed := range uint64(10) {
		fit := CLogLog(draw(3000, truth, seed), wide(4))
		if !fit.Converged {
			t.Fatalf("seed %d did not converge", seed)
		}
		for j, b := range truth {
			checked++
			if math.Abs(fit.Coefficients[j]-b) < 1.96*math.Sqrt(fit.Covariance[j][j]) {
				inside++
			}
		}
	}
	if inside < checked*85/100 {
		t.Errorf("95 %% intervals hold the truth %d of %d times", inside, checked)
	}
}

func TestWithoutDataTheFitIsThePrior(t *testing.T) {
	priors := []Prior{{Mean: -2, SD: 1}, {Mean: .5, SD: .2}}
	fit := CLogLog(Data{Columns: 2}, priors)
	for j, p := range priors {
		if fit.Coefficients[j] != p.Mean || math.Abs(fit.Covariance[j][j]-p.SD*p.SD) > 1e-12 || math.Abs(fit.PriorWeight(j, p)-1) > 1e-9 {
			t.Errorf("coefficient %d is %v with variance %v", j, fit.Coefficients[j], fit.Covariance[j][j])
		}
	}
}

func TestManyRowsOutweighThePriorAndFewDoNot(t *testing.T) {
	truth, priors := []float64{-1, 1}, []Prior{{SD: 1}, {Mean: -1, SD: .3}}
	few, many := CLogLog(draw(5, truth, 1), priors), CLogLog(draw(20000, truth, 1), priors)
	if many.Coefficients[1] < .9 || many.PriorWeight(1, priors[1]) > .02 {
		t.Errorf("with many rows %v, weight of the prior %v", many.Coefficients[1], many.PriorWeight(1, priors[1]))
	}
	if few.Coefficients[1] > 0 || few.PriorWeight(1, priors[1]) < .5 {
		t.Errorf("with few rows %v, weight of the prior %v", few.Coefficients[1], few.PriorWeight(1, priors[1]))
	}
}

func TestSeparatedOutcomesGiveAFiniteFit(t *testing.T) {
	d := Data{Columns: 2}
	for i := range 50 {
		d.Append([]float64{1, float64(i)}, i >= 25)
	}
	fit := CLogLog(d, []Prior{{SD: 2}, {SD: 2}})
	for j, b := range fit.Coefficients {
		if math.IsNaN(b) || math.IsInf(b, 0) || !(fit.Covariance[j][j] > 0) {
			t.Errorf("coefficient %d is %v", j, b)
		}
	}
	if !fit.Converged {
		t.Error("not converged")
	}
}
