// Package loss finds who loses customers faster than the brand's own history lets
// expect: members who delete many on one day, and members, stores and contact ways
// whom unusually many customers delete.
package loss

import (
	"cmp"
	"math"
	"slices"

	"siyu/internal/id"
	"siyu/internal/stats"
)

// Kind says who loses customers, and by whose hand.
type Kind string

// The kinds.
const (
	Deleted Kind = "deleted" // a member deletes customers
	Member  Kind = "member"  // customers delete a member
	Store   Kind = "store"   // customers delete members of a store
	Way     Kind = "way"     // customers who came by a contact way delete members
)

// Kinds returns all of them.
func Kinds() []Kind { return []Kind{Deleted, Member, Store, Way} }

// Who is the one who loses customers; one of the fields is set, as the kind says.
type Who struct {
	Kind  Kind
	Staff id.Staff
	Store id.Store
	Way   string // state of the contact way
}

// Day is one business day of somebody.
type Day struct {
	Who
	Lost     int     // customers
	Expected float64 // by history; see Base
}

// Alarm is a day on which more were lost than chance explains.
type Alarm struct {
	Day
	Limit int // the fewest that would have been an alarm
}

// Chance is how often an alarm of a kind may be false: on one day in 200 years of
// daily looking, over all who are looked at together.
const Chance = 1.0 / (200 * 365)

// Fewest returns how many customers a day must lose before anything is said: a
// member who tidies up deletes a handful, and three customers who go are nobody's
// fault.
func (k Kind) Fewest() int {
	if k == Deleted {
		return 10
	}
	return 5
}

// Limit returns the smallest count that is an alarm where expected are lost on a
// day and looked many are looked at: the exact upper band of a Poisson count,
// P(N >= limit | expected) <= Chance / looked (Bonferroni 1936: with so many looks
// at Chance / looked each, one false alarm among them has at most Chance), and at
// least Fewest.
func (k Kind) Limit(expected float64, looked int) int {
	chance := Chance / float64(max(looked, 1))
	limit := max(k.Fewest(), int(math.Ceil(expected)))
	for stats.PoissonAtLeast(limit, expected) > chance {
		limit++
	}
	return limit
}

// Alarms returns the days above their limits, those furthest above first. looked is
// how many of each kind there are, lost or not.
func Alarms(days []Day, looked map[Kind]int) []Alarm {
	var alarms []Alarm
	for _, d := range days {
		if d.Lost < d.Kind.Fewest() {
			continue
		}
		if limit := d.Kind.Limit(d.Expected, looked[d.Kind]); d.Lost >= limit {
			alarms = append(alarms, Alarm{d, limit})
		}
	}
	slices.SortStableFunc(alarms, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(b.Lost-b.Limit, a.Lost-a.Limit), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Staff, b.Staff), cmp.Compare(a.Store, b.Store), cmp.Compare(a.Way, b.Way))
	})
	return alarms
}

// FewestDays is on how many days of history a band of losses by customers stands.
// Before that nothing is said of them: a new brand does not know what is usual.
// Members who delete in bulk are told of from the first day on.
const FewestDays = 14

// Base is what the brand lost in its history, the day itself left out.
type Base struct {
	Days      int // of history
	Deleted   int // customers whom members deleted
	Lost      int // customers who deleted a member
	Members   int // who may hold customers
	Customers int // with a relation
}

// Deletes returns how many customers a member is expected to delete on a day: the
// brand's rate per member and day. A member's own habit does not count: who deletes
// every day is what the alarm is about.
func (b Base) Deletes() float64 {
	return float64(b.Deleted) / float64(max(b.Days, 1)*max(b.Members, 1))
}

// Loses returns how many customers somebody is expected to lose on a day who holds
// customers and lost own of them in the history: the larger of the brand's rate per
// customer and day, and of the own past. known is false while the history is too
// short to say.
func (b Base) Loses(customers, own int) (expected float64, known bool) {
	if b.Days < FewestDays {
		return 0, false
	}
	days := float64(b.Days)
	return max(float64(b.Lost)/(days*float64(max(b.Customers, 1)))*float64(customers), float64(own)/days), true
}
