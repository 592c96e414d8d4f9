package exposure

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/regression"
)

// Harm is what a contact too many may bring.
type Harm int

// The harms.
const (
	// Loss is the customer deleting a member of staff.
	Loss Harm = iota
	// Negative is that, leaving a group of the brand or being removed from it, complaining,
	// or refusing marketing.
	Negative
)

// Fatigue is the chance that one more contact does harm: a hazard of the harm within
// FatigueDays of a contact, less that of customers whom nobody contacts, who would have
// left, or complained, all the same (attributable risk; Levin 1953).
type Fatigue struct {
	Coefficients []float64 `json:"coefficients"` // intercept, load, silence, sells
	Contacts     int       `json:"contacts"`
	Events       int       `json:"losses"`
	Fitted       bool      `json:"fitted"` // false: the stated prior speaks
	// Idle is the chance of the harm without a contact in as many days as count against
	// one, of customers who last bought as long ago as those who are contacted.
	Idle float64 `json:"idle"`
	// IdleWeeks are the customers' weeks without contact, parts of weeks added up;
	// IdleEvents are the harms in them.
	IdleWeeks  int `json:"idle_weeks"`
	IdleEvents int `json:"idle_losses"`
	// Usual is Next of the contacts it was learned from, on average: without any, of a
	// rested customer by the stated prior.
	Usual float64 `json:"usual"`
}

// FatigueDays is how long after a contact a harm counts against it.
const FatigueDays = 7

// enoughHarm is from how many harms on the brand's own contacts speak.
const enoughHarm = 30

// usual is how often the harm is believed to happen, as a multiple of deletions, before
// anything is seen: as many again leave groups, complain or refuse.
func (h Harm) usual() float64 {
	if h == Negative {
		return 2
	}
	return 1
}

// priors: three deletions in a thousand contacts to a rested customer; each contact still
// felt adds a quarter, each one left unanswered a tenth.
func (h Harm) priors() []regression.Prior {
	return []regression.Prior{{Mean: math.Log(.003 * h.usual()), SD: .7}, {Mean: .25, SD: .15}, {Mean: .1, SD: .1}, {Mean: .2, SD: .2}}
}

// FatigueLearner collects contacts and what became of them, and weeks without contact.
type FatigueLearner struct {
	harm Harm
	from event.Instant
	data regression.Data
	days float64 // counted against contacts
	kind [buyers]struct{ contacts, weeks, events float64 }
}

// NewFatigueLearner returns a learner without contacts. From a moment on the harm is
// known; contacts and weeks before it are left out.
func NewFatigueLearner(harm Harm, from event.Instant) *FatigueLearner {
	return &FatigueLearner{harm: harm, from: from, data: regression.Data{Columns: len(harm.priors())}}
}

// Known returns the moment from which the harm is known: the first that is. Who had left
// before the brand was connected, nobody can see. Without any it lies far ahead.
func (h Harm) Known(customers []profile.Customer) event.Instant {
	first := event.Instant(math.MaxInt64)
	for i := range customers {
		h.of(&customers[i], func(at event.Instant) { first = min(first, at) })
	}
	return first
}

// of calls with each harm that is known of the customer, in any order.
func (h Harm) of(c *profile.Customer, with func(at event.Instant)) {
	for i := range c.Relations {
		if r := &c.Relations[i]; r.End == event.ByCustomer && r.Until != 0 {
			with(r.Until)
		}
	}
	if h == Loss {
		return
	}
	for _, m := range c.Groups {
		if m.Until != 0 {
			with(m.Until)
		}
	}
	for _, x := range c.Complaints {
		with(x.Opened)
	}
	if c.RefusesMarketing() {
		with(c.Refused)
	}
}

// between tells whether the harm happened from one instant on and before another.
func (h Harm) between(c *profile.Customer, from, to event.Instant) (happened bool) {
	h.of(c, func(at event.Instant) { happened = happened || at >= from && at < to })
	return happened
}

// Add counts the contacts of one customer that are old enough to judge.
func (l *FatigueLearner) Add(c *profile.Customer, now event.Instant) {
	l.addIdle(c, now)
	for i, t := range c.Touches.Recent {
		until := t.At + FatigueDays*past.Day
		if t.At <= l.from || until > now || t.Purpose == event.Greet {
			continue
		}
		until = min(until, nextContact(c.Touches.Recent[i+1:]))
		v := past.View{Customer: c, At: t.At, Orders: t.At}
		if !v.Related() {
			continue
		}
		l.data.Append(fatigueRow(v, t.Purpose.Sells()), l.harm.between(c, t.At, until))
		l.days += float64(until-t.At) / past.Day
		l.kind[buyerOf(v)].contacts++
	}
}

// mostIdle is how many weeks without a contact are looked at: half a year, as the
// repurchase model looks back.
const mostIdle = 26

// addIdle counts the weeks that begin without a contact in the week before, as far back
// as all contacts are kept. Such a week ends with the next contact, as what follows a
// contact does: weeks that stay without one would be mostly of those who left in them.
func (l *FatigueLearner) addIdle(c *profile.Customer, now event.Instant) {
	const week = FatigueDays * past.Day
	from, touches := max(l.from, now-mostIdle*week), c.Touches.Recent
	if len(touches) >= profile.RecentTouches {
		from = max(from, touches[0].At+week)
	}
	for at := now - week; at > from; at -= week {
		v := past.View{Customer: c, At: at, Orders: at}
		next := nextContact(sentFrom(touches, at-week))
		if !v.Related() || next < at {
			continue
		}
		until := min(at+week, next)
		kind := &l.kind[buyerOf(v)]
		kind.weeks += float64(until-at) / week
		if l.harm.between(c, at, until) {
			kind.events++
		}
	}
}

// The kinds of customers within which contacts are compared with weeks without: who has
// nothing left to buy is contacted less and leaves more.
const (
	neverBuyer = iota
	recentBuyer
	formerBuyer
	buyers
)

// recentBuy is how long ago a recent buyer has bought at most, in days: a season.
const recentBuy = 90.0

func buyerOf(v past.View) int {
	switch p := v.Purchases(); {
	case p.Days == 0:
		return neverBuyer
	case v.Days(p.Last) <= recentBuy:
		return recentBuyer
	}
	return formerBuyer
}

// sentFrom returns the messages that were sent from a moment on.
func sentFrom(touches []profile.Touch, from event.Instant) []profile.Touch {
	for i := range touches {
		if touches[i].At >= from {
			return touches[i:]
		}
	}
	return nil
}

// nextContact returns when the first of the messages that is no welcome was sent: what
// happens from then on is counted against that one. Without any it is never.
func nextContact(later []profile.Touch) event.Instant {
	for _, t := range later {
		if t.Purpose != event.Greet {
			return t.At
		}
	}
	return math.MaxInt64
}

func fatigueRow(v past.View, sells bool) []float64 {
	row := []float64{1, Load(v), math.Log1p(float64(silence(v))), 0}
	if sells {
		row[3] = 1
	}
	return row
}

// silence returns how many contacts went unanswered since the customer last
// answered one.
func silence(v past.View) int {
	touches := v.Touches()
	n := 0
	for i := len(touches) - 1; i >= 0 && !v.Answered(touches[i]); i-- {
		n++
	}
	return n
}

// Learned fits what was collected: the chance that a contact is the one after
// which it happens, as a proportional hazard in discrete time (Prentice and
// Gloeckler 1978).
func (l *FatigueLearner) Learned() Fatigue {
	fit := regression.CLogLog(l.data, l.harm.priors())
	f := Fatigue{Coefficients: fit.Coefficients, Contacts: l.data.Rows()}
	for _, harmed := range l.data.Y {
		if harmed {
			f.Events++
		}
	}
	f.Fitted = f.Events >= enoughHarm
	l.rest(&f)
	f.Usual = f.beyond([]float64{1, 0, 0, 0})
	if n := l.data.Rows(); n > 0 {
		f.Usual = 0
		for i := range n {
			f.Usual += f.beyond(l.data.Row(i)) / float64(n)
		}
	}
	return f
}

// beyond returns the chance that the contact of a row does harm that would not happen
// without it.
func (f Fatigue) beyond(row []float64) float64 {
	if len(f.Coefficients) == 0 {
		return 0 // of a model of before this harm was learned
	}
	eta := 0.0
	for j, x := range row {
		eta += f.Coefficients[j] * x
	}
	return max(0, -math.Expm1(-math.Exp(eta))-f.Idle)
}

// Without a contact one customer in ten ends a relation in a year, two in a thousand in
// a week: believed as firmly as two ends that were seen.
const (
	idleEnds = .002
	idleFirm = 2.0
)

// rest works out the hazard without contact, of each kind by its own weeks (gamma prior
// and Poisson counts), weighed as contacts are (direct standardisation), and over as
// many days as count against a contact.
func (l *FatigueLearner) rest(f *Fatigue) {
	usual := idleEnds * l.harm.usual()
	f.Idle = usual
	if f.Contacts == 0 {
		return
	}
	n := float64(f.Contacts)
	f.Idle = 0
	for _, k := range l.kind {
		f.IdleWeeks, f.IdleEvents = f.IdleWeeks+int(k.weeks), f.IdleEvents+int(k.events)
		f.Idle += k.contacts / n * (idleFirm + k.events) / (idleFirm/usual + k.weeks)
	}
	f.Idle *= l.days / n / FatigueDays
}

// Next returns the probability that one more contact now, which does not
// sell, does harm that would not happen without it.
func (f Fatigue) Next(v past.View) float64 {
	return f.beyond(fatigueRow(v, false))
}
