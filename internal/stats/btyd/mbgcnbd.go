package btyd

import (
	"math"

	"siyu/internal/stats"
)

// MBGCNBD is the MBG/CNBD-k model of Reutterer, Platzer and Schröder (2020,
// International Journal of Research in Marketing 38(1), "Leveraging purchase
// regularity for predicting customer behavior the easy way"): as MBGNBD, but
// an order is every K-th event of a hidden Poisson process, so that the time
// between orders is Erlang-K, more regular the larger K. K = 1 is MBGNBD.
//
// How many hidden events have happened since the last order is unknown. All
// that is said of the future is the exact mixture over that phase; the paper
// and BTYDplus approximate it.
type MBGCNBD struct {
	K     int
	R     float64
	Alpha float64 // weeks, of the hidden process
	A, B  float64
}

// MostRegular is the largest K worth trying: with six hidden events the time
// between orders varies by 41 % of its mean.
const MostRegular = 6

// Name returns "mbgcnbdk".
func (MBGCNBD) Name() string { return "mbgcnbdk" }

// Refit returns the model of m's K, at least 1, with the largest likelihood
// for the tuples, the search started at m, an earlier fit of much the same
// customers; a model with K alone starts it anew.
func (m MBGCNBD) Refit(tuples []Tuple) (MBGCNBD, Fit) {
	v, fit := maximiseGeometric(tuples, 1, m.K, m.R, m.Alpha, m.A, m.B)
	return MBGCNBD{K: m.K, R: v[0], Alpha: v[1], A: v[2], B: v[3]}, fit
}

// LogLikelihood returns the log-likelihood of one customer (eq. 6 of the
// paper's appendix), with the Erlang density of the times between orders.
func (m MBGCNBD) LogLikelihood(s Summary) float64 {
	x, k := float64(s.Frequency), float64(m.K)
	p := m.phases(s)
	places, _ := math.Lgamma(k)
	return logRising(m.R, k*x) + m.R*math.Log(m.Alpha) - (m.R+k*x)*math.Log(m.Alpha+float64(s.Age)) +
		logRising(m.B, x+1) - logRising(m.A+m.B, x+1) + math.Log(p.sum) + softplus(m.deadOdds(s, p.sum)) +
		(k-1)*s.LogGaps - x*places
}

// Alive returns the probability that the customer has not dropped out.
func (m MBGCNBD) Alive(s Summary) float64 { return logistic(-m.deadOdds(s, m.phases(s).sum)) }

// deadOdds returns the log odds of having dropped out at the last order; a
// sum over more phases makes silence less alarming.
func (m MBGCNBD) deadOdds(s Summary, phases float64) float64 {
	x := float64(s.Frequency)
	silence := math.Log1p(float64(s.Age-s.Recency) / (m.Alpha + float64(s.Recency)))
	return math.Log(m.A) - math.Log(m.B+x) + (m.R+float64(m.K)*x)*silence - math.Log(phases)
}

// phases are the weights, relative to that of none, of 0, 1, ..., K-1 hidden
// events since the last order, given that no order followed.
type phases struct {
	weight []float64
	sum    float64
}

func (m MBGCNBD) phases(s Summary) phases {
	shape := m.R + float64(m.K*s.Frequency)
	share := float64(s.Age-s.Recency) / (m.Alpha + float64(s.Age))
	p := phases{weight: make([]float64, m.K)}
	for j, w := 0, 1.; j < m.K; j++ {
		p.weight[j] = w
		p.sum += w
		w *= (shape + float64(j)) / float64(j+1) * share
	}
	return p
}

// Expected returns the expected orders of the customer in the horizon, the
// first distributionLimit of them.
func (m MBGCNBD) Expected(s Summary, horizon stats.Weeks) float64 {
	sum := 0.0
	var room [64]float64
	for _, p := range m.survival(s, horizon, room[:0]) {
		sum += p
	}
	return m.Alive(s) * sum
}

// ExpectedNew returns the expected repeat orders of a customer in the horizon
// after the first order.
func (m MBGCNBD) ExpectedNew(horizon stats.Weeks) float64 { return m.Expected(Summary{}, horizon) }

// Forecast returns the predictive distribution of orders in the horizon.
func (m MBGCNBD) Forecast(s Summary, horizon stats.Weeks, buffer []float64) Forecast {
	return forecastOf(m.Alive(s), m.survival(s, horizon, buffer[:0]))
}

// survival appends P(X >= n | active) for n = 1, 2, ... until it is
// negligible: with j hidden events done, the n-th order needs nK-j more, of a
// rate that is Gamma(shape+j, Alpha+Age), and n-1 orders survived.
func (m MBGCNBD) survival(s Summary, horizon stats.Weeks, buffer []float64) []float64 {
	p := m.phases(s)
	shape, odds := m.R+float64(m.K*s.Frequency), float64(horizon)/(m.Alpha+float64(s.Age))
	tails := make([]tail, m.K)
	for j := range tails {
		tails[j] = newTail(shape+float64(j), odds)
		for range m.K - 1 - j {
			tails[j].next()
		}
	}
	stay, reach := m.B+float64(s.Frequency)+1, 1.
	for n := 1.; ; n++ {
		sum := 0.
		for j := range tails {
			sum += p.weight[j] * tails[j].above
		}
		above := min(1, reach*sum/p.sum)
		buffer = append(buffer, above)
		if above < negligible || len(buffer) == distributionLimit {
			return buffer
		}
		for j := range tails {
			for range m.K {
				tails[j].next()
			}
		}
		reach *= (stay + n - 1) / (m.A + stay + n - 1)
	}
}

// sumPhases returns the sum of the weights of phases and the derivatives of
// its log in shape and in the log of share.
func sumPhases(k int, shape, share float64) (sum, byShape, byShare float64) {
	w, harmonic := 1., 0.
	for j := range k {
		f := float64(j)
		sum += w
		byShape += w * harmonic
		byShare += w * f
		w *= (shape + f) / (f + 1) * share
		harmonic += 1 / (shape + f)
	}
	return sum, byShape / sum, byShare / sum
}
