package web

import (
	"context"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Contacts are contacts by hand that members were given and have not made. Those outside
// of the scope are fault.NotFound.
type Contacts interface {
	// ContactWords returns what members are to say, to most customers first, at most
	// MostContactWords of them.
	ContactWords(ctx context.Context, scope org.Scope) ([]ContactWords, error)
	// ContactList returns the list that a contact stands in: of one member for one
	// purpose until one time.
	ContactList(ctx context.Context, scope org.Scope, contact int64) (ContactList, error)
	// TakeContacts takes back those of the contacts that no member has made, and returns
	// how many there were. Where none is left it is fault.Conflict.
	TakeContacts(ctx context.Context, by Asker, contact int64, which WhichContacts) (taken int, err error)
}

// WhichContacts says which contacts are meant by naming one.
type WhichContacts string

// The choices.
const (
	ThisContact WhichContacts = "one"
	ThisList    WhichContacts = "list"  // all of its list that have begun
	TheseWords  WhichContacts = "words" // all that say the same for the same purpose, of all members of the scope
)

// MostContactWords is how many texts a page shows.
const MostContactWords = 200

// ContactWords is what members are to say by hand, in the same words for the same purpose.
type ContactWords struct {
	First     int64 // one of the contacts
	Purpose   event.Purpose
	Text      string // with placeholders
	Customers int
	Staff     int // members who are to say it
	Until     time.Time
}

// ContactList is what one member has to do by hand for one purpose until one time.
type ContactList struct {
	First    int64 // one of the contacts, 0 where none is left
	Staff    string
	Store    string
	Purpose  event.Purpose
	Until    time.Time
	Contacts []Contact
}

// Contact is one contact that waits for its member.
type Contact struct {
	ID       int64
	Customer id.Customer
	Name     string
	Text     string // filled in
	Seen     time.Time
}
