package btyd

import "math"

// bgnbdFuture is an active BG/NBD or MBG/NBD customer ahead of a horizon: the
// rate is Gamma(shape, 1) in units where the horizon has length odds, the
// dropout probability is Beta(a, b).
type bgnbdFuture struct {
	shape, odds, a, b float64
}

// sumLimit is how many terms the expectation may sum before quadrature over
// the dropout probability is cheaper.
const sumLimit = 1000

// negligible ends sums of probabilities.
const negligible = 1e-13

// terms is about how many orders are possible: mean, twelve standard
// deviations, and the geometric tail down to negligible.
func (f bgnbdFuture) terms() float64 {
	mean := f.shape * f.odds
	return mean + 12*math.Sqrt(mean*(1+f.odds)) + 30/math.Log1p(1/max(f.odds, 1e-300))
}

// survival appends P(X >= k) for k = 1, 2, ... until it is negligible, at
// least one number. To place k orders the customer must survive k-1 of them
// and the rate must be high enough for k; given rate and dropout probability
// both are independent, so
//
//	P(X >= k) = E[(1-p)^(k-1)] P(N >= k),
//
// with p ~ Beta(a, b) and N negative binomial. All factors are positive,
// nothing cancels, and there is no singular parameter.
func (f bgnbdFuture) survival(buffer []float64) []float64 {
	reach, n := 1.0, newTail(f.shape, f.odds)
	for k := 1.0; ; k++ {
		p := reach * n.above
		buffer = append(buffer, p)
		if p < negligible || len(buffer) == distributionLimit {
			return buffer
		}
		n.next()
		reach *= (f.b + k - 1) / (f.a + f.b + k - 1)
	}
}

// expected returns the sum of the survival probabilities.
func (f bgnbdFuture) expected() float64 {
	if f.terms() > sumLimit {
		return f.expectedByQuadrature()
	}
	sum := 0.0
	var room [64]float64
	for _, p := range f.survival(room[:0]) {
		sum += p
	}
	return sum
}

// expectedByQuadrature returns E[(1 - (1 + p odds)^-shape) / p], the expected
// orders, by quadrature over p. It is finite for every a > 0 and tends to
// shape*odds, the answer without dropout, as a tends to 0; the closed form
// with 2F1 (eq. 10) is singular at a = 1 and takes differences that lose
// digits around it.
func (f bgnbdFuture) expectedByQuadrature() float64 {
	return betaMean(f.a, f.b, f.odds*(1+f.shape), f.ordersGivenDropout)
}

func (f bgnbdFuture) ordersGivenDropout(p float64) float64 {
	if p < 1e-300 {
		return f.shape * f.odds
	}
	return -math.Expm1(-f.shape*math.Log1p(p*f.odds)) / p
}

// forecastOf turns P(X >= k | active), k = 1, 2, ..., into the distribution of
// a customer who is active with some probability. It overwrites survival.
func forecastOf(alive float64, survival []float64) Forecast {
	f := Forecast{CDF: survival}
	second := 0.0
	for i, p := range survival {
		p *= alive
		f.Expected += p
		second += float64(2*i+1) * p
		survival[i] = 1 - p
	}
	f.Variance = max(0, second-f.Expected*f.Expected)
	return f
}
