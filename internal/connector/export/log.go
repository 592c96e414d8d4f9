package export

import (
	"context"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Log is whose facts the lines of an export become.
type Log interface {
	// Stamp checks facts that are to be appended and stamps when they were
	// received.
	Stamp(facts []event.Fact) error
}

// Identities knows who can be recognised by a phone.
type Identities interface {
	// PhoneOwners returns, by string(key), who owns the keyed hashes that are
	// known, whether or not that customer was merged into another one: an owner
	// stays the owner. Others are left out.
	PhoneOwners(ctx context.Context, keys [][]byte) (map[string]id.Customer, error)
	// Canonical returns, for those of the customers that were merged, who answers
	// for them now.
	Canonical(ctx context.Context, customers []id.Customer) (map[id.Customer]id.Customer, error)
	// MetSince returns those of the customers of whom nobody had said before a
	// time by what they can be recognised, and somebody has since, whether or
	// not that is folded yet.
	MetSince(ctx context.Context, customers []id.Customer, since time.Time) (map[id.Customer]bool, error)
}
