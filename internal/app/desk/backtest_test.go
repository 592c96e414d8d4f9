package desk

import (
	"testing"
	"time"

	"siyu/internal/insight/ltv"
	"siyu/internal/insight/mind"
	"siyu/internal/measurement/backtest"
)

func TestWhateverTheNextNightDoesOtherwiseIsPending(t *testing.T) {
	then := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	inForce := mind.Chosen{At: then, Choice: ltv.Choice{Name: ltv.Mixture, Members: []string{"pnbd", "mbgcnbdk"}, K: 2}}
	newer := func(change func(c *ltv.Choice)) *backtest.Result {
		r := &backtest.Result{At: then.AddDate(0, 0, 7)}
		r.Choice = inForce.Choice
		r.Choice.RPS, r.Choice.Calendar.RPS, r.Choice.Rates.Plain = .4, .41, .42
		change(&r.Choice)
		return r
	}
	for name, c := range map[string]struct {
		change func(c *ltv.Choice)
		want   bool
	}{
		"other scores":         {func(*ltv.Choice) {}, false},
		"the calendar":         {func(c *ltv.Choice) { c.Calendar.Used = true }, true},
		"stores":               {func(c *ltv.Choice) { c.Rates.Stores = true }, true},
		"months":               {func(c *ltv.Choice) { c.Rates.Months = true }, true},
		"a model":              {func(c *ltv.Choice) { c.Members = []string{"pnbd"} }, true},
		"k":                    {func(c *ltv.Choice) { c.K = 3 }, true},
		"k of nobody's models": {func(c *ltv.Choice) { c.Members = []string{"pnbd"}; c.K = 3 }, true},
	} {
		if got := pending(&inForce, newer(c.change)); got != c.want {
			t.Errorf("%s: pending %v", name, got)
		}
	}
	if same := newer(func(*ltv.Choice) {}); pending(&mind.Chosen{At: same.At, Choice: same.Choice}, same) {
		t.Error("the night has passed")
	}
	alone := mind.Chosen{At: then, Choice: ltv.Choice{Members: []string{"pnbd"}, K: 2}}
	if pending(&alone, newer(func(c *ltv.Choice) { c.Members, c.K = []string{"pnbd"}, 4 })) {
		t.Error("k is of a model that is no member")
	}
	if short := newer(func(c *ltv.Choice) { c.Calendar.Used = true }); func() bool { short.Short = true; return pending(&inForce, short) }() {
		t.Error("nothing was chosen")
	}
}
