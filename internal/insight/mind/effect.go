package mind

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
	"siyu/internal/profile"
	"siyu/internal/stats"
)

// Effect is what chance has decided about an assumption, as a multiple of the
// orders that it says a contact adds.
type Effect struct {
	Part  insight.Part  `json:"part"`
	Times float64       `json:"times"`
	SD    float64       `json:"sd"`
	Grade insight.Grade `json:"grade"` // of an assumption Times and SD mean nothing
}

// effectOn returns what is known of a part's lever beside the assumption; false
// where nothing is.
func (m *Model) effectOn(part insight.Part) (Effect, bool) {
	for _, e := range m.Effects {
		if e.Part == part && e.Grade != insight.Assumed {
			return e, true
		}
	}
	return Effect{}, false
}

// HazardSpread is the standard deviation of the assumption that contacts cost as many
// relations as the hazard of fatigue says, as a share of it: that compares contacts with
// weeks without, and whom members leave alone may differ in more than their orders.
const HazardSpread = .5

// Risk returns the chance that a contact at a moment costs the relation within
// exposure.FatigueDays, as the hazard is fitted. It never looks at what was measured.
func (m *Model) Risk(c *profile.Customer, at event.Instant) float64 {
	return m.Loss.Next(past.View{Customer: c, At: at, Orders: at})
}

// loses returns the chance that one more contact costs the relation, and how it is known:
// assumed to be as the hazard says that was fitted on contacts which people chose, until
// draws have told how much of it contacts do.
func (m *Model) loses(v past.View) (chance float64, known insight.Grade) {
	hazard := m.Loss.Next(v)
	if !m.Tiring.Grade.Drawn() {
		return hazard, insight.Assumed
	}
	return min(1, hazard*max(0, m.Tiring.Times)), m.Tiring.Grade
}

// weigh puts what was measured in place of what is assumed. Draws tell of the horizon;
// that what lasts goes with it is assumed. doubt is how unsure
// the assumed gain is whatever a contact does, as a share of it.
func (e Effect) weigh(l *insight.Lever, doubt float64) {
	assumed, lasting := l.Gain, l.Lasting
	l.Grade, l.Effect, l.Gain, l.Lasting = e.Grade, l.Effect*e.Times, assumed*e.Times, lasting*e.Times
	low, high := e.interval(doubt)
	l.GainLow, l.GainHigh = assumed*low, assumed*high
	low, high = e.interval(math.Hypot(doubt, lastingSpread))
	l.LastingLow, l.LastingHigh = lasting*low, lasting*high
}

// interval returns the central 80 % of the effect times a factor around 1 with the
// standard deviation doubt on the log scale, by the most probable points at which
// that product has its quantiles (first-order reliability; Hasofer and Lind 1974):
// each of the two takes its share of the distance. An effect below 0 is of the draws
// alone.
func (e Effect) interval(doubt float64) (low, high float64) {
	if e.Times <= 0 || doubt <= 0 {
		return e.Times - stats.Central80*e.SD, e.Times + stats.Central80*e.SD
	}
	own := e.SD / e.Times
	both := math.Hypot(own, doubt)
	effect, factor := stats.Central80*e.SD*own/both, math.Exp(stats.Central80*doubt*doubt/both)
	high = (e.Times + effect) * factor
	if e.Times < effect {
		return e.Times - effect, high
	}
	return (e.Times - effect) / factor, high
}

// closedAfter returns the share of the gap that is still closed after so many days.
func (a *Assumption) closedAfter(days float64) float64 {
	if a.HalfLife <= 0 {
		return a.Effect
	}
	return a.Effect * math.Exp2(-days/a.HalfLife)
}

// AddedOrders is what the assumptions say that one contact adds.
type AddedOrders struct {
	Plain float64 // orders expected without contact
	// Added are the orders that a contact on each part adds, of those that can be
	// linked.
	Need, Trust, Exposure float64
}

// Added returns what the assumptions say of a contact with the customer at a
// moment, by what was known before it and by what earlier contacts left to do,
// counted until days later. It never looks at what was measured.
func (m *Model) Added(settings *Settings, s *Situation, c *profile.Customer, at event.Instant, days float64) AddedOrders {
	v := repurchase.View(c, at, s.ordersUntil())
	parts := m.Repurchase.Of(v)
	worth := m.Value.Of(past.View{Customer: c, At: v.At, Orders: v.Orders})
	l := limits{view: v, parts: &parts, worth: worth, measurable: m.rhythmic(s, worth), linkRate: s.LinkRate, visited: m.Repurchase.ExposureVisited(&parts)}
	share := days / float64(settings.Horizon)
	added := AddedOrders{}
	own := standing{}
	for i := range settings.Assumptions {
		a := &settings.Assumptions[i]
		level := m.Repurchase.Tops[parts.Peer].Of(a.Part)
		own = a.standing(parts.Eta(), level, l.own(a.Part, level))
		had := l.spent(a)
		own.left = had.left(1)
		orders := share * (1 - m.unseen(&l)) * m.added(&own, m.closed(a, &l, days))
		switch a.Part {
		case insight.Need:
			added.Need = orders
		case insight.Trust:
			added.Trust = orders
		case insight.Exposure:
			added.Exposure = orders
		}
	}
	added.Plain = share * m.Repurchase.Expected(own.rate)
	return added
}
