package btyd

import (
	"math"
	"slices"
)

// maximiseGeometric returns the r, alpha, a, b with the largest likelihood for
// the tuples under a model with these chances and hidden events, the search
// started from some values of them if they are possible ones.
func maximiseGeometric(tuples []Tuple, chances, k int, from ...float64) ([]float64, Fit) {
	l := newGeometricLikelihood(tuples, chances, k)
	all := l.likelihood()
	if few := sampled(tuples); few != nil {
		sample := newGeometricLikelihood(few, chances, k)
		sample.scale = l.scale
		part := sample.likelihood()
		all.few = &part
	}
	m := maximise(all.startedAt(from))
	return m.values, m.fit
}

func (l *geometricLikelihood) likelihood() likelihood {
	return likelihood{
		names:     []string{"r", "alpha", "a", "b"},
		minusMean: l.minusMean,
		customers: l.customers,
		start:     l.start(),
		unit:      []float64{1, l.scale, 1, 1},
	}
}

// geometricLikelihood is the log-likelihood of tuples and its gradient under
// BG/NBD, MBG/NBD and MBG/CNBD-k. They differ in how often a customer could
// have dropped out - after each repeat order, and in the last two once before
// the first - and in how many hidden events make an order.
type geometricLikelihood struct {
	tuples    []Tuple // ordered by frequency
	chances   int     // to drop out before the first repeat order
	k         int     // hidden events of an order
	customers float64
	scale     float64   // unit of alpha: a tenth of the longest age
	events    float64   // hidden events of repeat orders, per customer
	fixed     float64   // what is the same for all parameters
	times     []float64 // recencies and ages, ascending
	recency   []int32   // of each tuple, in times
	age       []int32
	at        []elapsed // at the times
	r, b, ab  rising
}

// elapsed is what an evaluation knows at one time u: a million customers have
// a hundred thousand patterns but only some hundred days.
type elapsed struct {
	log, inverse float64 // of alpha + u
}

// ageUnits is the longest age in units of the scaled alpha; it puts the
// logs of all four parameters near zero, where the prior is centred.
const ageUnits = 10

func newGeometricLikelihood(tuples []Tuple, chances, k int) *geometricLikelihood {
	l := &geometricLikelihood{tuples: tuples, chances: chances, k: k, customers: countOf(tuples), scale: 1}
	longest, most, orders, gaps := 0.0, 0, 0.0, 0.0
	for _, t := range tuples {
		longest, most = max(longest, float64(t.Age)), max(most, t.Frequency)
		orders += t.Count * float64(t.Frequency)
		gaps += t.LogGaps
	}
	if longest > 0 {
		l.scale = longest / ageUnits
	}
	if l.customers > 0 {
		l.events = orders * float64(k) / l.customers
	}
	if k > 1 {
		places, _ := math.Lgamma(float64(k))
		l.fixed = float64(k-1)*gaps - orders*places
	}
	l.times, l.recency, l.age = timesOf(tuples)
	l.at = make([]elapsed, len(l.times))
	l.r, l.b, l.ab = newRising(most*k), newRising(most+chances), newRising(most+chances)
	return l
}

// timesOf returns the recencies and ages that occur, ascending, and where
// those of each tuple are among them.
func timesOf(tuples []Tuple) (times []float64, recency, age []int32) {
	times = make([]float64, 0, 2*len(tuples))
	for _, t := range tuples {
		times = append(times, float64(t.Recency), float64(t.Age))
	}
	slices.Sort(times)
	times = slices.Compact(times)
	recency, age = make([]int32, len(tuples)), make([]int32, len(tuples))
	for i, t := range tuples {
		from, _ := slices.BinarySearch(times, float64(t.Recency))
		to, _ := slices.BinarySearch(times, float64(t.Age))
		recency[i], age[i] = int32(from), int32(to)
	}
	return times, recency, age
}

// start is at r = 1/2, a = 1, b = 2 with the alpha at which the mean rate of
// hidden events equals the observed one.
func (l *geometricLikelihood) start() []float64 {
	const r = .5
	rate := max(l.events/ageUnits, 1e-3)
	return []float64{math.Log(r), math.Log(r / rate), 0, math.Log(2)}
}

// minusMean is minus the log-likelihood per customer at the logs of r,
// alpha/scale, a and b. With A1 the log of the likelihood of being active, A2
// that of having dropped out at the last order (the terms of eq. 6 of Fader,
// Hardie and Lee) and w the weight of the second, the derivatives are those of
// A1 plus w times those of A2 - A1. Where orders are of several hidden events,
// being active is summed over how many have happened since the last.
func (l *geometricLikelihood) minusMean(theta, gradient []float64) float64 {
	r, alpha, a, b := math.Exp(theta[0]), math.Exp(theta[1])*l.scale, math.Exp(theta[2]), math.Exp(theta[3])
	l.r.fill(r)
	l.b.fill(b)
	l.ab.fill(a + b)
	for i, u := range l.times {
		l.at[i] = elapsed{math.Log(alpha + u), 1 / (alpha + u)}
	}
	sum := geometricSum{value: l.fixed}
	var x frequencyTerms
	for i := range l.tuples {
		t, end, last := &l.tuples[i], l.at[l.age[i]], l.at[l.recency[i]]
		if i == 0 || t.Frequency != l.tuples[i-1].Frequency {
			x = l.frequencyTerms(t.Frequency, r, alpha, a, b)
		}
		p := geometricSum{value: x.value - x.shape*end.log, r: x.r - end.log, alpha: x.alpha - x.shape*end.inverse, a: x.a, b: x.b}
		silence, ratio := end.log-last.log, end.inverse-last.inverse
		odds, oddsR, oddsAlpha := x.odds+x.shape*silence, silence, x.shape*ratio
		if l.k > 1 {
			sum, byShape, byShare := sumPhases(l.k, x.shape, float64(t.Age-t.Recency)*end.inverse)
			logSum := math.Log(sum)
			p.value, p.r, p.alpha = p.value+logSum, p.r+byShape, p.alpha-byShare*end.inverse
			odds, oddsR, oddsAlpha = odds-logSum, oddsR-byShape, oddsAlpha+byShare*end.inverse
		}
		if x.droppable {
			more, w := softplusSlope(odds)
			p.value, p.r, p.alpha = p.value+more, p.r+w*oddsR, p.alpha+w*oddsAlpha
			p.a, p.b = p.a+w/a, p.b-w*x.perStayed
		}
		sum.add(t.Count, p)
	}
	gradient[0], gradient[1] = -sum.r*r/l.customers, -sum.alpha*alpha/l.customers
	gradient[2], gradient[3] = -sum.a*a/l.customers, -sum.b*b/l.customers
	return -sum.value / l.customers
}

// geometricSum is a log-likelihood and its derivatives.
type geometricSum struct {
	value, r, alpha, a, b float64
}

func (s *geometricSum) add(n float64, p geometricSum) {
	s.value += n * p.value
	s.r += n * p.r
	s.alpha += n * p.alpha
	s.a += n * p.a
	s.b += n * p.b
}

// frequencyTerms are the parts of the likelihood that depend on the number of
// orders alone: those of being active, and the log odds of having dropped out
// but for the silence.
type frequencyTerms struct {
	geometricSum
	shape, odds, perStayed float64
	droppable              bool
}

func (l *geometricLikelihood) frequencyTerms(frequency int, r, alpha, a, b float64) frequencyTerms {
	events, drops, logAlpha := frequency*l.k, frequency+l.chances, math.Log(alpha)
	x := frequencyTerms{shape: r + float64(events), droppable: drops > 0}
	x.value = l.r.log[events] + l.b.log[drops] - l.ab.log[drops] + r*logAlpha
	x.r, x.alpha = l.r.slope[events]+logAlpha, r/alpha
	x.a, x.b = -l.ab.slope[drops], l.b.slope[drops]-l.ab.slope[drops]
	if x.droppable {
		stayed := b + float64(drops-1)
		x.odds, x.perStayed = math.Log(a)-math.Log(stayed), 1/stayed
	}
	return x
}
