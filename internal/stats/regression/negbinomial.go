package regression

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Counts are rows of equal length and what was seen with them. X holds the
// rows one after the other.
type Counts struct {
	X       []float64
	Seen    []Seen
	Columns int
}

// Seen is a count, how often it was seen with its row, and the row's shape:
// how much is known of it, as a multiple of the common size.
type Seen struct {
	Count  int
	Weight float64
	Shape  float64
}

// Row returns the i-th row.
func (c Counts) Row(i int) []float64 { return c.X[i*c.Columns : (i+1)*c.Columns] }

// Append adds a row.
func (c *Counts) Append(row []float64, seen Seen) {
	c.X = append(c.X, row...)
	c.Seen = append(c.Seen, seen)
}

// CountFit is a fitted negative binomial regression.
type CountFit struct {
	Fit
	// Size times the row's Shape is the shape of the gamma-distributed rates
	// around their mean m: the variance of a count is m + m^2/(Size Shape).
	Size      float64
	SizeError float64
}

// Bounds of the log of the size: the counts of e^-6 are nothing but outliers,
// those of e^8 are Poisson. The prior of the log keeps it within where counts
// do not tell.
const (
	leastLogSize = -6.
	mostLogSize  = 8.
	logSizeSD    = 3.
	alternations = 25
	sizeRounds   = 20
)

// NegativeBinomial fits counts with mean exp(x b) and a common size (NB2 of
// Cameron and Trivedi 1998, section 3.3.1) by penalised maximum likelihood:
// Fisher scoring for b and Newton's method for the log of the size in turns,
// which are orthogonal (eq. 3.32).
func NegativeBinomial(c Counts, priors []Prior) CountFit {
	n := negativeBinomial{Counts: c, priors: priors}
	b := n.priors.means(c.Columns)
	logSize, converged := 0., false
	for range alternations {
		var moved float64
		b, moved = n.improve(b, math.Exp(logSize))
		next := n.improveSize(b, logSize)
		moved = max(moved, math.Abs(next-logSize))
		if logSize = next; moved < settled {
			converged = true
			break
		}
	}
	size := math.Exp(logSize)
	_, information := n.score(b, size)
	_, curvature := n.sizeSlope(b, logSize)
	return CountFit{Fit: Fit{Coefficients: b, Covariance: inverse(information), LogLikelihood: n.logLikelihood(b, size), Converged: converged},
		Size: size, SizeError: size / math.Sqrt(max(-curvature, 1/(logSizeSD*logSizeSD)))}
}

type negativeBinomial struct {
	Counts
	priors priors
}

// logLikelihood returns the sum of weighted log-probabilities of the counts.
func (n negativeBinomial) logLikelihood(b []float64, size float64) float64 {
	sum := n.given(b, size)
	for _, s := range n.Seen {
		sum += s.Weight * risingOf(size*s.Shape, s.Count).log
	}
	return sum
}

// rising is ln Gamma(size+y)/(Gamma(size) y!) of a count y and its first two
// derivatives in size.
type rising struct {
	log, slope, curvature float64
}

func risingOf(size float64, count int) rising {
	var r rising
	for y := range count {
		factor := size + float64(y)
		r.log += math.Log(factor / float64(y+1))
		r.slope += 1 / factor
		r.curvature -= 1 / (factor * factor)
	}
	return r
}

// given returns the part of the log-likelihood that depends on b.
func (n negativeBinomial) given(b []float64, size float64) float64 {
	sum := 0.
	for i, s := range n.Seen {
		eta, own := bounded(dot(n.Row(i), b)), size*s.Shape
		above := math.Log1p(math.Exp(eta) / own)
		value := -own * above
		if s.Count > 0 {
			value += float64(s.Count) * (eta - math.Log(own) - above)
		}
		sum += s.Weight * value
	}
	return sum
}

// penalised is the part of the objective that depends on b.
func (n negativeBinomial) penalised(b []float64, size float64) float64 {
	return n.given(b, size) - n.priors.penalty(b)
}

// score returns the gradient of the penalised log-likelihood in b and the
// expected information: with mean m the derivative of a count's log-likelihood
// in the linear predictor is (y-m)/(1+m/size), its variance m/(1+m/size).
func (n negativeBinomial) score(b []float64, size float64) ([]float64, *mat.SymDense) {
	u := newUphill(n.Columns)
	for i, s := range n.Seen {
		row := n.Row(i)
		m := math.Exp(bounded(dot(row, b)))
		share := s.Weight / (1 + m/(size*s.Shape))
		u.add(row, share*(float64(s.Count)-m), share*m)
	}
	return u.under(n.priors, b)
}

// improve takes one scoring step and returns the largest change.
func (n negativeBinomial) improve(b []float64, size float64) (next []float64, moved float64) {
	score, information := n.score(b, size)
	next, _, moved = climb(func(b []float64) float64 { return n.penalised(b, size) }, point{b, n.penalised(b, size)}, score, information)
	return next, moved
}

// improveSize returns the log of the size at which the likelihood is largest
// given b, from a start.
func (n negativeBinomial) improveSize(b []float64, logSize float64) float64 {
	for range sizeRounds {
		slope, curvature := n.sizeSlope(b, logSize)
		step := min(max(slope/max(math.Abs(curvature), 1e-9), -1), 1)
		logSize = min(max(logSize+step, leastLogSize), mostLogSize)
		if math.Abs(step) < settled {
			break
		}
	}
	return logSize
}

// sizeSlope returns the first and second derivative of the penalised
// log-likelihood in the log of the size.
func (n negativeBinomial) sizeSlope(b []float64, logSize float64) (slope, curvature float64) {
	size := math.Exp(logSize)
	var first, second float64
	for i, s := range n.Seen {
		y, m, own := float64(s.Count), math.Exp(bounded(dot(n.Row(i), b))), size*s.Shape
		all, r := own+m, risingOf(own, s.Count)
		first += s.Weight * s.Shape * (r.slope - math.Log1p(m/own) + (m-y)/all)
		second += s.Weight * s.Shape * s.Shape * (r.curvature + m/(own*all) - (m-y)/(all*all))
	}
	precision := 1 / (logSizeSD * logSizeSD)
	return size*first - precision*logSize, size*first + size*size*second - precision
}
