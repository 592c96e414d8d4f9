package btyd

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// published2010 is the fit of the donations of a cohort over six years that Fader,
// Hardie and Shang 2010 print as 1.204, .750, .657, 2.783; their sheet goes on
// with more digits.
var published2010 = BGBB{Alpha: 1.20352, Beta: .74972, Gamma: .65672, Delta: 2.78344}

// The sheet of note 010 (brucehardie.com/notes/010), as quoted by the tests of
// pymc-marketing.
func TestLogLikelihoodsOfOccasionsAreThePublished(t *testing.T) {
	for _, c := range []struct {
		bought, last  int
		logLikelihood float64
	}{
		{6, 6, -2.18167018824}, {5, 6, -4.29485034929}, {4, 6, -5.38473334360}, {3, 6, -5.80915881601}, {2, 6, -5.65172964525}, {1, 6, -4.88370164695},
		{5, 5, -3.71682127437}, {4, 5, -5.09558227343}, {3, 5, -5.61576884108}, {2, 5, -5.50636893346}, {1, 5, -4.76723821904},
		{4, 4, -3.84829625138}, {3, 4, -5.05936147828}, {2, 4, -5.19562191019}, {1, 4, -4.57070931973},
		{3, 3, -3.52745257839}, {2, 3, -4.51620272962}, {1, 3, -4.22465969453},
		{2, 2, -3.01199924784}, {1, 2, -3.58817880928}, {1, 1, -2.28882847451}, {0, 0, -1.16751622367},
	} {
		near(t, "log-likelihood", published2010.LogLikelihood(Occasions{Bought: c.bought, Last: c.last, Of: 6}), c.logLikelihood, 1e-5)
	}
}

func donations(t *testing.T) []Occasions {
	t.Helper()
	var donors []Occasions
	for _, row := range dataFile(t, "donations.csv") {
		donors = append(donors, Occasions{Bought: int(number(t, row[0])), Last: int(number(t, row[1])), Of: int(number(t, row[2])), Count: number(t, row[3])})
	}
	return donors
}

// Fader, Hardie and Shang 2010, tables 3, 5 and 6, and their sheet, as quoted by
// the tests of lifetimes.
func TestDonationsGiveThePublishedBGBB(t *testing.T) {
	donors := donations(t)
	m, fit := FitBGBB(donors)
	near(t, "alpha", m.Alpha, 1.20352, 1e-5)
	near(t, "beta", m.Beta, .74972, 1e-5)
	near(t, "gamma", m.Gamma, .65672, 1e-5)
	near(t, "delta", m.Delta, 2.78344, 1e-5)
	nearLikelihood(t, fit, -33225.58127435, 11104)
	if !fit.Converged || fit.AtBorder {
		t.Errorf("%+v", fit)
	}
	people, next := 0., 0.
	for _, o := range donors {
		people, next = people+o.Count, next+o.Count*m.Expected(o, 5)
	}
	near(t, "donations of the next five years", next, 12884.157, 1e-6)
	near(t, "never", people*m.Probability(0, 6), 3454.9, 2e-5)
	near(t, "always", people*m.Probability(6, 6), 1253.1, 4e-5)
	for _, c := range []struct {
		bought, last int
		alive        float64
	}{{0, 0, .1081}, {2, 4, .5897}, {6, 6, .9304}} {
		if got := m.Alive(Occasions{Bought: c.bought, Last: c.last, Of: 6}); math.Abs(got-c.alive) > 5e-5 {
			t.Errorf("donors of (%d, %d) are active with probability %v, want %v", c.bought, c.last, got, c.alive)
		}
	}
}

// drawBGBB covers what is seen in practice and beyond.
func drawBGBB(t *rapid.T) BGBB {
	at := drawPoint(t, 4)
	return BGBB{math.Exp(2 * at[0]), math.Exp(2 * at[1]), math.Exp(2 * at[2]), math.Exp(2 * at[3])}
}

func TestBGBBObeysTheLawsOfProbability(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, n := drawBGBB(rt), rapid.IntRange(0, 30).Draw(rt, "occasions")
		all, mean := 0., 0.
		for bought := range n + 1 {
			p := m.Probability(bought, n)
			all, mean = all+p, mean+float64(bought)*p
		}
		if math.Abs(all-1) > 1e-10 || math.Abs(mean-m.Expected(Occasions{}, n)) > 1e-9*(1+mean) {
			rt.Fatalf("probabilities sum to %v with mean %v, expected %v", all, mean, m.Expected(Occasions{}, n))
		}
		o := Occasions{Of: n}
		o.Last = rapid.IntRange(0, n).Draw(rt, "last")
		o.Bought = min(o.Last, rapid.IntRange(1, 30).Draw(rt, "bought"))
		alive := m.Alive(o)
		if !(alive >= 0 && alive <= 1) || m.Expected(o, 4) > 4*alive+1e-12 {
			rt.Fatalf("%+v: active with probability %v, expects %v of 4", o, alive, m.Expected(o, 4))
		}
		later := o
		if later.Last < n && o.Bought > 0 {
			later.Last++
			if m.Alive(later) < alive-1e-12 {
				rt.Fatalf("a later last purchase makes it less likely to be active")
			}
		}
	})
}

func TestBGBBGradientAgreesWithDifferences(t *testing.T) {
	l := bgbbLikelihood{customers: []Occasions{{0, 0, 6, 30}, {1, 1, 6, 9}, {2, 5, 6, 4}, {3, 3, 4, 2}, {6, 6, 6, 8}}, count: 53, factors: newBGBBFactors(6)}
	rapid.Check(t, func(rt *rapid.T) { compareGradient(rt, l.minusMean, drawPoint(rt, 4)) })
}

func TestOccasionsOfNobodyOrAllAlikeGiveFiniteBGBB(t *testing.T) {
	for name, customers := range map[string][]Occasions{
		"nobody":         nil,
		"impossible":     {{2, 1, 6, 5}, {1, 0, 6, 5}, {-1, 0, 6, 5}, {0, 0, 6, math.NaN()}, {1, 7, 6, 5}},
		"never":          {{0, 0, 6, 900}},
		"always":         {{6, 6, 6, 900}},
		"once, at first": {{1, 1, 6, 900}},
		"no occasion":    {{0, 0, 0, 900}},
	} {
		m, fit := FitBGBB(customers)
		if !finite(fit) || !(m.Alive(Occasions{Of: 6}) >= 0) {
			t.Errorf("%s: %+v %+v", name, m, fit)
		}
	}
}
