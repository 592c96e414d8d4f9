package bench

import (
	"math"
	"slices"
	"testing"

	"siyu/internal/insight"
	"siyu/internal/insight/mind"
	"siyu/internal/wecom/world"
)

func TestARegretOfNothingCannotBeBeaten(t *testing.T) {
	w := LimitWorld{Rules: []LimitRule{{Name: Majority}, {Name: Siyu, Score: world.Score{Regret: .01}}}}
	if !w.Unbeatable() || w.Regret(Siyu) != .01 || !math.IsNaN(w.Regret(Recency)) {
		t.Errorf("%+v", w)
	}
	if _, ok := w.MostF1(); ok {
		t.Error("nobody who knows the law was asked and still the most is told")
	}
	w.Rules[0].Regret = .001
	if w.Unbeatable() {
		t.Error("a regret above 0 can be beaten")
	}
}

func TestSiyuIsAskedOnTheWayAndAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		days, every int
		want        []int
	}{{0, 0, []int{0}}, {30, 0, []int{30}}, {50, 20, []int{0, 20, 40, 50}}, {40, 20, []int{0, 20, 40}}} {
		if got := (LimitOptions{Days: c.days, Every: c.every}).asked(); !slices.Equal(got, c.want) {
			t.Errorf("%d days, every %d: %v", c.days, c.every, got)
		}
	}
}

// Who knows the law is the limit of what can be known on the first day: that no more
// than that is demanded of Siyu rests on it.
func TestWhereOneAnswerIsRightNothingIsClaimedAndTheLimitIsTold(t *testing.T) {
	r, err := Limiting(t.Context(), LimitOptions{Options: Options{Customers: 300}, Seed: 3, World: "contacts_have_no_effect", Oracle: 60})
	if err != nil {
		t.Fatal(err)
	}
	w := r.Worlds[0]
	if !w.Unbeatable() || w.Claimed != 0 || w.Regret("leave alone") != 0 || !(w.Regret(Siyu) < w.Regret(Random)) {
		t.Errorf("%+v", w)
	}
	if _, ok := w.MostF1(); !ok {
		t.Error("the limit of what can be known is not told")
	}
	if slices.ContainsFunc(w.Effects, func(e mind.Effect) bool { return e.Grade != insight.Assumed }) {
		t.Errorf("nobody was drawn and still %+v", w.Effects)
	}
}

// On the first day in the standard world, where what holds customers back differs: whoever
// draws lots and whoever goes by the last purchase loses more orders than Siyu.
func TestSiyuLosesFewerOrdersThanLotsAndRecency(t *testing.T) {
	r, err := Limiting(t.Context(), LimitOptions{Options: Options{Customers: 1000}, Seed: 4, World: "standard"})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{Random, Recency} {
		if w := r.Worlds[0]; !(w.Regret(Siyu) < w.Regret(rule)) {
			t.Errorf("regret %.4f, of %s %.4f orders a person", w.Regret(Siyu), rule, w.Regret(rule))
		}
	}
}
