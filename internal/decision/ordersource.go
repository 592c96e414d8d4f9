package decision

import (
	"time"

	"siyu/internal/profile"
)

// OrdersKnown is until when orders are known.
type OrdersKnown struct {
	AsOf time.Time            // of the brand; zero: none are
	Late map[string]time.Time // of the shop systems known less far
}

// Of returns until when those of a customer are known; see OrdersKnownOf.
func (k OrdersKnown) Of(c *profile.Customer) time.Time { return OrdersKnownOf(c, k.AsOf, k.Late) }

// Stale tells whether those of somebody are known less far at a time than sales need.
func (s Settings) Stale(k OrdersKnown, now time.Time) bool {
	oldest := k.AsOf
	for _, until := range k.Late {
		if until.Before(oldest) {
			oldest = until
		}
	}
	return now.Sub(oldest) > s.OrderMaxAge
}

// OrdersKnownOf returns until when the orders of a customer are known: those of the
// shop system known least far of the ones that took the recent ones. asOf is until when
// the brand's are, late are the shop systems known less far.
func OrdersKnownOf(c *profile.Customer, asOf time.Time, late map[string]time.Time) time.Time {
	for i := range c.Orders.Recent {
		if known, is := late[c.Orders.Recent[i].Shop]; is && known.Before(asOf) {
			asOf = known
		}
	}
	return asOf
}
