// Package backtest judges the forecasts of orders on a brand's own past: the
// models are fitted on what was known on a day and compared with what came
// after it.
package backtest

import (
	"math"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/btyd"
)

// InForce is the model whose forecasts customers' pages show.
const InForce = "bgnbd"

// How much history a backtest takes and how far it looks ahead, in days.
const (
	leastSpan   = 16 * 7 // a quarter of it is four weeks ahead
	longestView = 26 * 7 // half a year: more than that is no longer about the present
	viewShare   = 4      // of the history, the last part is looked at
	// LeastCustomers is how many must have bought by the cut.
	LeastCustomers = 100
)

// Orders collects the orders of customers. Of a customer with more orders than
// are kept the oldest are missing between the first and the kept ones.
type Orders struct {
	ledger *btyd.Ledger
	first  btyd.Day
}

// NewOrders returns an empty collection.
func NewOrders() *Orders { return &Orders{ledger: btyd.NewLedger(), first: 1<<31 - 1} }

// Add adds the customer's orders that were not refunded in full.
func (o *Orders) Add(c *profile.Customer) {
	if c.MergedInto != 0 || c.Orders.Count == 0 || c.Orders.First == 0 {
		return
	}
	name := id.Text(c.ID)
	o.place(name, c.Orders.First, 0)
	for i := range c.Orders.Recent {
		if order := &c.Orders.Recent[i]; order.Net() > 0 {
			o.place(name, order.At, float64(order.Net()))
		}
	}
}

// place notes an order. The first of all counts once: orders of one day are one
// order.
func (o *Orders) place(customer string, at event.Instant, amount float64) {
	day := past.DayOf(at)
	o.first = min(o.first, day)
	o.ledger.Add(customer, day, amount)
}

// Result is a finished backtest.
type Result struct {
	At     time.Time `json:"at"`
	Short  bool      `json:"short"`   // too little history: nothing was judged
	Cut    time.Time `json:"cut"`     // start of the last day that was known
	End    time.Time `json:"end"`     // start of the last day that was judged
	TooNew int       `json:"too_new"` // customers who first bought after the cut
	// InForce is how totals of the model in force fared.
	InForce Totals `json:"in_force"`
	ltv.Backtest
}

// Totals is how far the totals of one model were off, looking ahead from
// several past days.
type Totals struct {
	Origins int     `json:"origins"`
	Bias    float64 `json:"bias"`  // all forecasts over all that came, minus 1
	Shock   float64 `json:"shock"` // standard deviation on the log scale, shrunk to the prior
}

// Rolling origins of the model in force, half a view apart.
const (
	origins = 3
	// priorWeight is how many of them ltv.CommonShock is worth.
	priorWeight = 4
)

// totalsOf returns what the origins show. The customers' own randomness is left
// in: for a total it is small beside the shock.
func totalsOf(r *ltv.Rolling) (t Totals) {
	sum, predicted, actual := priorWeight*ltv.CommonShock*ltv.CommonShock, 0.0, 0.0
	for _, o := range r.Origins {
		if o.ActualTotal <= 0 || o.PredictedTotal <= 0 {
			continue
		}
		miss := math.Log(o.PredictedTotal / o.ActualTotal)
		sum += miss * miss
		predicted, actual, t.Origins = predicted+o.PredictedTotal, actual+o.ActualTotal, t.Origins+1
	}
	if actual > 0 {
		t.Bias = predicted/actual - 1
	}
	t.Shock = math.Sqrt(sum / float64(priorWeight+t.Origins))
	return t
}

// Run judges all models. Orders are known until ordersTo. The collection must
// not be used afterwards.
func (o *Orders) Run(now, ordersTo time.Time) Result {
	r := Result{At: now, Short: true}
	if ordersTo.IsZero() {
		return r
	}
	end := past.DayOf(event.At(ordersTo) - 1)
	span := int(end - o.first)
	if span < leastSpan {
		return r
	}
	cut := end - btyd.Day(min(span/viewShare, longestView))
	log := o.ledger.Close()
	known := 0
	for i := range log.Customers() {
		switch first := log.Orders(i)[0].Day; {
		case first <= cut:
			known++
		case first <= end:
			r.TooNew++
		}
	}
	if known < LeastCustomers {
		return r
	}
	r.Short, r.Cut, r.End = false, past.StartOf(cut).Time(), past.StartOf(end).Time()
	r.Backtest = ltv.RunBacktest(log, ltv.ModelNames(), cut, end)
	r.InForce = totalsOf(ltv.RunRolling(log, []string{InForce}, ltv.RollingSpec{Cut: cut, End: end, Origins: origins, Step: int(end-cut) / 2}))
	return r
}
