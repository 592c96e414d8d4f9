package stats

import "math"

// Wilson returns the score interval of a share of which yes out of many cases
// showed something, z standard errors wide on either side (Wilson 1927,
// Journal of the American Statistical Association 22, p. 209). Of no cases
// everything from 0 to 1 is possible.
func Wilson(yes, many int, z float64) (low, high float64) {
	if many <= 0 {
		return 0, 1
	}
	n := float64(many)
	p, zz := float64(yes)/n, z*z
	middle := (p + zz/(2*n)) / (1 + zz/n)
	half := z / (1 + zz/n) * math.Sqrt(p*(1-p)/n+zz/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}

// Newcombe returns the interval of the difference of two shares, the first minus the
// second, z standard errors wide on either side: the hybrid of both score intervals
// (Newcombe 1998, Statistics in Medicine 17, p. 873, method 10), which holds at small
// numbers too. Where one of them has no cases everything is possible.
func Newcombe(yes1, many1, yes2, many2 int, z float64) (low, high float64) {
	if many1 <= 0 || many2 <= 0 {
		return -1, 1
	}
	p1, p2 := float64(yes1)/float64(many1), float64(yes2)/float64(many2)
	low1, high1 := Wilson(yes1, many1, z)
	low2, high2 := Wilson(yes2, many2, z)
	return p1 - p2 - math.Hypot(p1-low1, high2-p2), p1 - p2 + math.Hypot(high1-p1, p2-low2)
}

// NormalQuantile returns the point below which a share of a normal distribution lies,
// in standard deviations.
func NormalQuantile(share float64) float64 { return math.Sqrt2 * math.Erfinv(2*share-1) }
