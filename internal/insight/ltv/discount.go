package ltv

import (
	"math"

	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Left returns which share of the orders expected over Horizon is left where each is
// discounted from the day on which it falls, at a rate per year: 1 at none. Amounts are
// taken not to depend on when an order falls, so that the same share of turnover is left.
// Of a mixture it is that of its purchase models, for the regression tells no course.
func (m *Model) Left(v past.View, perYear float64) float64 {
	rate := btyd.Continuous(perYear)
	if rate <= 0 {
		return 1
	}
	if c, bought := m.Orders.CaseOf(v); bought {
		return m.Orders.left(&c, rate)
	}
	c, known := contactOf(v)
	return m.First.left(c, known, m.Newcomer, m.Orders.newcomersLeft(m.Newcomer, rate))
}

// discounted is what comes of an active customer within the horizon, by state of all
// purchase models.
type discounted struct {
	rate            float64 // per week
	orders, present []float64
}

// lives returns the purchase models of customers of a step, or the one that tells who is
// still a customer where no member does.
func (f *Forecaster) lives(t *table, step int8) []btyd.Divided {
	if len(t.lives) > 0 {
		return t.lives
	}
	return []btyd.Divided{quickened(f.Judge.lifetime(), step)}
}

// left returns the share of the orders of a case that is left at a rate per week.
func (f *Forecaster) left(c *Case, rate float64) float64 {
	t := f.tableOf(c.Step)
	lives := f.lives(t, c.Step)
	d := f.discounted(t, lives, c, rate)
	var room [mostStates]float64
	weights := room[:0]
	for _, l := range lives {
		weights = l.States(c.Summary, weights)
	}
	orders, present := 0., 0.
	for i, w := range weights {
		orders, present = orders+w*d.orders[i], present+w*d.present[i]
	}
	if !(orders > 0) {
		return 1
	}
	return present / orders
}

// discounted returns what comes of an active customer, kept where futures are: it depends
// on the number of orders and the age alone.
func (f *Forecaster) discounted(t *table, lives []btyd.Divided, c *Case, rate float64) *discounted {
	row, age := f.row(t, c.Frequency), daysOf(c.Age)
	if row == nil || age > f.Longest {
		return f.discountedAnew(lives, c.Summary, rate)
	}
	kept := f.futures(t, row, c)
	if d := kept.discounted.Load(); d != nil && d.rate == rate {
		return d
	}
	d := f.discountedAnew(lives, c.Summary, rate)
	kept.discounted.Store(d) // whoever stores last stores the same, or what is set now
	return d
}

func (f *Forecaster) discountedAnew(lives []btyd.Divided, s btyd.Summary, rate float64) *discounted {
	d := &discounted{rate: rate}
	for _, l := range lives {
		orders, present := btyd.NewDiscounts(l, f.Horizon(), rate).Along(f.Tempo.course()).Active(s)
		d.orders, d.present = append(d.orders, orders...), append(d.present, present...)
	}
	return d
}

// sliceLeft is the share that is left of the orders of a newcomer whose first order falls
// in each slice.
type sliceLeft struct {
	rate float64
	left []float64
}

// newcomersLeft discounts the first order from the middle of its slice, and what comes
// after it from there on.
func (f *Forecaster) newcomersLeft(n Newcomer, rate float64) []float64 {
	if kept := f.newcomers.Load(); kept != nil && kept.rate == rate {
		return kept.left
	}
	lives := f.lives(f.tableOf(0), 0)
	width := n.Horizon / stats.Weeks(len(n.Orders))
	kept := &sliceLeft{rate: rate}
	for i, all := range n.Orders {
		at := width * (stats.Weeks(i) + .5)
		share := 0.
		for _, l := range lives {
			share += btyd.NewDiscounts(l, n.Horizon-at, rate).Share(btyd.Summary{}) / float64(len(lives))
		}
		kept.left = append(kept.left, math.Exp(-rate*float64(at))*(1+(all-1)*share)/all)
	}
	f.newcomers.Store(kept)
	return kept.left
}

// left returns the share of the orders of a contact who has not bought that is left.
func (f *FirstOrders) left(c Contact, known float64, n Newcomer, slices []float64) float64 {
	factor, width := f.factor(c.Way, c.Quarter), float64(n.Horizon)/float64(len(n.Orders))
	orders, present, none := 0.0, 0.0, 1.0
	for i := range n.Orders {
		after := math.Exp(-factor * f.ahead(c, known, width*float64(i+1)))
		orders += (none - after) * n.Orders[i]
		present += (none - after) * n.Orders[i] * slices[i]
		none = after
	}
	if !(orders > 0) {
		return 1
	}
	return present / orders
}
