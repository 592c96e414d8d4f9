// Package shrink tells the rates of many groups of which most are small: what
// a group shows is mixed with what groups are like, the less it shows the more.
package shrink

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Group is what was seen of one group: its events, and how many were to be
// expected of it at the common rate.
type Group struct {
	Events, Expected float64
}

// Factor is a group's rate over the common one.
type Factor struct {
	Value     float64 // posterior mean
	Low, High float64 // central 80 % of the posterior
	Prior     float64 // share of the value that is still the prior, 0..1
}

// The factors of groups are Gamma with mean 1. Before anything is seen their
// shape is near usualShape, a standard deviation of one half; twice or half
// that standard deviation is one standard deviation of the belief away.
const (
	usualShape  = 4
	shapeSpread = 2 * math.Ln2
)

// Bounds of the shape: groups ten times apart, and groups that are all alike.
const (
	leastShape = .05
	mostShape  = 1e4
)

// Factors returns the factors of groups whose events are Poisson around
// factor x expected, factors being Gamma(shape, shape): the posterior is
// Gamma(shape + events, shape + expected), the marginal of the events negative
// binomial (Clayton and Kaldor 1987, Biometrics 43, the gamma model). The
// shape maximises that marginal, weighted with a log-normal belief, so that two
// groups are enough to get an answer. Intervals hold at that shape. A group
// with negative or no finite numbers counts as unseen.
func Factors(groups []Group) (factors []Factor, shape float64) {
	shape = mostLikelyShape(groups)
	return At(groups, shape), shape
}

// At returns the factors of groups that are Gamma(shape, shape), so that a few of
// many groups get what all of them together would give them.
func At(groups []Group, shape float64) []Factor {
	factors := make([]Factor, len(groups))
	for i, g := range groups {
		if !g.possible() {
			g = Group{}
		}
		a, b := shape+g.Events, shape+g.Expected
		posterior := distuv.Gamma{Alpha: a, Beta: b}
		factors[i] = Factor{Value: a / b, Low: posterior.Quantile(.1), High: posterior.Quantile(.9), Prior: shape / b}
	}
	return factors
}

// Mean returns the mean of the factors, weighted with what was expected of the
// groups; 1 where nothing was.
func Mean(groups []Group, factors []Factor) float64 {
	sum, all := 0.0, 0.0
	for i, g := range groups {
		if g.possible() {
			sum, all = sum+g.Expected*factors[i].Value, all+g.Expected
		}
	}
	if all <= 0 {
		return 1
	}
	return sum / all
}

func (g Group) possible() bool {
	return g.Events >= 0 && g.Expected >= 0 && !math.IsInf(g.Events+g.Expected, 1)
}

// mostLikelyShape returns the shape: the posterior of its log has one hill.
func mostLikelyShape(groups []Group) float64 {
	return math.Exp(peak(math.Log(leastShape), math.Log(mostShape), func(logShape float64) float64 { return logPosterior(groups, logShape) }))
}

// peak returns where a height with one hill is highest, by golden section.
func peak(low, high float64, height func(at float64) float64) float64 {
	const golden, narrow = .6180339887498949, 1e-6
	left, right := high-golden*(high-low), low+golden*(high-low)
	atLeft, atRight := height(left), height(right)
	for high-low > narrow {
		if atLeft > atRight {
			high, right, atRight = right, left, atLeft
			left = high - golden*(high-low)
			atLeft = height(left)
		} else {
			low, left, atLeft = left, right, atRight
			right = low + golden*(high-low)
			atRight = height(right)
		}
	}
	return (low + high) / 2
}

// logPosterior leaves out what does not depend on the shape.
func logPosterior(groups []Group, logShape float64) float64 {
	shape := math.Exp(logShape)
	apart := (logShape - math.Log(usualShape)) / shapeSpread
	sum := -apart * apart / 2
	prior, _ := math.Lgamma(shape)
	for _, g := range groups {
		if !g.possible() {
			continue
		}
		both, _ := math.Lgamma(shape + g.Events)
		sum += both - prior + shape*logShape - (shape+g.Events)*math.Log(shape+g.Expected)
	}
	return sum
}
