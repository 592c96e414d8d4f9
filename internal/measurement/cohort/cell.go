package cohort

import (
	"math"

	"siyu/internal/insight"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// cell is a Sum while it is added up. It fills one line of a processor's cache:
// a night adds every customer to seven of them, of a store that was seldom the
// last one, and waits for nothing but memory.
type cell struct {
	customers, related, buyers uint32
	measured, fitted, margin   uint32
	bought                     money.Fen
	orders, value, variance    float64
	repeats                    uint32 // orders on later days than the first
	mixed                      uint32
}

func (s *cell) add(o *cell) {
	s.customers += o.customers
	s.related += o.related
	s.buyers += o.buyers
	s.measured += o.measured
	s.fitted += o.fitted
	s.margin += o.margin
	s.mixed += o.mixed
	s.repeats += o.repeats
	s.bought += o.bought
	s.orders += o.orders
	s.value += o.value
	s.variance += o.variance
}

func (s *cell) sum() Sum {
	return Sum{
		Customers: int(s.customers), Related: int(s.related), Buyers: int(s.buyers), Bought: s.bought,
		Measured: int(s.measured), Fitted: int(s.fitted), Margin: int(s.margin), Mixed: int(s.mixed), Orders: s.orders, Value: s.value, Variance: s.variance,
	}
}

// unknownVariance stands for a variance that is no number, in squares of the
// value: a standard deviation of five times the mean.
const unknownVariance = 25

// cellOf returns the sum of one customer.
func cellOf(c *profile.Customer, known *insight.Customer) cell {
	s := cell{customers: 1, bought: c.Orders.Net()}
	if c.Related() {
		s.related = 1
	}
	if c.Orders.Count > 0 {
		s.buyers, s.repeats = 1, uint32(max(0, c.Orders.Days-1))
	}
	if known.Value.Evidence == insight.NotMeasurable {
		return s
	}
	s.measured, s.orders, s.value, s.variance = 1, known.Expected.Value, known.Value.Value, known.Variance
	if !(s.variance <= math.MaxFloat64) {
		s.variance = unknownVariance * s.value * s.value
	}
	if known.Value.Evidence == insight.Fitted {
		s.fitted = 1
	}
	switch known.Basis() {
	case insight.OfMargin:
		s.margin = 1
	case insight.OfBoth:
		s.mixed = 1
	}
	return s
}
