package calibration

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestRankedProbabilityOfAPointForecastIsItsAbsoluteError(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		forecast, y := rapid.IntRange(0, 30).Draw(rt, "forecast"), rapid.IntRange(0, 60).Draw(rt, "outcome")
		cdf := make([]float64, forecast+1)
		cdf[forecast] = 1
		if got := RankedProbability(cdf, y); got != math.Abs(float64(forecast-y)) {
			rt.Fatalf("score %v", got)
		}
	})
}

func TestCoverageOfATrueDistributionIsEightyPercent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		masses := rapid.SliceOfN(rapid.Float64Range(.01, 1), 1, 20).Draw(rt, "masses")
		total, sum, covered := 0.0, 0.0, 0.0
		for _, m := range masses {
			total += m
		}
		cdf := make([]float64, len(masses))
		for k, m := range masses {
			sum += m / total
			cdf[k] = sum
		}
		for k, m := range masses {
			covered += m / total * Coverage(cdf, k)
		}
		if math.Abs(covered-.8) > 1e-9 {
			rt.Fatalf("expected coverage %v", covered)
		}
	})
}

func TestDevianceIsLeastAtTheOutcomeAndFiniteAtZero(t *testing.T) {
	if Deviance(3, 3) != 0 || !(Deviance(2.5, 3) > 0) || !(Deviance(3.5, 3) > 0) {
		t.Error("the deviance is not least at the outcome")
	}
	if got := Deviance(0, 2); math.Abs(got-2*(2*math.Log(2000)-2+.001)) > 1e-12 {
		t.Errorf("deviance of a forecast of nothing is %v", got)
	}
}

func TestRankMeasuresOfSmallLists(t *testing.T) {
	scores := []float64{1, 2, 2, 5}
	if got := AUC(scores, []bool{false, true, false, true}); got != .875 {
		t.Errorf("AUC %v, want .875", got)
	}
	if got := Spearman(scores, []float64{10, 20, 20, 21}); math.Abs(got-1) > 1e-12 {
		t.Errorf("Spearman %v, want 1", got)
	}
	weights := TopShare([]float64{3, 1, 1, 1, 0}, .4)
	want := []float64{1, 1. / 3, 1. / 3, 1. / 3, 0}
	for i := range want {
		if math.Abs(weights[i]-want[i]) > 1e-12 {
			t.Errorf("weight %d is %v, want %v", i, weights[i], want[i])
		}
	}
	if got := Overlap([]float64{1, 1, 0}, []float64{1, 0, 1}); got != .5 {
		t.Errorf("overlap %v, want .5", got)
	}
}
