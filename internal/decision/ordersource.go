package decision

import (
	"time"

	"siyu/internal/profile"
)

// OrdersKnown is until when orders are known.
type OrdersKnown struct {
	// AsOf is until when those of the brand are: the end of the newest business day with
	// one, or now on that day. Zero: no orders at all.
	AsOf time.Time
	// Late are the shop systems whose orders stopped coming while those of others went
	// on, with the time until when theirs are known.
	Late map[string]time.Time
}

// Of returns until when those of a customer are known: those of the shop system known
// least far of the ones that took the recent ones.
func (k OrdersKnown) Of(c *profile.Customer) time.Time {
	known := k.AsOf
	for i := range c.Orders.Recent {
		if late, is := k.Late[c.Orders.Recent[i].Shop]; is && late.Before(known) {
			known = late
		}
	}
	return known
}

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
