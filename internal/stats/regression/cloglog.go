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

// The scoring stops once no coefficient moves by more than settled.
const (
	settled     = 1e-9
	scoreRounds = 60
	halvings    = 30
	// etaBound keeps exp(eta) finite; a probability is 0 or 1 to rounding
	// long before.
	etaBound = 30
)

// CLogLog fits P(y) = 1 - exp(-exp(x b)) by penalised maximum likelihood with
// Fisher scoring (McCullagh and Nelder 1989, section 2.5): the posterior mode
// under the priors, and the inverse information there.
func CLogLog(d Data, priors []Prior) Fit {
	f := cloglog{Data: d, priors: priors}
	b := make([]float64, d.Columns)
	for j, p := range priors {
		b[j] = p.Mean
	}
	value := f.penalised(b)
	converged := false
	for range scoreRounds {
		score, information := f.score(b)
		next, nextValue, moved := f.step(b, value, score, information)
		b, value = next, nextValue
		if moved < settled {
			converged = true
			break
		}
	}
	_, information := f.score(b)
	return Fit{Coefficients: b, Covariance: inverse(information), LogLikelihood: f.logLikelihood(b), Converged: converged}
}

// CLogLogLikelihood returns the log-likelihood of outcomes under coefficients.
func CLogLogLikelihood(d Data, coefficients []float64) float64 {
	return cloglog{Data: d}.logLikelihood(coefficients)
}

type cloglog struct {
	Data
	priors []Prior
}

func (f cloglog) penalised(b []float64) float64 {
	value := f.logLikelihood(b)
	for j, p := range f.priors {
		z := (b[j] - p.Mean) / p.SD
		value -= z * z / 2
	}
	return value
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
	n := f.Columns
	score, upper := make([]float64, n), make([]float64, n*n)
	for i, y := range f.Y {
		row := f.Row(i)
		rate := math.Exp(bounded(dot(row, b)))
		slope := -rate
		grow := math.Expm1(min(rate, 700))
		if y {
			slope = rate / grow
		}
		weight := rate * rate / grow
		for j, x := range row {
			if x == 0 {
				continue
			}
			score[j] += slope * x
			wx, line := weight*x, upper[j*n:(j+1)*n]
			for k := j; k < n; k++ {
				line[k] += wx * row[k]
			}
		}
	}
	for j, p := range f.priors {
		precision := 1 / (p.SD * p.SD)
		score[j] -= precision * (b[j] - p.Mean)
		upper[j*n+j] += precision
	}
	return score, mat.NewSymDense(n, upper)
}

// step moves uphill by the scoring direction, halved until it does not lose.
func (f cloglog) step(b []float64, value float64, score []float64, information *mat.SymDense) (next []float64, nextValue, moved float64) {
	var chol mat.Cholesky
	var direction mat.VecDense
	if !chol.Factorize(information) || chol.SolveVecTo(&direction, mat.NewVecDense(len(score), score)) != nil {
		return b, value, 0
	}
	share := 1.0
	for range halvings {
		next, moved = make([]float64, len(b)), 0
		for j := range b {
			next[j] = b[j] + share*direction.AtVec(j)
			moved = max(moved, math.Abs(next[j]-b[j]))
		}
		if nextValue = f.penalised(next); nextValue >= value || moved < settled {
			return next, nextValue, moved
		}
		share /= 2
	}
	return b, value, 0
}

func inverse(m *mat.SymDense) [][]float64 {
	n := m.SymmetricDim()
	rows := make([][]float64, n)
	var chol mat.Cholesky
	var inverted mat.SymDense
	ok := chol.Factorize(m) && chol.InverseTo(&inverted) == nil
	for i := range rows {
		rows[i] = make([]float64, n)
		for j := range rows[i] {
			switch {
			case ok:
				rows[i][j] = inverted.At(i, j)
			case i == j && m.At(i, i) > 0:
				rows[i][j] = 1 / m.At(i, i)
			}
		}
	}
	return rows
}

func dot(x, b []float64) float64 {
	sum := 0.0
	for j, v := range x {
		sum += v * b[j]
	}
	return sum
}

func bounded(eta float64) float64 { return min(max(eta, -etaBound), etaBound) }
