package measurement_test

import (
	"testing"

	"siyu/internal/measurement"
)

func TestWordingsAreComparedOnlyWhereThereIsEnoughToTell(t *testing.T) {
	t.Parallel()
	list := []measurement.Wording{
		{Given: 1000, Delivered: 800, Did: [3]int{80, 40, 4}},
		{Given: 1000, Delivered: 805, Did: [3]int{160, 42, 5}}, // answered twice as often
		{Given: 12, Delivered: 9, Did: [3]int{3, 1, 0}},        // too few
		{Given: 1000, Delivered: 300, Did: [3]int{60, 30, 0}},  // members did not like to confirm it
	}
	got := measurement.CompareWordings(list)
	for i, want := range [][3]measurement.Verdict{
		{measurement.First, measurement.First, measurement.First},
		{measurement.More, measurement.OpenYet, measurement.OpenYet},
		{measurement.OpenYet, measurement.OpenYet, measurement.OpenYet},
		{measurement.Unlike, measurement.Unlike, measurement.Unlike},
	} {
		for o := range want {
			if got[i][o].Verdict != want[o] {
				t.Errorf("wording %d, outcome %d: %+v, want %s", i, o, got[i][o], want[o])
			}
		}
	}
	if e := got[1][0]; e.Low >= e.Share || e.High <= e.Share || e.From >= e.Difference || e.To <= e.Difference {
		t.Errorf("an interval does not hold its share: %+v", e)
	}
}
