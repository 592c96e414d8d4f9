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
	s, bought := v.Summary()
	if !bought {
		return m.before(v, horizon)
	}
	var room [256]float64
	f := m.Orders.Forecast(s, horizon, room[:0])
	w := Worth{Bought: true, Alive: m.Orders.Alive(s), PerOrder: m.Spend.Expected(s)}
	w.Orders, w.OrdersLow, w.OrdersHigh = f.Expected, float64(f.Quantile(.1)), float64(f.Quantile(.9))
	w.Turnover = w.Orders * w.PerOrder
	k := orderMoments{f.None(), f.Expected, f.Variance}
	w.TurnoverLow, w.TurnoverHigh = amountInterval(m.Spend, s, k)
	w.Variance = max(0, amountSquare(m.Spend, s, k)-w.Turnover*w.Turnover)
	return w
}

// orderMoments are what the distribution of an amount needs of the number of
// orders.
type orderMoments struct {
	none, mean, variance float64
}

// amountInterval returns the central 80 % of the amount of all orders. It
// is nothing with the probability of no order; given an order it is taken as
// log-normal with the mean and variance that the number of orders, the
// variation of orders and the uncertainty of the customer's level give it.
func amountInterval(spend btyd.Spend, s btyd.Summary, k orderMoments) (low, high float64) {
	some, perOrder := 1-k.none, spend.Expected(s)
	if some <= 0 || k.mean <= 0 || perOrder <= 0 {
		return 0, 0
	}
	mean := perOrder * k.mean / some
	square := amountSquare(spend, s, k) / some
	spread := math.Sqrt(math.Log(max(1, square/(mean*mean))))
	at := func(q float64) float64 {
		given := (q - k.none) / some
		if given <= 0 {
			return 0
		}
		return mean * math.Exp(spread*normalQuantile(given)-spread*spread/2)
	}
	return at(.1), at(.9)
}

// amountSquare returns the second moment of the amount of all orders.
func amountSquare(spend btyd.Spend, s btyd.Summary, k orderMoments) float64 {
	perOrder := spend.Expected(s)
	return perOrder * perOrder * spend.LevelSpread(s) * (k.variance + k.mean*k.mean + k.mean/spend.P)
}

func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// LogRhythm returns ln(-ln P0), P0 the probability of no order in the horizon,
// bounded so that certainty stays finite. ok is false before the first order.
func LogRhythm(orders btyd.BGNBD, v past.View, horizon stats.Weeks) (y float64, ok bool) {
	s, bought := v.Summary()
	if !bought {
		return 0, false
	}
	return LogRhythmOf(orders, s, horizon), true
}

// LogRhythmOf is LogRhythm for a summary.
func LogRhythmOf(orders btyd.BGNBD, s btyd.Summary, horizon stats.Weeks) float64 {
	p0 := orders.None(s, horizon)
	return math.Log(min(max(-math.Log(p0), quietest), busiest))
}

// Bounds of -ln P0: one order in a thousand horizons, and twenty orders in one.
const (
	quietest = 1e-3
	busiest  = 20
)
