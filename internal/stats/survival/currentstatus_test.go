package survival_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"siyu/internal/stats/survival"
)

func TestAdjacentViolatorsArePooled(t *testing.T) {
	share, block := survival.CurrentStatus([]survival.Status{{4, 1}, {4, 3}, {4, 2}, {0, 0}, {4, 3}, {4, 4}})
	want := []float64{.25, .625, .625, .625, .75, 1}
	for i := range want {
		if math.Abs(share[i]-want[i]) > 1e-12 {
			t.Errorf("%v, want %v", share, want)
		}
	}
	if !slices.Equal(block, []int{0, 1, 1, 1, 2, 3}) {
		t.Errorf("pools %v", block)
	}
}

func TestTheCurveRisesAndFindsTheTruth(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	ages := make([]survival.Status, 60)
	for range 200_000 {
		age := random.IntN(len(ages))
		ages[age].All++
		if random.Float64() < .1 && 10*random.ExpFloat64() < float64(age) {
			ages[age].Over++
		}
	}
	share, _ := survival.CurrentStatus(ages)
	if !slices.IsSorted(share) {
		t.Error("it falls")
	}
	for _, age := range []int{5, 10, 20, 50} {
		if want := .1 * -math.Expm1(-float64(age)/10); math.Abs(share[age]-want) > .01 {
			t.Errorf("at %d %.4f, want %.4f", age, share[age], want)
		}
	}
}

func TestNothingSeenIsNotOver(t *testing.T) {
	if share, _ := survival.CurrentStatus(make([]survival.Status, 3)); !slices.Equal(share, []float64{0, 0, 0}) {
		t.Errorf("%v", share)
	}
	if share, _ := survival.CurrentStatus([]survival.Status{{}, {2, 1}}); share[0] != 0 || share[1] != .5 {
		t.Errorf("%v", share)
	}
}
