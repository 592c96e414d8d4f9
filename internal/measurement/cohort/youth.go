package cohort

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/insight/ltv"
	"siyu/internal/money"
	"siyu/internal/profile"
)

const youthGroups = 12 // ltv.RefundAges

// youth finds the orders of which some may still come back.
type youth struct {
	after [youthGroups]event.Instant // orders later than this are at most of that age
}

// youthAt returns youth for orders that are known until a time; without it
// nobody knows what is young.
func youthAt(ordersTo time.Time) (y youth) {
	const day = event.Instant(24 * 60 * 60 * 1000)
	if ordersTo.IsZero() {
		for i := range y.after {
			y.after[i] = 1<<63 - 1
		}
		return y
	}
	for i, days := range ltv.RefundAges() {
		y.after[i] = event.At(ordersTo) - event.Instant(days)*day
	}
	return y
}

// add adds the net amounts of the customer's young orders by their age.
func (y *youth) add(sums *[youthGroups]money.Fen, c *profile.Customer) {
	for i := len(c.Orders.Recent) - 1; i >= 0; i-- {
		o := &c.Orders.Recent[i]
		if o.At <= y.after[youthGroups-1] {
			return
		}
		for age := range y.after {
			if o.At > y.after[age] {
				sums[age] += o.Net()
				break
			}
		}
	}
}

// Pending is turnover of young orders of which some is still to come back.
type Pending struct {
	Days     int        // orders at most so old
	Turnover money.Fen  // of them, net of what came back already
	Coming   ltv.Ranged // fen, of it
}

// Pending returns what is provisional of the turnover; Days is 0 where refunds
// are too few to tell. Intervals of ages add up as if they moved together.
func (s *Sums) Pending(r *ltv.Refunds) (p Pending) {
	if !r.Known() {
		return p
	}
	p.Days = r.Mature()
	for age, net := range s.Young {
		if age >= len(r.Coming) || ltv.RefundAges()[age] > p.Days {
			break
		}
		c, amount := r.Coming[age], float64(max(0, net))
		p.Turnover += net
		p.Coming.Value, p.Coming.Low, p.Coming.High = p.Coming.Value+c.Value*amount, p.Coming.Low+c.Low*amount, p.Coming.High+c.High*amount
	}
	return p
}
