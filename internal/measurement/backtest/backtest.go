// Package backtest judges the forecasts of orders on a brand's own past: the
// models are fitted on what was known on a day and compared with what came
// after it.
package backtest

import (
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/btyd"
)

// How much history a backtest takes and how far it looks ahead, in days.
const (
	leastSpan   = 16 * 7 // a quarter of it is four weeks ahead
	longestView = 26 * 7 // half a year: more than that is no longer about the present
	viewShare   = 4      // of the history, the last part is looked at
	// LeastCustomers is how many must have bought by the cut.
	LeastCustomers = 100
)

// Orders collects the orders of customers until a moment.
type Orders struct {
	until  event.Instant
	cycles need.Cycles
	book   *ltv.Book
	young  int
}

// NewOrders returns an empty collection of orders known until a moment. The
// cycles tell who is too new to be judged by the own rhythm.
func NewOrders(until time.Time, cycles need.Cycles) *Orders {
	o := &Orders{cycles: cycles, book: ltv.NewBook()}
	if !until.IsZero() {
		o.until = event.At(until)
	}
	return o
}

// Add adds the customer's orders that were not refunded in full.
func (o *Orders) Add(c *profile.Customer) {
	if c.MergedInto != 0 {
		return
	}
	v := past.View{Customer: c, At: o.until, Orders: o.until}
	o.book.Add(c.ID, ltv.OrdersOf(c, o.until), ltv.FirstStore(v))
	if need.NewnessOf(v, o.cycles).TooNew() {
		o.young++
	}
}

// Result is a finished backtest. Its Choice was made by what was known at the
// cut: the models that are fitted anew with it every night are those that were
// judged, by orders that had no part in choosing them.
type Result struct {
	At    time.Time `json:"at"`
	Short bool      `json:"short"` // too little history: nothing was judged
	Cut   time.Time `json:"cut"`   // start of the last day that was known
	End   time.Time `json:"end"`   // start of the last day that was judged
	// TooNew customers first bought after the cut, so that nothing was said of
	// them; Young ones have no second order yet and are known for less than a
	// cycle, at the end.
	TooNew int `json:"too_new"`
	Young  int `json:"young"`
	// InForce is how totals fared, looking ahead from several past days, each by models
	// chosen and fitted on what was known on it: the days on which a choice is judged
	// have no part in it.
	InForce ltv.Misses `json:"in_force"`
	// Totals are those forecasts, latest first.
	Totals []ltv.RollingOrigin `json:"totals"`
	// Season is how the tracking curve fares with festivals.
	Season ltv.Season `json:"season"`
	ltv.Backtest
}

// Believed returns which purchase models are to be believed, none where nothing
// was judged. A result of another version of this program may name a simple
// rule, which knows no customers that stop.
func (r *Result) Believed() ltv.Choice {
	if r.Short || slices.ContainsFunc(r.Choice.Members, func(name string) bool { return !slices.Contains(ltv.Choosable(), name) }) {
		return ltv.Choice{}
	}
	return r.Choice
}

// Totals are looked ahead to from days half a view apart, as long as the history
// before them is as long as what is looked ahead to.
const (
	originSteps = 2 // in a view
	mostOrigins = 8
)

// originsIn returns from how many days totals are looked ahead to, the cut included.
func originsIn(history, view int) int {
	return min(mostOrigins, 1+max(0, history-view)*originSteps/view)
}

// Run judges all models. The collection must not be used afterwards.
func (o *Orders) Run(now time.Time) Result {
	r := Result{At: now, Short: true, Young: o.young}
	log := o.book.Close()
	first, _, ok := log.Span()
	if !ok {
		return r
	}
	end := past.DayOf(o.until - 1)
	span := int(end - first)
	if span < leastSpan {
		return r
	}
	cut := end - btyd.Day(min(span/viewShare, longestView))
	known := 0
	for i := range log.Customers() {
		if log.Orders(i)[0].Day <= cut {
			known++
		} else {
			r.TooNew++
		}
	}
	if known < LeastCustomers {
		return r
	}
	r.Short, r.Cut, r.End = false, past.StartOf(cut).Time(), past.StartOf(end).Time()
	r.Backtest = ltv.Trial{Cut: cut, End: end, Judged: ltv.ModelNames(), Choosable: ltv.Choosable()}.Run(log)
	view := int(end - cut)
	totals := ltv.RunRolling(log, ltv.Choosable(), ltv.RollingSpec{Cut: cut, End: end, Origins: originsIn(int(cut-first), view), Step: view / originSteps, First: &r.Backtest})
	r.InForce, r.Totals = totals.Misses(), totals.Origins
	r.Season = r.Backtest.Season(log, cut)
	return r
}
