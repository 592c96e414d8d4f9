package ltv

import (
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// horizonDays is what orders and value are forecast for.
const horizonDays = 365

// Horizon is the same in weeks.
const Horizon = stats.Weeks(horizonDays / 7.)

// enoughRepeats is from how many repeat orders on the brand's own history
// speaks. Below it the models are the stated priors.
const enoughRepeats = 100

// Model is what a brand's orders say about its customers.
type Model struct {
	Orders    *Forecaster `json:"orders"`
	Spend     btyd.Spend  `json:"spend"` // fen
	SpendFit  btyd.Fit    `json:"spend_fit"`
	Amounts   Amounts     `json:"amounts"`
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

// PriorSpend is what is assumed of amounts around a mean order, in its unit:
// orders of one customer vary by 40 %, customers by 60 %.
func PriorSpend(meanOrder float64) btyd.Spend {
	const p, q = 6, 4
	return btyd.Spend{P: p, Q: q, V: meanOrder * (q - 1) / p}
}

// usualOrder is the mean order of a brand without any, in fen.
const usualOrder = 100_00

// Learner collects what models are fitted on: the orders of a sample of
// customers, a sample of amounts, weeks until first orders of all.
type Learner struct {
	orders   past.Sample[customerOrders]
	buyers   past.Sample[buyer]
	spend    past.Sample[btyd.Summary]
	first    firstLearner
	amounts  amountLearner
	count    int // of orders
	turnover float64
	model    Model
}

// customerOrders is what one customer ordered.
type customerOrders struct {
	customer id.Customer
	orders   []btyd.Order
	first    id.Store
}

// spendSample is how many repeat buyers the spend model is fitted on at most:
// their three parameters are then known to about one per cent.
const spendSample = 40_000

// orderSample is on how many customers the purchase models are fitted at most:
// totals are then known to one per cent, a tenth of what moves them in common.
const orderSample = 20_000

// buyerSample is from how many customers the rates of stores and months are
// learned at most: there may be many stores, and a pattern is little to keep.
const buyerSample = 200_000

// NewLearner returns a learner that has seen nobody.
func NewLearner() *Learner {
	return &Learner{orders: past.NewSample[customerOrders](orderSample), buyers: past.NewSample[buyer](buyerSample), spend: past.NewSample[btyd.Summary](spendSample)}
}

// Add counts a customer as known with orders until some moment.
func (l *Learner) Add(c *profile.Customer, until event.Instant) {
	v := past.View{Customer: c, At: until, Orders: until}
	l.model.UntilDay = past.DayOf(until - 1)
	since, way := v.Since()
	s, bought := v.Summary()
	if !bought {
		if since < until {
			l.first.add(waitOf(c, way, since, until, false))
		}
		return
	}
	p := v.Purchases()
	l.first.ordered(p.First)
	if p.First > since {
		l.first.add(waitOf(c, way, since, p.First, true))
	}
	l.model.Customers++
	l.model.Repeats += s.Frequency
	l.count += c.Orders.Count
	l.turnover += float64(c.Orders.Net())
	if l.orders.Wants(int64(c.ID)) {
		l.orders.Add(int64(c.ID), customerOrders{c.ID, OrdersOf(c, until), FirstStore(v)})
	}
	if l.buyers.Wants(int64(c.ID)) {
		l.buyers.Add(int64(c.ID), buyer{store: int64(FirstStore(v)), first: past.DayOf(p.First), repeats: int32(s.Frequency), recency: int32(daysOf(s.Recency)), age: int32(daysOf(s.Age)), count: 1})
	}
	l.amounts.add(v)
	if s.Frequency > 0 && s.Monetary > 0 {
		l.spend.Add(int64(c.ID), s)
	}
}

// History returns the orders of the sample, for models of the choice.
func (l *Learner) History(choice Choice) *History {
	book := NewBook()
	for _, c := range l.orders.Kept() {
		book.Add(c.customer, c.orders, c.first)
	}
	h := NewHistory(book.Close(), choice)
	h.buyers, h.lastDay = l.buyers.Kept(), l.model.UntilDay
	return h
}

// Model fits what was collected, the orders as the history's models do.
func (l *Learner) Model(h *History) Model {
	m := l.fitted(h)
	m.Newcomer, m.First.Course = newcomerOf(m.Orders, Horizon), m.Orders.Tempo.course()
	return m
}

func (l *Learner) fitted(h *History) Model {
	m := l.model
	m.First = l.first.learned()
	m.MeanOrder = usualOrder
	if l.count > 0 && l.turnover > 0 {
		m.MeanOrder = l.turnover / float64(l.count)
	}
	var sample []btyd.Summary
	m.Amounts, sample = l.amounts.learned(l.spend.Kept())
	m.Orders, m.Spend = h.Until(m.UntilDay, horizonDays, 0), m.Amounts.net(PriorSpend(m.MeanOrder))
	if m.Fitted = m.Orders.Fitted; !m.Fitted {
		return m
	}
	if len(sample) > 0 {
		m.Spend, m.SpendFit = btyd.FitSpend(sample)
		m.Spend = m.Amounts.net(m.Spend)
	}
	return m
}
