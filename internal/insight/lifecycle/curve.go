package lifecycle

import (
	"math"

	"siyu/internal/stats/survival"
)

// curve is which share of the gaps that end within Watched are over by each day. It is
// the Kaplan-Meier curve over its height there: customers who never come back have no
// gap, and stay out of it (Maller and Zhou 1992, Biometrika 79: the latency of a
// mixture with cured ones). Waits that are not over hold their place until they were
// last seen.
type curve struct {
	over    []float64
	naive   []float64 // by the gaps that ended alone
	waiting []float64 // of all, the plain curve
}

// counts adds up all groups but one; leave out -1 and it is all of them.
func (w *waits) counts(without int) (ended, open []float64) {
	ended, open = make([]float64, longestGap+1), make([]float64, longestGap+1)
	for g := range w.parts {
		if g == without {
			continue
		}
		for d := range ended {
			ended[d] += float64(w.parts[g].ended[d])
			open[d] += float64(w.parts[g].open[d])
		}
	}
	return ended, open
}

// curveOf returns the curve up to watched days.
func curveOf(ended []float64, km survival.Curve, watched int) curve {
	c := curve{over: make([]float64, watched+1), naive: make([]float64, watched+1), waiting: make([]float64, watched+1)}
	left, _ := km.Waiting(watched)
	all, seen := 0.0, 0.0
	for d := range c.over {
		all += ended[d]
	}
	for d := range c.over {
		c.waiting[d], _ = km.Waiting(d)
		seen += ended[d]
		if all > 0 {
			c.over[d], c.naive[d] = (1-c.waiting[d])/(1-left), seen/all
		}
	}
	return c
}

// slack is what sums of shares may be off.
const slack = 1e-12

// first returns the first day on which a share is reached.
func first(shares []float64, p float64) int {
	for d, s := range shares {
		if s >= p-slack {
			return d
		}
	}
	return len(shares) - 1
}

// seen returns what the gaps say, nothing but their number where there are too few.
func (w *waits) seen() (s Seen) {
	ended, open := w.counts(-1)
	for d := range ended {
		s.Gaps += int(ended[d])
		s.Open += int(open[d])
	}
	s.Returns = w.returns
	km := survival.KaplanMeier(ended, open)
	watched := min(km.Last(enoughOpen), longestGap)
	if s.Gaps < enoughGaps || s.Returns < enoughReturns || watched < 1 {
		return s
	}
	c := curveOf(ended, km, watched)
	if c.over[watched] == 0 { // every gap took longer than can be followed
		return s
	}
	s.Watched, s.Back, s.Half = watched, 1-c.waiting[watched], float64(first(c.over, .5))
	between := w.between(c.over)
	s.Most, s.NearAll = c.percentile(most, between), c.percentile(nearAll, between)
	s.Steps = c.steps(ended)
	return s
}

// percentile returns when a share of the gaps is over. Its interval holds the days on
// which the interval of the curve holds the share (Brookmeyer and Crowley 1982).
func (c curve) percentile(p float64, b band) Percentile {
	watched := len(c.over) - 1
	q := Percentile{Days: first(c.over, p), Naive: first(c.naive, p), Low: first(b.high, p)}
	if b.low[watched-1] >= p-slack { // at the very end the curve is 1 by its making
		q.High = first(b.low, p)
	}
	if still := c.waiting[q.Days]; still > 0 {
		q.Later = (still - c.waiting[watched]) / still
	}
	return q
}

func (c curve) steps(ended []float64) []Step {
	watched, stride := len(c.over)-1, 1
	for watched > stride*steps {
		stride++
	}
	var list []Step
	step := Step{}
	for d := 0; d <= watched; d++ {
		step.Ended += int(ended[d])
		if d%stride == 0 || d == watched {
			step.Day, step.Over, step.Naive = d, round(c.over[d]), round(c.naive[d])
			list = append(list, step)
			step.Ended = 0
		}
	}
	return list
}

// round keeps four digits of a share: more would be stored and never seen.
func round(share float64) float64 { return math.Round(share*1e4) / 1e4 }

// band is the curve's central 80 %.
type band struct{ low, high []float64 }

// student80 bounds the central 80 % of Student's t with groups-1 degrees of freedom.
const student80 = 1.3406

// between returns the band by leaving out one group of customers at a time, on the
// scale log(-log(1-share)), on which curves are nearly normal: the delete-a-group
// jackknife (Kott 2001, Journal of Official Statistics 17). Gaps of one customer are
// always left out together, so that being alike they do not count as several.
func (w *waits) between(over []float64) band {
	watched := len(over) - 1
	var sum, squares = make([]float64, watched+1), make([]float64, watched+1)
	used := 0.0
	for g := range w.parts {
		if w.parts[g].empty() {
			continue
		}
		used++
		ended, open := w.counts(g)
		left := curveOf(ended, survival.KaplanMeier(ended, open), watched)
		for d := range sum {
			x := scale(left.over[d])
			sum[d] += x
			squares[d] += x * x
		}
	}
	b := band{low: make([]float64, watched+1), high: make([]float64, watched+1)}
	for d := range over {
		off := 0.0
		if used > 1 {
			off = student80 * math.Sqrt(max(0, (used-1)/used*(squares[d]-sum[d]*sum[d]/used)))
		}
		x := scale(over[d])
		b.low[d], b.high[d] = -math.Expm1(-math.Exp(x-off)), -math.Expm1(-math.Exp(x+off))
	}
	return b
}

func (p *part) empty() bool {
	for d := range p.ended {
		if p.ended[d] > 0 {
			return false
		}
	}
	return true
}

// scale takes a share to log(-log(1-share)). Shares of 0 and 1 stand a ten-thousandth
// inside, so that they can be reckoned with.
func scale(share float64) float64 {
	const edge = 1e-4
	return math.Log(-math.Log1p(-min(max(share, edge), 1-edge)))
}
