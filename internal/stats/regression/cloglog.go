// Package regression fits linear predictors to outcomes. Every coefficient
// has a prior, so that a fit exists whatever the data: with none it is the
// prior, with many the prior does not matter, and how much it still matters
// can be read off.
package regression

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Prior is a normal belief about a coefficient before any data.
type Prior struct {
	Mean, SD float64
}

// Data are rows of equal length and their outcomes. X holds the rows one
// after the other.
type Data struct {
	X       []float64
	Y       []bool
	Columns int
}

// Rows returns the number of rows.
func (d Data) Rows() int { return len(d.Y) }

// Row returns the i-th row.
func (d Data) Row(i int) []float64 { return d.X[i*d.Columns : (i+1)*d.Columns] }

// Append adds a row.
func (d *Data) Append(row []float64, y bool) {
	d.X = append(d.X, row...)
	d.Y = append(d.Y, y)
}

// Fit is a fitted linear predictor.
type Fit struct {
	Coefficients []float64
	Covariance   [][]float64 // of the coefficients, after the data
	// LogLikelihood is that of the data, without the prior.
	LogLikelihood float64
	Converged     bool
}

// PriorWeight returns how much of what is known of coefficient i comes from
// its prior: 1 without data, towards 0 with much.
func (f Fit) PriorWeight(i int, prior Prior) float64 {
	return min(1, f.Covariance[i][i]/(prior.SD*prior.SD))
}

// CLogLog fits P(y) = 1 - exp(-exp(x b)) by penalised maximum likelihood with
// Fisher scoring (McCullagh and Nelder 1989, section 2.5): the posterior mode
// under the priors, and the inverse information there.
func CLogLog(d Data, priors []Prior) Fit {
	return mode(cloglog{Data: d, priors: priors}, priors, d.Columns)
}

type cloglog struct {
	Data
	priors priors
}

func (f cloglog) logLikelihood(b []float64) float64 {
	sum := 0.0
	for i, y := range f.Y {
		rate := math.Exp(bounded(dot(f.Row(i), b)))
		if y {
			sum += math.Log(-math.Expm1(-rate))
		} else {
			sum -= rate
		}
	}
	return sum
}

// score returns the gradient of the penalised log-likelihood and the expected
// information. With rate = exp(eta) the derivative of an outcome's
// log-likelihood in eta is rate/(exp(rate)-1) or -rate, its expected square
// rate^2/(exp(rate)-1).
func (f cloglog) score(b []float64) ([]float64, *mat.SymDense) {
	u := newUphill(f.Columns)
	for i, y := range f.Y {
		row := f.Row(i)
		rate := math.Exp(bounded(dot(row, b)))
		slope := -rate
		grow := math.Expm1(min(rate, 700))
		if y {
			slope = rate / grow
		}
		u.add(row, slope, rate*rate/grow)
	}
	return u.under(f.priors, b)
}
