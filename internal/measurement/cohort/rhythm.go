package cohort

import (
	"siyu/internal/profile"
	"siyu/internal/stats/shrink"
)

// repeats sums up repeat orders of the buyers of a cohort.
type repeats struct {
	customers, sum, squares float64
}

func (r *repeats) add(c *profile.Customer) {
	n := float64(max(0, c.Orders.Days-1))
	r.customers++
	r.sum += n
	r.squares += n * n
}

func (r *repeats) merge(o *repeats) {
	r.customers, r.sum, r.squares = r.customers+o.customers, r.sum+o.sum, r.squares+o.squares
}

// Rhythm is how many repeat orders the buyers of a group have placed, and how
// many buyers of the whole brand of the same months of first order have.
type Rhythm struct {
	Repeats float64 `json:"repeats,omitempty"`
	Usual   float64 `json:"usual,omitempty"`
}

func (r *Rhythm) add(o *Rhythm) { r.Repeats, r.Usual = r.Repeats+o.Repeats, r.Usual+o.Usual }

// usual is what buyers of the whole brand do.
type usual struct {
	each   [Months + 1]float64 // repeat orders of a buyer of each cohort of first order
	spread float64
}

// usual sums the whole brand up: the spread is the variance within cohorts over
// the mean.
func (t *Tally) usual() (u usual) {
	var all [Months + 1]repeats
	for _, p := range t.each() {
		for i := range p.repeats {
			all[i].merge(&p.repeats[i])
		}
	}
	apart, sum := 0.0, 0.0
	for i, r := range all {
		if r.customers == 0 {
			continue
		}
		u.each[i] = r.sum / r.customers
		apart += r.squares - r.sum*u.each[i]
		sum += r.sum
	}
	if sum > 0 {
		u.spread = max(1, apart/sum)
	}
	return u
}

// rhythm standardises a place by the month of first order (indirectly): an old
// store is not taken for a good one.
func (u *usual) rhythm(p *place) (r Rhythm) {
	for i := range p.repeats {
		r.Repeats += p.repeats[i].sum
		r.Usual += p.repeats[i].customers * u.each[i]
	}
	return r
}

// Rates returns how often buyers of each group buy again over what is usual:
// the factor of their rate, shrunk towards 1 by as much as groups are alike and
// little was seen (empirical Bayes, shrink.Factors). Counts of a group vary Spread
// times as much as Poisson ones, and tell so much less.
func Rates(rhythms []Rhythm, spread float64) []shrink.Factor {
	groups := make([]shrink.Group, len(rhythms))
	for i, r := range rhythms {
		if spread > 0 {
			groups[i] = shrink.Group{Events: r.Repeats / spread, Expected: r.Usual / spread}
		}
	}
	factors, _ := shrink.Factors(groups)
	return factors
}
