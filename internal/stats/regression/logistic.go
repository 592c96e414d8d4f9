package regression

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Logistic fits P(y) = 1 / (1 + exp(-x b)) by penalised maximum likelihood with
// Fisher scoring (McCullagh and Nelder 1989, section 4.4): the posterior mode
// under the priors, and the inverse information there.
func Logistic(d Data, priors []Prior) Fit {
	return mode(logistic{Data: d, priors: priors}, priors, d.Columns)
}

// Odds returns the probability at a linear predictor of log odds.
func Odds(eta float64) float64 { return 1 / (1 + math.Exp(-bounded(eta))) }

type logistic struct {
	Data
	priors priors
}

func (f logistic) logLikelihood(b []float64) float64 {
	sum := 0.0
	for i, y := range f.Y {
		eta := bounded(dot(f.Row(i), b))
		if y {
			eta = -eta
		}
		sum -= math.Log1p(math.Exp(eta))
	}
	return sum
}

func (f logistic) score(b []float64) ([]float64, *mat.SymDense) {
	u := newUphill(f.Columns)
	for i, y := range f.Y {
		row := f.Row(i)
		p := Odds(dot(row, b))
		slope := -p
		if y {
			slope = 1 - p
		}
		u.add(row, slope, p*(1-p))
	}
	return u.under(f.priors, b)
}
