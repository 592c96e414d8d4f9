package decision

import (
	"iter"
	"maps"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Cancellation takes an action back.
type Cancellation struct {
	Action  Action
	Because Because
}

// Change is what a replan alters. Customers that keep their action are in none
// of the lists.
type Change struct {
	Actions   []Action
	Cancelled []Cancellation
	Withheld  []Withheld // of the customers asked about, new or as before
}

// Replan decides anew about customers of whom something changed since the
// day's plan. actions holds the day's actions of those customers that have not
// reached them; their cases must not count them as Pending. An action stays
// unless something forbids it now: that another one would fit better is no
// reason to take a task out of a member's hands. Customers without an action
// are decided as in Make, with what capacity Given and the cancellations leave.
func Replan(b Brief, actions map[id.Customer]Action, changed iter.Seq[Case]) Change {
	var change Change
	b.Given = maps.Clone(b.Given)
	if b.Given == nil {
		b.Given = map[id.Staff]Load{}
	}
	p := NewPlanner(b)
	for c := range changed {
		if old, had := actions[c.Profile.ID]; had {
			change.keepOrCancel(p, old, c)
		} else if w, final := p.Consider(c); final {
			change.Withheld = append(change.Withheld, w)
		}
	}
	p.Choose(
		func(a Action) { change.Actions = append(change.Actions, a) },
		func(w Withheld) { change.Withheld = append(change.Withheld, w) })
	return change
}

func (change *Change) keepOrCancel(p *Planner, old Action, c Case) {
	because := p.forbids(c, old)
	if because == "" {
		return
	}
	change.Cancelled = append(change.Cancelled, Cancellation{old, because})
	w := p.withheld(c, because, proposal{})
	w.Purpose, w.Gain = old.Purpose, old.Gain.Value
	change.Withheld = append(change.Withheld, w)
	if load := p.Given[old.Staff]; old.Channel == event.OneToOne && load.OneToOne > 0 {
		load.OneToOne--
		p.Given[old.Staff] = load
	}
}

// forbids returns why an action that was decided must not happen any more, ""
// if it may. That it is itself in doubt or waits for staff is no reason.
func (p *Planner) forbids(c Case, old Action) Because {
	c.InDoubt, c.Pending = false, false
	switch because := p.mayReach(c); {
	case because != "":
		return because
	case !c.Profile.RelatedTo(old.Staff):
		return BecauseGone
	case old.Purpose.Sells() && c.Profile.Orders.Last >= event.At(old.Day):
		return BecauseBought
	}
	return ""
}
