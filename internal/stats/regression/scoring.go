package regression

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// A search stops once no coefficient moves by more than settled.
const (
	settled  = 1e-9
	halvings = 30
	// scoreRounds bounds the scoring.
	scoreRounds = 60
	// etaBound keeps exp(eta) finite; a probability is 0 or 1 to rounding
	// long before.
	etaBound = 30
)

type priors []Prior

// means returns where the search begins.
func (p priors) means(columns int) []float64 {
	b := make([]float64, columns)
	for j, prior := range p {
		b[j] = prior.Mean
	}
	return b
}

// penalty returns minus the log of the priors' density at b, but for what is
// the same for all b.
func (p priors) penalty(b []float64) float64 {
	sum := 0.
	for j, prior := range p {
		z := (b[j] - prior.Mean) / prior.SD
		sum += z * z / 2
	}
	return sum
}

// uphill sums up the gradient of a log-likelihood in the coefficients and the
// expected information, row by row.
type uphill struct {
	score []float64
	upper []float64 // triangle of the information
}

func newUphill(columns int) uphill {
	return uphill{score: make([]float64, columns), upper: make([]float64, columns*columns)}
}

// add counts a row whose log-likelihood has this derivative in the linear
// predictor and this expected square of it.
func (u *uphill) add(row []float64, slope, weight float64) {
	n := len(row)
	for j, x := range row {
		if x == 0 {
			continue
		}
		u.score[j] += slope * x
		wx, line := weight*x, u.upper[j*n:(j+1)*n]
		for k := j; k < n; k++ {
			line[k] += wx * row[k]
		}
	}
}

// under adds what priors say at b and returns the sums.
func (u *uphill) under(p priors, b []float64) ([]float64, *mat.SymDense) {
	n := len(u.score)
	for j, prior := range p {
		precision := 1 / (prior.SD * prior.SD)
		u.score[j] -= precision * (b[j] - prior.Mean)
		u.upper[j*n+j] += precision
	}
	return u.score, mat.NewSymDense(n, u.upper)
}

// outcomes say what coefficients make of what was seen.
type outcomes interface {
	logLikelihood(b []float64) float64
	// score returns the gradient of the penalised log-likelihood and the expected
	// information.
	score(b []float64) ([]float64, *mat.SymDense)
}

// mode returns the posterior mode under the priors, found by Fisher scoring from their
// means.
func mode(of outcomes, p priors, columns int) Fit {
	penalised := func(b []float64) float64 { return of.logLikelihood(b) - p.penalty(b) }
	b := p.means(columns)
	value := penalised(b)
	converged := false
	for range scoreRounds {
		score, information := of.score(b)
		var moved float64
		b, value, moved = climb(penalised, point{b, value}, score, information)
		if moved < settled {
			converged = true
			break
		}
	}
	_, information := of.score(b)
	return Fit{Coefficients: b, Covariance: inverse(information), LogLikelihood: of.logLikelihood(b), Converged: converged}
}

// point is where a search is and the value of its objective there.
type point struct {
	b     []float64
	value float64
}

// climb takes one step in the scoring direction, halved until the objective
// does not lose, and returns the largest change of a coefficient.
func climb(objective func(b []float64) float64, from point, score []float64, information *mat.SymDense) (next []float64, value, moved float64) {
	var chol mat.Cholesky
	var direction mat.VecDense
	if !chol.Factorize(information) || chol.SolveVecTo(&direction, mat.NewVecDense(len(score), score)) != nil {
		return from.b, from.value, 0
	}
	share := 1.0
	for range halvings {
		next, moved = make([]float64, len(from.b)), 0
		for j := range from.b {
			next[j] = from.b[j] + share*direction.AtVec(j)
			moved = max(moved, math.Abs(next[j]-from.b[j]))
		}
		if value = objective(next); value >= from.value || moved < settled {
			return next, value, moved
		}
		share /= 2
	}
	return from.b, from.value, 0
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
