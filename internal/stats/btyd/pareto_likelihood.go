package btyd

import (
	"math"
	"slices"
)

// paretoLikelihood is the log-likelihood of tuples under Pareto/NBD and its
// gradient. The integral over the time of dropping out depends on its ends and
// the number of orders only, so for each number of orders it is taken once
// over the stretches between all ends, from the last to the first: a million
// customers have a hundred thousand patterns but only some ten thousand
// stretches.
type paretoLikelihood struct {
	groups    []paretoGroup
	customers float64
	scale     float64 // unit of alpha and beta: a tenth of the longest age
	r         rising
	orders    float64 // repeat orders per customer
}

// paretoGroup are the tuples with one number of orders.
type paretoGroup struct {
	frequency int
	tuples    []Tuple
	ends      []float64 // recencies and ages, ascending
	recency   []int32   // of each tuple, in ends
	age       []int32
	points    []paretoPoint // at the ends
}

// paretoPoint is what an evaluation knows at one end.
type paretoPoint struct {
	logAlpha, logBeta float64 // ln(alpha+u), ln(beta+u)
	log               float64 // ln psi(u)
	later             moments // over what follows, up to the last end
}

func newParetoLikelihood(tuples []Tuple) *paretoLikelihood {
	l := &paretoLikelihood{customers: countOf(tuples), scale: 1}
	longest, most, orders := 0.0, 0, 0.0
	for i, t := range tuples {
		longest, most = max(longest, float64(t.Age)), max(most, t.Frequency)
		orders += t.Count * float64(t.Frequency)
		if i == 0 || t.Frequency != tuples[i-1].Frequency {
			l.groups = append(l.groups, paretoGroup{frequency: t.Frequency})
		}
		g := &l.groups[len(l.groups)-1]
		g.tuples = append(g.tuples, t)
	}
	if longest > 0 {
		l.scale = longest / ageUnits
	}
	if l.customers > 0 {
		l.orders = orders / l.customers
	}
	l.r = newRising(most)
	for i := range l.groups {
		l.groups[i].findEnds()
	}
	return l
}

func (g *paretoGroup) findEnds() {
	for _, t := range g.tuples {
		g.ends = append(g.ends, float64(t.Recency), float64(t.Age))
	}
	slices.Sort(g.ends)
	g.ends = slices.Compact(g.ends)
	g.points = make([]paretoPoint, len(g.ends))
	for _, t := range g.tuples {
		from, _ := slices.BinarySearch(g.ends, float64(t.Recency))
		to, _ := slices.BinarySearch(g.ends, float64(t.Age))
		g.recency, g.age = append(g.recency, int32(from)), append(g.age, int32(to))
	}
}

func (l *paretoLikelihood) likelihood() likelihood {
	return likelihood{
		names:     []string{"r", "alpha", "s", "beta"},
		minusMean: l.minusMean,
		customers: l.customers,
		start:     l.start(),
		unit:      []float64{1, l.scale, 1, l.scale},
	}
}

// start is at r = s = 1/2 and a beta of the longest age, with the alpha at
// which the mean rate of ordering equals the observed one.
func (l *paretoLikelihood) start() []float64 {
	const r = .5
	rate := max(l.orders/ageUnits, 1e-3)
	return []float64{math.Log(r), math.Log(r / rate), math.Log(r), math.Log(ageUnits)}
}

// minusMean is minus the log-likelihood per customer at the logs of r,
// alpha/scale, s and beta/scale. With A1 and A2 the logs of being active and
// of having dropped out and w the weight of the second, the derivatives are
// those of A1 times 1-w plus w times the means of the integrand's over the
// time of dropping out.
func (l *paretoLikelihood) minusMean(theta, gradient []float64) float64 {
	r, alpha, s, beta := math.Exp(theta[0]), math.Exp(theta[1])*l.scale, math.Exp(theta[2]), math.Exp(theta[3])*l.scale
	l.r.fill(r)
	d := newDropout(alpha, s, beta)
	logAlpha, logBeta := math.Log(alpha), math.Log(beta)
	sum := paretoSum{}
	for i := range l.groups {
		g := &l.groups[i]
		d.shape = r + float64(g.frequency)
		g.integrate(d)
		part := g.sum(d)
		part.value += part.count * (l.r.log[g.frequency] + r*logAlpha + s*logBeta)
		part.r += part.count * (l.r.slope[g.frequency] + logAlpha)
		part.alpha += part.count * r / alpha
		part.s += part.count * logBeta
		part.beta += part.count * s / beta
		sum.add(part)
	}
	gradient[0], gradient[1] = -sum.r*r/l.customers, -sum.alpha*alpha/l.customers
	gradient[2], gradient[3] = -sum.s*s/l.customers, -sum.beta*beta/l.customers
	return -sum.value / l.customers
}

// integrate fills the group's points.
func (g *paretoGroup) integrate(d *dropout) {
	for i := len(g.ends) - 1; i >= 0; i-- {
		u, p := g.ends[i], &g.points[i]
		p.logAlpha, p.logBeta = math.Log(d.alpha+u), math.Log(d.beta+u)
		p.log, p.later = -d.shape*p.logAlpha-(d.s+1)*p.logBeta, moments{}
		if i+1 < len(g.ends) {
			next := &g.points[i+1]
			p.later = d.over(u, g.ends[i+1]).followedBy(math.Exp(next.log-p.log), next.later)
		}
	}
}

// paretoSum is a log-likelihood and its derivatives.
type paretoSum struct {
	count, value, r, alpha, s, beta float64
}

func (p *paretoSum) add(q paretoSum) {
	p.count += q.count
	p.value += q.value
	p.r += q.r
	p.alpha += q.alpha
	p.s += q.s
	p.beta += q.beta
}

// sum returns what the tuples of the group say, without what is the same for
// all of them.
func (g *paretoGroup) sum(d *dropout) paretoSum {
	var sum paretoSum
	logS := math.Log(d.s)
	for i := range g.tuples {
		n, last, end := g.tuples[i].Count, &g.points[g.recency[i]], &g.points[g.age[i]]
		u := g.ends[g.age[i]]
		// Being active; n of all.
		value := end.log + end.logBeta
		dr, dalpha := -end.logAlpha, -d.shape/(d.alpha+u)
		ds, dbeta := -end.logBeta, -d.s/(d.beta+u)
		gone := last.later.followedBy(-math.Exp(end.log-last.log), end.later)
		if gone.one > 0 {
			odds := logS + math.Log(gone.one) + last.log - end.log - end.logBeta
			value += softplus(odds)
			w := logistic(odds)
			dr += w * (-gone.logAlpha/gone.one - dr)
			dalpha += w * (-d.shape*gone.perAlpha/gone.one - dalpha)
			ds += w * (1/d.s - gone.logBeta/gone.one - ds)
			dbeta += w * (-(d.s+1)*gone.perBeta/gone.one - dbeta)
		}
		sum.add(paretoSum{n, n * value, n * dr, n * dalpha, n * ds, n * dbeta})
	}
	return sum
}
