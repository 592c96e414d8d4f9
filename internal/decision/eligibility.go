package decision

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Case is everything that is asked about one customer.
type Case struct {
	Profile *profile.Customer
	Insight *insight.Customer
	Held    bool // in the hold-out
	InDoubt bool // an earlier message may or may not have gone out
	Pending bool // an earlier one still waits for staff
	// OrdersAsOf is the time of the newest order read from the sources in
	// which this customer's orders would stand; zero: none is connected.
	OrdersAsOf time.Time
}

// refusal returns the first reason, in the order of the Because list, to leave
// the customer alone, "" if there is none. Capacity and quiet hours are asked
// later, of all customers of a member together.
func (p *Planner) refusal(c Case, would proposal, nothing Because) Because {
	if because := p.mayReach(c); because != "" {
		return because
	}
	if because := p.unfit(c, would.purpose); because != "" {
		return because
	}
	switch {
	case nothing == BecauseEvidence:
		return nothing
	case !c.Insight.Bears(p.Settings.MaxFatigue):
		return BecauseFatigue
	case nothing != "":
		return nothing
	case would.promised == noMaterial && p.materialFor(would.purpose, would.line) == noMaterial:
		return BecauseMaterial
	}
	return ""
}

// unfit returns why what is known of orders forbids a purpose, "" if it does not.
func (p *Planner) unfit(c Case, purpose event.Purpose) Because {
	if !purpose.Sells() {
		return ""
	}
	return p.Settings.blind(c.Insight, p.Now, c.OrdersAsOf)
}

// mayReach asks what has nothing to do with the contents of a contact.
func (p *Planner) mayReach(c Case) Because {
	if because := inTheWay(c.Profile, state{c.Held, c.InDoubt, c.Pending}); because != "" {
		return because
	}
	return p.Settings.exhausted(p.horizons.countAll(c.Profile.Touches.Recent, nil), c.Insight.Limiting, p.Day)
}

// state is where a customer stands beside the profile.
type state struct{ held, inDoubt, pending bool }

// inTheWay returns why nobody may write to the customer whatever the budgets are,
// "" if nothing speaks against it. Plans and the gate ask alike.
func inTheWay(c *profile.Customer, s state) Because {
	switch {
	case c.RefusesMarketing():
		return BecauseRefused
	case s.held:
		return BecauseHoldout
	case s.inDoubt:
		return BecauseInDoubt
	case s.pending:
		return BecausePending
	case c.Complains():
		return BecauseComplaint
	}
	return ""
}

// holder returns the index of the member who should contact the customer, of those who
// work and may hold customers; see Contactor. It is -1 if there is none.
func (p *Planner) holder(c *profile.Customer) int32 {
	at, known := p.staff[asker(c, func(s id.Staff) bool { _, works := p.staff[s]; return works })]
	if !known {
		return -1
	}
	return at
}

func lastAnswered(c *profile.Customer) id.Staff {
	for i := len(c.Touches.Recent) - 1; i >= 0; i-- {
		if t := c.Touches.Recent[i]; t.Answered != 0 {
			return t.Staff
		}
	}
	return 0
}
