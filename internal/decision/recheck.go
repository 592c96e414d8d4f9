package decision

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Standing is what is known of a customer at the moment in which a message is
// about to leave.
type Standing struct {
	// Profile is of the customer that answers, now, for the one that was
	// planned. nil: erased or unknown.
	Profile  *profile.Customer
	Held     bool         // in the hold-out
	Limiting insight.Part // as understood last, "" where nothing is
	// Insight is all that is understood, where the message sells; nil: nothing is.
	Insight  *insight.Customer
	InDoubt  bool      // another message may or may not have gone out
	Pending  bool      // something else waits for staff; asked by invitations only
	Asked    []Asked   // into groups, by invitations
	Contacts []Contact // from the ledger: delivered (at delivery), or of a dispatch that is calling, accepted or in doubt (at the call)
}

// Intent is the message that is about to leave.
type Intent struct {
	Staff   id.Staff
	Purpose event.Purpose
	Channel event.Channel
	// Promised tells that it speaks of a benefit that was promised at the add.
	Promised bool
	Planned  time.Time // when it was decided
	Day      time.Time // the business day in which it leaves, in the brand's zone
	// Called tells that it is a call: who makes it need not be connected with the customer,
	// as long as somebody is.
	Called bool
}

// Recheck returns why the message must not leave, "" if it may. It asks what
// can have changed since the plan: objection, hold-out, complaint, relation,
// purchase, budgets, those of low trust and of the channel among them. Greetings and answers to people are never planned and
// never asked about.
func (s Settings) Recheck(c Standing, m Intent) Because {
	if !reachable(c.Profile, m) {
		return BecauseGone
	}
	if because := inTheWay(c.Profile, state{held: c.Held, inDoubt: c.InDoubt}); because != "" {
		return because
	}
	if m.Purpose.Sells() && c.Profile.Orders.Last > event.At(m.Planned) {
		return BecauseBought
	}
	h := s.horizonsOf(m.Day)
	// The ledger knows what is underway, the profile what reached the customer
	// by doors that are not in the ledger; most contacts stand in both.
	used := h.countAll(nil, c.Contacts).atLeast(h.countAll(c.Profile.Touches.Recent, nil))
	because := s.exhausted(used, c.Limiting, m.Day)
	if because == BecauseQuota && m.Channel != event.MassSend {
		because = ""
	}
	if most := s.ChannelBudget.of(m.Channel); because == "" && most != (Budget{}) {
		because = most.overdrawn(h.countBy(m.Channel, nil, c.Contacts).atLeast(h.countBy(m.Channel, c.Profile.Touches.Recent, nil)))
	}
	return because
}

// RecheckSale is Recheck for a message that sells: it asks as well whether it may be sold
// at now with what is known of orders. Plans and processes asked that when they decided,
// which may be days ago.
func (s Settings) RecheckSale(c Standing, m Intent, now time.Time, orders OrdersKnown) Because {
	if because := s.Recheck(c, m); because != "" {
		return because
	}
	return s.RefuseSale(Sale{Profile: c.Profile, Insight: c.Insight, Now: now, OrdersAsOf: orders.Of(c.Profile), Promised: m.Promised})
}

// reachable tells whether the customer can be reached as is intended.
func reachable(c *profile.Customer, m Intent) bool {
	if c == nil {
		return false
	}
	return c.RelatedTo(m.Staff) || m.Called && c.Related()
}
