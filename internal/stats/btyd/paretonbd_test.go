package btyd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"siyu/internal/stats"
)

// Published: Fader, Hardie and Lee 2005, standard errors as quoted by the
// tests of CLVTools.
func TestCDNOWSampleGivesThePublishedParetoNBD(t *testing.T) {
	m, fit := ParetoNBD{}.Refit(Compress(knownBy(ordersIn(t, "cdnow_sample.csv", 3), day("1997-09-30"))))
	near(t, "r", m.R, .553283, 2e-5)
	near(t, "alpha", m.Alpha, 10.5779, 5e-5)
	near(t, "s", m.S, .60625, 2e-5)
	near(t, "beta", m.Beta, 11.6690, 2e-4)
	nearLikelihood(t, fit, -9594.97617894, 2357)
	for i, want := range []float64{.0476264, .8427222, .1872594, 6.2105448} {
		near(t, "standard error of "+fit.Parameters[i].Name, fit.Parameters[i].Error, want, 2e-4)
	}
	if !fit.Converged || fit.AtBorder {
		t.Errorf("%+v", fit)
	}
}

func TestCDNOWFullLogGivesTheReferenceParetoNBD(t *testing.T) {
	m, fit := ParetoNBD{}.Refit(Compress(knownBy(ordersIn(t, "cdnow_full.csv", 3), day("1997-09-30"))))
	near(t, "r", m.R, .597407, 1e-4)
	near(t, "alpha", m.Alpha, 11.5856, 1e-4)
	near(t, "s", m.S, .522229, 1e-4)
	near(t, "beta", m.Beta, 8.82918, 2e-4)
	nearLikelihood(t, fit, -95415.11861747, 23570)
}

// From the walk-through of R BTYD and the tests of lifetimes and CLVTools; the
// discounted orders are those of BTYD 2.4.3 and CLVTools.
func TestParetoNBDPredictionsAreThePublished(t *testing.T) {
	m := ParetoNBD{R: .5533971, Alpha: 10.5801985, S: .6060625, Beta: 11.6562237}
	busy, quiet := Summary{Frequency: 26, Recency: 30.86, Age: 31}, Summary{Frequency: 2, Recency: 30.43, Age: 38.86}
	near(t, "alive", m.Alive(busy), .9979178, 1e-6)
	near(t, "expected in 52 weeks", m.Expected(busy, 52), 25.4549, 5e-5)
	near(t, "discounted, busy", m.Discounted(busy, .0027), 86.03501857, 1e-7)
	near(t, "discounted, quiet", m.Discounted(quiet, .0027), 6.482938737, 1e-7)
	rounded := ParetoNBD{R: .55, Alpha: 10.56, S: .61, Beta: 11.64}
	for week, want := range []float64{0, .05077821, .09916088, .14542507, .18979930, .23247466, .27361274, .31335159, .35181024, .38909211} {
		if got := rounded.ExpectedNew(stats.Weeks(week)); math.Abs(got-want) > 1e-8 {
			t.Errorf("E[X(%d)] is %.9f, want %.8f", week, got, want)
		}
	}
	heavy := ParetoNBD{R: .55, Alpha: 10.58, S: .61, Beta: 11.67}
	near(t, "x=132", heavy.Expected(Summary{Frequency: 132, Recency: 200, Age: 200}, 10), 6.2060517889632418, 1e-11)
	near(t, "x=133", heavy.Expected(Summary{Frequency: 133, Recency: 200, Age: 200}, 10), 6.2528722475748113, 1e-11)
}

func TestDiscountedOrdersOfTheCDNOWSampleAreTheReference(t *testing.T) {
	m := ParetoNBD{R: .5533971, Alpha: 10.5801985, S: .6060625, Beta: 11.6562237}
	sum, fit := 0., Fit{}
	for _, row := range dataFile(t, "cdnow_sample_cbs.csv") {
		s := summaryOfRow(t, row)
		sum += m.Discounted(s, .0027)
		fit.LogLikelihood += m.LogLikelihood(s)
	}
	nearLikelihood(t, fit, -9594.976198, 2357)
	near(t, "sum of the discounted orders", sum, 7186.499228, 3e-8)
}

// The closed form with 2F1 of Fader and Hardie's note in 50 digits (mpmath
// 1.x). Its differences lose all digits of a float in several of these cases.
func TestParetoNBDLikelihoodHasTheDigitsOfTheClosedFormInFiftyDigits(t *testing.T) {
	cases := []struct {
		r, alpha, s, beta, x, recency, age float64
		logLikelihood, alive               float64
	}{
		{.5532, 10.578, .606, 11.669, 0, 0, 38.86, -0.52121726673950933, 0.29524603031877561},
		{.5532, 10.578, .606, 11.669, 2, 30.43, 38.86, -9.5540985782901302, 0.86916522763110565},
		{.5532, 10.578, .606, 11.669, 26, 30.86, 31, -39.13094865937221, 0.99791873034396168},
		{.5143, 2.8845, .2856, 14.1087, 221, 103.42857, 103.57143, -61.5846485617292065, 0.99959605231793814},
		{.5143, 2.8845, .2856, 14.1087, 254, 97.14286, 97.28571, -19.6232922175117739, 0.999558226123010737},
		{.5143, 2.8845, .2856, 14.1087, 161, 94.71429, 98, -87.4292548633085346, 0.749487752258105445},
		{.5143, 2.8845, .2856, 14.1087, 204, 98.57143, 99.42857, -65.1983421892603821, 0.994255079637895912},
		{10.465, .00798565, 3.0516, 2.82, 40, 5, 6, -5.7190239392929715, 0.0018851281822946576},
		{10.465, .00798565, 3.0516, 2.82, 50, 1, 37, 116.30126234496653, 1.4171441441110058e-96},
		{.55, 10.58, .61, 11.67, 133, 200, 200, -196.84535254945133, 1},
		{.02, .5, 8, .01, 1, .1429, 300, -25.325614671719019, 8.8980918606301252e-30},
		{4, 900, .01, .001, 1000, 2999, 3000, -2343.6806399544416, 0.99999619759497167},
		{.3, .001, .4, 50, 3, 1, 52, -7.8914818342841863, 0.00049354731774918531},
		{30, 200, 25, 400, 12, 20, 21, -26.209989943755606, 0.936733108388844},
		{.6, 6, .001, 1000, 5, 30, 39, -16.520595967354822, 0.9999830470737448},
		{1, 1, 1, 1, 7, 2, 100, -3.5595738142836483, 1.6197255684460457e-13},
	}
	for _, c := range cases {
		m := ParetoNBD{R: c.r, Alpha: c.alpha, S: c.s, Beta: c.beta}
		s := Summary{Frequency: int(c.x), Recency: stats.Weeks(c.recency), Age: stats.Weeks(c.age)}
		near(t, "log-likelihood", m.LogLikelihood(s), c.logLikelihood, 5e-12)
		near(t, "alive", m.Alive(s), c.alive, 1e-11)
		if fitted := logLikelihoodOf(m, []Tuple{{Frequency: s.Frequency, Recency: s.Recency, Age: s.Age, Count: 1}}); math.Abs(fitted-c.logLikelihood) > 1e-11*(1+math.Abs(c.logLikelihood)) {
			t.Errorf("%+v: the search sees %.15g, want %.15g", c, fitted, c.logLikelihood)
		}
	}
}

// logLikelihoodOf is the log-likelihood as the search evaluates it.
func logLikelihoodOf(m ParetoNBD, tuples []Tuple) float64 {
	l := newParetoLikelihood(tuples)
	theta := []float64{math.Log(m.R), math.Log(m.Alpha / l.scale), math.Log(m.S), math.Log(m.Beta / l.scale)}
	return -l.minusMean(theta, make([]float64, 4)) * l.customers
}

// The integral over the time of the k-th order in 30 digits (mpmath 1.x).
func TestParetoNBDCountsHaveTheDigitsOfTheIntegralInThirtyDigits(t *testing.T) {
	cases := []struct {
		future paretoFuture
		k      int
		want   float64
	}{
		{paretoFuture{2.5532, 49.4, .606, 50.5, 39}, 1, .68121716624998899},
		{paretoFuture{2.5532, 49.4, .606, 50.5, 39}, 2, .42900448468059825},
		{paretoFuture{2.5532, 49.4, .606, 50.5, 39}, 5, .079143241287490781},
		{paretoFuture{2.5532, 49.4, .606, 50.5, 39}, 12, .00071248366550655018},
		{paretoFuture{.5532, 10.578, .606, 11.669, 78}, 1, .4474297093656533},
		{paretoFuture{.5532, 10.578, .606, 11.669, 78}, 3, .21478232484592181},
		{paretoFuture{.5532, 10.578, .606, 11.669, 78}, 20, .0099801660382667081},
		{paretoFuture{120.5, 60, .3, 70, 52}, 40, .92741820849670013},
		{paretoFuture{120.5, 60, .3, 70, 52}, 105, .41592107049711851},
		{paretoFuture{120.5, 60, .3, 70, 52}, 140, .0076942604707357243},
		{paretoFuture{.4, .05, 3, .02, 30}, 1, .059656005652248332},
		{paretoFuture{.4, .05, 3, .02, 30}, 4, .0017014310185617002},
		{paretoFuture{900, 52, 5, 60, 104}, 900, .044326317808865445},
		{paretoFuture{900, 52, 5, 60, 104}, 1700, .0073724227811909861},
		{paretoFuture{900, 52, 5, 60, 104}, 1900, .00062143586983481618},
	}
	for _, c := range cases {
		if got := c.future.survival(nil)[c.k-1]; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: P(X >= %d) is %.15g, want %.15g", c.future, c.k, got, c.want)
		}
	}
}

func TestNodesAreThoseOfLegendre(t *testing.T) {
	for _, r := range []rule{fourNodes(), eightNodes()} {
		at, weight := make([]float64, r.n), make([]float64, r.n)
		quad.Legendre{}.FixedLocations(at, weight, 0, 1)
		slices.Reverse(at)
		for i := range at {
			if math.Abs(at[i]-r.at[i]) > 1e-15 || math.Abs(weight[i]-r.weight[i]) > 1e-15 {
				t.Errorf("node %d of %d: %v %v, want %v %v", i, r.n, r.at[i], r.weight[i], at[i], weight[i])
			}
		}
	}
}

// Inputs on which published tools gave NaN or probabilities outside [0, 1].
func TestParetoNBDSurvivesWhereOthersFail(t *testing.T) {
	m := ParetoNBD{R: 10.465, Alpha: .00798565, S: 3.0516, Beta: 2.820}
	near(t, "alive (40,5,6)", m.Alive(Summary{Frequency: 40, Recency: 5, Age: 6}), .0018851, 1e-4)
	near(t, "alive (50,1,37)", m.Alive(Summary{Frequency: 50, Recency: 1, Age: 37}), 1.4171e-96, 1e-4)
	near(t, "alive (50,4,37)", m.Alive(Summary{Frequency: 50, Recency: 4, Age: 37}), 6.733e-60, 1e-3)
	// From the tests of CLVTools, where an earlier version gave NaN.
	m = ParetoNBD{R: .5143, Alpha: 2.8845, S: .2856, Beta: 14.1087}
	for _, c := range []struct {
		s     Summary
		alive float64
	}{
		{Summary{Frequency: 221, Recency: 103.42857, Age: 103.57143}, .999596},
		{Summary{Frequency: 254, Recency: 97.14286, Age: 97.28571}, .999558},
		{Summary{Frequency: 161, Recency: 94.71429, Age: 98}, .749488},
		{Summary{Frequency: 204, Recency: 98.57143, Age: 99.42857}, .994255},
	} {
		if got := m.Alive(c.s); math.Abs(got-c.alive) > 5e-7 {
			t.Errorf("%+v is alive with probability %v, want %v", c.s, got, c.alive)
		}
	}
}

func TestParetoNBDGradientAgreesWithDifferences(t *testing.T) {
	l := newParetoLikelihood(Compress(simulatePareto(ParetoNBD{R: .6, Alpha: 6, S: .6, Beta: 12}, 300, 52, 5)))
	rapid.Check(t, func(rt *rapid.T) { compareGradient(rt, l.minusMean, drawPoint(rt, 4)) })
}

// simulatePareto draws customers of a Pareto/NBD population, observed for at
// most weeks, with times rounded down to days.
func simulatePareto(m ParetoNBD, customers int, weeks float64, seed uint64) []Summary {
	source := rand.NewPCG(seed, 7)
	random := rand.New(source)
	rate := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: source}
	dropout := distuv.Gamma{Alpha: m.S, Beta: m.Beta, Src: source}
	summaries := make([]Summary, customers)
	for i := range summaries {
		age := math.Floor(7*weeks*(.3+.7*random.Float64())) / 7
		lambda, end := rate.Rand(), random.ExpFloat64()/dropout.Rand()
		s := Summary{Age: stats.Weeks(age)}
		for now := random.ExpFloat64() / lambda; now < min(age, end); now += random.ExpFloat64() / lambda {
			s.Frequency, s.Recency = s.Frequency+1, stats.Weeks(now)
		}
		summaries[i] = s
	}
	return summaries
}

func TestSimulatedParetoNBDParametersAreRecovered(t *testing.T) {
	truth := ParetoNBD{R: .8, Alpha: 8, S: .9, Beta: 20}
	covered, checked := 0, 0
	for seed := range uint64(8) {
		_, fit := ParetoNBD{}.Refit(Compress(simulatePareto(truth, 4000, 80, seed)))
		if !fit.Converged || fit.AtBorder {
			t.Fatalf("seed %d: %+v", seed, fit)
		}
		for i, want := range []float64{truth.R, truth.Alpha, truth.S, truth.Beta} {
			checked++
			if math.Abs(math.Log(fit.Parameters[i].Value/want)) < 2.58*fit.Parameters[i].Error/fit.Parameters[i].Value {
				covered++
			}
		}
	}
	if covered < checked-2 {
		t.Errorf("99 %% intervals hold the truth %d of %d times", covered, checked)
	}
}

func TestParetoNBDWithoutDropoutIsTheNBD(t *testing.T) {
	m := ParetoNBD{R: .8, Alpha: 6, S: 1e-9, Beta: 10}
	s := Summary{Frequency: 4, Recency: 20, Age: 30}
	near(t, "expected", m.Expected(s, 26), 4.8/36*26, 1e-7)
	count := newTail(4.8, 26./36)
	for k, p := range m.Forecast(s, 26, nil).CDF[:10] {
		if math.Abs(1-p-count.above) > 1e-7 {
			t.Errorf("P(X > %d) is %v, negative binomial %v", k, 1-p, count.above)
		}
		count.next()
	}
}
