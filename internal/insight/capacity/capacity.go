// Package capacity tells whether a brand's people can do what is asked of them:
// hours that work needs against hours people have, how customers fare with the
// number a member holds, and whether large teams keep up. It describes what was
// observed; members and stores were not drawn by lot, so none of it is a cause.
package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"
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
	Mass         Kind = "mass" // other mass messages to confirm
	Serve        Kind = "serve"
	Moments      Kind = "moments" // of a member
	Groups       Kind = "groups"  // to look after
	// Steps of standard processes.
	StepSell  Kind = "process_sell"
	Step      Kind = "process"
	StepServe Kind = "process_serve" // that answer customers or serve them
	StepGroup Kind = "process_group" // in groups and Moments
)

// Kinds returns all kinds in the order in which they are stopped when hours are
// short: first what costs trust, then what sells, then what can wait, last what
// serves. Groups and Moments are the least a brand has to staff.
func Kinds() []Kind {
	return []Kind{SellDistrust, Sell, SellMass, StepSell, Invite, Greet, Ask, Mass, Step, Serve, StepServe, Moments, StepGroup, Groups}
}

// Minimum tells whether the work is not to be stopped: a brand that cannot staff
// it has no private domain.
func (k Kind) Minimum() bool { return k == Moments || k == Groups || k == StepGroup }

// Beside tells whether the work is done beside the contacts by hand that a plan hands out:
// no plan takes it from the room of members.
func (k Kind) Beside() bool { return k.Minimum() || k == SellMass || k == Mass }

// Work is work of one kind and, of steps, of one process.
type Work struct {
	Kind    Kind
	Process int64 // number, 0 of all other work
	Count   int
	Takes   time.Duration // all of it
}

// Each returns how long one piece takes, on average where pieces differ.
func (w Work) Each() time.Duration { return w.Takes / time.Duration(max(1, w.Count)) }

// Load is the work of one place: how many pieces of each kind, and steps of processes
// with their own time.
type Load map[job]Work

// job is what work is told apart by.
type job struct {
	kind    Kind
	process int64
}

// Add adds pieces of a kind that takes what the settings say.
func (l Load) Add(k Kind, n int) { l.AddSteps(0, k, n, 0) }

// AddSteps adds steps of a process that take so long each.
func (l Load) AddSteps(process int64, k Kind, n int, each time.Duration) {
	l.merge(Work{Kind: k, Process: process, Count: n, Takes: time.Duration(n) * each})
}

// AddAll adds all work of another load.
func (l Load) AddAll(other Load) {
	for _, w := range other {
		l.merge(w)
	}
}

func (l Load) merge(w Work) {
	sum := l[job{w.Kind, w.Process}]
	w.Count, w.Takes = w.Count+sum.Count, w.Takes+sum.Takes
	l[job{w.Kind, w.Process}] = w
}

// list returns the work that is not 0 in the order of Kinds; of one kind the process
// that takes most stands first.
func (l Load) list() (list []Work) {
	for _, w := range l {
		if w.Count > 0 {
			list = append(list, w)
		}
	}
	order := Kinds()
	slices.SortFunc(list, func(a, b Work) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(b.Takes, a.Takes), cmp.Compare(a.Process, b.Process))
	})
	return list
}

// Settings say how long work takes and how much time a member has, in minutes.
type Settings struct {
	ByHand  int     `json:"by_hand"` // one message by hand, with reading who it is for
	Confirm int     `json:"confirm"` // one mass message, with reading it
	Invite  int     `json:"invite"`  // one customer into a group
	Process int     `json:"process"` // one step of a process by hand that does not say itself
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
	case Step, StepSell, StepServe, StepGroup:
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

// Balance is work against the time of those who are there.
type Balance struct {
	Work  []Work // none that is 0, in the order of Kinds, then what takes most
	Team  Team
	Has   time.Duration
	Needs time.Duration
}

// BalanceOf returns the balance of a team with a load on a day on which so much of a
// usual day's time is left for it, 0..1.
func (s Settings) BalanceOf(t Team, l Load, share float64) Balance {
	b := s.needs(t, l)
	b.Has = time.Duration(s.Present * t.Shares * share * float64(s.Day) * float64(time.Minute)).Round(time.Minute)
	return b
}

// BalanceByPlan returns the balance of a team of which nobody has said how much time it
// has: its members have what a plan may hand them, so many contacts by hand, and what is
// done beside those.
func (s Settings) BalanceByPlan(t Team, l Load, contacts int) Balance {
	b := s.needs(t, l)
	b.Has = time.Duration(contacts)*s.Each(Ask) + b.beside()
	return b
}

// beside returns the time that work takes which no plan takes from members' room.
func (b Balance) beside() (sum time.Duration) {
	for _, w := range b.Work {
		if w.Kind.Beside() {
			sum += w.Takes
		}
	}
	return sum
}

// Contacts returns for how many contacts by hand of each member with a usual capacity there
// is time on a usual day, steps of processes among them.
func (s Settings) Contacts(b Balance) int {
	if b.Team.Shares == 0 || s.ByHand == 0 {
		return 0
	}
	return max(0, int(float64(b.Has-b.beside())/b.Team.Shares/float64(s.Each(Ask))))
}

// needs returns what a team has to do. Moments of its members are added.
func (s Settings) needs(t Team, l Load) Balance {
	b := Balance{Team: t}
	whole := Load{}
	for _, w := range l {
		if w.Process == 0 {
			w.Takes = time.Duration(w.Count) * s.Each(w.Kind)
		}
		whole.merge(w)
	}
	there := int(math.Round(s.Present * float64(t.Members)))
	whole.merge(Work{Kind: Moments, Count: there, Takes: time.Duration(there) * s.Each(Moments)})
	b.Work = whole.list()
	for _, w := range b.Work {
		b.Needs += w.Takes
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
	whole := Load{}
	for _, w := range slices.Concat(b.Work, o.Work) {
		whole.merge(w)
	}
	b.Work = whole.list()
	b.Team.Members, b.Team.Shares = b.Team.Members+o.Team.Members, b.Team.Shares+o.Team.Shares
	b.Has, b.Needs = b.Has+o.Has, b.Needs+o.Needs
}

// ByKind returns the work with all processes of a kind together.
func (b Balance) ByKind() []Work {
	whole := Load{}
	for _, w := range b.Work {
		w.Process = 0
		whole.merge(w)
	}
	return whole.list()
}

// Of returns the work of a process, of all kinds together.
func (b Balance) Of(process int64) (sum Work) {
	sum.Process = process
	for _, w := range b.Work {
		if w.Process == process {
			sum.Count, sum.Takes = sum.Count+w.Count, sum.Takes+w.Takes
		}
	}
	return sum
}

// Steps returns the time that steps of all processes take.
func (b Balance) Steps() (sum time.Duration) {
	for _, w := range b.Work {
		if w.Process != 0 {
			sum += w.Takes
		}
	}
	return sum
}

// Stop is work that can be stopped.
type Stop struct {
	Kind    Kind
	Process int64         // of steps, else 0
	Stops   int           // pieces of it, 0: hours suffice before it is its turn
	Of      int           // pieces there are
	Frees   time.Duration // by stopping so many
	Lacks   time.Duration // what is missing still after it
	Needed  bool          // it is this work's turn
}

// Stops returns what to stop, in the order of Kinds and of processes of a kind the one
// that takes most first, until time suffices: whole pieces, of the last work no more
// than needed. lacks is what cannot be won without stopping the minimum; 0: time
// suffices.
func (b Balance) Stops() (list []Stop, lacks time.Duration) {
	lacks = max(0, -b.Left())
	for _, w := range b.Work {
		if w.Kind.Minimum() || w.Takes == 0 {
			continue
		}
		s := Stop{Kind: w.Kind, Process: w.Process, Of: w.Count, Needed: lacks > 0}
		s.Stops, s.Frees = w.part(lacks)
		lacks = max(0, lacks-s.Frees)
		s.Lacks = lacks
		list = append(list, s)
	}
	return list, lacks
}

// part returns how many pieces free a time, all where that does not suffice, and how
// long they take. It counts milliseconds: nanoseconds times pieces leave int64.
func (w Work) part(lacks time.Duration) (pieces int, takes time.Duration) {
	all, count, missing := w.Takes.Milliseconds(), int64(w.Count), lacks.Milliseconds()
	if all <= missing {
		return w.Count, w.Takes
	}
	n := (missing*count + all - 1) / all
	return int(n), time.Duration(all*n/count) * time.Millisecond
}

// AddStops adds what another place has to stop, so that a list says of each work how
// much all places stop.
func AddStops(list []Stop, more []Stop) []Stop {
	for _, m := range more {
		i := slices.IndexFunc(list, func(s Stop) bool { return s.Kind == m.Kind && s.Process == m.Process })
		if i < 0 {
			list = append(list, m)
			continue
		}
		s := &list[i]
		s.Stops, s.Of, s.Frees, s.Lacks, s.Needed = s.Stops+m.Stops, s.Of+m.Of, s.Frees+m.Frees, s.Lacks+m.Lacks, s.Needed || m.Needed
	}
	order := Kinds()
	slices.SortStableFunc(list, func(a, b Stop) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(b.Frees, a.Frees), cmp.Compare(a.Process, b.Process))
	})
	return list
}
