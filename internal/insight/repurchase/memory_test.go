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

// months draws horizons, newest first, in each of which customers buy by memory with one
// of the half-lives, and contacts are told apart by nothing else.
func months(truths ...int) (all []origin) {
	r := rand.New(rand.NewPCG(1, 8))
	for _, truth := range truths {
		var o origin
		for range 3000 {
			var memory [memories]float64
			for k := range memory {
				memory[k] = r.Float64()
			}
			bought := 0
			if r.Float64() < Probability(-2.25+2.5*memory[truth]) {
				bought = 1
			}
			o.rows, o.memory, o.contacts, o.orders = append(o.rows, row{}), append(o.memory, memory), append(o.contacts, memory), append(o.orders, bought)
			o.acted = append(o.acted, false)
		}
		for i := range o.rows {
			o.rows[i].measured[0].Value = 1
		}
		all = append(all, o)
	}
	return all
}

// What chose the half-life would flatter it: the month that judges is another one.
func TestAHalfLifeIsJudgedOnAMonthThatDidNotChooseIt(t *testing.T) {
	learned := func(truths ...int) *Model {
		m := &Model{HalfLife: usualHalfLife()}
		m.judgeMemory(months(truths...))
		return m
	}
	if m := learned(3, 0, 0, 0); m.HalfLife != exposure.HalfLives()[0] || m.Memory.Better() {
		t.Errorf("%v days chosen where only the newest month speaks for another, %+v", m.HalfLife, m.Memory)
	}
	if m := learned(2, 2, 2, 2); m.HalfLife != exposure.HalfLives()[2] || !m.Memory.Better() {
		t.Errorf("%v days chosen where all months say %v, %+v", m.HalfLife, exposure.HalfLives()[2], m.Memory)
	}
	if m := learned(recencyAlone, 2, 2, 2); m.Memory.Better() {
		t.Errorf("recency foretold the newest month better, and yet %+v", m.Memory)
	}
	if m := learned(3, 3); m.HalfLife != usualHalfLife() {
		t.Errorf("two months, of which one judges, chose %v days", m.HalfLife)
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
