package ltv

import (
	"math"

	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
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
	low, high = k.central().orders(spend, s)
	return low * perOrder, high * perOrder
}

// centralOrders are moments of a number of orders, and what bounds the central
// 80 % of an amount: standard normal quantiles, -Inf where the bound is nothing.
type centralOrders struct {
	orderMoments
	low, high float64
}

func (k orderMoments) central() centralOrders {
	at := func(q float64) float64 {
		given := (q - k.none) / (1 - k.none)
		if !(given > 0) {
			return math.Inf(-1)
		}
		return normalQuantile(given)
	}
	return centralOrders{k, at(.1), at(.9)}
}

// orders returns the bounds of the amount of all orders, in orders of the
// expected amount: they are the same for customers with as many repeat orders.
// The amount is nothing with the probability of no order; given an order it is
// taken as log-normal with the mean and variance that the number of orders, the
// variation of orders and the uncertainty of the customer's level give it.
func (k centralOrders) orders(spend btyd.Spend, s btyd.Summary) (low, high float64) {
	some := 1 - k.none
	if some <= 0 || k.mean <= 0 || math.IsInf(k.high, -1) {
		return 0, 0
	}
	mean := k.mean / some
	square := orderSquare(spend, s, k.orderMoments) / some
	spread := math.Sqrt(math.Log(max(1, square/(mean*mean))))
	if !math.IsInf(k.low, -1) {
		low = mean * math.Exp(spread*k.low-spread*spread/2)
	}
	return low, mean * math.Exp(spread*k.high-spread*spread/2)
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

func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

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
