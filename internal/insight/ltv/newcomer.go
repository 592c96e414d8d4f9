package ltv

import (
	"math"

	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// newcomerSlices is into how many parts a horizon is cut for the day of the
// first order: repeat orders come in what is left after its middle.
const newcomerSlices = 6

// Newcomer is what a customer is expected to do after a first order that falls
// in each slice of a horizon. It depends on the model only.
type Newcomer struct {
	Horizon stats.Weeks `json:"horizon"`
	// Orders and Square are the mean and the mean square of all orders until the
	// end of the horizon, the first one counted.
	Orders []float64 `json:"orders"`
	Square []float64 `json:"square"`
	// CDF is that of repeat orders within half the horizon.
	CDF []float64 `json:"cdf"`
}

// AfterFirst returns the repeat orders expected of a customer in the usual time that
// follows the first order: as many as the brand's customers were seen to place by that
// age. What could not be watched is said by purchase models alone: the regression
// learned from customers who had been known for a while.
func (f *Forecaster) AfterFirst(time stats.Weeks) float64 {
	lives, sum := f.lives(f.tableOf(0), 0), 0.
	for _, l := range lives {
		sum += f.Begun.expected(l, time)
	}
	return sum / float64(len(lives))
}

// afterFirst returns the distribution behind AfterFirst.
func (f *Forecaster) afterFirst(time stats.Weeks) btyd.Forecast {
	lives := f.lives(f.tableOf(0), 0)
	forecasts := make([]btyd.Forecast, len(lives))
	for i, l := range lives {
		forecasts[i] = levelled(l, f.Begun.expected(l, time), time).Forecast(btyd.Summary{}, time, nil)
	}
	return mixed(forecasts, nil)
}

// AfterFirstNames returns the purchase models that AfterFirst asks.
func (f *Forecaster) AfterFirstNames() (names []string) {
	for _, m := range f.Members {
		if m.lives() {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		names = []string{f.Judge.Name}
	}
	return names
}

// Watched returns for how long after the first order enough of the brand's customers
// were watched to tell what new ones do.
func (f *Forecaster) Watched() stats.Weeks { return stats.Weeks(len(f.Begun.Orders)) }

// newcomerOf asks about customers who are new.
func newcomerOf(orders *Forecaster, horizon stats.Weeks) Newcomer {
	n := Newcomer{Horizon: horizon}
	for i := range newcomerSlices {
		left := horizon * stats.Weeks(newcomerSlices-i) / newcomerSlices
		left -= horizon / (2 * newcomerSlices)
		f := orders.afterFirst(orders.Tempo.within(horizon-left, left))
		all := 1 + f.Expected
		n.Orders, n.Square = append(n.Orders, all), append(n.Square, f.Variance+all*all)
	}
	half := orders.afterFirst(orders.Tempo.within(horizon/2, horizon/2))
	n.CDF = half.CDF[:half.Quantile(newcomerEnd)+1]
	return n
}

// newcomerEnd is where the distribution of a newcomer's orders is cut off: its
// 90 % point is all that is asked.
const newcomerEnd = .9999

// before returns what is expected of a customer before the first order: the
// chance that it falls in each slice, times what comes after it.
func (m *Model) before(v past.View, horizon stats.Weeks) Worth {
	n := m.Newcomer
	if n.Horizon != horizon {
		n = newcomerOf(m.Orders, horizon)
	}
	c, known := contactOf(v)
	k := m.First.orders(c, known, n)
	w := Worth{Alive: 1, Orders: k.mean, PerOrder: m.Spend.Expected(btyd.Summary{})}
	w.Turnover = w.Orders * w.PerOrder
	w.TurnoverLow, w.TurnoverHigh = amountInterval(m.Spend, btyd.Summary{}, k)
	w.Variance = max(0, amountSquare(m.Spend, btyd.Summary{}, k)-w.Turnover*w.Turnover)
	buys := 1 - k.none
	if k.none < .1 {
		w.OrdersLow = 1
	}
	if buys > .1 {
		w.OrdersHigh = 1 + float64(btyd.Forecast{CDF: n.CDF}.Quantile(1-.1/buys))
	}
	return w
}

// orders returns the moments of the orders of a contact who has not bought.
func (f *FirstOrders) orders(c Contact, known float64, n Newcomer) orderMoments {
	factor, width := f.factor(c.Way, c.Quarter), float64(n.Horizon)/float64(len(n.Orders))
	k, second, none := orderMoments{}, 0.0, 1.0
	for i := range n.Orders {
		after := math.Exp(-factor * f.ahead(c, known, width*float64(i+1)))
		k.mean += (none - after) * n.Orders[i]
		second += (none - after) * n.Square[i]
		none = after
	}
	k.none, k.variance = none, second-k.mean*k.mean
	return k
}

// ContactWorth is the turnover that one who has just become a contact is
// expected to bring within Horizon, fen. Low and High hold what is not known of
// the chance of a first order, not how single contacts differ.
func (m *Model) ContactWorth(c Contact) Ranged {
	chance := m.First.Chances(c, 0, float64(Horizon))
	if chance.Value <= 0 || len(m.Newcomer.Orders) == 0 {
		return Ranged{}
	}
	each := m.First.orders(c, 0, m.Newcomer).mean * m.Spend.Expected(btyd.Summary{}) / chance.Value
	return Ranged{Value: chance.Value * each, Low: chance.Low * each, High: chance.High * each}
}
