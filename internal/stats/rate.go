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
