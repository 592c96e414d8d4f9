package ltv

import (
	"cmp"
	"maps"
	"slices"

	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Horizon is what orders and value are forecast for.
const Horizon = stats.Weeks(365.0 / 7)

// enoughRepeats is from how many repeat orders on the brand's own history
// speaks. Below it the models are the stated priors.
const enoughRepeats = 100

// Model is what a brand's orders say about its customers.
type Model struct {
	Orders    btyd.BGNBD  `json:"orders"`
	OrdersFit btyd.Fit    `json:"orders_fit"`
	Spend     btyd.Spend  `json:"spend"` // fen
	SpendFit  btyd.Fit    `json:"spend_fit"`
	First     FirstOrders `json:"first"`
	Newcomer  Newcomer    `json:"newcomer"` // over Horizon
	Fitted    bool        `json:"fitted"`   // false: the stated prior speaks
	Customers int         `json:"customers"`
	Repeats   int         `json:"repeats"`
	MeanOrder float64     `json:"mean_order"` // fen
	UntilDay  btyd.Day    `json:"until_day"`  // the last day of orders that was used
}

// PriorOrders is what is assumed of a brand before enough repeat orders are
// seen: between tea shops and web shops, 1.1 repeat orders in the first half
// year, one customer in four lost after an order.
func PriorOrders() btyd.BGNBD { return btyd.BGNBD{R: .5, Alpha: 8, A: .8, B: 2.5} }

// PriorSpend is what is assumed of amounts around a mean order, in fen:
// orders of one customer vary by 40 %, customers by 60 %.
func PriorSpend(meanOrder float64) btyd.Spend {
	const p, q = 6, 4
	return btyd.Spend{P: p, Q: q, V: meanOrder * (q - 1) / p}
}

// usualOrder is the mean order of a brand without any, in fen.
const usualOrder = 100_00

// Learner collects sufficient statistics of all customers: counts of patterns
// of buying, a sample of amounts, weeks until first orders.
type Learner struct {
	patterns map[btyd.Tuple]float64
	spend    past.Sample[btyd.Summary]
	first    firstLearner
	orders   int
	turnover float64
	model    Model
}

// spendSample is how many repeat buyers the spend model is fitted on at most:
// their three parameters are then known to about one per cent.
const spendSample = 40_000

// NewLearner returns a learner that has seen nobody.
func NewLearner() *Learner {
	return &Learner{patterns: map[btyd.Tuple]float64{}, spend: past.NewSample[btyd.Summary](spendSample)}
}

// Add counts a customer as known with orders until some moment.
func (l *Learner) Add(c *profile.Customer, until event.Instant) {
	v := past.View{Customer: c, At: until, Orders: until}
	l.model.UntilDay = past.DayOf(until - 1)
	since, way := v.Since()
	s, bought := v.Summary()
	if !bought {
		if since < until {
			l.first.add(waiting{way: way, since: since, weeks: v.Days(since) / 7})
		}
		return
	}
	p := v.Purchases()
	l.first.ordered(p.First)
	if p.First > since {
		l.first.add(waiting{way: way, since: since, weeks: float64(p.First-since) / past.Day / 7, bought: true})
	}
	l.model.Customers++
	l.model.Repeats += s.Frequency
	l.orders += c.Orders.Count
	l.turnover += float64(c.Orders.Net())
	l.patterns[btyd.Tuple{Frequency: s.Frequency, Recency: s.Recency, Age: s.Age}]++
	if s.Frequency > 0 && s.Monetary > 0 {
		l.spend.Add(int64(c.ID), s)
	}
}

// Model fits what was collected.
func (l *Learner) Model() Model {
	m := l.fitted()
	m.Newcomer = newcomerOf(m.Orders, Horizon)
	return m
}

func (l *Learner) fitted() Model {
	m := l.model
	m.First = l.first.learned()
	m.MeanOrder = usualOrder
	if l.orders > 0 && l.turnover > 0 {
		m.MeanOrder = l.turnover / float64(l.orders)
	}
	m.Orders, m.Spend = PriorOrders(), PriorSpend(m.MeanOrder)
	if m.Fitted = m.Repeats >= enoughRepeats; !m.Fitted {
		return m
	}
	m.Orders, m.OrdersFit = btyd.FitBGNBD(l.tuples())
	if amounts := l.spend.Kept(); len(amounts) > 0 {
		m.Spend, m.SpendFit = btyd.FitSpend(amounts)
	}
	return m
}

// tuples returns the counted patterns in a fixed order, so that the same
// customers always give the same sums.
func (l *Learner) tuples() []btyd.Tuple {
	tuples := slices.Collect(maps.Keys(l.patterns))
	slices.SortFunc(tuples, func(a, b btyd.Tuple) int {
		return cmp.Or(cmp.Compare(a.Frequency, b.Frequency), cmp.Compare(a.Age, b.Age), cmp.Compare(a.Recency, b.Recency))
	})
	for i := range tuples {
		tuples[i].Count = l.patterns[tuples[i]]
	}
	return tuples
}
