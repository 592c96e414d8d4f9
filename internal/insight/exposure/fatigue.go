package exposure

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/regression"
)

// Fatigue is the chance that one more contact costs the relation: a hazard of
// the customer deleting a member of staff within FatigueDays of a contact.
type Fatigue struct {
	Coefficients []float64 `json:"coefficients"` // intercept, load, silence, sells
	Contacts     int       `json:"contacts"`
	Losses       int       `json:"losses"`
	Fitted       bool      `json:"fitted"` // false: the stated prior speaks
}

// FatigueDays is how long after a contact a deletion counts against it.
const FatigueDays = 7

// enoughLosses is from how many deletions on the brand's own contacts speak.
const enoughLosses = 30

// fatiguePriors: three deletions in a thousand contacts to a rested customer;
// each contact still felt adds a quarter, each one left unanswered a tenth.
func fatiguePriors() []regression.Prior {
	return []regression.Prior{{Mean: math.Log(.003), SD: .7}, {Mean: .25, SD: .15}, {Mean: .1, SD: .1}, {Mean: .2, SD: .2}}
}

// FatigueLearner collects contacts and what became of them.
type FatigueLearner struct{ data regression.Data }

// NewFatigueLearner returns a learner without contacts.
func NewFatigueLearner() *FatigueLearner {
	return &FatigueLearner{data: regression.Data{Columns: len(fatiguePriors())}}
}

// Add counts the contacts of one customer that are old enough to judge.
func (l *FatigueLearner) Add(c *profile.Customer, now event.Instant) {
	for i, t := range c.Touches.Recent {
		until := t.At + FatigueDays*past.Day
		if until > now || t.Purpose == event.Greet {
			continue
		}
		until = min(until, nextContact(c.Touches.Recent[i+1:]))
		v := past.View{Customer: c, At: t.At, Orders: t.At}
		if !v.Related() {
			continue
		}
		l.data.Append(fatigueRow(v, t.Purpose.Sells()), lost(c, t.At, until))
	}
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

func lost(c *profile.Customer, from, to event.Instant) bool {
	for i := range c.Relations {
		r := &c.Relations[i]
		if r.End == event.ByCustomer && r.Until >= from && r.Until < to {
			return true
		}
	}
	return false
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
	fit := regression.CLogLog(l.data, fatiguePriors())
	f := Fatigue{Coefficients: fit.Coefficients, Contacts: l.data.Rows()}
	for _, lost := range l.data.Y {
		if lost {
			f.Losses++
		}
	}
	f.Fitted = f.Losses >= enoughLosses
	return f
}

// Next returns the probability that one more contact now, which does not
// sell, costs the relation.
func (f Fatigue) Next(v past.View) float64 {
	b := f.Coefficients
	eta := b[0] + b[1]*Load(v) + b[2]*math.Log1p(float64(silence(v)))
	return -math.Expm1(-math.Exp(eta))
}
