package ltv

import "math"

// FirstOrders is how soon customers who were known before they bought place
// their first order: a hazard for each stretch of time since they were known.
type FirstOrders struct {
	Hazard []float64 `json:"hazard"` // orders per week, one for each of firstStretches
	Events int       `json:"events"`
}

// firstStretches returns the ends of the stretches in weeks; the last has
// none. Most who buy at all buy soon.
func firstStretches() []float64 { return []float64{1, 4, 13, 26, math.Inf(1)} }

// What is assumed before anybody was seen: one first order in fifty customer
// weeks of the first stretch; of each later one half of what the one before
// showed, because who has not bought by then mostly never will. It is worth
// the weight in customer weeks.
const (
	usualFirstRate   = .02
	usualDecline     = .5
	usualFirstWeight = 50
)

// firstLearner counts customer weeks without an order and the orders that
// ended them.
type firstLearner struct {
	weeks, orders [5]float64
}

// add counts a customer known for some weeks, until the first order or, where
// there was none, until today.
func (l *firstLearner) add(weeks float64, bought bool) {
	from := 0.0
	for i, to := range firstStretches() {
		l.weeks[i] += math.Min(weeks, to) - from
		if weeks <= to {
			if bought {
				l.orders[i]++
			}
			return
		}
		from = to
	}
}

func (l *firstLearner) learned() FirstOrders {
	f, usual := FirstOrders{}, usualFirstRate
	for i := range l.weeks {
		hazard := (l.orders[i] + usual*usualFirstWeight) / (l.weeks[i] + usualFirstWeight)
		usual = hazard * usualDecline
		f.Hazard = append(f.Hazard, hazard)
		f.Events += int(l.orders[i])
	}
	return f
}

// Chance returns the probability of a first order within the horizon of a
// customer who has been known for some weeks and has not bought.
func (f FirstOrders) Chance(known, horizon float64) float64 {
	sum, from := 0.0, 0.0
	for i, to := range firstStretches() {
		stretch := math.Min(known+horizon, to) - math.Max(known, from)
		if stretch > 0 && i < len(f.Hazard) {
			sum += f.Hazard[i] * stretch
		}
		from = to
	}
	return -math.Expm1(-sum)
}
