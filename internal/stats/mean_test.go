package stats

import (
	"math"
	"testing"
)

// Student's own example: additional hours of sleep by two drugs of ten patients,
// differences of mean 1.58; the 95 % interval .70 to 2.46 is that of R's t.test on its
// data set sleep.
func TestTheMeanOfStudentsSleepersHasItsPublishedInterval(t *testing.T) {
	mean, low, high := MeanInterval([]float64{1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, .8, 4.6, 1.4}, .95)
	if math.Abs(mean-1.58) > 1e-9 || math.Abs(low-.7001142) > 1e-6 || math.Abs(high-2.4598858) > 1e-6 {
		t.Errorf("%.7f, %.7f to %.7f", mean, low, high)
	}
}

func TestOneDrawTellsNothingOfItsSpread(t *testing.T) {
	if mean, low, high := MeanInterval([]float64{3}, .95); mean != 3 || !math.IsInf(low, -1) || !math.IsInf(high, 1) {
		t.Error(mean, low, high)
	}
}
