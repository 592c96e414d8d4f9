package btyd

import (
	"math"

	"siyu/internal/stats"
)

// ParetoNBD is the Pareto/NBD model of Schmittlein, Morrison and Colombo
// (1987, Management Science 33(1), 1-24): an active customer orders at a
// Poisson rate drawn from Gamma(R, Alpha) and drops out at an exponential time
// with a rate drawn from Gamma(S, Beta), whether or not there was an order.
type ParetoNBD struct {
	R     float64
	Alpha float64 // weeks
	S     float64
	Beta  float64 // weeks
}

// Name returns "pnbd".
func (ParetoNBD) Name() string { return "pnbd" }

// Refit returns the model with the largest likelihood for the tuples, the
// search started at m, an earlier fit of much the same customers; the zero
// model starts it anew.
func (m ParetoNBD) Refit(tuples []Tuple) (ParetoNBD, Fit) {
	l := newParetoLikelihood(tuples)
	all := l.likelihood()
	if few := sampled(tuples); few != nil {
		sample := newParetoLikelihood(few)
		sample.scale = l.scale
		part := sample.likelihood()
		all.few = &part
	}
	found := maximise(all.startedAt([]float64{m.R, m.Alpha, m.S, m.Beta}))
	v := found.values
	return ParetoNBD{R: v[0], Alpha: v[1], S: v[2], Beta: v[3]}, found.fit
}

// LogLikelihood returns the log-likelihood of one customer: what is active now
// plus the integral over dropping out since the last order (Fader and Hardie,
// "A note on deriving the Pareto/NBD model", 2005, eq. 16 before the integral
// is written as 2F1).
func (m ParetoNBD) LogLikelihood(s Summary) float64 {
	x, age := float64(s.Frequency), float64(s.Age)
	active := -(m.R+x)*math.Log(m.Alpha+age) - m.S*math.Log(m.Beta+age)
	return logRising(m.R, x) + m.R*math.Log(m.Alpha) + m.S*math.Log(m.Beta) + active + softplus(m.deadOdds(s))
}

// Alive returns the probability that the customer has not dropped out.
func (m ParetoNBD) Alive(s Summary) float64 { return logistic(-m.deadOdds(s)) }

// deadOdds returns the log odds of having dropped out since the last order.
func (m ParetoNBD) deadOdds(s Summary) float64 {
	d := newDropout(m.Alpha, m.S, m.Beta)
	d.shape = m.R + float64(s.Frequency)
	from, to := float64(s.Recency), float64(s.Age)
	return math.Log(m.S) + math.Log(d.over(from, to).one) + d.log(from) - d.log(to) - math.Log(m.Beta+to)
}

// Expected returns the expected orders of the customer in the horizon (eq. 41
// of the note).
func (m ParetoNBD) Expected(s Summary, horizon stats.Weeks) float64 {
	return m.Alive(s) * m.future(s, horizon).expected()
}

// tilted returns (1 - e^(-z l))/z, l where z is 0.
func tilted(z, l float64) float64 {
	if math.Abs(z*l) < 1e-12 {
		return l
	}
	return -math.Expm1(-z*l) / z
}

// ExpectedNew returns the expected repeat orders of a customer in the horizon
// after the first order.
func (m ParetoNBD) ExpectedNew(horizon stats.Weeks) float64 { return m.Expected(Summary{}, horizon) }

// Forecast returns the predictive distribution of orders in the horizon.
func (m ParetoNBD) Forecast(s Summary, horizon stats.Weeks, buffer []float64) Forecast {
	return forecastOf(m.Alive(s), m.future(s, horizon).survival(buffer[:0]))
}

// Discounted returns the expected orders of the whole future, each discounted
// at the continuous rate per week: DERT of Fader, Hardie and Lee (2005,
// Journal of Marketing Research 42(4), 415-430). The rate must be positive.
func (m ParetoNBD) Discounted(s Summary, rate float64) float64 {
	return m.Alive(s) * m.discountedActive(s, rate, nil)
}

// discountedActive is Discounted of a customer who is active for certain, along a
// course. On each stretch of it u weeks of the calendar are pace x u usual ones, so
// that the stretch is a future of its own, discounted at rate/pace.
func (m ParetoNBD) discountedActive(s Summary, rate float64, course Course) float64 {
	f := m.future(s, 0)
	if len(course) == 0 {
		return f.shape / f.alpha * m.discountedStretch(f.beta, rate, math.Inf(1))
	}
	active := 0.0
	for i, k := range course {
		end := math.Inf(1)
		if i+1 < len(course) {
			end = course[i+1].Usual - k.Usual
		}
		active += math.Exp(-rate*k.At-m.S*math.Log1p(k.Usual/f.beta)) * m.discountedStretch(f.beta+k.Usual, rate/k.Pace, end)
	}
	return f.shape / f.alpha * active
}

// discountedStretch returns the integral from 0 to end of
// e^(-rate v) (1+v/beta)^-S.
func (m ParetoNBD) discountedStretch(beta, rate, end float64) float64 {
	active, nodes := 0.0, eightNodes()
	for u := 0.; ; {
		scale := beta + u
		length := min(panelLength, panelDecay/(rate*scale+m.S), math.Log1p((end-u)/scale))
		for i, at := range nodes.at[:nodes.n] {
			grow := math.Exp(at * length)
			v := u + scale*(grow-1)
			active += nodes.weight[i] * length * scale * grow * math.Exp(-rate*v-m.S*math.Log1p(v/beta))
		}
		u += scale * math.Expm1(length)
		if rate*u > negligibleDecay || u >= end*(1-stretchEnd) {
			return active
		}
	}
}

// stretchEnd is what rounding may leave of a stretch.
const stretchEnd = 1e-12

func (m ParetoNBD) future(s Summary, horizon stats.Weeks) paretoFuture {
	return paretoFuture{shape: m.R + float64(s.Frequency), alpha: m.Alpha + float64(s.Age), s: m.S, beta: m.Beta + float64(s.Age), horizon: float64(horizon)}
}
