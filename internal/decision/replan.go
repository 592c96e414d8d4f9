package decision

import (
	"iter"
	"maps"

	"siyu/internal/event"
	"siyu/internal/id"
)

// BecauseReplanned is why an action is taken back when another one fits the
// customer better now.
const BecauseReplanned Because = "replanned"

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
// reached them; their cases must not count them as Pending. An action whose
// purpose still is the right one stays; any other is cancelled. New actions get
// what capacity Given and the cancellations leave.
func Replan(b Brief, actions map[id.Customer]Action, changed iter.Seq[Case]) Change {
	var change Change
	b.Given = maps.Clone(b.Given)
	if b.Given == nil {
		b.Given = map[id.Staff]Load{}
	}
	p := NewPlanner(b)
	for c := range changed {
		change.ask(p, actions, c)
	}
	p.Choose(
		func(a Action) { change.Actions = append(change.Actions, a) },
		func(w Withheld) { change.Withheld = append(change.Withheld, w) })
	return change
}

func (change *Change) ask(p *Planner, actions map[id.Customer]Action, c Case) {
	old, had := actions[c.Profile.ID]
	would, nothing := p.propose(c)
	because := p.refusal(c, would, nothing)
	staff := p.holder(c.Profile)
	if because == "" && staff < 0 {
		because = BecauseStaff
	}
	if had && because == "" && would.purpose == old.Purpose && p.Org.Staff[staff].ID == old.Staff {
		return
	}
	if had {
		change.cancel(p, old, because)
	}
	if w, final := p.Consider(c); final {
		change.Withheld = append(change.Withheld, w)
	}
}

func (change *Change) cancel(p *Planner, old Action, because Because) {
	if because == "" {
		because = BecauseReplanned
	}
	change.Cancelled = append(change.Cancelled, Cancellation{old, because})
	if load := p.Given[old.Staff]; old.Channel == event.OneToOne && load.OneToOne > 0 {
		load.OneToOne--
		p.Given[old.Staff] = load
	}
}
