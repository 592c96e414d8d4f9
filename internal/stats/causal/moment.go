package causal

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Line is what one customer says under one instrument: the instrument, whose
// mean is zero by the draw, times the outcome, and times each of the doses that
// the outcome is proportional to.
type Line struct {
	Outcome float64
	Doses   []float64
}

// Moments adds up what independent customers say, in the memory of one. Under the
// true effects m the mean of Outcome - Doses.m is zero in each instrument's line
// (instrumental variables by moments; Hansen 1982, equation 10, with the weights
// of its theorem 3.2). With the draw as the one instrument and being treated as the
// one dose that is the ratio of Imbens and Angrist 1994, theorem 1: the difference in
// outcomes over the difference in shares treated, with its delta-method error. It is
// stored as JSON.
type Moments struct {
	Effects int         `json:"effects"`
	Sum     []float64   `json:"sum"`    // of lines, Outcome before Doses
	Square  [][]float64 `json:"square"` // of their products, the lower half
}

// NewMoments returns no customers under so many instruments and effects.
func NewMoments(instruments, effects int) Moments {
	m := Moments{Effects: effects, Sum: make([]float64, instruments*(1+effects))}
	for i := range m.Sum {
		m.Square = append(m.Square, make([]float64, i+1))
	}
	return m
}

// Of tells whether the moments are of so many instruments and effects.
func (m *Moments) Of(instruments, effects int) bool {
	if m.Effects != effects || len(m.Sum) != instruments*(1+effects) || len(m.Square) != len(m.Sum) {
		return false
	}
	for i := range m.Square {
		if len(m.Square[i]) != i+1 {
			return false
		}
	}
	return true
}

// Fade lets the customers so far count for a share of one each, 0..1: their
// likelihood to that power (power prior; Ibrahim and Chen 2000, equation 2).
// Precisions fade with it, means stay.
func (m *Moments) Fade(share float64) {
	for i := range m.Sum {
		m.Sum[i] *= share
		for j := range m.Square[i] {
			m.Square[i][j] *= share
		}
	}
}

// Add adds one customer, a line for each instrument.
func (m *Moments) Add(lines []Line) {
	all := make([]float64, 0, len(m.Sum))
	for _, l := range lines {
		all = append(append(all, l.Outcome), l.Doses...)
	}
	for i, x := range all {
		if x == 0 {
			continue
		}
		m.Sum[i] += x
		for j, y := range all[:i+1] {
			m.Square[i][j] += x * y
		}
	}
}

// Belief is a normal distribution of each effect.
type Belief struct {
	Mean, SD []float64
	// Together is the correlation of any two effects before the customers, 0..1: what
	// one effect is not as believed may have causes that move all.
	Together float64
}

// moreRounds is how often the weights are computed anew at the effects found;
// they hardly change after the second.
const moreRounds = 5

// Update returns what is believed of each effect after the customers, from
// what was before. Instruments under which nobody was drawn, and what
// no draw tells apart, leave the belief as it is.
func (m *Moments) Update(before Belief) Belief {
	after := before
	for range moreRounds {
		after = m.updated(before, after.Mean)
	}
	return after
}

func (m *Moments) updated(before Belief, at []float64) Belief {
	used := m.used(at)
	precision, pull := before.precision(), mat.NewVecDense(m.Effects, nil)
	pull.MulVec(precision, mat.NewVecDense(m.Effects, before.Mean))
	if n := len(used); n > 0 {
		variance, doses, outcomes := mat.NewSymDense(n, nil), mat.NewDense(n, m.Effects, nil), mat.NewVecDense(n, nil)
		for a, k := range used {
			for b := range a + 1 {
				variance.SetSym(a, b, m.covariance(k, used[b], at))
			}
			variance.SetSym(a, a, variance.At(a, a)*(1+collinear))
			outcomes.SetVec(a, m.Sum[k*(1+m.Effects)])
			for l := range m.Effects {
				doses.Set(a, l, m.Sum[k*(1+m.Effects)+1+l])
			}
		}
		add(precision, pull, variance, doses, outcomes)
	}
	return solved(precision, pull, before)
}

// precision returns the inverse of the covariance: of equal correlations in closed
// form (Sherman and Morrison 1950).
func (b Belief) precision() *mat.SymDense {
	n := len(b.SD)
	inverse := mat.NewSymDense(n, nil)
	apart := 1 - b.Together
	shared := b.Together / (apart * (apart + float64(n)*b.Together))
	for i := range n {
		for j := range i {
			inverse.SetSym(i, j, -shared/(b.SD[i]*b.SD[j]))
		}
		inverse.SetSym(i, i, (1/apart-shared)/(b.SD[i]*b.SD[i]))
	}
	return inverse
}

// collinear is by how much variances grow so that instruments which say the same
// thing can be inverted.
const collinear = 1e-9

// add adds the information of the moments.
func add(precision *mat.SymDense, pull *mat.VecDense, variance *mat.SymDense, doses *mat.Dense, outcomes *mat.VecDense) {
	var chol mat.Cholesky
	if !chol.Factorize(variance) {
		return
	}
	var weighted, information mat.Dense
	if chol.SolveTo(&weighted, doses) != nil {
		return
	}
	information.Mul(doses.T(), &weighted)
	effects, _ := precision.Dims()
	for a := range effects {
		for b := range a + 1 {
			precision.SetSym(a, b, precision.At(a, b)+(information.At(a, b)+information.At(b, a))/2)
		}
	}
	var more mat.VecDense
	more.MulVec(weighted.T(), outcomes)
	pull.AddVec(pull, &more)
}

func solved(precision *mat.SymDense, pull *mat.VecDense, before Belief) Belief {
	var chol mat.Cholesky
	var mean mat.VecDense
	var spread mat.SymDense
	if !chol.Factorize(precision) || chol.SolveVecTo(&mean, pull) != nil || chol.InverseTo(&spread) != nil {
		return before
	}
	after := Belief{Mean: make([]float64, len(before.Mean)), SD: make([]float64, len(before.SD))}
	for l := range after.Mean {
		after.Mean[l], after.SD[l] = mean.AtVec(l), math.Sqrt(spread.At(l, l))
	}
	return after
}

// used returns the instruments under which anything varied.
func (m *Moments) used(at []float64) []int {
	var list []int
	for k := range len(m.Sum) / (1 + m.Effects) {
		if m.covariance(k, k, at) > 0 {
			list = append(list, k)
		}
	}
	return list
}

// covariance returns the sum over customers of the products of two instruments'
// lines at the effects.
func (m *Moments) covariance(k, other int, at []float64) (sum float64) {
	weight := func(i int) float64 {
		if i == 0 {
			return 1
		}
		return -at[i-1]
	}
	for i := range 1 + m.Effects {
		for j := range 1 + m.Effects {
			sum += weight(i) * weight(j) * m.square(k*(1+m.Effects)+i, other*(1+m.Effects)+j)
		}
	}
	return sum
}

func (m *Moments) square(i, j int) float64 { return m.Square[max(i, j)][min(i, j)] }
