package desk

import (
	"slices"
	"testing"

	"siyu/internal/insight/ltv"
	"siyu/internal/insight/repurchase"
	"siyu/internal/stats/btyd"
	"siyu/internal/web"
)

func TestTheCardNamesAHalfLifeOnlyWhereItForetellsMoreThanRecency(t *testing.T) {
	named := func(gain float64) bool {
		f := repurchaseFit(&repurchase.Model{HalfLife: 30, Memory: repurchase.MemoryTest{Gain: gain, SE: 2}})
		return slices.ContainsFunc(f.Parameters, func(p web.ParameterView) bool { return p.Key == "half_life" })
	}
	if named(1.5) || named(-3) {
		t.Error("a half-life is named that foretells no better than the latest contact")
	}
	if !named(2.5) {
		t.Error("a half-life that foretells better is not named")
	}
}

func TestTheCardTellsHowMuchOfTheRegressionIsStillPrior(t *testing.T) {
	of := func(name string, w *ltv.Window) web.FitView {
		return orderFits(&ltv.Forecaster{Fitted: true, Members: []ltv.Member{{Name: name, Window: w, Fit: btyd.Fit{Parameters: []btyd.Parameter{{Name: "rate", Value: 2}, {Name: "size", Value: 1}}}}}})[0]
	}
	if p := of("glm", &ltv.Window{Priors: []float64{.25}}).Parameters; p[0].Key != "window_rate" || p[0].Prior != .25 || p[1].Key != "window_size" || p[1].Prior != unknownPrior {
		t.Errorf("%+v", p)
	}
	if p := of("pnbd", nil).Parameters; p[0].Key != "rate" || p[0].Prior != unknownPrior {
		t.Errorf("a purchase model: %+v", p)
	}
}
