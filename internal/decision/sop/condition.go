package sop

import (
	"slices"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Condition is a question about a customer in a run or, of groups, stores and members,
// about the run's own steps. Exactly one of its parts is set.
type Condition struct {
	All  []Condition `yaml:"all,omitempty"`
	Any  []Condition `yaml:"any,omitempty"`
	Not  *Condition  `yaml:"not,omitempty"`
	Did  Signal      `yaml:"did,omitempty"`
	Rule *Rule       `yaml:"rule,omitempty"`
	// Done names an earlier step of the run that was done by now, by its own proof.
	Done string `yaml:"done,omitempty"`
	// Lines beside Did bought: codes of product lines; none: any.
	Lines []string `yaml:"lines,omitempty"`
	// Since beside Did: empty: since the run began.
	Since Since `yaml:"since,omitempty"`
}

// Rule is a rule of an audience, in YAML as its JSON has it.
type Rule struct{ audience.Rule }

// Signal is something a customer did since the run began.
type Signal string

// The signals.
const (
	Bought     Signal = "bought"     // paid an order that was not refunded in full
	Answered   Signal = "answered"   // wrote, or answered a touch
	Opened     Signal = "opened"     // looked at something: a tracked page, a like or comment; known only where pages are tracked
	Complained Signal = "complained" // and the complaint is open; the one that began the run counts
	LeftUs     Signal = "left"       // nobody can reach the customer any more
	OutOfIt    Signal = "out"        // is no longer in the audience that began the run
)

// Signals returns all of them.
func Signals() []Signal { return []Signal{Bought, Answered, Opened, Complained, LeftUs, OutOfIt} }

// Since is from when on signals count.
type Since string

// SinceStep counts signals since the step before happened.
const SinceStep Since = "step"

// Seen is what conditions are asked of.
type Seen struct {
	Read    Needs                     // what was read: nothing is asked of the rest
	Profile *profile.Customer         // who answers for the subject now; nil for subjects that are no customers
	Fits    func(*audience.Rule) bool // rules of audiences, of that customer, today
	Insight *insight.Customer         // what is understood of that customer, nil: nothing
	Done    map[string]bool           // names of the run's steps that were done; of customers not read
	In      bool                      // the customer is in the audience that began the run, or no audience did
}

// asking is a condition asked at one moment.
type asking struct {
	Seen
	began, step event.Instant
	until       event.Instant // signals count before it
	lineOf      func(code string) id.Line
}

func (a *asking) holds(c *Condition) bool {
	switch {
	case c.Any != nil:
		return slices.ContainsFunc(c.Any, func(one Condition) bool { return a.holds(&one) })
	case c.All != nil:
		return !slices.ContainsFunc(c.All, func(one Condition) bool { return !a.holds(&one) })
	case c.Not != nil:
		return !a.holds(c.Not)
	case c.Rule != nil:
		return a.Fits != nil && a.Fits(&c.Rule.Rule)
	case c.Done != "":
		return a.Done[c.Done]
	}
	return a.did(c)
}

func (a *asking) did(c *Condition) bool {
	if a.Profile == nil {
		return false
	}
	since := a.began
	if c.Since == SinceStep {
		since = max(since, a.step)
	}
	within := func(at event.Instant) bool { return at > since && at < a.until }
	switch p := a.Profile; c.Did {
	case Bought:
		return slices.ContainsFunc(p.Orders.Recent, func(o profile.Order) bool {
			return within(o.At) && o.Net() > 0 && a.ofLines(o, c.Lines)
		})
	case Answered:
		return within(p.Talk.LastIn) || slices.ContainsFunc(p.Touches.Recent, func(t profile.Touch) bool { return within(t.Answered) })
	case Opened:
		return within(p.Openings.Last) || slices.ContainsFunc(p.Reactions, within) ||
			slices.ContainsFunc(p.Openings.Recent, func(o profile.Opening) bool { return within(o.At) }) ||
			slices.ContainsFunc(p.Needs, func(n profile.Need) bool { return !n.Asked && within(n.At) })
	case Complained: // asks how things stand, not what came after the beginning
		return slices.ContainsFunc(p.Complaints, func(k profile.Complaint) bool {
			return (k.Closed == 0 || k.Closed >= a.until) && (within(k.Opened) || k.Opened == since && since == a.began)
		})
	case LeftUs:
		return !p.Related()
	case OutOfIt:
		return !a.In
	}
	return false
}

func (a *asking) ofLines(o profile.Order, codes []string) bool {
	return len(codes) == 0 || slices.ContainsFunc(codes, func(code string) bool { return slices.Contains(o.Lines, a.lineOf(code)) })
}

// Needs says what has to be read before a process can be asked.
type Needs struct {
	Profile bool // of the customer
	Insight bool
	Rules   bool // Fits
	Member  bool // In
}

// covers tells whether all that o needs was read.
func (n Needs) covers(o Needs) bool {
	return (n.Profile || !o.Profile) && (n.Insight || !o.Insight) && (n.Rules || !o.Rules) && (n.Member || !o.Member)
}

// Or returns what any of the two needs.
func (n Needs) Or(o Needs) Needs {
	return Needs{n.Profile || o.Profile, n.Insight || o.Insight, n.Rules || o.Rules, n.Member || o.Member}
}

func (n *Needs) add(c *Condition) {
	if c == nil {
		return
	}
	for i := range c.All {
		n.add(&c.All[i])
	}
	for i := range c.Any {
		n.add(&c.Any[i])
	}
	n.add(c.Not)
	n.Profile = n.Profile || c.Did != "" || c.Rule != nil
	n.Rules = n.Rules || c.Rule != nil
	n.Member = n.Member || c.Did == OutOfIt
}

// stopNeeds returns what the stop rules ask.
func (p *Process) stopNeeds() (n Needs) {
	for i := range p.Stop {
		n.add(&p.Stop[i].If)
	}
	return n
}

// StepsBefore returns the names of the steps before a place that somebody does.
func (p *Process) StepsBefore(place int) (names []string) {
	for i := range p.Steps[:place] {
		if c := p.Steps[i].Channel; c.Reaches() || c.Manual() {
			names = append(names, p.Steps[i].Name)
		}
	}
	return names
}

// AsksSteps tells whether any condition asks what became of earlier steps.
func (p *Process) AsksSteps() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool {
		return s.If.asksSteps() || slices.ContainsFunc(s.Choose, func(c Choice) bool { return c.If.asksSteps() })
	})
}

func (c *Condition) asksSteps() bool {
	part := func(one Condition) bool { return one.asksSteps() }
	return c != nil && (c.Done != "" || c.Not.asksSteps() || slices.ContainsFunc(c.All, part) || slices.ContainsFunc(c.Any, part))
}

// NeedsAt returns what has to be read to take a run on from a step; past the last
// step, to judge its goal.
func (p *Process) NeedsAt(step int) Needs {
	if step >= len(p.Steps) {
		n := Needs{}
		if p.Goal != nil {
			n.add(&p.Goal.If)
		}
		return n
	}
	n, s := p.stopNeeds(), &p.Steps[step]
	if s.Purpose.Sells() {
		n.Profile, n.Insight = true, true
	}
	if s.Channel.Manual() && p.Subject == OfCustomer {
		n.Profile = true // for whom to do it, and whether it may be
	}
	n.add(s.If)
	for i := range s.Choose {
		n.add(&s.Choose[i].If)
	}
	return n
}
