package ltv

import (
	"math"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Cumulative is the mean cumulative function of repeat orders: how many a customer
// has placed on average by the end of each week after the first order, of those who
// were watched that week (Nelson 1988, Journal of Quality Technology 20(1), 24-35).
// It ends where fewer than fewCustomers were watched. Summed over the ages of the
// customers it was learned from it is what they placed (Lawless and Nadeau 1995,
// Technometrics 37(2), 158-168).
type Cumulative struct {
	Orders []float64 `json:"orders"` // by the end of each week
	Seen   []int     `json:"seen"`   // repeat orders that tell it
}

// cumulativeOf returns that of the panel's customers.
func cumulativeOf(p *panel) Cumulative {
	const week = 7
	var c Cumulative
	span := int(p.until - p.first)
	left, placed := make([]int, span+1), make([]int, span+1) // by days since the first order
	for i := range p.cases {
		orders := p.log.Orders(int(p.cases[i].Customer))
		left[p.until-orders[0].Day]++
		for _, o := range orders[1 : 1+p.cases[i].Frequency] {
			placed[o.Day-orders[0].Day]++
		}
	}
	watched := len(p.cases)
	sum, seen := 0., 0
	for age := 1; age <= span; age++ {
		if watched -= left[age-1]; watched < fewCustomers {
			break
		}
		sum, seen = sum+float64(placed[age])/float64(watched), seen+placed[age]
		if age%week == 0 {
			c.Orders, c.Seen = append(c.Orders, sum), append(c.Seen, seen)
		}
	}
	return c
}

// cumulativePrior is how many repeat orders a purchase model's own say counts for
// beside what was seen: at half a year and later models fitted to public logs are
// off by some 10 % in it, and counts of orders vary more than Poisson ones.
const cumulativePrior = 50

// expected returns the repeat orders expected of a new customer within a time under a
// purchase model: as many as were seen, drawn to the model's where few were; after
// what could be watched they grow as the model says.
func (c *Cumulative) expected(m btyd.Lifetime, time stats.Weeks) float64 {
	said := m.ExpectedNew(time)
	watched := min(time, stats.Weeks(len(c.Orders)))
	at := m.ExpectedNew(watched)
	if !(at > 0) {
		return said
	}
	seen, orders := c.at(float64(watched))
	share := seen / (seen + cumulativePrior)
	return said * (share*orders/at + 1 - share)
}

// at returns the function at so many weeks, and how many repeat orders tell it.
func (c *Cumulative) at(weeks float64) (seen, orders float64) {
	i := min(int(weeks), len(c.Orders)-1)
	if i > 0 {
		seen, orders = float64(c.Seen[i-1]), c.Orders[i-1]
	}
	share := weeks - float64(i)
	return seen + share*(float64(c.Seen[i])-seen), orders + share*(c.Orders[i]-orders)
}

// levelled returns the purchase model with its rates moved so that it expects as many
// repeat orders within a time after the first: as near to that as fastest allows.
func levelled(m btyd.Divided, orders float64, time stats.Weeks) btyd.Divided {
	low, high := -fastest, fastest
	for high-low > levelPrecision {
		if middle := (low + high) / 2; faster(m, math.Exp(middle)).ExpectedNew(time) < orders {
			low = middle
		} else {
			high = middle
		}
	}
	return faster(m, math.Exp((low+high)/2))
}

const (
	fastest        = 3.   // the log of the factor at most
	levelPrecision = 1e-6 // of the log of the factor
)
