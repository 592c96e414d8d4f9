package btyd

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"siyu/internal/stats"
)

// Published: Bemmaor and Glady 2012, table 2, -9594.98 at r .553, alpha 10.578,
// b .0002, s .603 and beta .0026; CLVTools, -9594.9762 at b .0000011.
func TestCDNOWSampleGivesThePublishedGGomNBDWhichIsParetoNBD(t *testing.T) {
	tuples := Compress(knownBy(ordersIn(t, "cdnow_sample.csv", 3), day("1997-09-30")))
	m, fit := FitGGomNBD(tuples)
	nearLikelihood(t, fit, -9594.97617894, 2357)
	if math.Abs(fit.LogLikelihood - -9594.98) > .01 || !fit.AtBorder || !fit.Converged || m.B != 0 {
		t.Errorf("%+v %+v", m, fit)
	}
	for i, want := range []float64{.55313, 10.5758, 0, .60682} { // of CLVTools
		near(t, fit.Parameters[i].Name, fit.Parameters[i].Value, want, 2e-3)
	}
	for _, c := range []struct {
		published     GGomNBD // within what is printed of b and of beta = b Beta
		logLikelihood float64
	}{
		{GGomNBD{R: .553, Alpha: 10.578, B: .000224, S: .603, Beta: .0026 / .000224}, -9594.98},
		{GGomNBD{R: .55313, Alpha: 10.5758, B: .0000011, S: .60682, Beta: .00001285 / .0000011}, -9594.9762},
	} {
		sum := 0.
		for _, u := range tuples {
			sum += u.Count * c.published.LogLikelihood(Summary{Frequency: u.Frequency, Recency: u.Recency, Age: u.Age})
		}
		if math.Abs(sum-c.logLikelihood) > .005 {
			t.Errorf("%+v has log-likelihood %v, published %v", c.published, sum, c.logLikelihood)
		}
	}
	l := newGGomLikelihood(tuples)
	growth := func(b float64) float64 {
		theta := []float64{math.Log(m.R), math.Log(m.Alpha / l.scale), math.Log(b * l.scale), math.Log(m.S), math.Log(m.Beta / l.scale)}
		gradient := make([]float64, 5)
		l.minusMean(theta, gradient)
		return -gradient[2] * l.customers / b
	}
	for _, b := range []float64{1e-9, 1e-6, 1e-3, 1e-2, 1e-1} {
		if slope := growth(b); slope > -1 {
			t.Errorf("at b = %v a faster growth explains more: slope %v", b, slope)
		}
	}
}

func TestGroceryCustomersDropOutAtASteadyRate(t *testing.T) {
	customers, _, _ := grocery(t)
	m, fit := FitGGomNBD(Compress(customers))
	if _, steady := (ParetoNBD{}).Refit(Compress(customers)); m.B != 0 || !fit.AtBorder || fit.LogLikelihood != steady.LogLikelihood {
		t.Errorf("%+v %+v", m, fit)
	}
}

func drawGGom(t *rapid.T) GGomNBD {
	power := rapid.Float64Range(-4, 4)
	return GGomNBD{R: math.Exp(power.Draw(t, "log r")), Alpha: math.Exp(power.Draw(t, "log alpha")),
		B: math.Exp(rapid.Float64Range(-9, 1).Draw(t, "log b")), S: math.Exp(rapid.Float64Range(-4, 3).Draw(t, "log s")), Beta: math.Exp(power.Draw(t, "log beta"))}
}

func TestGGomNBDWithoutGrowthIsParetoNBD(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, s := drawGGom(rt), drawSummary(rt)
		horizon := stats.Weeks(rapid.Float64Range(.1, 200).Draw(rt, "horizon"))
		pareto := ParetoNBD{R: m.R, Alpha: m.Alpha, S: m.S, Beta: m.Beta}
		for _, b := range []float64{0, 1e-12} {
			m.B = b
			for _, c := range []struct {
				what      string
				got, want float64
			}{
				{"log-likelihood", m.LogLikelihood(s), pareto.LogLikelihood(s)},
				{"P(alive)", m.Alive(s), pareto.Alive(s)},
				{"expectation", m.Expected(s, horizon), pareto.Expected(s, horizon)},
				{"expectation of a new customer", m.ExpectedNew(horizon), pareto.ExpectedNew(horizon)},
			} {
				if math.Abs(c.got-c.want) > 1e-7*(1e-3+math.Abs(c.want)) {
					rt.Fatalf("%s is %v with b %v, %v under Pareto/NBD", c.what, c.got, b, c.want)
				}
			}
		}
	})
}

func TestGGomNBDAgreesWithAdaptiveIntegration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g, s, horizon := drawUsual(rt)
		m := GGomNBD{R: g.R, Alpha: g.Alpha, B: math.Exp(rapid.Float64Range(-7, 0).Draw(rt, "log b")), S: g.A / 2, Beta: 3 * g.Alpha}
		x, age := float64(s.Frequency), float64(s.Age)
		// As published, with beta = b Beta; times e^(-b u) where that overflows.
		published := m.B * m.Beta
		left := func(u float64) float64 { return math.Expm1(-m.B*u)*(published-1) + published } // (beta + e^(b u) - 1) e^(-b u)
		active := func(u, since float64) float64 {
			return math.Exp(-m.S * (m.B*(u-since) + math.Log(left(u)/left(since))))
		}
		silent := func(u float64) float64 { return math.Exp((m.R + x) * math.Log((m.Alpha+age)/(m.Alpha+u))) }
		gone := adaptive(func(u float64) float64 { return m.B * m.S / left(u) * active(u, age) * silent(u) }, float64(s.Recency), age, 1e-11)
		agree(rt, "P(alive)", m.Alive(s), 1/(1+gone))
		rising, _ := math.Lgamma(m.R + x)
		prior, _ := math.Lgamma(m.R)
		want := rising - prior + m.R*math.Log(m.Alpha) - (m.R+x)*math.Log(m.Alpha+age) + math.Log(active(age, 0)) + math.Log1p(gone)
		agree(rt, "log-likelihood", m.LogLikelihood(s), want)
		stays := adaptive(func(u float64) float64 { return active(age+u, age) }, 0, horizon, 1e-11)
		agree(rt, "expectation", m.Expected(s, stats.Weeks(horizon)), m.Alive(s)*(m.R+x)/(m.Alpha+age)*stays)
	})
}

func TestGGomNBDGradientAgreesWithDifferences(t *testing.T) {
	l := newGGomLikelihood(Compress(simulateGGom(GGomNBD{R: .8, Alpha: 8, B: .05, S: .7, Beta: 60}, 60, 60, 2)))
	rapid.Check(t, func(rt *rapid.T) { compareGradient(rt, l.minusMean, drawPoint(rt, 5)) })
}

// simulateGGom draws customers whose rate of dropping out grows.
func simulateGGom(m GGomNBD, customers int, weeks float64, seed uint64) []Summary {
	source := rand.NewPCG(seed, 11)
	random := rand.New(source)
	rate, dropout := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: source}, distuv.Gamma{Alpha: m.S, Beta: m.Beta, Src: source}
	summaries := make([]Summary, customers)
	for i := range summaries {
		s := Summary{Age: stats.WeeksOfDays(int(7 * weeks * (.3 + .7*random.Float64())))}
		lambda := rate.Rand()
		until := min(float64(s.Age), math.Log1p(m.B*random.ExpFloat64()/dropout.Rand())/m.B)
		for now := random.ExpFloat64() / lambda; now < until; now += random.ExpFloat64() / lambda {
			s.Frequency, s.Recency = s.Frequency+1, stats.Weeks(now)
		}
		summaries[i] = s
	}
	return summaries
}

func TestSimulatedGGomNBDParametersAreRecovered(t *testing.T) {
	truth := GGomNBD{R: 1.5, Alpha: 3, B: .15, S: .8, Beta: 80}
	tuples := Compress(simulateGGom(truth, 1200, 60, 4))
	m, fit := FitGGomNBD(tuples)
	if !fit.Converged || fit.AtBorder {
		t.Fatalf("%+v %+v", m, fit)
	}
	for i, want := range []float64{truth.R, truth.Alpha, truth.B, truth.S, truth.Beta} {
		if p := fit.Parameters[i]; math.Abs(math.Log(p.Value/want)) > 3*p.Error/p.Value {
			t.Errorf("%s is %v +- %v, want %v", p.Name, p.Value, p.Error, want)
		}
	}
	if _, steady := (ParetoNBD{}).Refit(tuples); steady.LogLikelihood > fit.LogLikelihood-2 {
		t.Errorf("a steady rate of dropping out explains as much: %v, %v", steady.LogLikelihood, fit.LogLikelihood)
	}
}

func TestHardDataGiveFiniteGGomNBD(t *testing.T) {
	for name, customers := range hardData() {
		m, fit := FitGGomNBD(Compress(customers))
		if fit.LogLikelihood != fit.LogLikelihood || len(fit.Parameters) != 5 {
			t.Errorf("%s: %+v", name, fit)
		}
		for _, s := range append(customers, Summary{}, Summary{Frequency: 1000, Recency: 2999, Age: 3000}) {
			if alive, expected := m.Alive(s), m.Expected(s, 52); s.possible() && !(alive >= 0 && alive <= 1 && expected >= 0 && !math.IsInf(expected, 1)) {
				t.Fatalf("%s: %+v is active with probability %v, expects %v under %+v", name, s, alive, expected, m)
			}
		}
	}
}
