package web

import (
	"context"
	"time"

	"siyu/internal/audience"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Keys let a brand's own programs use the API.
type Keys interface {
	// Keys returns all keys, by name.
	Keys(ctx context.Context, scope org.Scope) ([]Key, error)
	// AddKey makes a key and returns its secret, which is never shown again. A
	// name that exists is fault.Conflict with the key "error.key_taken", a key
	// that may more than its maker fault.Forbidden.
	AddKey(ctx context.Context, by Asker, k KeyForm) (secret string, err error)
	// RevokeKey ends a key at once.
	RevokeKey(ctx context.Context, by Asker, name string) error
	// KeySeat returns what the program behind a secret may do and see,
	// fault.Denied if there is none. It is asked on every request and must cost
	// one read by key. Its account is told from a person's by KeyAccount.
	KeySeat(ctx context.Context, secret string) (Seat, error)
}

// Key is a key as an owner administers it.
type Key struct {
	Name   string
	Role   Role // RoleLead or RoleStore
	Stores []id.Store
	// Members tells whether the program may read who is in audiences.
	Members bool
	Maker   string // console account, "" for the command line
	Made    time.Time
	Used    time.Time // zero: never
}

// KeyForm is a key as a person asks for it.
type KeyForm struct {
	Name   string
	Role   Role
	Stores []id.Store // for RoleStore
	// Members is asked for as such: ids of customers leave the house by it, without
	// the approval that files need.
	Members bool
}

// KeyAccount is under what a key's changes stand in the audit. Names of console
// accounts hold no space, so that no person is called so.
func KeyAccount(name string) string { return "key " + name }

// AudienceMembers tells programs who is in a crowd.
type AudienceMembers interface {
	// AudienceMembers returns a page of a crowd within the scope, the longest
	// known customers first. Its first page is recorded in the audit.
	AudienceMembers(ctx context.Context, by Asker, q MemberQuery) (MemberPage, error)
}

// MemberQuery asks who is in a stored audience or, where Number is 0, whom a rule
// describes.
type MemberQuery struct {
	Number int64
	Rule   *audience.Rule
	After  string // cursor
	Limit  int
}

// MemberPage is some customers of a crowd.
type MemberPage struct {
	Customers []id.Customer
	Size      int    // of the whole crowd
	Next      string // cursor, "" after the last page
}
