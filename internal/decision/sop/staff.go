package sop

import (
	"slices"

	"siyu/internal/decision"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// Team is who can do steps about customers.
type Team struct {
	brand    *org.Org
	contacts map[id.Staff]org.Staff // who work and may hold customers
}

// TeamOf returns who can do steps in an organisation.
func TeamOf(o *org.Org) *Team {
	t := &Team{brand: o, contacts: map[id.Staff]org.Staff{}}
	for _, s := range o.Staff {
		if s.Active && s.Contact {
			t.contacts[s.ID] = s
		}
	}
	return t
}

// DoneBy returns who does a step: the executor that it names, else the process's.
func (p *Process) DoneBy(s *Step) Executor {
	if s.Executor != "" {
		return s.Executor
	}
	return p.Executor
}

// AsksStores tells whether any step is done by who acts for a store.
func (p *Process) AsksStores() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return (s.Channel.Reaches() || s.Channel.Manual()) && p.DoneBy(&s) == ByStore })
}

// Doer returns the member who does a step about a customer, as one of the store for which
// the member does it; the zero member for nobody. What a store does is done for the
// customer's: that of the owner, as audiences have it.
func (p *Process) Doer(s *Step, c *profile.Customer, t *Team) org.Staff {
	if c == nil {
		return org.Staff{}
	}
	switch owner := c.Owner(); p.DoneBy(s) {
	case ByStore:
		if store := t.brand.StoreOf(owner); store != 0 {
			member, _ := t.brand.ActingFor(store)
			return member
		}
		return org.Staff{}
	case ByOwner:
		return t.contacts[owner]
	}
	return t.contacts[decision.Contactor(c, func(m id.Staff) bool { _, may := t.contacts[m]; return may })]
}
