package web

import (
	"math"
	"slices"
	"strings"
)

type backtestPage struct {
	valuePage
	BacktestView
	InForce, Rule *ForecastScore // the simple rule with the smallest error
}

// valueBacktest shows how the forecasts fared on the brand's own past.
func (v *visit) valueBacktest() error {
	found, err := v.Value.Backtest(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	page := backtestPage{valuePage: valuePage{Tab: "backtest"}, BacktestView: found, InForce: found.inForce(), Rule: found.bestRule()}
	return v.show("value_backtest", Page{Title: v.lang.text("worth.title"), Menu: "value", Data: page})
}

// inForce returns the score of the model that customers' pages show.
func (b BacktestView) inForce() *ForecastScore {
	return b.first(func(s ForecastScore) bool { return s.InForce })
}

func (b BacktestView) first(is func(ForecastScore) bool) *ForecastScore {
	if i := slices.IndexFunc(b.Scores, is); i >= 0 {
		return &b.Scores[i]
	}
	return nil
}

// Chosen names the model that the inner backtest chose, on whose forecasts the
// curve and the tenths are.
func (b BacktestView) Chosen() string {
	if s := b.Best(); s != nil {
		return s.Name
	}
	return ""
}

// models names a model, or a mixture by its members.
func (l *locale) models(name string, members []string) string {
	said := l.word("forecast", name)
	if len(members) < 2 {
		return said
	}
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = l.word("forecast", m)
	}
	return said + l.text("bracket", "Text", strings.Join(names, " + "))
}

// Best returns the score of the chosen model, nil where there is none.
func (b BacktestView) Best() *ForecastScore {
	return b.first(func(s ForecastScore) bool { return s.Chosen })
}

// bestRule returns the simple rule with the smallest error.
func (b BacktestView) bestRule() *ForecastScore {
	var best *ForecastScore
	for i := range b.Scores {
		if s := &b.Scores[i]; s.Rule && (best == nil || s.RPS < best.RPS) {
			best = s
		}
	}
	return best
}

// Judged tells whether there is a result.
func (b BacktestView) Judged() bool { return !b.At.IsZero() && !b.Short }

// Miss returns the forecast total over the actual, minus 1.
func (b BacktestView) Miss() float64 {
	if b.Actual <= 0 {
		return 0
	}
	return b.Predicted/b.Actual - 1
}

// Held tells whether the interval of the total holds what happened.
func (b BacktestView) Held() bool { return b.Actual >= b.Low && b.Actual <= b.High }

// Over tells whether more was forecast than came.
func (b BacktestView) Over() bool { return b.Predicted > b.Actual }

// Off returns how far the total was off, without its sign.
func (b BacktestView) Off() float64 { return math.Abs(b.Miss()) }

// Gain returns by which share a model's error is smaller than the best simple
// rule's.
func (p backtestPage) Gain() float64 {
	if p.InForce == nil || p.Rule == nil || p.Rule.RPS <= 0 {
		return 0
	}
	return 1 - p.InForce.RPS/p.Rule.RPS
}

// Gain returns by which share own orders make the error of amounts smaller.
func (s SpendScore) Gain() float64 { return 1 - s.CRPS/s.Pooled }

// Worst returns the largest difference between expected and actual orders of
// one customer over the tenths.
func (b BacktestView) Worst() float64 {
	worst := 0.0
	for _, d := range b.Deciles {
		worst = max(worst, math.Abs(d.Expected-d.Actual))
	}
	return worst
}

type cardPage struct {
	valuePage
	CardView
}

// valueCard shows what is known of the models in force.
func (v *visit) valueCard() error {
	found, err := v.Value.Card(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.show("value_card", Page{Title: v.lang.text("worth.title"), Menu: "value", Data: cardPage{valuePage: valuePage{Tab: "card"}, CardView: found}})
}

// Score returns how the model in force fared, nil where that is not known.
func (c CardView) Score() *ForecastScore { return c.Backtest.inForce() }
