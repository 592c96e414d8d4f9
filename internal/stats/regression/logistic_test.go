package regression

import (
	"math"
	"testing"
)

// table returns rows of an intercept and an exposure, yes of n without it and with it.
func table(yes, n [2]int) (d Data) {
	d.Columns = 2
	for exposed := range 2 {
		for i := range n[exposed] {
			d.Append([]float64{1, float64(exposed)}, i < yes[exposed])
		}
	}
	return d
}

// Of a table of two by two the coefficient is the log odds ratio, and its variance the sum
// of the cells' inverses (Woolf 1955).
func TestTheLogisticFitOfATableIsItsOddsRatio(t *testing.T) {
	d := table([2]int{20, 45}, [2]int{100, 90})
	f := Logistic(d, []Prior{{SD: 1e4}, {SD: 1e4}})
	ratio, variance := math.Log(45./45)-math.Log(20./80), 1./45+1./45+1./20+1./80
	if !f.Converged || math.Abs(f.Coefficients[1]-ratio) > 1e-6 || math.Abs(f.Covariance[1][1]-variance) > 1e-6 || math.Abs(Odds(f.Coefficients[0])-.2) > 1e-6 {
		t.Errorf("%+v, want %v with variance %v", f, ratio, variance)
	}
}

func TestWithoutDataTheLogisticFitIsItsPrior(t *testing.T) {
	f := Logistic(Data{Columns: 2}, []Prior{{Mean: -2, SD: .5}, {Mean: .3, SD: .2}})
	if f.Coefficients[0] != -2 || f.Coefficients[1] != .3 || math.Abs(f.PriorWeight(1, Prior{SD: .2})-1) > 1e-9 {
		t.Errorf("%+v", f)
	}
}

func TestWhatSeparatesAllIsHeldByThePrior(t *testing.T) {
	f := Logistic(table([2]int{0, 50}, [2]int{50, 50}), []Prior{{SD: 2}, {SD: 2}})
	if b := f.Coefficients[1]; !f.Converged || !(b > 1 && b < 12) {
		t.Errorf("%+v", f)
	}
}
