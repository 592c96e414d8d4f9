package storage

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"math"
	"time"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
)

// CustomerSort is an order of the customer list. Ties go by customer id.
type CustomerSort string

// The orders.
const (
	ByValue  CustomerSort = "value"  // highest expected value first
	ByDue    CustomerSort = "due"    // soonest due first, nothing due last
	ByRecent CustomerSort = "recent" // latest fact first
	ByFresh  CustomerSort = "fresh"  // latest due first, nothing due last
)

// CustomerQuery asks for a page of customers. Zero fields do not filter.
type CustomerQuery struct {
	Scope     org.Scope
	Limiting  insight.Part
	Stage     insight.Stage
	Store     id.Store
	Staff     id.Staff
	DueBefore time.Time // due, and before this time
	Refuses   *bool
	Related   bool          // only those the brand can reach
	Among     []id.Customer // not nil: only these
	Sort      CustomerSort
	After     string // Next of the page before
	Limit     int
}

// CustomerPage is one page of the customer list.
type CustomerPage struct {
	Customers []id.Customer
	Total     int    // customers that match
	Next      string // "" on the last page
}

// ListCustomers returns one page of the customers that were understood so far,
// in the order they have now. With SQLite it walks columns in memory, about
// 10 ms at a million customers; PostgreSQL, into which other nodes save too, is
// asked.
func (db *DB) ListCustomers(ctx context.Context, q CustomerQuery) (CustomerPage, error) {
	after, err := parseCursor(q.After)
	if err != nil {
		return CustomerPage{}, err
	}
	if db.dialect == Postgres {
		return db.askList(ctx, q, after)
	}
	if err := db.list.load(ctx, db); err != nil {
		return CustomerPage{}, err
	}
	return db.list.page(q, after), nil
}

// CountRelated returns how many of the customers that were understood so far
// the brand can reach. With SQLite it is kept, not counted.
func (db *DB) CountRelated(ctx context.Context) (int, error) {
	return db.CountRelatedIn(ctx, org.All())
}

// CountRelatedIn is CountRelated for those whom a scope covers.
func (db *DB) CountRelatedIn(ctx context.Context, scope org.Scope) (int, error) {
	if db.dialect == Postgres {
		page, err := db.askList(ctx, CustomerQuery{Scope: scope, Related: true}, nil)
		return page.Total, err
	}
	if err := db.list.load(ctx, db); err != nil {
		return 0, err
	}
	db.list.mu.RLock()
	defer db.list.mu.RUnlock()
	return db.list.related.in(scope), nil
}

// listPlace is where a customer stands in an order.
type listPlace struct {
	key float64 // ascending
	id  id.Customer
}

func (a listPlace) before(b listPlace) bool { return a.key < b.key || a.key == b.key && a.id < b.id }

// neverDue is the key of those to whom nothing is due.
const neverDue = 1 << 62

func (p listPlace) cursor() string {
	b := binary.BigEndian.AppendUint64(nil, math.Float64bits(p.key))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(p.id)))
}

// parseCursor returns nil for the first page.
func parseCursor(text string) (*listPlace, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 16 {
		return nil, fault.New(fault.Invalid, "list customers: %q is not a cursor", text)
	}
	return &listPlace{key: math.Float64frombits(binary.BigEndian.Uint64(b)), id: id.Customer(binary.BigEndian.Uint64(b[8:]))}, nil
}

// pageOf makes a page of the places behind the one before: one more than the
// limit if there are more.
func pageOf(total int, places []listPlace, limit int) CustomerPage {
	page := CustomerPage{Total: total}
	if len(places) > limit {
		places = places[:limit]
		if limit > 0 {
			page.Next = places[limit-1].cursor()
		}
	}
	for _, p := range places {
		page.Customers = append(page.Customers, p.id)
	}
	return page
}
