// Package event is the vocabulary of facts: what happened, in the past tense,
// without personal data. One noun per file; a body that changes its meaning
// gets a new version and an upcaster, because facts are kept for ever.
package event

import (
	"encoding/json"
	"fmt"
	"time"

	"siyu/internal/id"
)

// Kind names what happened: "order_paid", "relation_ended".
type Kind string

// Source names the door a fact came in by.
type Source string

// The doors.
const (
	FromCallback  Source = "callback"
	FromBackfill  Source = "backfill"
	FromReconcile Source = "reconcile" // found by comparing, its callback never arrived
	FromOrders    Source = "orders"
	FromArchive   Source = "archive"
	FromDelivery  Source = "delivery"
	FromConsole   Source = "console"
	FromMatching  Source = "matching" // two identities turned out to be one person
	FromAudience  Source = "audience" // a rule came to hold, or no longer does
	FromMembers   Source = "members"  // a shop's list of members
	FromNight     Source = "night"    // found while looking at everybody
	FromReading   Source = "reading"  // a tracked link was opened
	FromPages     Source = "pages"    // a program of the brand told of its own pages
)

// SubjectType says what a fact is about.
type SubjectType string

// What facts can be about.
const (
	AboutCustomer SubjectType = "customer"
	AboutGroup    SubjectType = "group"
	AboutStaff    SubjectType = "staff"
	AboutStore    SubjectType = "store" // orders that belong to no known customer
)

// Subject is what a fact is about: a type and the number of id.Customer,
// id.Group, id.Staff or id.Store.
type Subject struct {
	Type SubjectType
	ID   int64
}

// Fact is one thing that happened.
type Fact struct {
	Seq      int64 // position in the log, 0 until stored
	Kind     Kind
	Version  int // of the body
	Subject  Subject
	At       time.Time // when it happened
	Received time.Time // when Siyu learned of it
	Source   Source
	// Key is the source key: two facts about one subject with one key are one
	// fact. It is built from what the source says, never from when it was read.
	Key  [32]byte
	Body json.RawMessage
}

// Body is the payload of a fact. Bodies are plain structs that marshal to
// JSON and hold no personal data.
type Body interface{ Kind() Kind }

// Customer returns the subject for a customer.
func Customer(c id.Customer) Subject { return Subject{AboutCustomer, int64(c)} }

// Group returns the subject for a group.
func Group(g id.Group) Subject { return Subject{AboutGroup, int64(g)} }

// Staff returns the subject for a person who works for the brand.
func Staff(s id.Staff) Subject { return Subject{AboutStaff, int64(s)} }

// Store returns the subject for a store.
func Store(s id.Store) Subject { return Subject{AboutStore, int64(s)} }

// New returns the fact that body happened to subject at a time, known from
// source under key. Times are kept to the millisecond, in UTC.
func New(subject Subject, at time.Time, source Source, key [32]byte, body Body) (Fact, error) {
	raw, err := written(body)
	if err != nil {
		return Fact{}, fmt.Errorf("write fact %s: %w", body.Kind(), err)
	}
	return Fact{
		Kind: body.Kind(), Version: versions[body.Kind()], Subject: subject,
		At: at.UTC().Truncate(time.Millisecond), Source: source, Key: key, Body: raw,
	}, nil
}

func written(body Body) ([]byte, error) {
	if quick, ok := body.(quickWriter); ok {
		const usual = 192 // bytes of an order with one item
		return quick.write(make([]byte, 0, usual)), nil
	}
	return json.Marshal(body)
}

// Instant is a time as state and databases keep it: milliseconds since 1970.
type Instant int64

// At returns the Instant of t, 0 for the zero time.
func At(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMilli())
}

// Time returns the instant in UTC, the zero time for 0.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// The length of a business day, and how far the business zone is ahead of UTC.
// China keeps one zone without summer time.
const (
	businessDay Instant = 24 * 60 * 60 * 1000
	zoneOffset  Instant = 8 * 60 * 60 * 1000
)

// Day returns the number of the instant's business day since 1970.
func (i Instant) Day() int64 { return int64((i + zoneOffset) / businessDay) }

// StartOfDay returns when the business day with this number begins.
func StartOfDay(day int64) Instant { return Instant(day)*businessDay - zoneOffset }
