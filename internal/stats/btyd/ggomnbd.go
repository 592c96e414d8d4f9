package btyd

import (
	"math"

	"siyu/internal/stats"
)

// GGomNBD is the Gamma-Gompertz/NBD model of Bemmaor and Glady (2012,
// Management Science 58(5), 1012-1021): as ParetoNBD, but the rate of dropping
// out grows by a factor of e^B a week. Beta is in weeks, the published beta over
// b, so that Pareto/NBD is the case B = 0.
//
// With w(u) = Beta e^(-B u) + (1 - e^(-B u))/B a customer is active until u with
// probability (Beta e^(-B u)/w(u))^S, and then drops out at the rate S/w(u).
type GGomNBD struct {
	R     float64
	Alpha float64 // weeks
	B     float64 // per week
	S     float64
	Beta  float64 // weeks
}

// FitGGomNBD returns the model with the largest likelihood for the tuples.
// Where a growing rate of dropping out explains them no better than a steady
// one, that is Pareto/NBD, with B = 0 and the fit at the border.
func FitGGomNBD(tuples []Tuple) (GGomNBD, Fit) {
	steady, fit := ParetoNBD{}.Refit(tuples)
	l := newGGomLikelihood(tuples)
	found := maximise(l.likelihood().startedAt([]float64{steady.R, steady.Alpha, firstGrowth / l.scale, steady.S, steady.Beta}))
	if v := found.values; found.fit.LogLikelihood > fit.LogLikelihood {
		return GGomNBD{R: v[0], Alpha: v[1], B: v[2], S: v[3], Beta: v[4]}, found.fit
	}
	p := fit.Parameters
	fit.Parameters = []Parameter{p[0], p[1], {Name: "b"}, p[2], p[3]}
	fit.AtBorder = true
	fit.Evaluations += found.fit.Evaluations
	return GGomNBD{R: steady.R, Alpha: steady.Alpha, S: steady.S, Beta: steady.Beta}, fit
}

// LogLikelihood returns the log-likelihood of one customer: what is active now
// plus the integral over dropping out since the last order, which has no closed
// form.
func (m GGomNBD) LogLikelihood(s Summary) float64 {
	return logRising(m.R, float64(s.Frequency)) + m.past(s.Frequency, float64(s.Recency), float64(s.Age)).log
}

// Alive returns the probability that the customer has not dropped out.
func (m GGomNBD) Alive(s Summary) float64 {
	return logistic(-m.past(s.Frequency, float64(s.Recency), float64(s.Age)).deadOdds)
}

// Expected returns the expected orders of the customer in the horizon.
func (m GGomNBD) Expected(s Summary, horizon stats.Weeks) float64 {
	rate := (m.R + float64(s.Frequency)) / (m.Alpha + float64(s.Age))
	return m.Alive(s) * rate * m.stay(float64(s.Age), float64(horizon))
}

// ExpectedNew returns the expected repeat orders of a customer in the horizon
// after the first order.
func (m GGomNBD) ExpectedNew(horizon stats.Weeks) float64 { return m.Expected(Summary{}, horizon) }

func (m GGomNBD) wait(u float64) float64 { return m.Beta*math.Exp(-m.B*u) + tilted(m.B, u) }

// waitWithSlopes returns w and its derivatives in B and Beta.
func (m GGomNBD) waitWithSlopes(u float64) (wait, byB, byBeta float64) {
	z, decay, grown := m.B*u, math.Exp(-m.B*u), tilted(m.B, u)
	byB = u * u * (-1./2 + z*(1./3-z*(1./8-z*(1./30-z*(1./144-z/840)))))
	if z > .02 {
		byB = (u*decay - grown) / m.B
	}
	return m.Beta*decay + grown, byB - u*m.Beta*decay, decay
}

// logActive returns the log of the probability of being active until u.
func (m GGomNBD) logActive(u float64) float64 {
	return m.S * (math.Log(m.Beta) - m.B*u - math.Log(m.wait(u)))
}

// stay returns the weeks of the horizon in which a customer is expected to be
// active who is at the age.
func (m GGomNBD) stay(age, horizon float64) float64 {
	weeks, start, c, nodes := 0.0, m.logActive(age), m.wait(age), eightNodes()
	for u := 0.; u < horizon && start-m.logActive(age+u) < negligibleDecay; {
		p := m.panel(age+u, u+c, age+horizon, m.S/m.wait(age+u))
		end := min(horizon, u+(u+c)*math.Expm1(p))
		if end <= u {
			break
		}
		for i, at := range nodes.at[:nodes.n] {
			grow := math.Exp(at * p)
			v := u + (u+c)*(grow-1)
			weeks += nodes.weight[i] * p * (u + c) * grow * math.Exp(m.logActive(age+v)-start)
		}
		u = end
	}
	return weeks
}

// panel returns the length of a panel from u on, in the log of a scale that is
// scale weeks long there, for an integrand that falls at a rate at most. It is as
// others of this package, and no longer than half of 1/B while w changes, whose
// zeros are pi/B off the real axis.
func (m GGomNBD) panel(u, scale, end, rate float64) float64 {
	length := min(math.Log1p((end-u)/scale), panelLength, panelDecay/(rate*scale))
	if m.B*u < negligibleDecay+math.Log1p(m.B*m.Beta) {
		length = min(length, panelLength/(m.B*scale))
	}
	return length
}

// ggomPast is what a customer's past says: its log-likelihood but for the rising
// factorial of R, the log odds of having dropped out since the last order, and
// the derivatives of the log-likelihood in R, Alpha, B, S and Beta.
type ggomPast struct {
	log, deadOdds float64
	slopes        [5]float64
}

func (m GGomNBD) past(frequency int, recency, age float64) ggomPast {
	shape := m.R + float64(frequency)
	wait, byB, byBeta := m.waitWithSlopes(age)
	p := ggomPast{log: m.logActive(age) - shape*math.Log(m.Alpha+age), deadOdds: math.Inf(-1)}
	p.slopes = [5]float64{-math.Log(m.Alpha + age), -shape / (m.Alpha + age),
		-m.S * (age + byB/wait), m.logActive(age) / m.S, m.S * (1/m.Beta - byBeta/wait)}
	if gone := m.over(shape, recency, age); gone.one > 0 {
		p.deadOdds = math.Log(m.S) + math.Log(gone.one) + m.logGone(shape, recency) - m.logGone(shape, age) - math.Log(wait)
		p.log += softplus(p.deadOdds)
		w := logistic(p.deadOdds)
		for i, own := range [5]float64{0, 0, 0, 1/m.S + math.Log(m.Beta), m.S / m.Beta} {
			p.slopes[i] += w * (gone.slopes[i]/gone.one + own - p.slopes[i])
		}
	}
	p.log += m.R * math.Log(m.Alpha)
	p.slopes[0] += math.Log(m.Alpha)
	p.slopes[1] += m.R / m.Alpha
	return p
}

// logGone returns the log of what the likelihood of dropping out at u has in it
// that depends on u: psi(u) = (Alpha+u)^-shape e^(-S B u) w(u)^-(S+1).
func (m GGomNBD) logGone(shape, u float64) float64 {
	return -shape*math.Log(m.Alpha+u) - m.S*m.B*u - (m.S+1)*math.Log(m.wait(u))
}

// ggomMoments are the integral of psi(u)/psi(from) over the time of dropping out
// and its derivatives.
type ggomMoments struct {
	one    float64
	slopes [5]float64
}

func (m GGomNBD) over(shape, from, to float64) ggomMoments {
	var sum ggomMoments
	start, c, nodes := m.logGone(shape, from), min(m.Alpha, m.Beta), eightNodes()
	for u := from; u < to && start-m.logGone(shape, u) < negligibleDecay; {
		byU := math.Abs(1-m.B*m.Beta) * math.Exp(-m.B*u) / m.wait(u)
		p := m.panel(u, u+c, to, shape/(m.Alpha+u)+m.S*m.B+(m.S+1)*byU)
		end := min(to, u+(u+c)*math.Expm1(p))
		if end <= u {
			break
		}
		for i, at := range nodes.at[:nodes.n] {
			grow := math.Exp(at * p)
			v := u + (u+c)*(grow-1)
			wait, byB, byBeta := m.waitWithSlopes(v)
			logOrder, logWait := math.Log(m.Alpha+v), math.Log(wait)
			weight := nodes.weight[i] * p * (u + c) * grow * math.Exp(-shape*logOrder-m.S*m.B*v-(m.S+1)*logWait-start)
			sum.one += weight
			for j, slope := range [5]float64{-logOrder, -shape / (m.Alpha + v), -m.S*v - (m.S+1)*byB/wait, -m.B*v - logWait, -(m.S + 1) * byBeta / wait} {
				sum.slopes[j] += weight * slope
			}
		}
		u = end
	}
	return sum
}

// ggomLikelihood is the log-likelihood of tuples.
type ggomLikelihood struct {
	tuples           []Tuple
	customers, scale float64
	r                rising
}

func newGGomLikelihood(tuples []Tuple) *ggomLikelihood {
	l := &ggomLikelihood{tuples: tuples, customers: countOf(tuples), scale: 1}
	longest, most := 0.0, 0
	for _, t := range tuples {
		longest, most = max(longest, float64(t.Age)), max(most, t.Frequency)
	}
	if longest > 0 {
		l.scale = longest / ageUnits
	}
	l.r = newRising(most)
	return l
}

// firstGrowth is B in a tenth of the longest age where the search starts.
const firstGrowth = .1

func (l *ggomLikelihood) likelihood() likelihood {
	return likelihood{
		names:     []string{"r", "alpha", "b", "s", "beta"},
		minusMean: l.minusMean,
		customers: l.customers,
		start:     []float64{0, 0, math.Log(firstGrowth), 0, 0},
		unit:      []float64{1, l.scale, 1 / l.scale, 1, l.scale},
	}
}

// minusMean is minus the log-likelihood per customer at the logs of r,
// alpha/scale, b scale, s and beta/scale.
func (l *ggomLikelihood) minusMean(theta, gradient []float64) float64 {
	at := [5]float64{math.Exp(theta[0]), math.Exp(theta[1]) * l.scale, math.Exp(theta[2]) / l.scale, math.Exp(theta[3]), math.Exp(theta[4]) * l.scale}
	m := GGomNBD{R: at[0], Alpha: at[1], B: at[2], S: at[3], Beta: at[4]}
	l.r.fill(m.R)
	sum, slopes := 0.0, [5]float64{}
	for _, t := range l.tuples {
		p := m.past(t.Frequency, float64(t.Recency), float64(t.Age))
		sum += t.Count * (l.r.log[t.Frequency] + p.log)
		slopes[0] += t.Count * l.r.slope[t.Frequency]
		for i, slope := range p.slopes {
			slopes[i] += t.Count * slope
		}
	}
	for i, slope := range slopes {
		gradient[i] = -slope * at[i] / l.customers
	}
	return -sum / l.customers
}
