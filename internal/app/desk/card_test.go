package desk

import (
	"slices"
	"testing"

	"siyu/internal/insight/repurchase"
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
