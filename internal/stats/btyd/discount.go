package btyd

import (
	"math"

	"siyu/internal/stats"
)

// Discounts tells, customer after customer, how much of their orders is left
// after discounting. What comes of an active customer depends on the number of
// orders and the age alone; it is kept until another pair of them is asked for.
type Discounts struct {
	model   Divided
	horizon stats.Weeks
	rate    float64
	course  Course

	known                bool // for frequency and age
	frequency            int
	age                  stats.Weeks
	expected, discounted []float64 // orders of an active customer in each state
	residual             float64   // of an active customer, under Pareto/NBD
	weights, room        []float64
}

// NewDiscounts returns the discounts of a model over a horizon at a continuous
// rate per week, which must be positive.
func NewDiscounts(m Divided, horizon stats.Weeks, rate float64) *Discounts {
	return &Discounts{model: m, horizon: horizon, rate: rate}
}

// Along returns the same where orders come as usual time passes on a course;
// money is discounted by the weeks of the calendar.
func (d *Discounts) Along(course Course) *Discounts {
	return &Discounts{model: d.model, horizon: d.horizon, rate: d.rate, course: course}
}

// Share returns the expected orders of the customer within the horizon, each
// discounted, over those without a discount; 0 where none are expected. The
// discounted ones are DET of BTYD, for every model.
func (d *Discounts) Share(s Summary) float64 {
	d.know(s)
	if len(d.expected) == 1 {
		return shareOf(d.discounted[0], d.expected[0])
	}
	d.weights = d.model.States(s, d.weights[:0])
	discounted, expected := 0., 0.
	for j, w := range d.weights {
		discounted, expected = discounted+w*d.discounted[j], expected+w*d.expected[j]
	}
	return shareOf(discounted, expected)
}

// Active returns the expected orders within the horizon of a customer who is active in
// each state, and what is left of them after discounting.
func (d *Discounts) Active(s Summary) (orders, discounted []float64) {
	d.know(s)
	return d.expected, d.discounted
}

func shareOf(part, whole float64) float64 {
	if !(whole > 0) {
		return 0
	}
	return part / whole
}

// Residual returns the expected orders of the whole future, each discounted, of
// a customer who is active with some probability. ok is false where the model
// tells none: only Pareto/NBD does.
func (d *Discounts) Residual(s Summary, alive float64) (orders float64, ok bool) {
	if _, ok = d.model.(ParetoNBD); !ok {
		return 0, false
	}
	d.know(s)
	return alive * d.residual, true
}

// know works out what comes of an active customer. With E(u) the expected
// orders until u, at the usual time that has passed by then, those within a
// horizon h, discounted, are by parts
//
//	e^(-rate h) E(h) + rate * integral from 0 to h of e^(-rate u) E(u) du.
func (d *Discounts) know(s Summary) {
	if d.known && d.frequency == s.Frequency && d.age == s.Age {
		return
	}
	d.known, d.frequency, d.age = true, s.Frequency, s.Age
	h, nodes := float64(d.horizon), eightNodes()
	d.expected = d.model.Active(s.Frequency, s.Age, stats.Weeks(d.course.Within(h)), d.expected[:0])
	d.discounted = d.discounted[:0]
	for _, orders := range d.expected {
		d.discounted = append(d.discounted, math.Exp(-d.rate*h)*orders)
	}
	for low, high := 0., d.course.Next(0, h*firstPanel); low < h; low, high = high, d.course.Next(high, min(h, high*panelGrowth, high+panelDecay/d.rate)) {
		for i, at := range nodes.at[:nodes.n] {
			u := low + at*(high-low)
			weight := d.rate * nodes.weight[i] * (high - low) * math.Exp(-d.rate*u)
			d.room = d.model.Active(s.Frequency, s.Age, stats.Weeks(d.course.Within(u)), d.room[:0])
			for j, orders := range d.room {
				d.discounted[j] += weight * orders
			}
		}
	}
	if m, ok := d.model.(ParetoNBD); ok {
		d.residual = m.discountedActive(s, d.rate, d.course)
	}
}

// The expectation bends most right after now, so panels of time begin small.
const (
	firstPanel  = 1. / 256
	panelGrowth = 2.
)

// Continuous returns the rate per week of a discount per year: .1 makes a
// yuan in a year worth 1/1.1 of one now.
func Continuous(perYear float64) float64 {
	const weeksPerYear = 365.25 / 7
	return math.Log1p(perYear) / weeksPerYear
}
