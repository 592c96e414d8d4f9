package ltv

import (
	"math"

	"siyu/internal/insight/past"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// Bulk tells bulk orders, of a company or a reseller, from those of a household:
// the modified z-score of the log of the amount is above 3.5 (Iglewicz and Hoaglin
// 1993, how to detect and handle outliers), and the amount at least bulkTimes the
// median. Both rest on the median and on the median distance from it, which bulk
// orders themselves do not move.
type Bulk struct {
	Median float64 `json:"median"` // fen, of an order
	// Limit is the amount from which on an order is bulk, fen; 0: too few orders to
	// tell.
	Limit     float64 `json:"limit"`
	Orders    int     `json:"orders"` // learned from
	Above     int     `json:"above"`  // of them
	Customers int     `json:"customers"`
	Buyers    int     `json:"buyers"` // of them with a bulk order
}

const (
	bulkScore = 3.5
	bulkScale = .6745 // median distance of a normal distribution, in standard deviations
	// bulkTimes keeps brands of which all orders cost the same from calling two
	// packets bulk.
	bulkTimes  = 5
	enoughBulk = 200 // orders
)

// Is tells whether an order of the amount is bulk.
func (b *Bulk) Is(amount money.Fen) bool { return b.Limit > 0 && float64(amount) >= b.Limit }

// BulkOrders returns how many of the customer's kept orders are bulk, and the
// largest amount.
func (b *Bulk) BulkOrders(c *profile.Customer) (n int, largest money.Fen) {
	for i := range c.Orders.Recent {
		if net := c.Orders.Recent[i].Net(); b.Is(net) {
			n, largest = n+1, max(largest, net)
		}
	}
	return n, largest
}

// Capped returns a mean amount as the spend model is fitted on it: bulk counts as
// the limit (winsorised), so that few customers do not make everybody vary like
// them.
func (b *Bulk) Capped(mean float64) float64 {
	if b.Limit > 0 {
		return math.Min(mean, b.Limit)
	}
	return mean
}

// Amounts are counted in bins of the log: two per cent wide.
const (
	bulkBin  = .02
	bulkBins = 1200 // up to a hundred million yuan
)

// bulkLearner counts orders and customers' largest orders by the log of the
// amount in fen.
type bulkLearner struct {
	orders, largest [bulkBins]int
}

func binOf(amount money.Fen) int {
	return min(bulkBins-1, max(0, int(math.Log(float64(amount))/bulkBin)))
}

// middle returns the log of the amount in the middle of a bin.
func middle(bin int) float64 { return (float64(bin) + .5) * bulkBin }

func (l *bulkLearner) add(v past.View) {
	var largest money.Fen
	for _, o := range v.Bought() {
		if net := o.Net(); net > 0 {
			l.orders[binOf(net)]++
			largest = max(largest, net)
		}
	}
	if largest > 0 {
		l.largest[binOf(largest)]++
	}
}

func (l *bulkLearner) learned() Bulk {
	b := Bulk{}
	for i := range l.orders {
		b.Orders += l.orders[i]
		b.Customers += l.largest[i]
	}
	if b.Orders == 0 {
		return b
	}
	center := medianBin(func(bin int) int { return l.orders[bin] }, b.Orders)
	b.Median = math.Exp(middle(center))
	if b.Orders < enoughBulk {
		return b
	}
	apart := medianBin(func(d int) int {
		n := 0
		if center+d < bulkBins {
			n += l.orders[center+d]
		}
		if d > 0 && center-d >= 0 {
			n += l.orders[center-d]
		}
		return n
	}, b.Orders)
	spread := float64(apart) * bulkBin / bulkScale
	b.Limit = b.Median * math.Max(math.Exp(bulkScore*spread), bulkTimes)
	for bin := range l.orders {
		if middle(bin) >= math.Log(b.Limit) {
			b.Above += l.orders[bin]
			b.Buyers += l.largest[bin]
		}
	}
	return b
}

// medianBin returns the bin that holds the middle one of all.
func medianBin(count func(bin int) int, all int) int {
	seen := 0
	for bin := range bulkBins {
		if seen += count(bin); 2*seen >= all {
			return bin
		}
	}
	return bulkBins - 1
}
