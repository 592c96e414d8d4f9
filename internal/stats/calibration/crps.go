package calibration

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// CRPS returns the continuous ranked probability score of the distribution for
// the outcome y, E|X-y| - E|X-X'|/2. Both expectations are closed: the first
// by incomplete beta functions, the second as the mean times the Gini
// coefficient 2 B(2A, 2B-1)/(A B(A,B)^2) of the beta distribution of the
// second kind (McDonald 1984, Econometrica 52(3)). B must exceed 1.
func (d BetaPrime) CRPS(y float64) float64 {
	mean := d.Mean()
	gini := 2 * math.Exp(mathext.Lbeta(2*d.A, 2*d.B-1)-2*mathext.Lbeta(d.A, d.B)) / d.A
	if y <= 0 {
		return mean - y - mean*gini
	}
	share := y / (y + d.Scale)
	below := mathext.RegIncBeta(d.A, d.B, share)
	partial := mean * mathext.RegIncBeta(d.A+1, d.B-1, share)
	return y*(2*below-1) + mean - 2*partial - mean*gini
}
