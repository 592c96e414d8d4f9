package stats

import "gonum.org/v1/gonum/mathext"

// PoissonAtLeast returns the chance that a Poisson count with a mean is n or more:
// the regularised lower incomplete gamma function P(n, mean) (Abramowitz and
// Stegun, Handbook of Mathematical Functions, 26.4.21). It is exact, not an
// approximation by the normal law, which is far off in the tail of small means.
func PoissonAtLeast(n int, mean float64) float64 {
	switch {
	case n <= 0:
		return 1
	case mean <= 0:
		return 0
	}
	return mathext.GammaIncReg(float64(n), mean)
}
