package ltv

import (
	"math"

	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
	"siyu/internal/stats/calibration"
)

// Worth is what is expected of one customer over a horizon. Low and High bound
// the central 80 % of what is likely; orders are counts, so that at least 80 %
// lie within.
type Worth struct {
	Bought       bool    // false: the first order is still to come
	Alive        float64 // 1 before the first order: nothing to judge by
	Orders       float64
	OrdersLow    float64
	OrdersHigh   float64
	PerOrder     float64 // fen, expected amount of one order
	Turnover     float64 // fen
	TurnoverLow  float64
	TurnoverHigh float64
	// Variance of the turnover, fen squared: totals over independent customers
	// add it up.
	Variance float64
}

// Of returns what is expected of the customer in the view over Horizon.
func (m *Model) Of(v past.View) Worth { return m.Over(v, Horizon) }

// Over returns what is expected of the customer in the view over a horizon.
func (m *Model) Over(v past.View, horizon stats.Weeks) Worth {
	c, bought := m.Orders.CaseOf(v)
	if !bought {
		return m.before(v, horizon)
	}
	c.Monetary *= m.Amounts.Refunds.Kept(v)
	a := m.Orders.ahead(c, horizon)
	w := Worth{Bought: true, Alive: a.Alive, PerOrder: m.Spend.Expected(c.Summary)}
	w.Orders, w.OrdersLow, w.OrdersHigh = a.Expected, float64(a.Low), float64(a.High)
	w.Turnover = w.Orders * w.PerOrder
	k := orderMoments{a.None, a.Expected, a.Variance}
	w.TurnoverLow, w.TurnoverHigh = amountInterval(m.Spend, c.Summary, k)
	w.Variance = max(0, amountSquare(m.Spend, c.Summary, k)-w.Turnover*w.Turnover)
	return w
}

// ahead is Of for any horizon.
func (f *Forecaster) ahead(c Case, horizon stats.Weeks) Ahead {
	a := f.Of(c)
	if horizon != f.Horizon() {
		o := f.Over(c, horizon)
		a = Ahead{Alive: a.Alive, None: o.None(), Expected: o.Expected, Variance: o.Variance, Low: o.Quantile(lowPoint), High: o.Quantile(highPoint)}
	}
	return a
}

// orderMoments are what the distribution of an amount needs of the number of
// orders.
type orderMoments struct {
	none, mean, variance float64
}

// amountInterval returns the central 80 % of the amount of all orders.
func amountInterval(spend btyd.Spend, s btyd.Summary, k orderMoments) (low, high float64) {
	perOrder := spend.Expected(s)
	low, high = k.interval(spend, s)
	return low * perOrder, high * perOrder
}

// interval returns the central 80 % of the amount of all orders, in orders of
// the expected amount: it is the same for customers with as many repeat orders.
// The amount is nothing with the probability of no order. Given n orders it is
// Gamma(P n) over the customer's rate; over all n of at least one, the first
// is taken as one gamma variable with their mean and variance.
func (k orderMoments) interval(spend btyd.Spend, s btyd.Summary) (low, high float64) {
	some := 1 - k.none
	if some <= 0 || k.mean <= 0 {
		return 0, 0
	}
	mean := k.mean / some
	variance := max(0, (k.variance+k.mean*k.mean)/some-mean*mean)
	shape := mean * mean * spend.P / (mean + spend.P*variance)
	level, _ := spend.Level(s)
	amount := calibration.BetaPrime{A: shape, B: level}
	amount.Scale = mean * amount.B / shape
	if amount.B > 1 {
		amount.Scale = mean * (amount.B - 1) / shape
	}
	return amount.Quantile((.1 - k.none) / some), amount.Quantile((.9 - k.none) / some)
}

// amountSquare returns the second moment of the amount of all orders.
func amountSquare(spend btyd.Spend, s btyd.Summary, k orderMoments) float64 {
	perOrder := spend.Expected(s)
	return perOrder * perOrder * orderSquare(spend, s, k)
}

// orderSquare is amountSquare in orders of the expected amount, squared.
func orderSquare(spend btyd.Spend, s btyd.Summary, k orderMoments) float64 {
	return spend.LevelSpread(s) * (k.variance + k.mean*k.mean + k.mean/spend.P)
}

// LogRhythm returns ln(-ln P0), P0 the probability of no order in the
// forecaster's horizon, bounded so that certainty stays finite. ok is false
// before the first order.
func (f *Forecaster) LogRhythm(v past.View) (y float64, ok bool) {
	c, bought := f.CaseOf(v)
	if !bought {
		return 0, false
	}
	return math.Log(min(max(-math.Log(f.None(c)), quietest), busiest)), true
}

// Bounds of -ln P0: one order in a thousand horizons, and twenty orders in one.
const (
	quietest = 1e-3
	busiest  = 20
)
