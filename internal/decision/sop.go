package decision

import (
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Contactor returns the member who should contact a customer, of those who may: with
// whom the customer chatted last, else whose contact the customer answered last, else
// the one known longest; 0 for none.
func Contactor(c *profile.Customer, may func(id.Staff) bool) id.Staff { return asker(c, may) }

// RecheckService returns why an answer to a customer, or what serves a purchase,
// must not leave, "" if it may. It asks neither for consent to marketing nor for
// the hold-out, complaints or budgets: those are about marketing.
func (s Settings) RecheckService(c Standing, m Intent) Because {
	switch {
	case !reachable(c.Profile, m):
		return BecauseGone
	case c.InDoubt:
		return BecauseInDoubt
	}
	return ""
}

// RecheckStep is Recheck for a step of a standard process, which also waits while
// another message to the customer is on its way.
func (s Settings) RecheckStep(c Standing, m Intent) Because {
	if because := s.Recheck(c, m); because != "" || !c.Pending {
		return because
	}
	return BecausePending
}
