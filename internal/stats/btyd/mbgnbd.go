package btyd

import (
	"math"

	"siyu/internal/stats"
)

// MBGNBD is the modified BG/NBD model of Batislam, Denizel and Filiztekin
// (2007, International Journal of Research in Marketing 24(3), 201-209): as
// BGNBD, but a customer may drop out right after the first order too, so that
// silence makes doubtful who never came back.
type MBGNBD struct {
	R     float64
	Alpha float64 // weeks
	A, B  float64
}

// Name returns "mbgnbd".
func (MBGNBD) Name() string { return "mbgnbd" }

// Refit returns the model with the largest likelihood for the tuples, the
// search started at m, an earlier fit of much the same customers; the zero
// model starts it anew.
func (m MBGNBD) Refit(tuples []Tuple) (MBGNBD, Fit) {
	v, fit := maximiseGeometric(tuples, 1, 1, m.R, m.Alpha, m.A, m.B)
	return MBGNBD{R: v[0], Alpha: v[1], A: v[2], B: v[3]}, fit
}

// LogLikelihood returns the log-likelihood of one customer.
func (m MBGNBD) LogLikelihood(s Summary) float64 {
	x := float64(s.Frequency)
	return logRising(m.R, x) + m.R*math.Log(m.Alpha) - (m.R+x)*math.Log(m.Alpha+float64(s.Age)) +
		logRising(m.B, x+1) - logRising(m.A+m.B, x+1) + softplus(m.deadOdds(s))
}

// Alive returns the probability that the customer has not dropped out, B/(A+B)
// right after the first order.
func (m MBGNBD) Alive(s Summary) float64 { return logistic(-m.deadOdds(s)) }

// deadOdds returns the log odds of having dropped out at the last order.
func (m MBGNBD) deadOdds(s Summary) float64 {
	x := float64(s.Frequency)
	silence := math.Log1p(float64(s.Age-s.Recency) / (m.Alpha + float64(s.Recency)))
	return math.Log(m.A) - math.Log(m.B+x) + (m.R+x)*silence
}

// Expected returns the expected orders of the customer in the horizon.
func (m MBGNBD) Expected(s Summary, horizon stats.Weeks) float64 {
	return m.Alive(s) * m.future(s, horizon).expected()
}

// ExpectedNew returns the expected repeat orders of a customer in the horizon
// after the first order.
func (m MBGNBD) ExpectedNew(horizon stats.Weeks) float64 { return m.Expected(Summary{}, horizon) }

// Forecast returns the predictive distribution of orders in the horizon.
func (m MBGNBD) Forecast(s Summary, horizon stats.Weeks, buffer []float64) Forecast {
	return forecastOf(m.Alive(s), m.future(s, horizon).survival(buffer[:0]))
}

func (m MBGNBD) future(s Summary, horizon stats.Weeks) bgnbdFuture {
	x := float64(s.Frequency)
	return bgnbdFuture{shape: m.R + x, odds: float64(horizon) / (m.Alpha + float64(s.Age)), a: m.A, b: m.B + x + 1}
}

// logRising returns ln Gamma(a+n) - ln Gamma(a).
func logRising(a, n float64) float64 {
	high, _ := math.Lgamma(a + n)
	low, _ := math.Lgamma(a)
	return high - low
}
