package desk

import (
	"testing"

	"siyu/internal/insight/need"
)

func TestTheUsualCycleIsTheMedianOverAllGaps(t *testing.T) {
	for name, c := range map[string]struct {
		cycles need.Cycles
		days   float64
		gaps   int
	}{
		"nothing known":   {nil, 45, 0},
		"no gaps":         {need.Cycles{{Days: 180}, {Days: 30}, {Days: 45}}, 45, 0},
		"most buy coffee": {need.Cycles{{Days: 24, Wait: need.Wait{Gaps: 60}}, {Days: 38, Wait: need.Wait{Gaps: 30}}, {Days: 180, Wait: need.Wait{Gaps: 10}}}, 24, 100},
		"few do":          {need.Cycles{{Days: 24, Wait: need.Wait{Gaps: 30}}, {Days: 180, Wait: need.Wait{Gaps: 60}}, {Days: 38, Wait: need.Wait{Gaps: 10}}}, 180, 100},
	} {
		if days, gaps := usualCycle(c.cycles); days != c.days || gaps != c.gaps {
			t.Errorf("%s: %v days of %d gaps, want %v of %d", name, days, gaps, c.days, c.gaps)
		}
	}
}
