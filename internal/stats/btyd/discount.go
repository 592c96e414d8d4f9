package btyd

import (
	"math"

	"siyu/internal/stats"
)

// DiscountedWithin returns the expected orders of the customer within the
// horizon, each discounted at the continuous rate per week (DET of BTYD), for
// every model. With E(u) the expected orders until u it is, by parts,
//
//	e^(-rate h) E(h) + rate * integral from 0 to h of e^(-rate u) E(u) du.
func DiscountedWithin(m Lifetime, s Summary, horizon stats.Weeks, rate float64) float64 {
	h, nodes, sum := float64(horizon), eightNodes(), 0.
	for low, high := 0., h*firstPanel; low < h; low, high = high, min(h, high*panelGrowth, high+panelDecay/rate) {
		for i, at := range nodes.at[:nodes.n] {
			u := low + at*(high-low)
			sum += nodes.weight[i] * (high - low) * math.Exp(-rate*u) * m.Expected(s, stats.Weeks(u))
		}
	}
	return math.Exp(-rate*h)*m.Expected(s, horizon) + rate*sum
}

// The expectation bends most right after now, so panels of time begin small.
const (
	firstPanel  = 1. / 256
	panelGrowth = 2.
)

// Continuous returns the rate per week of a discount per year: .1 makes a
// yuan in a year worth 1/1.1 of one now.
func Continuous(perYear float64) float64 {
	const weeksPerYear = 365.25 / 7
	return math.Log1p(perYear) / weeksPerYear
}
