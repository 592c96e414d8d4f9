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
func FitBGNBD(tuples []Tuple) (BGNBD, Fit) {
	l := newBGNBDLikelihood(tuples)
	m := maximise(likelihood{
		names:     []string{"r", "alpha", "a", "b"},
		minusMean: l.minusMean,
		customers: countOf(tuples),
		start:     l.start(),
		unit:      []float64{1, l.scale, 1, 1},
	})
	return BGNBD{R: m.values[0], Alpha: m.values[1], A: m.values[2], B: m.values[3]}, m.fit
}

// LogLikelihood returns the log-likelihood of one customer (eq. 6).
func (m BGNBD) LogLikelihood(s Summary) float64 {
	x := float64(s.Frequency)
	lg := func(v float64) float64 { y, _ := math.Lgamma(v); return y }
	return lg(m.R+x) - lg(m.R) + m.R*math.Log(m.Alpha) - (m.R+x)*math.Log(m.Alpha+float64(s.Age)) +
		lg(m.B+x) - lg(m.B) + lg(m.A+m.B) - lg(m.A+m.B+x) + softplus(m.deadOdds(s))
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
	future := m.future(s, horizon)
	if future.terms() > sumLimit {
		return m.Alive(s) * future.expectedByQuadrature()
	}
	sum := 0.0
	for _, p := range future.survival(nil) {
		sum += p
	}
	return m.Alive(s) * sum
}

// ExpectedNew returns the expected repeat orders of a customer in the horizon
// after the first order.
func (m BGNBD) ExpectedNew(horizon stats.Weeks) float64 { return m.Expected(Summary{}, horizon) }

// Forecast returns the predictive distribution of orders in the horizon.
func (m BGNBD) Forecast(s Summary, horizon stats.Weeks, buffer []float64) Forecast {
	alive := m.Alive(s)
	cdf := m.future(s, horizon).survival(buffer[:0])
	f := Forecast{}
	second := 0.0
	for i, p := range cdf {
		p *= alive
		f.Expected += p
		second += float64(2*i+1) * p
		cdf[i] = 1 - p
	}
	f.Variance = max(0, second-f.Expected*f.Expected)
	f.CDF = cdf
	return f
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

func logistic(d float64) float64 { return 1 / (1 + math.Exp(-d)) }

// bgnbdLikelihood is the log-likelihood of tuples and its gradient.
type bgnbdLikelihood struct {
	tuples     []Tuple
	customers  float64
	scale      float64 // unit of alpha: a tenth of the longest age
	r, b, ab   rising
	orderShare float64 // repeat orders per customer
}

// ageUnits is the longest age in units of the scaled alpha; it puts the
// logs of all four parameters near zero, where the prior is centred.
const ageUnits = 10

func newBGNBDLikelihood(tuples []Tuple) *bgnbdLikelihood {
	l := &bgnbdLikelihood{tuples: tuples, customers: countOf(tuples), scale: 1}
	longest, most, orders := 0.0, 0, 0.0
	for _, t := range tuples {
		longest, most = max(longest, float64(t.Age)), max(most, t.Frequency)
		orders += t.Count * float64(t.Frequency)
	}
	if longest > 0 {
		l.scale = longest / ageUnits
	}
	if l.customers > 0 {
		l.orderShare = orders / l.customers
	}
	l.r, l.b, l.ab = newRising(most), newRising(most), newRising(most)
	return l
}

// start is at r = 1/2, a = 1, b = 2 with the alpha at which the mean rate of
// ordering equals the observed one.
func (l *bgnbdLikelihood) start() []float64 {
	const r = .5
	rate := max(l.orderShare/ageUnits, 1e-3)
	return []float64{math.Log(r), math.Log(r / rate), 0, math.Log(2)}
}

// minusMean is minus the log-likelihood per customer at the logs of r,
// alpha/scale, a and b. With A1 and A2 the logs of the two terms of eq. 6
// and w the weight of the second, the derivatives are those of A1 plus w
// times those of A2 - A1.
func (l *bgnbdLikelihood) minusMean(theta, gradient []float64) float64 {
	r, alpha, a, b := math.Exp(theta[0]), math.Exp(theta[1])*l.scale, math.Exp(theta[2]), math.Exp(theta[3])
	l.r.fill(r)
	l.b.fill(b)
	l.ab.fill(a + b)
	logAlpha, logA := math.Log(alpha), theta[2]
	var sum, dr, dalpha, da, db float64
	for i := range l.tuples {
		t := &l.tuples[i]
		x, n := float64(t.Frequency), t.Count
		shape, end := r+x, alpha+float64(t.Age)
		logEnd := math.Log(end)
		value := l.r.log[t.Frequency] + l.b.log[t.Frequency] - l.ab.log[t.Frequency] + r*logAlpha - shape*logEnd
		gr, galpha := l.r.slope[t.Frequency]+logAlpha-logEnd, r/alpha-shape/end
		ga, gb := -l.ab.slope[t.Frequency], l.b.slope[t.Frequency]-l.ab.slope[t.Frequency]
		if t.Frequency > 0 {
			last := alpha + float64(t.Recency)
			silence := logEnd - math.Log(last)
			d := logA - math.Log(b+x-1) + shape*silence
			value += softplus(d)
			w := logistic(d)
			gr += w * silence
			galpha += w * shape * (1/end - 1/last)
			ga += w / a
			gb -= w / (b + x - 1)
		}
		sum += n * value
		dr += n * gr
		dalpha += n * galpha
		da += n * ga
		db += n * gb
	}
	gradient[0], gradient[1] = -dr*r/l.customers, -dalpha*alpha/l.customers
	gradient[2], gradient[3] = -da*a/l.customers, -db*b/l.customers
	return -sum / l.customers
}
