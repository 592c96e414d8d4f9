package capacity

import (
	"math/rand/v2"
	"slices"

	"siyu/internal/stats/trend"
)

// Outcome is how a member's customers fared.
type Outcome string

// The outcomes that stored data supports. How many waiting conversations were
// answered is not known by member.
const (
	Kept  Outcome = "kept"  // share of relations that customers did not end
	Again Outcome = "again" // share of earlier buyers who bought again
)

// Outcomes returns all of them.
func Outcomes() []Outcome { return []Outcome{Kept, Again} }

// of returns for how many customers of a member the outcome is known, and of how
// many it is good.
func (o Outcome) of(h Held) (known, good int) {
	if o == Again {
		return h.Buyers, h.Again
	}
	return h.Customers(), h.Kept
}

// What a curve needs.
const (
	LeastMembers   = 20  // with fewer, one member decides where the line bends
	LeastCustomers = 30  // of a member, for whom the outcome is known: a share of one half is then known to 9 points
	LeastSpread    = 1.5 // customers of the 80th member of a hundred over those of the 20th
)

// Curve is an outcome against customers per member.
type Curve struct {
	Outcome    Outcome
	Members    int    // with enough customers
	Few        int    // without
	Wanting    string // "" if measurable, else "members", "spread" or "orders"
	Low, High  int    // customers of the 20th and the 80th member of a hundred
	Share      float64
	Bends      Bend
	Parts      []Part
	Resamples  int
	Confidence float64 // of the interval of the slope that a verdict rests on
}

// LeastMembers returns how many members a curve needs.
func (Curve) LeastMembers() int { return LeastMembers }

// LeastCustomers returns how many customers a member needs to count.
func (Curve) LeastCustomers() int { return LeastCustomers }

// Highest returns how many customers the member with most of them holds, 0 where
// nothing is measurable.
func (c Curve) Highest() int {
	if len(c.Parts) == 0 {
		return 0
	}
	return c.Parts[len(c.Parts)-1].To
}

// Bend is what the curve says.
type Bend struct {
	Verdict         Verdict
	At              int // customers, from which on the share changes
	AtLow, AtHigh   int
	Level           float64 // share up to At
	Per100          float64 // change of the share with each 100 customers more beyond At
	Per100Low       float64
	Per100High      float64
	Beyond, Members int // members who hold more than At, and all
}

// Verdict is what can be said of the brand's own members.
type Verdict string

// The verdicts.
const (
	Falls    Verdict = "falls" // beyond At the share is lower, surely enough
	Rises    Verdict = "rises"
	Unbroken Verdict = "unbroken" // no bend is sure within what was seen
)

// Part is a fifth of the members, by customers.
type Part struct {
	From, To int // customers
	Members  int
	Share    float64 // of the part's customers
	Fitted   float64 // by the curve, for the part's mean member
}

// How sure a verdict is: the knot is chosen to fit, which makes slopes look
// larger than they are, so more than the usual 80 % is asked for. In worlds
// without any bend about one verdict in twenty is then wrong; a test counts them.
const (
	confidence = 0.98
	resamples  = 400
	fifths     = 5
)

// CurveOf fits a line that is flat up to a bend to the members' shares. Members
// count by how well their share is known: its variance p(1-p)/n and what members
// differ beyond it, estimated by moments (DerSimonian & Laird, Controlled
// Clinical Trials 7, 1986, formula for the between-study variance). Intervals
// come from drawing members with replacement; the same members and lot give the
// same curve.
func CurveOf(members []Held, o Outcome, lot *rand.Rand) Curve {
	c := Curve{Outcome: o, Resamples: resamples, Confidence: confidence}
	var list []seen
	for _, h := range members {
		known, good := o.of(h)
		if known < LeastCustomers {
			c.Few += min(1, known)
			continue
		}
		list = append(list, seen{customers: h.Customers(), known: known, good: good})
	}
	c.Members = len(list)
	if c.Members < LeastMembers {
		c.Wanting = "members"
		return c
	}
	slices.SortFunc(list, func(a, b seen) int { return a.customers - b.customers })
	xs := make([]float64, len(list))
	for i, s := range list {
		xs[i] = float64(s.customers)
	}
	low, high := trend.Between(xs, .6)
	c.Low, c.High, c.Share = int(low), int(high), share(list)
	if high < LeastSpread*low {
		c.Wanting = "spread"
		return c
	}
	points := weighed(list)
	knots := knotsOf(xs)
	fit := trend.FitKink(points, knots)
	c.Bends = bendOf(fit, trend.ResampleKink(points, knots, resamples, lot), xs)
	c.Parts = partsOf(list, fit)
	return c
}

// seen is a member as the curve sees one.
type seen struct{ customers, known, good int }

func share(list []seen) float64 {
	known, good := 0, 0
	for _, s := range list {
		known, good = known+s.known, good+s.good
	}
	return float64(good) / float64(max(1, known))
}

// weighed returns the members' shares with the inverse of their variances.
func weighed(list []seen) []trend.Point {
	const least = .001 // of p(1-p), where nobody or everybody fared well
	p := share(list)
	binomial := max(p*(1-p), least)
	var n, squares, q float64
	for _, s := range list {
		k := float64(s.known)
		apart := float64(s.good)/k - p
		n, squares, q = n+k, squares+k*k, q+k*apart*apart/binomial
	}
	between := 0.0
	if room := n - squares/n; room > 0 {
		between = max(0, (q-float64(len(list)-1))*binomial/room)
	}
	points := make([]trend.Point, len(list))
	for i, s := range list {
		k := float64(s.known)
		points[i] = trend.Point{X: float64(s.customers), Y: float64(s.good) / k, Weight: 1 / (binomial/k + between)}
	}
	return points
}

// knotsOf returns where a line may bend: a tenth of the members lies on each
// side at least.
func knotsOf(sorted []float64) (knots []float64) {
	const first, last, step = 10, 90, 5
	for percent := first; percent <= last; percent += step {
		knots = append(knots, trend.Quantile(sorted, float64(percent)/100))
	}
	return slices.Compact(knots)
}

func bendOf(fit trend.Kink, r trend.Resampled, sorted []float64) Bend {
	const hundred = 100
	b := Bend{Verdict: Unbroken, At: int(fit.At), Level: fit.Level, Per100: hundred * fit.Slope, Members: len(sorted)}
	low, high := trend.Between(r.Slopes, confidence)
	b.Per100Low, b.Per100High = hundred*low, hundred*high
	for _, x := range sorted {
		if x > fit.At {
			b.Beyond++
		}
	}
	switch {
	case high < 0 && fit.Slope < 0:
		b.Verdict = Falls
		low, high = trend.Between(r.Ats, .8)
		b.AtLow, b.AtHigh = int(low), int(high)
	case low > 0 && fit.Slope > 0:
		b.Verdict = Rises
	}
	return b
}

func partsOf(list []seen, fit trend.Kink) (parts []Part) {
	for i := range fifths {
		some := list[i*len(list)/fifths : (i+1)*len(list)/fifths]
		p := Part{From: some[0].customers, To: some[len(some)-1].customers, Members: len(some), Share: share(some)}
		held := 0
		for _, s := range some {
			held += s.customers
		}
		mean := float64(held) / float64(len(some))
		p.Fitted = max(0, min(1, fit.Level+fit.Slope*max(0, mean-fit.At)))
		parts = append(parts, p)
	}
	return parts
}
