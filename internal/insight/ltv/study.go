package ltv

import (
	"slices"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Study is what a log of orders says, until a day, about the orders of some
// days after it.
type Study struct {
	Choice  Choice
	Horizon stats.Weeks
	panel   *panel
	fitter  *fitter
}

// NewStudy chooses among the named models by an inner backtest on what
// happened up to and including until. Days later than that are not looked at.
func NewStudy(log *btyd.Log, names []string, until btyd.Day, days int) *Study {
	s := &Study{Horizon: stats.WeeksOfDays(days)}
	s.Choice, s.fitter = choose(log, names, until, days)
	s.panel = s.fitter.paced(newPanel(log, panelOf{until: until, window: windowBefore(log, until, days)}))
	return s
}

// Customers returns how many were first seen by the day.
func (s *Study) Customers() int { return len(s.panel.cases) }

// Patterns returns how many different patterns of buying they have.
func (s *Study) Patterns() int { return len(s.panel.tuples) }

// Spenders returns the summaries of the customers whose repeat orders had
// amounts: all that a spend model looks at.
func (s *Study) Spenders() []btyd.Summary {
	n := 0
	for _, c := range s.panel.cases {
		if c.Frequency > 0 && c.Monetary > 0 {
			n++
		}
	}
	spenders := make([]btyd.Summary, 0, n)
	for _, c := range s.panel.cases {
		if c.Frequency > 0 && c.Monetary > 0 {
			spenders = append(spenders, c.Summary)
		}
	}
	return spenders
}

// SpendFit is what a study says of the amounts of orders.
type SpendFit struct {
	btyd.Spend
	btyd.Fit
	Spenders int // customers it was fitted on
	// Prior: no repeat order had an amount, so that PriorSpend around the mean
	// order speaks; where all amounts are 0 it expects 0.
	Prior bool
}

// Spend fits the spend model to the customers whose repeat orders had amounts.
func (s *Study) Spend() SpendFit {
	spenders := s.Spenders()
	if len(spenders) == 0 {
		return SpendFit{Spend: PriorSpend(s.meanOrder()), Prior: true}
	}
	spend, fit := btyd.FitSpend(spenders)
	return SpendFit{Spend: spend, Fit: fit, Spenders: len(spenders)}
}

// meanOrder returns the mean amount of all orders until the day, first ones
// too, 0 where there are none.
func (s *Study) meanOrder() float64 {
	amount, orders := 0., 0
	for _, c := range s.panel.cases {
		for _, o := range s.panel.log.Orders(int(c.Customer))[:1+c.Frequency] {
			amount, orders = amount+o.Amount, orders+1
		}
	}
	return amount / float64(max(1, orders))
}

// Fitting returns the names and, where that speaks, the prior: what Fit takes.
func (s *Study) Fitting(names []string) []string {
	if s.Choice.Prior && !slices.Contains(names, priorName) {
		return append(slices.Clone(names), priorName)
	}
	return names
}

// Fit fits the named model, one of those the study is about, to everything
// until the day.
func (s *Study) Fit(name string) Fitted { return s.fitter.fit(name, s.panel) }

// fitAll fits the named models.
func (s *Study) fitAll(names []string) []Fitted { return s.fitter.fitAll(names, s.panel) }
