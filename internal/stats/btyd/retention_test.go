package btyd

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Of 1,000 regular customers of Fader and Hardie 2007 those who were left after
// each year. The tests of pymc-marketing hold a fit to alpha .688 and beta 1.182
// within 10 %; the maximum of these counts is at .70408 and 1.18204, where both
// slopes are 0 in 12 digits (mpmath 1.x).
func TestRetentionOfRegularCustomersIsThePublished(t *testing.T) {
	left := []float64{1000, 631, 468, 382, 326, 289, 262, 241}
	m, fit := FitRetention(left)
	near(t, "alpha", m.Alpha, .688, .1)
	near(t, "beta", m.Beta, 1.182, .1)
	near(t, "alpha, exactly", m.Alpha, .704077298, 1e-7)
	near(t, "beta, exactly", m.Beta, 1.182043026, 1e-7)
	nearLikelihood(t, fit, -1680.26518846, 1000)
	for n, want := range left {
		if got := 1000 * m.Left(n); math.Abs(got-want) > 7 {
			t.Errorf("%v are left after %d years, %v were", got, n, want)
		}
	}
}

func TestRetentionIsAProductOfRatesAndItsGradientAgreesWithDifferences(t *testing.T) {
	l := retentionLikelihood{left: []float64{100, 60, 50, 44}, stayed: newRising(4), both: newRising(4)}
	rapid.Check(t, func(rt *rapid.T) {
		at := drawPoint(rt, 2)
		compareGradient(rt, l.minusMean, at)
		m, product := Retention{math.Exp(at[0]), math.Exp(at[1])}, 1.
		for n := range 40 {
			if math.Abs(m.Left(n)-product) > 1e-12 {
				rt.Fatalf("%v are left after %d renewals, by the rates %v", m.Left(n), n, product)
			}
			product *= m.Rate(n)
		}
	})
}

func TestCohortsThatTellNothingGiveFiniteRetention(t *testing.T) {
	for name, left := range map[string][]float64{"nobody": nil, "no renewal yet": {50}, "of nobody": {0, 0}, "nobody ends": {50, 50, 50}, "all end": {50, 0, 0}} {
		m, fit := FitRetention(left)
		if !finite(fit) || !(m.Left(3) >= 0 && m.Left(3) <= 1) {
			t.Errorf("%s: %+v %+v", name, m, fit)
		}
	}
}
