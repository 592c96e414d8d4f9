package btyd

import "math"

// fitGeometric returns the parameters r, alpha, a, b of BG/NBD (chances 0) or
// MBG/NBD (chances 1).
func fitGeometric(tuples []Tuple, chances int, from []float64) ([]float64, Fit) {
	l := newGeometricLikelihood(tuples, chances)
	m := maximise(likelihood{
		names:     []string{"r", "alpha", "a", "b"},
		minusMean: l.minusMean,
		customers: l.customers,
		start:     l.start(),
		unit:      []float64{1, l.scale, 1, 1},
	}.startedAt(from))
	return m.values, m.fit
}

// geometricLikelihood is the log-likelihood of tuples and its gradient under
// BG/NBD and MBG/NBD, which differ in how often a customer could have dropped
// out: after each repeat order, and in MBG/NBD once before the first.
type geometricLikelihood struct {
	tuples     []Tuple
	chances    int // to drop out before the first repeat order
	customers  float64
	scale      float64 // unit of alpha: a tenth of the longest age
	r, b, ab   rising
	orderShare float64 // repeat orders per customer
}

// ageUnits is the longest age in units of the scaled alpha; it puts the
// logs of all four parameters near zero, where the prior is centred.
const ageUnits = 10

func newGeometricLikelihood(tuples []Tuple, chances int) *geometricLikelihood {
	l := &geometricLikelihood{tuples: tuples, chances: chances, customers: countOf(tuples), scale: 1}
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
	l.r, l.b, l.ab = newRising(most), newRising(most+chances), newRising(most+chances)
	return l
}

// start is at r = 1/2, a = 1, b = 2 with the alpha at which the mean rate of
// ordering equals the observed one.
func (l *geometricLikelihood) start() []float64 {
	const r = .5
	rate := max(l.orderShare/ageUnits, 1e-3)
	return []float64{math.Log(r), math.Log(r / rate), 0, math.Log(2)}
}

// minusMean is minus the log-likelihood per customer at the logs of r,
// alpha/scale, a and b. With A1 the log of the likelihood of being active, A2
// that of having dropped out at the last order (the terms of eq. 6 of Fader,
// Hardie and Lee) and w the weight of the second, the derivatives are those of
// A1 plus w times those of A2 - A1.
func (l *geometricLikelihood) minusMean(theta, gradient []float64) float64 {
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
		drops := t.Frequency + l.chances
		value := l.r.log[t.Frequency] + l.b.log[drops] - l.ab.log[drops] + r*logAlpha - shape*logEnd
		gr, galpha := l.r.slope[t.Frequency]+logAlpha-logEnd, r/alpha-shape/end
		ga, gb := -l.ab.slope[drops], l.b.slope[drops]-l.ab.slope[drops]
		if drops > 0 {
			stayed := b + float64(drops-1)
			last := alpha + float64(t.Recency)
			silence := logEnd - math.Log(last)
			d := logA - math.Log(stayed) + shape*silence
			value += softplus(d)
			w := logistic(d)
			gr += w * silence
			galpha += w * shape * (1/end - 1/last)
			ga += w / a
			gb -= w / stayed
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
