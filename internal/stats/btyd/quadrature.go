package btyd

import "math"

// Steps of the trapezoid rule. For integrands that are analytic and bounded
// in a strip of half-width w around the real axis its error is about
// exp(-2 pi w / step); here w is at least pi/2, so .3 leaves 1e-14. A narrow
// weight needs steps of half its standard deviation for the same error.
const (
	widestStep  = .3
	stepsPerSD  = 2
	tailLogUnit = 37 // e^-37 is below the spacing of floats at 1
)

// betaMean returns the mean of f under Beta(a, b), for every a, b > 0.
//
// It is the trapezoid rule in y = log(p/(1-p)), where the weight is
// p^a (1-p)^b and decays exponentially to both sides. f must be flat, to
// rounding, where p or 1-p is below 1e-16/steepness; from there on both
// infinite sums are geometric and are taken in closed form, so that a weight
// heaped up at either end (no dropout, everybody drops out) costs nothing.
func betaMean(a, b, steepness float64, f func(p float64) float64) float64 {
	step := min(widestStep, math.Sqrt(1/a+1/b)/stepsPerSD)
	low := -tailLogUnit - math.Log(max(1, b, steepness))
	high := tailLogUnit + math.Log(max(1, a, steepness))
	n := int(math.Ceil((high - low) / step))
	mode := math.Log(a / b)
	peak := logBetaWeight(mode, a, b)
	var sum, weights float64
	for i := 0; i <= n; i++ {
		y := low + float64(i)*step
		weight := math.Exp(logBetaWeight(y, a, b) - peak)
		switch i {
		case 0:
			weight *= 1 + 1/math.Expm1(a*step)
		case n:
			weight *= 1 + 1/math.Expm1(b*step)
		}
		if weight > 0 {
			weights += weight
			sum += weight * f(logistic(y))
		}
	}
	return sum / weights
}

func logBetaWeight(y, a, b float64) float64 { return -a*softplus(-y) - b*softplus(y) }
