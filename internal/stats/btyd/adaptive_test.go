package btyd

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"siyu/internal/stats"
)

// adaptive integrates f by Simpson's rule, halving intervals until both halves
// together say what the whole does (Lyness 1969), to a tolerance or to rounding.
func adaptive(f func(float64) float64, low, high, tolerance float64) float64 {
	simpson := func(fl, fm, fh, length float64) float64 { return length / 6 * (fl + 4*fm + fh) }
	var refine func(low, high, fl, fm, fh, whole, tolerance float64, depth int) float64
	refine = func(low, high, fl, fm, fh, whole, tolerance float64, depth int) float64 {
		middle := (low + high) / 2
		fa, fb := f((low+middle)/2), f((middle+high)/2)
		left, right := simpson(fl, fa, fm, middle-low), simpson(fm, fb, fh, high-middle)
		if miss := math.Abs(left + right - whole); depth == 0 || miss < 15*tolerance || miss < 1e-12*math.Abs(whole) {
			return left + right + (left+right-whole)/15
		}
		return refine(low, middle, fl, fa, fm, left, tolerance/2, depth-1) + refine(middle, high, fm, fb, fh, right, tolerance/2, depth-1)
	}
	fl, fm, fh := f(low), f((low+high)/2), f(high)
	return refine(low, high, fl, fm, fh, simpson(fl, fm, fh, high-low), tolerance, 30)
}

// drawUsual covers what brands look like: a pattern and a horizon of which an
// adaptive rule can integrate everything.
func drawUsual(t *rapid.T) (g BGNBD, s Summary, horizon float64) {
	g = BGNBD{R: rapid.Float64Range(.2, 4).Draw(t, "r"), Alpha: rapid.Float64Range(2, 30).Draw(t, "alpha"),
		A: rapid.Float64Range(1, 5).Draw(t, "a"), B: rapid.Float64Range(1.5, 6).Draw(t, "b")}
	s = Summary{Frequency: rapid.IntRange(0, 20).Draw(t, "x"), Age: stats.Weeks(rapid.Float64Range(1, 100).Draw(t, "age"))}
	if s.Frequency > 0 {
		s.Recency = s.Age * stats.Weeks(rapid.Float64Range(.5, 1).Draw(t, "recency"))
	}
	return g, s, rapid.Float64Range(1, 60).Draw(t, "horizon")
}

func agree(t *rapid.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-7*(1e-3+math.Abs(want))) {
		t.Fatalf("%s is %v, by adaptive integration %v", what, got, want)
	}
}

func TestExpectationsOfGeometricModelsAgreeWithAdaptiveIntegration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g, s, horizon := drawUsual(rt)
		shape, odds := g.R+float64(s.Frequency), horizon/(g.Alpha+float64(s.Age))
		overDropout := func(b float64) float64 {
			weight := distuv.Beta{Alpha: g.A, Beta: b}
			return adaptive(func(p float64) float64 {
				if p == 0 {
					p = 1e-300 // the limit
				}
				return weight.Prob(p) * -math.Expm1(-shape*math.Log1p(p*odds)) / p
			}, 0, 1, 1e-11)
		}
		if g.B+float64(s.Frequency) > 1 {
			agree(rt, "expectation of BG/NBD", g.Expected(s, stats.Weeks(horizon)), g.Alive(s)*overDropout(g.B+float64(s.Frequency)))
		}
		m := MBGNBD(g)
		agree(rt, "expectation of MBG/NBD", m.Expected(s, stats.Weeks(horizon)), m.Alive(s)*overDropout(g.B+float64(s.Frequency)+1))
	})
}

func TestParetoNBDAgreesWithAdaptiveIntegration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g, s, horizon := drawUsual(rt)
		m := ParetoNBD{R: g.R, Alpha: g.Alpha, S: g.A, Beta: 3 * g.Alpha}
		x, age := float64(s.Frequency), float64(s.Age)
		silent := func(u float64) float64 { // being active and ordering no more until u, over the same until age
			return math.Exp((m.R + x) * math.Log((m.Alpha+age)/(m.Alpha+u)))
		}
		gone := adaptive(func(u float64) float64 {
			return m.S / (m.Beta + u) * math.Exp(m.S*math.Log((m.Beta+age)/(m.Beta+u))) * silent(u)
		}, float64(s.Recency), age, 1e-11)
		agree(rt, "P(alive)", m.Alive(s), 1/(1+gone))
		left := adaptive(func(u float64) float64 { return math.Exp(m.S * math.Log((m.Beta+age)/(m.Beta+age+u))) }, 0, horizon, 1e-11)
		agree(rt, "expectation", m.Expected(s, stats.Weeks(horizon)), m.Alive(s)*(m.R+x)/(m.Alpha+age)*left)
	})
}

// The n-th order of a customer who has j hidden events since the last is the
// (nK-j)-th hidden event from now, which falls at u with the density
// (m/u) P(N(u) = m).
func TestTheExpectationOfMBGCNBDAgreesWithAdaptiveIntegration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g, s, horizon := drawUsual(rt)
		m := MBGCNBD{K: rapid.IntRange(1, 4).Draw(rt, "k"), R: g.R, Alpha: g.Alpha, A: g.A, B: g.B}
		horizon = min(horizon, 5)
		p, sum := m.phases(s), 0.
		for j, weight := range p.weight {
			shape, scale := m.R+float64(m.K*s.Frequency+j), m.Alpha+float64(s.Age)
			reach, stay := 1., m.B+float64(s.Frequency)+1
			for n := 1.; ; n++ {
				events := n*float64(m.K) - float64(j)
				places, _ := math.Lgamma(events)
				falls := adaptive(func(u float64) float64 {
					return math.Exp(logRising(shape, events) - places - shape*math.Log1p(u/scale) + (events-1)*math.Log(u/(scale+u)) - math.Log(scale+u))
				}, 1e-12, horizon, 1e-12)
				if sum += weight / p.sum * reach * falls; falls < 1e-12 && events > shape*horizon/scale {
					break
				}
				reach *= (stay + n - 1) / (m.A + stay + n - 1)
			}
		}
		agree(rt, "expectation", m.Expected(s, stats.Weeks(horizon)), m.Alive(s)*sum)
	})
}
