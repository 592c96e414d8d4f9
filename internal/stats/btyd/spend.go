package btyd

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Spend is the Gamma-Gamma model (Fader and Hardie, note 025, 2013): the
// amount of an order is Gamma(P, rate) with a rate drawn from Gamma(Q, V) for
// each customer, independent of how often the customer orders.
type Spend struct {
	P, Q float64
	V    float64 // in the unit of the amounts
}

// FitSpend returns the model with the largest likelihood for the customers
// who have repeat orders and a positive mean amount. Without any such
// customer the model is the start of the search, which says nothing of the
// amounts, and Fit.AtBorder is set.
func FitSpend(customers []Summary) (Spend, Fit) {
	l := newSpendLikelihood(customers)
	all := l.likelihood()
	if few := sampled(l.buyers); few != nil {
		sample := (&spendLikelihood{buyers: few, customers: float64(len(few)), scale: l.scale}).likelihood()
		all.few = &sample
	}
	m := maximise(all)
	return Spend{P: m.values[0], Q: m.values[1], V: m.values[2]}, m.fit
}

func (l *spendLikelihood) likelihood() likelihood {
	return likelihood{
		names:     []string{"p", "q", "v"},
		minusMean: l.minusMean,
		customers: l.customers,
		start:     []float64{math.Log(3), math.Log(3), 0},
		unit:      []float64{1, 1, l.scale},
	}
}

// Expected returns the customer's expected amount per order (eq. 5): a
// weighted mean of the customer's own mean and the population's. Where the
// population has no mean (Q <= 1) and the customer no own orders it is V P/Q,
// the amount at the mean rate.
func (m Spend) Expected(s Summary) float64 {
	shape, rate := m.Level(s)
	if shape <= 1 {
		return m.P * m.V / m.Q
	}
	return m.P * rate / (shape - 1)
}

// Level returns what is known of the rate of the customer's amounts: it is
// Gamma(shape, rate) after x orders of mean z, Q + P x and V + x z. Without own
// amounts it is that of all.
func (m Spend) Level(s Summary) (shape, rate float64) {
	x := float64(s.Frequency)
	if s.Monetary <= 0 {
		x = 0
	}
	return m.P*x + m.Q, m.V + x*s.Monetary
}

// LevelSpread returns E[level^2]/E[level]^2 of the customer's own mean amount,
// which grows with what is not known of it; at most levelCap, also where the
// variance is infinite.
func (m Spend) LevelSpread(s Summary) float64 {
	shape := m.P*float64(s.Frequency) + m.Q
	if shape <= 2 {
		return levelCap
	}
	return min(levelCap, (shape-1)/(shape-2))
}

// levelCap stands for an infinite variance: a standard deviation of five
// times the mean.
const levelCap = 26

type spendLikelihood struct {
	buyers    []buyer // ordered by frequency
	customers float64
	scale     float64 // mean amount
	logMean   float64 // mean of the logs of the buyers' means
}

type buyer struct {
	frequency float64
	mean      float64
	logTotal  float64
}

func newSpendLikelihood(customers []Summary) *spendLikelihood {
	l := &spendLikelihood{scale: 1}
	var sum, logs, last, logLast float64
	l.buyers = make([]buyer, 0, len(customers))
	for _, c := range customers {
		if c.Frequency > 0 && c.Monetary > 0 && !math.IsInf(c.Monetary, 1) {
			x, log := float64(c.Frequency), math.Log(c.Monetary)
			if x != last {
				last, logLast = x, math.Log(x)
			}
			l.buyers = append(l.buyers, buyer{frequency: x, mean: c.Monetary, logTotal: logLast + log})
			sum += c.Monetary
			logs += log
		}
	}
	if byFrequency := func(a, b buyer) int { return cmp.Compare(a.frequency, b.frequency) }; !slices.IsSortedFunc(l.buyers, byFrequency) {
		slices.SortStableFunc(l.buyers, byFrequency)
	}
	if l.customers = float64(len(l.buyers)); l.customers > 0 {
		l.scale, l.logMean = sum/l.customers, logs/l.customers
	}
	return l
}

// minusMean is minus the log-likelihood per customer (note 025, eq. 1a) at
// the logs of p, q and v/scale. Gamma functions are taken once per frequency.
func (l *spendLikelihood) minusMean(theta, gradient []float64) float64 {
	p, q, v := math.Exp(theta[0]), math.Exp(theta[1]), math.Exp(theta[2])*l.scale
	logV := theta[2] + math.Log(l.scale)
	var sum, dp, dq, dv float64
	var g spendGammas
	for i := range l.buyers {
		b := &l.buyers[i]
		if b.frequency != g.frequency {
			g = newSpendGammas(b.frequency, p, q)
		}
		shape, total := p*b.frequency+q, b.frequency*b.mean+v
		logAll := math.Log(total)
		logShare, logPrior := b.logTotal-logAll, logV-logAll
		sum += g.value + p*b.frequency*logShare + q*logPrior
		dp += b.frequency * (g.slopeP + logShare)
		dq += g.slopeQ + logPrior
		dv += q/v - shape/total
	}
	gradient[0], gradient[1], gradient[2] = -dp*p/l.customers, -dq*q/l.customers, -dv*v/l.customers
	return l.logMean - sum/l.customers
}

// spendGammas are the terms of the likelihood that depend on frequency only.
type spendGammas struct {
	frequency, value, slopeP, slopeQ float64
}

func newSpendGammas(x, p, q float64) spendGammas {
	both, _ := math.Lgamma(p*x + q)
	own, _ := math.Lgamma(p * x)
	prior, _ := math.Lgamma(q)
	slope := mathext.Digamma(p*x + q)
	return spendGammas{frequency: x, value: both - own - prior,
		slopeP: slope - mathext.Digamma(p*x), slopeQ: slope - mathext.Digamma(q)}
}
