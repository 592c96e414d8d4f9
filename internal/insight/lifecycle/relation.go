package lifecycle

import (
	"siyu/internal/event"
	"siyu/internal/profile"
)

// RelationLost returns when the last relation of a customer ended; 0 for who has one,
// or never had. It is a mark beside the stage: who deleted every member may still buy,
// and who is silent for long may still be reached.
func RelationLost(c *profile.Customer) (at event.Instant) {
	for i := range c.Relations {
		r := &c.Relations[i]
		if r.Active() {
			return 0
		}
		at = max(at, r.Until)
	}
	return at
}
