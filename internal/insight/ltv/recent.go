package ltv

import (
	"math"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// recentName is the rule that retailers use without a model: who ordered
// within the last quarter of a year goes on at the own rate, who did not is
// gone (Wübben and Wangenheim 2008 call it the hiatus heuristic). A model must
// beat it.
const recentName = "recent"

// hiatus is how long a customer may be silent, in weeks: 90 days.
const hiatus = stats.Weeks(90. / 7)

// recentRule gives who is not silent a Poisson distribution at the own rate of
// orders, the first included so that newcomers have a rate.
type recentRule struct {
	horizon stats.Weeks
	share   float64 // repeat orders over orders, since the first is no repeat
}

func fitRecent(p *panel, horizon stats.Weeks) (recentRule, btyd.Fit) {
	m, orders := recentRule{horizon: horizon}, 0.
	for _, t := range p.tuples {
		m.share += t.Count * float64(t.Frequency)
		orders += t.Count * float64(t.Frequency+1)
	}
	m.share /= max(1, orders)
	fit := btyd.Fit{Converged: true, Parameters: []btyd.Parameter{{Name: "hiatus", Value: float64(hiatus)}, {Name: "share", Value: m.share}}}
	return m, fit
}

func (m recentRule) expected(c Case, weeks stats.Weeks) float64 {
	if c.Age-c.Recency > hiatus {
		return 0
	}
	return m.share * float64(c.Frequency+1) / math.Max(float64(c.Age), float64(hiatus)) * float64(weeks)
}

func (m recentRule) total(p *panel, weeks stats.Weeks) float64 {
	sum := 0.
	for _, c := range p.cases {
		sum += m.expected(c, weeks)
	}
	return sum
}

func (m recentRule) forecast(c Case, buffer []float64) btyd.Forecast {
	return btyd.PoissonForecast(m.expected(c, m.horizon), buffer)
}
