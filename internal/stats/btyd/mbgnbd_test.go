package btyd

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The published numbers are from BTYDplus, as quoted by the tests of
// lifetimes.
func TestCDNOWSampleGivesThePublishedMBGNBD(t *testing.T) {
	m, fit := MBGNBD{}.Refit(Compress(knownBy(ordersIn(t, "cdnow_sample.csv", 3), day("1997-09-30"))))
	near(t, "r", m.R, .524843, 1e-5)
	near(t, "alpha", m.Alpha, 6.18308, 1e-5)
	near(t, "a", m.A, .89136, 1e-5)
	near(t, "b", m.B, 1.61400, 1e-5)
	nearLikelihood(t, fit, -9582.13571555, 2357)
	if !fit.Converged || fit.AtBorder {
		t.Errorf("%+v", fit)
	}
}

func TestCDNOWFullLogGivesTheReferenceMBGNBD(t *testing.T) {
	m, fit := MBGNBD{}.Refit(Compress(knownBy(ordersIn(t, "cdnow_full.csv", 3), day("1997-09-30"))))
	near(t, "r", m.R, .637140, 1e-4)
	near(t, "alpha", m.Alpha, 7.31029, 1e-4)
	near(t, "a", m.A, .807474, 1e-4)
	near(t, "b", m.B, 1.22839, 1e-4)
	nearLikelihood(t, fit, -95336.95831988, 23570)
}

// From pymc-marketing's tests of the distribution.
func TestSingleMBGNBDLogLikelihoodsAreThePublished(t *testing.T) {
	m := MBGNBD{R: .25, Alpha: 4, A: .8, B: 2.5}
	near(t, "x=0", m.LogLikelihood(Summary{Age: 40}), -.41792826, 1e-7)
	near(t, "x=200", m.LogLikelihood(Summary{Frequency: 200, Recency: 38, Age: 40}), 100.78691, 1e-7)
}

func TestMBGNBDGradientAgreesWithDifferences(t *testing.T) {
	l := newGeometricLikelihood(Compress(simulate(typical, 300, 52, 5)), 1, 1)
	rapid.Check(t, func(rt *rapid.T) { compareGradient(rt, l.minusMean, drawPoint(rt, 4)) })
}

func TestWhoNeverCameBackIsInDoubtOnlyUnderMBGNBD(t *testing.T) {
	m := MBGNBD{R: .5, Alpha: 6, A: 1, B: 2}
	if fresh := m.Alive(Summary{}); math.Abs(fresh-2./3) > 1e-15 {
		t.Errorf("right after the first order alive with probability %v, want b/(a+b)", fresh)
	}
	if silent := m.Alive(Summary{Age: 50}); !(silent < .5) {
		t.Errorf("after a year of silence alive with probability %v", silent)
	}
}

func TestAWarmStartFindsTheSameMaximumSooner(t *testing.T) {
	tuples := Compress(simulate(typical, 3000, 52, 8))
	cold, first := MBGNBD{}.Refit(tuples)
	warm, again := cold.Refit(tuples)
	if math.Abs(warm.R/cold.R-1) > 1e-6 || math.Abs(warm.B/cold.B-1) > 1e-6 || math.Abs(again.LogLikelihood-first.LogLikelihood) > 1e-6 {
		t.Errorf("from the start %+v, from the end %+v", cold, warm)
	}
	if again.Evaluations*3 > first.Evaluations {
		t.Errorf("%d evaluations from the end, %d from the start", again.Evaluations, first.Evaluations)
	}
}
