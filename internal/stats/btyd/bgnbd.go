package btyd

import (
	"math"

	"siyu/internal/stats"
)

// BGNBD is the beta-geometric/NBD model of Fader, Hardie and Lee (2005,
// Marketing Science 24(2), 275-284): an active customer orders at a Poisson
// rate drawn from Gamma(R, Alpha) and drops out after an order with a
// probability drawn from Beta(A, B).
type BGNBD struct {
	R     float64
	Alpha float64 // weeks
	A, B  float64
}

// Name returns "bgnbd".
func (BGNBD) Name() string { return "bgnbd" }

// FitBGNBD returns the model with the largest likelihood for the tuples.
func FitBGNBD(tuples []Tuple) (BGNBD, Fit) { return BGNBD{}.Refit(tuples) }

// Refit is FitBGNBD with the search started at m, an earlier fit of much the
// same customers; the zero model starts it anew.
func (m BGNBD) Refit(tuples []Tuple) (BGNBD, Fit) {
	v, fit := maximiseGeometric(tuples, 0, 1, m.R, m.Alpha, m.A, m.B)
	return BGNBD{R: v[0], Alpha: v[1], A: v[2], B: v[3]}, fit
}

// LogLikelihood returns the log-likelihood of one customer (eq. 6).
func (m BGNBD) LogLikelihood(s Summary) float64 {
	x := float64(s.Frequency)
	return logRising(m.R, x) + m.R*math.Log(m.Alpha) - (m.R+x)*math.Log(m.Alpha+float64(s.Age)) +
		logRising(m.B, x) - logRising(m.A+m.B, x) + softplus(m.deadOdds(s))
}

// Alive returns the probability that the customer has not dropped out: 1
// without repeats, because this model sees dropout only after an order.
func (m BGNBD) Alive(s Summary) float64 { return logistic(-m.deadOdds(s)) }

// deadOdds returns the log odds of having dropped out at the last order.
func (m BGNBD) deadOdds(s Summary) float64 {
	if s.Frequency == 0 {
		return math.Inf(-1)
	}
	x := float64(s.Frequency)
	silence := math.Log1p(float64(s.Age-s.Recency) / (m.Alpha + float64(s.Recency)))
	return math.Log(m.A) - math.Log(m.B+x-1) + (m.R+x)*silence
}

// None returns the probability that the customer places no order in the
// horizon, exactly.
func (m BGNBD) None(s Summary, horizon stats.Weeks) float64 {
	return 1 + m.Alive(s)*math.Expm1(-(m.R+float64(s.Frequency))*math.Log1p(float64(horizon)/(m.Alpha+float64(s.Age))))
}

// Expected returns the expected orders of the customer in the horizon.
func (m BGNBD) Expected(s Summary, horizon stats.Weeks) float64 {
	return m.Alive(s) * m.future(s, horizon).expected()
}

// ExpectedNew returns the expected repeat orders of a customer in the horizon
// after the first order.
func (m BGNBD) ExpectedNew(horizon stats.Weeks) float64 { return m.Expected(Summary{}, horizon) }

// Forecast returns the predictive distribution of orders in the horizon.
func (m BGNBD) Forecast(s Summary, horizon stats.Weeks, buffer []float64) Forecast {
	return forecastOf(m.Alive(s), m.future(s, horizon).survival(buffer[:0]))
}

func (m BGNBD) future(s Summary, horizon stats.Weeks) bgnbdFuture {
	x := float64(s.Frequency)
	return bgnbdFuture{shape: m.R + x, odds: float64(horizon) / (m.Alpha + float64(s.Age)), a: m.A, b: m.B + x}
}

func softplus(d float64) float64 {
	if d > 0 {
		return d + math.Log1p(math.Exp(-d))
	}
	return math.Log1p(math.Exp(d))
}

// softplusSlope returns ln(1+e^d) and its derivative, logistic(d).
func softplusSlope(d float64) (value, slope float64) {
	e := math.Exp(-math.Abs(d))
	value, slope = math.Log(1+e), 1/(1+e)
	if d > 0 {
		return d + value, slope
	}
	return value, e * slope
}

func logistic(d float64) float64 { return 1 / (1 + math.Exp(-d)) }
