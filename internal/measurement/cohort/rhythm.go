package cohort

import (
	"siyu/internal/event"
	"siyu/internal/stats/shrink"
)

// Rhythm is how many repeat orders the buyers of a group have placed, and how
// many buyers of the whole brand of the same months of first order have.
type Rhythm struct {
	Repeats float64 `json:"repeats,omitempty"`
	Usual   float64 `json:"usual,omitempty"`
}

func (r *Rhythm) add(o *Rhythm) { r.Repeats, r.Usual = r.Repeats+o.Repeats, r.Usual+o.Usual }

// usual is what buyers of the whole brand do.
type usual struct {
	each          [Months + 1]float64 // repeat orders of a buyer of each cohort of first order
	spread, shape float64
}

// usual sums the whole brand up: the spread is the variance within cohorts over
// the mean.
func (t *Tally) usual() (u usual) {
	var all [Months + 1]cell
	for _, p := range t.each() {
		for i := range p.order {
			all[i].add(&p.order[i])
		}
	}
	apart, sum := 0.0, 0.0
	for i, c := range all {
		if c.customers == 0 {
			continue
		}
		placed := float64(c.repeats)
		u.each[i] = placed / float64(c.customers)
		apart, sum = apart+t.squares[i]-placed*u.each[i], sum+placed
	}
	if sum > 0 {
		u.spread = max(1, apart/sum)
	}
	var stores []Rhythm
	for _, p := range t.each() {
		stores = append(stores, u.rhythm(p))
	}
	_, u.shape = shrink.Factors(counts(stores, u.spread))
	return u
}

// rhythm standardises a place by the month of first order (indirectly): an old
// store is not taken for a good one.
func (u *usual) rhythm(p *place) (r Rhythm) {
	for i := range p.order {
		r.Repeats += float64(p.order[i].repeats)
		r.Usual += float64(p.order[i].customers) * u.each[i]
	}
	return r
}

// counts returns the rhythms as their counts tell: they vary spread times as much
// as Poisson ones, and tell so much less.
func counts(rhythms []Rhythm, spread float64) []shrink.Group {
	list := make([]shrink.Group, len(rhythms))
	for i, r := range rhythms {
		if spread > 0 {
			list[i] = shrink.Group{Events: r.Repeats / spread, Expected: r.Usual / spread}
		}
	}
	return list
}

// StoreRates returns how often buyers of each of Stores buy again over what is
// usual: the factor of their rate, shrunk towards 1 by as much as the brand's
// stores are alike and little was seen (empirical Bayes, shrink.Factors).
func (s *Sums) StoreRates() []shrink.Factor {
	rhythms := make([]Rhythm, len(s.Stores))
	for i := range s.Stores {
		rhythms[i] = s.Stores[i].Rhythm
	}
	return shrink.At(counts(rhythms, s.Spread), max(s.Shape, leastShape))
}

// leastShape stands where no store was seen: stores may be ten times apart.
const leastShape = .05

// OrderRates returns the same of each cohort of first order, over the repeat
// orders that a new customer is expected to place in a cohort's mean age, in
// weeks. It is 1 and all prior for Earlier.
func (s *Sums) OrderRates(expected func(weeks float64) float64) []shrink.Factor {
	rhythms := make([]Rhythm, len(s.Order))
	for i, c := range s.Order {
		if age := s.Age(c.Month); age > 0 {
			rhythms[i] = Rhythm{Repeats: c.Repeats, Usual: float64(c.Customers) * expected(age)}
		}
	}
	factors, _ := shrink.Factors(counts(rhythms, s.Spread))
	return factors
}

// Age returns how many weeks before orders end the middle of a month was, 0 for
// Earlier.
func (s *Sums) Age(m Month) float64 {
	if m == Earlier {
		return 0
	}
	middle := event.StartOfDay((m.firstDay() + (m + 1).firstDay()) / 2).Time()
	return s.OrdersTo.Sub(middle).Hours() / (24 * 7)
}
