package btyd

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"siyu/internal/stats"
)

// Published: the walk-through of BTYDplus. Its total of 3,970 and its error of
// .644 are of an approximate expectation; by the exact one they are 3,811 and .630.
func TestGroceryGivesThePublishedMBGCNBD2(t *testing.T) {
	customers, _, orders := grocery(t)
	tuples := Compress(customers)
	m, fit := MBGCNBD{K: 2}.Refit(tuples)
	near(t, "r", m.R, 1.329197, 1e-4)
	near(t, "alpha", m.Alpha, 2.812600, 1e-4)
	near(t, "a", m.A, .424716, 1e-4)
	near(t, "b", m.B, .790040, 1e-4)
	nearLikelihood(t, fit, -14978.21073163, 1525)
	var exact, approximate []float64
	gain, sum := 0., 0.
	for _, s := range customers {
		exact = append(exact, m.Expected(s, 52))
		approximate = append(approximate, publishedExpectation(m, s, 52))
		gain += m.ExpectedNew(s.Age+52) - m.ExpectedNew(s.Age)
		sum += approximate[len(approximate)-1]
	}
	total := 0.
	for i := range customers {
		total += exact[i]
		approximate[i] *= gain / sum
	}
	near(t, "published total", gain, 3970.01, 2e-5)
	near(t, "published share of the orders that forecasts are off by", errorShare(approximate, orders), .644, 5e-4)
	near(t, "exact total", total, 3811, 2e-4)
	near(t, "exact share of the orders that forecasts are off by", errorShare(exact, orders), .6299, 1e-4)
	for _, other := range []int{1, 3} {
		if _, worse := (MBGCNBD{K: other}).Refit(tuples); worse.LogLikelihood >= fit.LogLikelihood {
			t.Errorf("k = %d has log-likelihood %v", other, worse.LogLikelihood)
		}
	}
}

// publishedExpectation is what BTYDplus takes for the expected orders, up to a
// factor for all customers that makes their sum what new customers of their ages
// are expected to place: that of MBG/NBD with an alpha of k times as much.
func publishedExpectation(m MBGCNBD, s Summary, horizon stats.Weeks) float64 {
	x := float64(s.Frequency)
	f := bgnbdFuture{shape: m.R + x, odds: float64(horizon) / (float64(m.K)*m.Alpha + float64(s.Age)), a: m.A, b: m.B + x + 1}
	return m.Alive(s) * f.expected()
}

func TestMBGCNBDWithOneHiddenEventIsMBGNBD(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g, s := drawModel(rt), drawSummary(rt)
		s.Age += 5
		one, plain := MBGCNBD{1, g.R, g.Alpha, g.A, g.B}, MBGNBD(g)
		if a, b := one.LogLikelihood(s), plain.LogLikelihood(s); math.Abs(a-b) > 1e-9*(1+math.Abs(b)) {
			rt.Fatalf("log-likelihood %v, %v", a, b)
		}
		if a, b := one.Expected(s, 20), plain.Expected(s, 20); math.Abs(a-b) > 1e-8*(1+b) {
			rt.Fatalf("expected %v, %v", a, b)
		}
	})
}

func TestMBGCNBDGradientAgreesWithDifferences(t *testing.T) {
	customers := simulateRegular(MBGCNBD{2, 1.5, 3, .8, 2}, 300, 60, 5)
	rapid.Check(t, func(rt *rapid.T) {
		l := newGeometricLikelihood(Compress(customers), 1, rapid.IntRange(1, MostRegular).Draw(rt, "k"))
		compareGradient(rt, l.minusMean, drawPoint(rt, 4))
	})
}

func TestTuplesHaveTheLikelihoodOfTheirRegularCustomers(t *testing.T) {
	m := MBGCNBD{3, 1.5, 3, .8, 2}
	customers, sum := simulateRegular(m, 400, 60, 6), 0.0
	for _, c := range customers {
		sum += m.LogLikelihood(c)
	}
	l := newGeometricLikelihood(Compress(customers), 1, m.K)
	theta := []float64{math.Log(m.R), math.Log(m.Alpha / l.scale), math.Log(m.A), math.Log(m.B)}
	near(t, "log-likelihood of the tuples", -l.minusMean(theta, make([]float64, 4))*400, sum, 1e-9)
}

// simulateRegular draws customers who order at every K-th event.
func simulateRegular(m MBGCNBD, customers int, weeks float64, seed uint64) []Summary {
	source := rand.NewPCG(seed, 3)
	summaries := make([]Summary, customers)
	for i := range summaries {
		s := Summary{Age: stats.WeeksOfDays(int(7 * weeks * (.3 + .7*rand.New(source).Float64())))}
		orders := m.live(float64(s.Age), source)
		last := 0.
		for _, at := range orders {
			s.LogGaps += math.Log(at - last)
			last = at
		}
		s.Frequency, s.Recency = len(orders), stats.Weeks(last)
		summaries[i] = s
	}
	return summaries
}

// live draws the times of the repeat orders of a new customer.
func (m MBGCNBD) live(until float64, source *rand.PCG) (orders []float64) {
	random := rand.New(source)
	rate := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: source}.Rand()
	gap := distuv.Gamma{Alpha: float64(m.K), Beta: rate, Src: source}
	stop := distuv.Beta{Alpha: m.A, Beta: m.B, Src: source}.Rand()
	now := 0.
	for random.Float64() >= stop {
		if now += gap.Rand(); now > until {
			break
		}
		orders = append(orders, now)
	}
	return orders
}

func TestSimulatedRegularCustomersAreRecoveredAndForecast(t *testing.T) {
	truth := MBGCNBD{2, 1.6, 3, .9, 2.2}
	m, fit := MBGCNBD{K: 2}.Refit(Compress(simulateRegular(truth, 8000, 70, 4)))
	if !fit.Converged || fit.AtBorder {
		t.Fatalf("%+v", fit)
	}
	for i, want := range []float64{truth.R, truth.Alpha, truth.A, truth.B} {
		if p := fit.Parameters[i]; math.Abs(math.Log(p.Value/want)) > 3*p.Error/p.Value {
			t.Errorf("%s is %v +- %v, want %v", p.Name, p.Value, p.Error, want)
		}
	}
	// What the phases are for: the orders of the next weeks given the past.
	source := rand.NewPCG(9, 9)
	var expected, none, actual, silent, n float64
	for range 60_000 {
		orders := truth.live(30, source)
		s, future := Summary{Age: 20}, 0.
		for _, at := range orders {
			if at <= 20 {
				s.Frequency, s.Recency = s.Frequency+1, stats.Weeks(at)
			} else {
				future++
			}
		}
		if s.Frequency < 2 || s.Recency < 14 {
			continue
		}
		f := m.Forecast(s, 10, nil)
		expected, none, actual, n = expected+f.Expected, none+f.None(), actual+future, n+1
		if future == 0 {
			silent++
		}
	}
	if math.Abs(expected-actual)/n > .03 || math.Abs(none-silent)/n > .01 || n < 5000 {
		t.Errorf("of %v customers: orders %v expected %v, silent %v expected %v", n, actual/n, expected/n, silent/n, none/n)
	}
}
