package sop

import (
	"siyu/internal/decision"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// ForCustomer returns the member who does steps about a customer, of those who
// may; 0 for none.
func (e Executor) ForCustomer(c *profile.Customer, may func(id.Staff) bool) id.Staff {
	if c == nil {
		return 0
	}
	if e == ByOwner {
		if owner := c.Owner(); may(owner) {
			return owner
		}
		return 0
	}
	return decision.Contactor(c, may)
}
