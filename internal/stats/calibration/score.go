// Package calibration judges forecasts against what happened. Distributions
// of counts are judged by proper scores: none of them can be improved by
// saying something else than what one believes.
package calibration

import "math"

// RankedProbability returns the ranked probability score of a distribution
// function over counts, cdf[k] = P(at most k), for the outcome y: the sum over
// k of (cdf[k] - 1[y <= k])^2. Beyond its end the distribution is 1. For a
// point forecast it is the absolute error.
func RankedProbability(cdf []float64, y int) float64 {
	sum := float64(max(0, y-len(cdf)))
	for k, p := range cdf {
		if y <= k {
			p -= 1
		}
		sum += p * p
	}
	return sum
}

// devianceFloor keeps the deviance of a forecast of nothing finite.
const devianceFloor = .001

// Deviance returns the Poisson deviance of a mean for the outcome y,
// 2 (y ln(y/m) - y + m), with m of at least .001.
func Deviance(mean float64, y int) float64 {
	m, n := max(mean, devianceFloor), float64(y)
	if y == 0 {
		return 2 * m
	}
	return 2 * (n*math.Log(n/m) - n + m)
}

// Central is the interval that Coverage asks about.
const (
	CentralLow  = .1
	CentralHigh = .9
)

// Coverage returns the share of the outcome's own step of the distribution
// function that lies in the central 80 %: its mean over customers is .8 for a
// calibrated forecast of counts, without drawing random numbers. An outcome
// the forecast held impossible counts 0.
func Coverage(cdf []float64, y int) float64 {
	if y >= len(cdf) {
		return 0
	}
	high, low := cdf[y], 0.0
	if y > 0 {
		low = cdf[y-1]
	}
	if high <= low {
		return 0
	}
	return max(0, min(high, CentralHigh)-max(low, CentralLow)) / (high - low)
}
