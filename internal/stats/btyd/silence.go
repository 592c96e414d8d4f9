package btyd

import (
	"math"

	"siyu/internal/stats"
)

// Silence tells, under Pareto/NBD, how likely customers with one number of
// repeat orders are to be active, for all whole days of the last order and of
// age at once: the integral over the day of dropping out is taken once between
// neighbouring days.
type Silence struct {
	model ParetoNBD
	log   []float64 // ln psi at each day
	later []float64 // integral of psi from each day to the last, over psi there
}

// Silence returns the table for ages up to longest days.
func (m ParetoNBD) Silence(frequency, longest int) *Silence {
	d := newDropout(m.Alpha, m.S, m.Beta)
	d.shape = m.R + float64(frequency)
	s := &Silence{model: m, log: make([]float64, longest+1), later: make([]float64, longest+1)}
	for day := longest; day >= 0; day-- {
		from := float64(stats.WeeksOfDays(day))
		s.log[day] = d.log(from)
		if day < longest {
			s.later[day] = d.over(from, float64(stats.WeeksOfDays(day+1))).one + math.Exp(s.log[day+1]-s.log[day])*s.later[day+1]
		}
	}
	return s
}

// Alive returns the probability that a customer has not dropped out whose last
// order came recency days after the first, which was age days ago. It equals
// ParetoNBD.Alive to eight digits; neither day may exceed longest.
func (s *Silence) Alive(recency, age int) float64 {
	fall := s.log[recency] - s.log[age]
	out := max(0, s.later[recency]-math.Exp(-fall)*s.later[age])
	return 1 / (1 + s.model.S*out*math.Exp(fall)/(s.model.Beta+float64(stats.WeeksOfDays(age))))
}
