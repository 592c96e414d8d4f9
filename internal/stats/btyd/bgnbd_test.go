package btyd

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"siyu/internal/stats"
	"siyu/internal/stats/optimum"
)

// simulate draws customers of a BG/NBD population, observed for at most
// weeks, with times rounded down to days.
func simulate(m BGNBD, customers int, weeks float64, seed uint64) []Summary {
	source := rand.NewPCG(seed, 1)
	random := rand.New(source)
	rate := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: source}
	dropout := distuv.Beta{Alpha: m.A, Beta: m.B, Src: source}
	summaries := make([]Summary, customers)
	for i := range summaries {
		age := math.Floor(7 * weeks * (.3 + .7*random.Float64()))
		lambda, p := rate.Rand(), dropout.Rand()
		s := Summary{Age: stats.WeeksOfDays(int(age))}
		for now := 0.0; ; {
			now += random.ExpFloat64() / lambda
			if now > age/7 {
				break
			}
			s.Frequency++
			s.Recency = stats.Weeks(now)
			if random.Float64() < p {
				break
			}
		}
		summaries[i] = s
	}
	return summaries
}

var typical = BGNBD{R: .6, Alpha: 6, A: .9, B: 2.5}

func TestSimulatedParametersAreRecovered(t *testing.T) {
	covered, checked := 0, 0
	for seed := range uint64(12) {
		_, fit := FitBGNBD(Compress(simulate(typical, 4000, 52, seed)))
		if !fit.Converged || fit.AtBorder {
			t.Fatalf("seed %d: converged %v, at border %v", seed, fit.Converged, fit.AtBorder)
		}
		for i, truth := range []float64{typical.R, typical.Alpha, typical.A, typical.B} {
			checked++
			if math.Abs(fit.Parameters[i].Value-truth) < 2.58*fit.Parameters[i].Error {
				covered++
			}
		}
	}
	if covered < checked-3 {
		t.Errorf("99 %% intervals hold the truth %d of %d times", covered, checked)
	}
}

func TestGradientAgreesWithDifferences(t *testing.T) {
	l := newGeometricLikelihood(Compress(simulate(typical, 300, 52, 5)), 0, 1)
	s := newSpendLikelihood([]Summary{{Frequency: 1, Monetary: 12}, {Frequency: 4, Monetary: 30}, {Frequency: 2, Monetary: 3}})
	rapid.Check(t, func(rt *rapid.T) {
		at := drawPoint(rt, 4)
		compareGradient(rt, l.minusMean, at)
		compareGradient(rt, s.minusMean, at[:3])
	})
}

func drawPoint(t *rapid.T, parameters int) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(-2, 2), parameters, parameters).Draw(t, "log parameters")
}

func compareGradient(t *rapid.T, f optimum.Function, at []float64) {
	gradient, scratch := make([]float64, len(at)), make([]float64, len(at))
	f(at, gradient)
	for i := range at {
		const step = 1e-5
		x := append([]float64(nil), at...)
		x[i] += step
		up := f(x, scratch)
		x[i] -= 2 * step
		difference := (up - f(x, scratch)) / (2 * step)
		if math.Abs(difference-gradient[i]) > 1e-6*(1+math.Abs(gradient[i])) {
			t.Fatalf("derivative %d at %v is %v, by differences %v", i, at, gradient[i], difference)
		}
	}
}

func TestTuplesHaveTheLikelihoodOfTheirCustomers(t *testing.T) {
	customers := simulate(typical, 500, 30, 2)
	sum := 0.0
	for _, c := range customers {
		sum += typical.LogLikelihood(c)
	}
	l := newGeometricLikelihood(Compress(customers), 0, 1)
	theta := []float64{math.Log(typical.R), math.Log(typical.Alpha / l.scale), math.Log(typical.A), math.Log(typical.B)}
	if got := -l.minusMean(theta, make([]float64, 4)) * 500; math.Abs(got-sum) > 1e-8*math.Abs(sum) {
		t.Errorf("tuples have log-likelihood %v, customers %v", got, sum)
	}
}

// drawModel and drawSummary cover what is seen in practice and beyond: no
// dropout, everybody drops out, regular and erratic buyers, x up to 1,000,
// ages up to 3,000 weeks.
func drawModel(t *rapid.T) BGNBD {
	power := rapid.Float64Range(-6, 5)
	return BGNBD{R: math.Exp(power.Draw(t, "log r")), Alpha: math.Exp(power.Draw(t, "log alpha")),
		A: math.Exp(power.Draw(t, "log a")), B: math.Exp(power.Draw(t, "log b"))}
}

func drawSummary(t *rapid.T) Summary {
	s := Summary{Age: stats.Weeks(rapid.Float64Range(0, 3000).Draw(t, "age"))}
	if s.Frequency = rapid.IntRange(0, 1000).Draw(t, "x"); s.Frequency > 0 {
		s.Recency = s.Age * stats.Weeks(rapid.Float64Range(0, 1).Draw(t, "recency"))
	}
	return s
}

func TestForecastsObeyTheLawsOfProbability(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, s := drawModel(rt), drawSummary(rt)
		horizon := stats.Weeks(rapid.Float64Range(.1, 200).Draw(rt, "horizon"))
		alive, none, expected := m.Alive(s), m.None(s, horizon), m.Expected(s, horizon)
		if !(alive >= 0 && alive <= 1 && none >= 0 && none <= 1 && expected >= 0) || math.IsInf(expected, 1) {
			rt.Fatalf("alive %v, none %v, expected %v", alive, none, expected)
		}
		if later := m.Expected(s, 2*horizon); later < expected*(1-1e-9) {
			rt.Fatalf("expects %v orders in a horizon, %v in twice that", expected, later)
		}
		if s.Frequency > 0 {
			fresher := s
			fresher.Recency += (s.Age - s.Recency) / 2
			if m.Alive(fresher) < alive-1e-12 {
				rt.Fatalf("a later last order makes it less likely to be alive")
			}
		}
		f := m.Forecast(s, horizon, nil)
		if math.Abs(f.None()-none) > 1e-12 {
			rt.Fatalf("P0 is %v in closed form, %v in the distribution", none, f.None())
		}
		for k := 1; k < len(f.CDF); k++ {
			if f.CDF[k] < f.CDF[k-1]-1e-15 || f.CDF[k] > 1 {
				rt.Fatalf("the distribution function falls at %d", k)
			}
		}
		if len(f.CDF) < distributionLimit && math.Abs(f.Expected-expected) > 1e-8*(1e-2+expected) {
			rt.Fatalf("expected %v, sum over the distribution %v", expected, f.Expected)
		}
	})
}

// expectedByIntegration integrates the expected orders of an active customer
// with dropout probability p over p, on a fine Legendre grid. It needs a
// density that is smooth at both ends: a of at least 1, b of at least 2.
func expectedByIntegration(m BGNBD, s Summary, horizon float64) float64 {
	x, scale := float64(s.Frequency), m.Alpha+float64(s.Age)
	weight := distuv.Beta{Alpha: m.A, Beta: m.B + x}
	overP := func(p float64) float64 {
		return weight.Prob(p) * -math.Expm1(-(m.R+x)*math.Log1p(p*horizon/scale)) / p
	}
	sum, low := 0.0, 0.0
	for _, high := range []float64{1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, .1, .3, .6, .9, .99, 1} {
		sum += quad.Fixed(overP, low, high, 200, quad.Legendre{}, 0)
		low = high
	}
	return sum * m.Alive(s)
}

func TestExpectationAgreesWithIntegration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := BGNBD{R: rapid.Float64Range(.05, 20).Draw(rt, "r"), Alpha: rapid.Float64Range(.5, 100).Draw(rt, "alpha"),
			A: rapid.Float64Range(1, 30).Draw(rt, "a"), B: rapid.Float64Range(2, 30).Draw(rt, "b")}
		s := Summary{Frequency: rapid.IntRange(0, 300).Draw(rt, "x"), Age: stats.Weeks(rapid.Float64Range(0, 300).Draw(rt, "age"))}
		if s.Frequency > 0 {
			s.Recency = s.Age
		}
		horizon := rapid.Float64Range(.1, 300).Draw(rt, "horizon")
		want := expectedByIntegration(m, s, horizon)
		if got := m.Expected(s, stats.Weeks(horizon)); math.Abs(got-want) > 1e-7*want {
			rt.Fatalf("%+v %+v over %v: %v, by integration %v", m, s, horizon, got, want)
		}
	})
}

func TestQuadratureAgreesWithTheSumOverOrders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := bgnbdFuture{shape: rapid.Float64Range(.05, 60).Draw(rt, "shape"), odds: rapid.Float64Range(.01, 80).Draw(rt, "odds"),
			a: math.Exp(rapid.Float64Range(-12, 4).Draw(rt, "log a")), b: math.Exp(rapid.Float64Range(-3, 5).Draw(rt, "log b"))}
		sum := 0.0
		for _, p := range f.survival(nil) {
			sum += p
		}
		if got := f.expectedByQuadrature(); math.Abs(got-sum) > 1e-9*sum {
			rt.Fatalf("%+v: quadrature %v, sum %v", f, got, sum)
		}
	})
}

func TestExpectationIsContinuousAtASingleDropoutParameterOfOne(t *testing.T) {
	s := Summary{Frequency: 3, Recency: 10, Age: 20}
	at := func(a float64) float64 { return BGNBD{R: .5, Alpha: 5, A: a, B: 2}.Expected(s, 30) }
	if below, on, above := at(1-1e-9), at(1), at(1+1e-9); math.Abs(below-on) > 1e-8 || math.Abs(above-on) > 1e-8 {
		t.Errorf("around a = 1: %v %v %v", below, on, above)
	}
}
