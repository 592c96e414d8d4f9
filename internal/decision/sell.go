package decision

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Sale is something that would be sold to a customer.
type Sale struct {
	Profile    *profile.Customer
	Insight    *insight.Customer // nil: nothing is understood
	Now        time.Time
	OrdersAsOf time.Time // as in Case
	Promised   bool      // it speaks of a benefit promised at the add
}

// RefuseSale returns why it must not be sold now, "" if it may: by what plans ask, of
// what is sold by a step of a standard process. What was promised may be sold to who
// lacks trust, but only to whom Settings.Promises owes it: by the contact way, within
// the days, once.
func (s Settings) RefuseSale(of Sale) Because {
	switch {
	case of.Promised && !s.promised(of.Profile, of.Now):
		return BecauseUnpromised
	case !of.Promised && s.distrusted(of.Insight):
		return BecauseDistrust
	case s.silent(of.Profile, of.Now):
		return BecauseSilent
	}
	return s.blind(of.Insight, of.Now, of.OrdersAsOf)
}

func (s Settings) promised(c *profile.Customer, now time.Time) bool {
	for range s.owes(c, now) {
		return true
	}
	return false
}

// distrusted tells whether lacking trust limits a customer's next purchase, or comes
// close to what limits.
func (s Settings) distrusted(c *insight.Customer) bool {
	if c == nil || c.Limiting == insight.Trust {
		return c != nil
	}
	limiting, known := leverOn(c.Levers, c.Limiting)
	return known && netSoon(limiting) > 0 && holds(s.nearTies(c.Levers, limiting, netSoon), insight.Trust)
}

// silent tells whether neither side said anything, and the customer did nothing,
// for so long that the next contact must not sell.
func (s Settings) silent(c *profile.Customer, now time.Time) bool {
	last := max(c.Talk.LastIn, c.Talk.LastOut, c.Orders.Last, lastContact(c))
	for _, r := range c.Relations {
		last = max(last, r.Since)
	}
	if n := len(c.Needs); n > 0 {
		last = max(last, c.Needs[n-1].At)
	}
	return s.SilentAfter > 0 && last <= event.At(now.Add(-s.SilentAfter))
}

// blind returns why too little is known of orders to sell, "" if enough is.
func (s Settings) blind(c *insight.Customer, now, ordersAsOf time.Time) Because {
	switch {
	case now.Sub(ordersAsOf) > s.OrderMaxAge:
		return BecauseStale
	case c != nil && c.Value.Evidence == insight.NotMeasurable:
		return BecauseUnmeasured
	}
	return ""
}
