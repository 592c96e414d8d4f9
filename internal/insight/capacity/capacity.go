// Package capacity tells whether a brand's people can do what is asked of them:
// hours that work needs against hours people have, how customers fare with the
// number a member holds, and whether large teams keep up. It describes what was
// observed; members and stores were not drawn by lot, so none of it is a cause.
package capacity

import (
	"fmt"
	"math"
	"time"
)

// Kind is a kind of work.
type Kind string

// The kinds of work.
const (
	SellDistrust Kind = "sell_distrust" // messages by hand that sell to customers whom lacking trust keeps from buying
	Sell         Kind = "sell"          // other messages by hand that sell
	SellMass     Kind = "sell_mass"     // mass messages to confirm that sell
	Invite       Kind = "invite"        // invitations into groups
	Greet        Kind = "greet"
	Ask          Kind = "ask"
	Mass         Kind = "mass"    // other mass messages to confirm
	Process      Kind = "process" // steps of standard processes
	Serve        Kind = "serve"
	Moments      Kind = "moments" // of a member
	Groups       Kind = "groups"  // to look after
)

// Kinds returns all kinds in the order in which they are stopped when hours are
// short: first what costs trust, then what sells, then what can wait, last what
// serves. Groups and Moments are the least a brand has to staff.
func Kinds() []Kind {
	return []Kind{SellDistrust, Sell, SellMass, Invite, Greet, Ask, Mass, Process, Serve, Moments, Groups}
}

// Minimum tells whether the work is not to be stopped: a brand that cannot staff
// it has no private domain.
func (k Kind) Minimum() bool { return k == Moments || k == Groups }

// Work is work of one kind.
type Work struct {
	Kind  Kind
	Count int
	Each  time.Duration
}

// Takes returns the time of all of it.
func (w Work) Takes() time.Duration { return time.Duration(w.Count) * w.Each }

// Settings say how long work takes and how much time a member has, in minutes.
type Settings struct {
	ByHand  int     `json:"by_hand"` // one message by hand, with reading who it is for
	Confirm int     `json:"confirm"` // one mass message, with reading it
	Invite  int     `json:"invite"`  // one customer into a group
	Process int     `json:"process"` // one step of a process by hand
	Group   int     `json:"group"`   // one group, a day
	Moments int     `json:"moments"` // a member's Moments, a day
	Day     int     `json:"day"`     // a member has for customers who are not in the store, a day
	Present float64 `json:"present"` // share of members who work on a usual day, 0..1
}

// Defaults returns what holds until a brand has measured its own.
func Defaults() Settings {
	return Settings{
		ByHand:  4,    // the upper end of the three to four minutes by which the plan's contacts a day are set
		Confirm: 2,    // reading a text and tapping twice; assumed
		Invite:  2,    // a text that is written already, copied and sent; assumed
		Process: 4,    // most steps are messages by hand
		Group:   10,   // one operator for 50 groups in eight hours is the extreme that is reported
		Moments: 5,    // one post a day; assumed
		Day:     120,  // two hours beside serving in the store, as the plan has it
		Present: 0.71, // five days of seven
	}
}

// longest bounds what is entered: a day of work.
const longest = 12 * 60

// Flaws returns the names of the fields that are out of bounds.
func (s Settings) Flaws() (fields []string) {
	for _, f := range []struct {
		name    string
		minutes int
	}{{"by_hand", s.ByHand}, {"confirm", s.Confirm}, {"invite", s.Invite}, {"process", s.Process}, {"group", s.Group}, {"moments", s.Moments}} {
		if f.minutes < 0 || f.minutes > longest {
			fields = append(fields, f.name)
		}
	}
	if s.Day < 1 || s.Day > longest {
		fields = append(fields, "day")
	}
	if !(s.Present > 0 && s.Present <= 1) {
		fields = append(fields, "present")
	}
	return fields
}

// Validate returns what is wrong with the settings, nil if nothing is.
func (s Settings) Validate() error {
	if wrong := s.Flaws(); len(wrong) > 0 {
		return fmt.Errorf("out of bounds: %v", wrong)
	}
	return nil
}

// Each returns how long one piece of work of a kind takes.
func (s Settings) Each(k Kind) time.Duration {
	minutes := s.ByHand
	switch k {
	case SellMass, Mass:
		minutes = s.Confirm
	case Invite:
		minutes = s.Invite
	case Process:
		minutes = s.Process
	case Moments:
		minutes = s.Moments
	case Groups:
		minutes = s.Group
	}
	return time.Duration(minutes) * time.Minute
}

// Team is who works in one place.
type Team struct {
	Members int     // who may hold customers
	Shares  float64 // their one-to-one capacities as multiples of the usual one
}

// Add adds a member with an own capacity of contacts a day, where usual is that
// of everybody else; own 0: the usual one.
func (t *Team) Add(own, usual int) {
	t.Members++
	if own == 0 || usual == 0 {
		t.Shares++
		return
	}
	t.Shares += float64(own) / float64(usual)
}

// Balance is work against the time of those who are there on a usual day.
type Balance struct {
	Work  []Work // in the order of Kinds, none that is 0
	Team  Team
	Has   time.Duration
	Needs time.Duration
}

// BalanceOf returns the balance of a team with so much work of each kind.
// Moments of its members are added.
func (s Settings) BalanceOf(t Team, counts map[Kind]int) Balance {
	there := s.Present * float64(t.Members)
	b := Balance{Team: t, Has: time.Duration(s.Present * t.Shares * float64(s.Day) * float64(time.Minute)).Round(time.Minute)}
	for _, k := range Kinds() {
		w := Work{Kind: k, Count: counts[k], Each: s.Each(k)}
		if k == Moments {
			w.Count = int(math.Round(there))
		}
		if w.Count > 0 {
			b.Work = append(b.Work, w)
			b.Needs += w.Takes()
		}
	}
	return b
}

// Left returns the time that is left, below 0 what is missing.
func (b Balance) Left() time.Duration { return b.Has - b.Needs }

// Short tells whether time is missing.
func (b Balance) Short() bool { return b.Left() < 0 }

// Add adds the balance of another place. What one place has left does not help
// another, so that sums are of what places need and have, not of who is short.
func (b *Balance) Add(o Balance) {
	counts := map[Kind]Work{}
	for _, list := range [][]Work{b.Work, o.Work} {
		for _, w := range list {
			sum := counts[w.Kind]
			counts[w.Kind] = Work{w.Kind, sum.Count + w.Count, w.Each}
		}
	}
	b.Work = nil
	for _, k := range Kinds() {
		if w, some := counts[k]; some {
			b.Work = append(b.Work, w)
		}
	}
	b.Team.Members, b.Team.Shares = b.Team.Members+o.Team.Members, b.Team.Shares+o.Team.Shares
	b.Has, b.Needs = b.Has+o.Has, b.Needs+o.Needs
}

// Stop is work that can be stopped.
type Stop struct {
	Kind   Kind
	Stops  int           // pieces of it, 0: hours suffice before it is its turn
	Of     int           // pieces there are
	Frees  time.Duration // by stopping so many
	Lacks  time.Duration // what is missing still after it
	Needed bool          // it is this kind's turn
}

// Stops returns what to stop, in the order of Kinds, until time suffices: whole
// pieces, of the last kind no more than needed. lacks is what cannot be won
// without stopping the minimum; 0: time suffices.
func (b Balance) Stops() (list []Stop, lacks time.Duration) {
	lacks = max(0, -b.Left())
	for _, w := range b.Work {
		if w.Kind.Minimum() || w.Each == 0 {
			continue
		}
		s := Stop{Kind: w.Kind, Of: w.Count, Needed: lacks > 0}
		s.Stops = min(w.Count, int((lacks+w.Each-1)/w.Each))
		s.Frees = time.Duration(s.Stops) * w.Each
		lacks = max(0, lacks-s.Frees)
		s.Lacks = lacks
		list = append(list, s)
	}
	return list, lacks
}
