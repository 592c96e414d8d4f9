package decision

import (
	"time"

	"siyu/internal/profile"
)

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
