package trend

import (
	"math"

	"siyu/internal/stats"
	"siyu/internal/stats/calibration"
)

// Rank is a rank correlation with its central 80 %.
type Rank struct {
	Pairs     int
	Value     float64 // Spearman's, -1..1
	Low, High float64
}

// LeastPairs is of how many pairs RankOf says something at least: of fewer, the
// interval holds nearly everything.
const LeastPairs = 8

// RankOf returns the rank correlation of two lists of equal length. Its interval
// is Fisher's z with the standard error of Bonett and Wright (Psychometrika 65,
// 2000, pp. 23-28): sqrt((1 + r^2/2) / (n - 3)). With fewer than LeastPairs
// pairs the interval is everything.
func RankOf(x, y []float64) Rank {
	r := Rank{Pairs: len(x), Low: -1, High: 1}
	if len(x) < LeastPairs {
		return r
	}
	const nearlyOne = 1 - 1e-9 // a perfect order has no finite z
	r.Value = calibration.Spearman(x, y)
	bounded := max(-nearlyOne, min(nearlyOne, r.Value))
	z := math.Atanh(bounded)
	e := stats.Central80 * math.Sqrt((1+bounded*bounded/2)/float64(len(x)-3))
	r.Low, r.High = math.Tanh(z-e), math.Tanh(z+e)
	return r
}
