package repurchase

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/insight/exposure"
	"siyu/internal/stats/regression"
)

func TestMemoryIsSpokenOfOnlyWhereItForetellsMoreThanRecency(t *testing.T) {
	if got := against([]float64{-1, -1, -1, -1}, []float64{-1, -1, -1, -1}); got.Better() || got.Gain != 0 {
		t.Errorf("no difference is %+v", got)
	}
	if got := against([]float64{-.5, -.6, -.5, -.6}, []float64{-1, -1, -1, -1}); !got.Better() || math.Abs(got.Gain-1.8) > 1e-12 {
		t.Errorf("better everywhere is %+v", got)
	}
	if got := against([]float64{0, -2, 0, -2.1}, []float64{-1, -1, -1, -1}); got.Better() {
		t.Errorf("now better, now worse is %+v", got)
	}
}

func TestHowManyOrdersAHorizonHoldsIsLearned(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d, o := regression.Data{Columns: 2}, origin{}
	for range 20_000 {
		eta := 2 * r.NormFloat64()
		d.Append([]float64{1, eta}, false)
		n, left := 0, saturated(math.Exp(eta), 2) // a Poisson count, by its waiting times
		for left -= r.ExpFloat64(); left > 0; left -= r.ExpFloat64() {
			n++
		}
		o.orders = append(o.orders, n)
	}
	if got := most(d, []origin{o}); got != 2 {
		t.Errorf("at most %v orders, want 2", got)
	}
}

func TestEveryHalfLifeHasItsPlace(t *testing.T) {
	if n := len(exposure.HalfLives()); n != recencyAlone {
		t.Errorf("%d half-lives, recency stands at %d", n, recencyAlone)
	}
}
