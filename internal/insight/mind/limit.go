package mind

import (
	"math"

	"siyu/internal/insight"
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
	"siyu/internal/stats"
)

// limits is what choosing the limiting part looks at.
type limits struct {
	view       past.View
	parts      *repurchase.Parts // by what orders are known, be they enough to speak of or not
	worth      ltv.Worth
	rate       float64 // of turnover that counts as value, not discounted
	measurable bool    // of need
	linkRate   float64 // above 0 where orders are known
	fades      float64 // by how much exposure grows in WeekDays if nothing happens: below 0
	visited    float64 // exposure with visits that no order tells of
}

// rhythmic tells whether enough of the customer's orders are known to choose by what
// the customer needs: of the store's all together, or of those of whoever has any.
// A customer with an order is one whose phone is known, and misses only what the
// shop does not show.
func (m *Model) rhythmic(s *Situation, worth ltv.Worth) bool {
	return s.measurable() || worth.Bought && s.LinkRate >= 0 && m.Repurchase.Shown >= s.LinkFloor
}

// limit finds the part whose gap to the best fifth, as far as its lever closes
// it, is worth most over the lever's cost, among those worth more than that.
func (m *Model) limit(out *insight.Customer, settings *Settings, l limits) {
	out.Levers = m.levers(out, settings, l)
	switch {
	case l.stranger(settings):
		out.Limiting = insight.Unknown
		_, _, tooNew := reasonsBeside()
		out.Repurchase.Because = append(out.Repurchase.Because, tooNew)
	case !out.Bears(settings.MaxFatigue):
		out.Limiting = insight.None
	default:
		out.Limiting = limiting(out.Levers)
	}
}

// stranger tells whether nothing has happened yet that anything could be said
// from.
func (l limits) stranger(settings *Settings) bool {
	since, _ := l.view.Since()
	return !l.worth.Bought && l.parts.Exchanges == 0 && l.view.Days(since) < settings.StrangerDays
}

// levers returns what working on each part would do, best first.
func (m *Model) levers(out *insight.Customer, settings *Settings, l limits) []insight.Lever {
	perOrder := l.worth.PerOrder * l.rate
	if l.linkRate > 0 {
		perOrder /= seenOf(l.linkRate) // whoever buys more also places more orders that nobody can link
	}
	l.fades = m.Repurchase.ExposureAfter(l.parts, insight.WeekDays) - l.parts.Exposure
	levers := make([]insight.Lever, 0, len(settings.Assumptions))
	for i := range settings.Assumptions {
		a := &settings.Assumptions[i]
		lever := m.lever(a, settings.Horizon, &l, perOrder)
		lever.Cost = a.Cost + out.Loss*ValueLost*max(0, out.Value.Value)
		levers = append(levers, lever)
	}
	sortLevers(levers)
	return levers
}

// ValueLost is the share of a customer's value that ends with a relation: who deletes a
// member may still buy at the shop. How many do was measured nowhere; half is least
// wrong at worst.
const ValueLost = .5

// seenOf returns the share of the orders of a customer whose phone is known
// that lead to the customer. An order does where the shop shows the phone and
// the relation holds it; which of the two fails is not known, so both are taken
// to fail alike.
func seenOf(linkRate float64) float64 { return math.Sqrt(linkRate) }

// unseen returns the chance that a customer of whom no order is known buys all
// the same, by orders that do not lead there.
func (m *Model) unseen(l *limits) float64 {
	if l.worth.Bought || l.linkRate <= 0 || m.Repurchase.Newcomers <= 0 {
		return 0
	}
	return min(1, (1-seenOf(l.linkRate))/m.Repurchase.Newcomers)
}

func (m *Model) lever(a *Assumption, horizon int, l *limits, perOrder float64) insight.Lever {
	p, r := l.parts, m.Repurchase
	level := r.Tops[p.Peer].Of(a.Part)
	part := l.own(a.Part, level)
	own, effect, unseen, had := a.standing(p.Eta(), level, part), m.closed(a, l, float64(horizon)), m.unseen(l), l.spent(a)
	var buyer standing
	if unseen > 0 {
		level, part = r.Buyer.Tops.Of(a.Part), p.Trust
		if a.Part != insight.Trust {
			part = level.Mean
		}
		buyer = a.standing(r.Buyer.Eta, level, part)
	}
	orders := func(times float64) (all, hidden float64) {
		own.left = had.left(times)
		if unseen > 0 {
			buyer.left = own.left
			hidden = unseen * m.added(&buyer, times*effect)
		}
		return (1-unseen)*m.added(&own, times*effect) + hidden, hidden
	}
	gain := func(times float64) float64 {
		all, _ := orders(times)
		return perOrder * all
	}
	after := m.after(a, &own, l, float64(horizon))
	lasting := func(times float64) float64 {
		after.left = had.left(times)
		return perOrder * (1 - unseen) * after.horizons * m.added(&after.standing, times*after.closed)
	}
	doubt := unseenPart(orders(1))
	if r.Fitted {
		doubt = math.Hypot(doubt, p.EtaSD)
	}
	lever := insight.Lever{Part: a.Part, Gap: own.gap * own.left, Effect: effect, Grade: insight.Assumed, Gain: gain(1), Lasting: lasting(1)}
	lever.GainLow, lever.GainHigh = a.interval(gain, doubt)
	lever.LastingLow, lever.LastingHigh = a.interval(lasting, math.Hypot(doubt, lastingSpread))
	own.left = had.left(1)
	if e, known := m.effectOn(a.Part); known {
		e.weigh(&lever, doubt)
	}
	lever.Week = m.week(a, &own, horizon, l)
	if life := lever.Life(); life > 0 {
		lever.Week = (lever.Gain*lever.Week + lever.Lasting) / life
	}
	if perOrder > 0 {
		lever.Orders = lever.Gain / perOrder
	}
	return lever
}

// afterwards is a customer between the end of the horizon and the year that value
// looks ahead.
type afterwards struct {
	standing         // rate: of a horizon
	horizons float64 // how many there are
	closed   float64 // share of the gap that is still closed then, on average
}

// lastingSpread is how unsure it is how long an effect lasts beyond what is unsure of
// its size, on the log scale: nobody followed a contact for a year.
const lastingSpread = .5

// after returns where a customer stands after the horizon. Orders are those that the
// purchase models expect of the year beyond those of the horizon: who stops buying, and
// when, is in them. What the customer may buy unseen counts within the horizon only.
func (m *Model) after(a *Assumption, own *standing, l *limits, horizon float64) afterwards {
	year := 7 * float64(ltv.Horizon)
	later := afterwards{standing: *own, horizons: (year - horizon) / horizon, closed: m.faded(a, a.between(horizon, year))}
	orders := max(0, l.worth.Orders-m.Repurchase.Expected(own.rate))
	later.rate = m.Repurchase.RateOf(orders / later.horizons)
	return later
}

// closed returns the share of the gap that a contact closes on average over so many days.
// Memory helps on the days on which something is due, so what a reminder leaves is
// weighed by those, where need is known; a need that was woken is there by itself.
func (m *Model) closed(a *Assumption, l *limits, days float64) float64 {
	share := a.over(days)
	if a.Part == insight.Exposure && a.HalfLife > 0 && l.worth.Bought && l.measurable {
		share = a.Effect * need.LeftWhenDue(l.view, m.Repurchase.Cycles, days, a.HalfLife)
	}
	return m.faded(a, share)
}

// faded turns a share of what a part lacks at a moment into one of the gap as parts
// have it: that of memory is between what is left on average over the horizon, so it has
// faded already, by as much as what closes it.
func (m *Model) faded(a *Assumption, share float64) float64 {
	if a.Part != insight.Exposure || a.HalfLife <= 0 {
		return share
	}
	return share / exposure.MeanLeft(a.HalfLife, float64(m.Repurchase.Horizon))
}

// week returns the course of a lever's gain: what the contact adds a week later over
// what it adds now. With R the rate of orders, E the share of the gap that is closed
// on average over what is left of the horizon H, and w a week,
//
//	(1 - w/H) e^(-R w/H) added(R', gap', E(H-w)) / added(R, gap, E(H)),
//
// where R' and gap' are those after a week in which exposure fades: the gap that a
// reminder closes opens while it waits, and less time is left to buy. e^(-R w/H) is
// the chance that no order comes first. That the need itself grows lifts all levers
// alike and stays out, and so does what is due when: the plan knows that.
func (m *Model) week(a *Assumption, own *standing, horizon int, l *limits) float64 {
	now := m.added(own, m.faded(a, a.over(float64(horizon))))
	if now <= 0 {
		return 0
	}
	part := l.own(a.Part, m.Repurchase.Tops[l.parts.Peer].Of(a.Part))
	if a.Part == insight.Exposure {
		part += l.fades
	}
	later := a.standing(l.parts.Eta()+l.fades, m.Repurchase.Tops[l.parts.Peer].Of(a.Part), part)
	later.left = own.left
	left := float64(horizon - insight.WeekDays)
	gone := insight.WeekDays / float64(horizon)
	return max(0, 1-gone) * math.Exp(-own.rate*gone) * m.added(&later, m.faded(a, a.over(left))) / now
}

// unseenDoubt is the standard deviation of the chance to buy unseen, as a share
// of it: of the orders that nobody can link anything between none and all may be
// those of customers whose phone is known, and a uniform distribution from 0 on
// has 1/sqrt(3) of its mean.
const unseenDoubt = .5774

// unseenPart returns how unsure a gain is because nobody knows whether the customer
// buys unseen: a standard deviation on the log scale. A gain goes besides with
// e^eta, whose deviation comes on top once the brand's own history speaks. Before,
// all of eta is a stated prior that says so, and not a measure of this customer.
func unseenPart(all, hidden float64) float64 {
	if all <= 0 {
		return 0
	}
	return unseenDoubt * hidden / all
}

// interval returns the central 80 % of a gain, which goes with the effect, unsure by
// Spread, and with a factor of the customer's, unsure by doubt, at the most probable
// points at which their product has its quantiles (as Effect.interval). An effect that
// is smaller than assumed also left more to do, of contacts before, so that the gain's
// ends need not be at those of the effect.
func (a *Assumption) interval(gain func(times float64) float64, doubt float64) (low, high float64) {
	both := math.Hypot(a.Spread, doubt)
	if both <= 0 {
		return gain(1), gain(1)
	}
	less, more := AssumedInterval(a.Spread * a.Spread / both)
	least, most := AssumedInterval(doubt * doubt / both)
	atLess, atMore, assumed := gain(less), gain(more), gain(1)
	return least * min(atLess, atMore, assumed), most * max(atLess, atMore, assumed)
}

// AssumedInterval returns the central 80 % of an assumption, as multiples of the
// effect that it states.
func AssumedInterval(spread float64) (low, high float64) {
	high = math.Exp(stats.Central80 * spread)
	return 1 / high, high
}

// own returns what the customer has of a part, visits that nobody could link among them:
// a reminder cannot close what those have closed.
func (l *limits) own(part insight.Part, level repurchase.Level) float64 {
	if part == insight.Need && !l.measurable {
		return level.Mean // nobody knows what the customer needs: as much as others of the kind
	}
	return ownOf(part, l.parts.Need, l.parts.Trust, l.visited)
}

// standing is where a customer stands in one part.
type standing struct {
	rate float64 // e^eta
	gap  float64 // what the best fifth of comparable customers have more
	// open is the gap on the scale of what is wanted, for need; 0 for others.
	open float64
	left float64 // share of the gap that contacts before have left to do
}

func (a *Assumption) standing(eta float64, level repurchase.Level, part float64) standing {
	s := standing{rate: math.Exp(eta), gap: max(0, level.Reach(a.Unseen)-part), left: 1}
	if a.Part == insight.Need {
		s.open = math.Expm1(s.gap)
	}
	return s
}

// added returns the expected orders that closing a share of what is left of the gap
// adds. Need
// adds up over what is wanted, so its gap is closed on that scale and not on
// its logarithm: who wants nothing yet has as much to gain as who wants a bit.
func (m *Model) added(s *standing, effect float64) float64 {
	effect = min(1, effect) * s.left
	grown := 1 + effect*s.open
	if s.open == 0 {
		grown = math.Exp(effect * s.gap)
	}
	return m.Repurchase.Expected(s.rate*grown) - m.Repurchase.Expected(s.rate)
}

func ownOf(part insight.Part, need, trust, exposure float64) float64 {
	switch part {
	case insight.Need:
		return need
	case insight.Trust:
		return trust
	default:
		return exposure
	}
}

// score is what the limiting part has most of: what closing the lever's share
// of the gap brings, over its cost.
func score(l insight.Lever) float64 { return l.Gain / max(l.Cost, 1) }

// sortLevers sorts the few levers by score, without the allocation of a
// general sort.
func sortLevers(levers []insight.Lever) {
	for i := 1; i < len(levers); i++ {
		for j := i; j > 0 && score(levers[j]) > score(levers[j-1]); j-- {
			levers[j], levers[j-1] = levers[j-1], levers[j]
		}
	}
}

// limiting returns the part of the best lever that pays, at the low end of what is
// believed: where draws have not shown for sure that a contact pays, the customer is
// left alone.
func limiting(levers []insight.Lever) insight.Part {
	for _, l := range levers {
		if l.Gap > 0 && l.GainLow > l.Cost {
			return l.Part
		}
	}
	return insight.None
}
