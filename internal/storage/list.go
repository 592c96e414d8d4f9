package storage

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
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
)

// CustomerQuery asks for a page of customers. Zero fields do not filter.
type CustomerQuery struct {
	Scope     org.Scope
	Limiting  insight.Part
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

// ListCustomers returns one page of the customers that were understood so far.
// It reads columns in memory: about 10 ms at a million customers. Above
// freshUpTo customers the order may lag some seconds behind what was stored;
// filters never do.
func (db *DB) ListCustomers(ctx context.Context, q CustomerQuery) (CustomerPage, error) {
	if err := db.list.load(ctx, db); err != nil {
		return CustomerPage{}, err
	}
	return db.list.page(q)
}

// CountRelated returns how many of the customers that were understood so far
// the brand can reach. It is kept, not counted.
func (db *DB) CountRelated(ctx context.Context) (int, error) {
	if err := db.list.load(ctx, db); err != nil {
		return 0, err
	}
	db.list.mu.RLock()
	defer db.list.mu.RUnlock()
	return db.list.related, nil
}

// freshUpTo is the number of customers up to which every page is in the
// newest order: sorting them takes about 10 ms.
const freshUpTo = 100_000

// customerList keeps, of every customer, the columns that lists filter and
// sort by. It is loaded when the first list is asked for.
type customerList struct {
	mu     sync.RWMutex
	loaded bool
	place  map[id.Customer]int32
	rows   []listRow
	orders map[CustomerSort]*listOrder
	saves  int // updates so far
	// related counts the rows of customers the brand can reach.
	related int
}

type listRow struct {
	id       id.Customer
	staff    id.Staff
	store    id.Store
	due      event.Instant
	recent   event.Instant
	value    float32
	limiting uint8 // position in parts
	related  bool
	refuses  bool
}

// listOrder is the list sorted by one key as it was when sorted.
type listOrder struct {
	entries []listEntry
	saves   int // updates that it has seen
	sorting bool
}

type listEntry struct {
	key   float64 // ascending
	id    id.Customer
	place int32
}

func (a listEntry) compare(b listEntry) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
}

func (r *listRow) key(sort CustomerSort) float64 {
	switch {
	case sort == ByDue && r.due == 0:
		return math.Inf(1)
	case sort == ByDue:
		return float64(r.due)
	case sort == ByRecent:
		return -float64(r.recent)
	default:
		return -float64(r.value)
	}
}

func (l *customerList) load(ctx context.Context, db *DB) error {
	l.mu.RLock()
	loaded := l.loaded
	l.mu.RUnlock()
	if loaded {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded {
		return nil
	}
	l.place, l.rows, l.orders, l.related = map[id.Customer]int32{}, nil, map[CustomerSort]*listOrder{}, 0
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var r listRow
		var limiting insight.Part
		if err := scan(&r.id, &r.related, &r.refuses, &r.staff, &r.store, &limiting, &r.value, &r.due, &r.recent); err != nil {
			return err
		}
		r.limiting, _ = position(parts[:], limiting)
		l.put(r)
		return nil
	}, "SELECT customer_id, related, refuses, staff_id, store_id, limiting, value, next_due, last_fact FROM insight")
	if err != nil {
		return fmt.Errorf("load customer list: %w", err)
	}
	l.loaded = true
	return nil
}

func (l *customerList) put(r listRow) {
	if r.related {
		l.related++
	}
	if at, known := l.place[r.id]; known {
		if l.rows[at].related {
			l.related--
		}
		l.rows[at] = r
		return
	}
	l.place[r.id] = int32(len(l.rows))
	l.rows = append(l.rows, r)
}

// update takes over what was stored. A list nobody asked for stays unloaded.
func (l *customerList) update(rows []flow.InsightRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.loaded {
		return
	}
	for i := range rows {
		r := &rows[i]
		limiting, _ := position(parts[:], r.Limiting)
		l.put(listRow{id: r.ID, staff: r.Staff, store: r.Store, due: event.At(r.NextDue), recent: event.At(r.LastFact),
			value: float32(r.Value.Value), limiting: limiting, related: r.Related, refuses: r.Refuses})
	}
	l.saves++
}

// sorted returns the list in the order asked for. A long list that is merely
// stale is sorted anew behind the caller's back.
func (l *customerList) sorted(sort CustomerSort) *listOrder {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.orders[sort]
	switch {
	case o != nil && o.saves == l.saves:
	case o == nil || len(l.rows) <= freshUpTo:
		o = l.unsorted(sort)
		slices.SortFunc(o.entries, listEntry.compare)
		l.orders[sort] = o
	case !o.sorting:
		o.sorting = true
		fresh := l.unsorted(sort)
		go func() {
			slices.SortFunc(fresh.entries, listEntry.compare)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.orders[sort] = fresh
		}()
	}
	return o
}

func (l *customerList) unsorted(sort CustomerSort) *listOrder {
	o := &listOrder{entries: make([]listEntry, len(l.rows)), saves: l.saves}
	for i := range l.rows {
		o.entries[i] = listEntry{l.rows[i].key(sort), l.rows[i].id, int32(i)}
	}
	return o
}

func (l *customerList) page(q CustomerQuery) (CustomerPage, error) {
	after, err := parseCursor(q.After)
	if err != nil {
		return CustomerPage{}, err
	}
	var o *listOrder
	if q.Limit > 0 {
		o = l.sorted(q.Sort)
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	matches := l.matcher(q)
	var page CustomerPage
	for i := range l.rows { // in the order of memory: walking the sorted list would wait for every row
		if matches(&l.rows[i]) {
			page.Total++
		}
	}
	if o != nil {
		page.Customers, page.Next = l.next(o, after, matches, q.Limit)
	}
	return page, nil
}

// next returns up to limit customers behind the cursor, and the cursor of the
// last if there are more.
func (l *customerList) next(o *listOrder, after *listEntry, matches func(*listRow) bool, limit int) (found []id.Customer, cursor string) {
	var last listEntry
	from := 0
	if after != nil {
		from, _ = slices.BinarySearchFunc(o.entries, *after, func(e, a listEntry) int {
			if e.compare(a) <= 0 {
				return -1
			}
			return 1
		})
	}
	for _, e := range o.entries[from:] {
		if !matches(&l.rows[e.place]) {
			continue
		}
		if len(found) == limit {
			return found, last.cursor()
		}
		found, last = append(found, e.id), e
	}
	return found, ""
}

// matcher compiles the filters.
func (l *customerList) matcher(q CustomerQuery) func(*listRow) bool {
	limiting, _ := position(parts[:], q.Limiting)
	before := event.At(q.DueBefore)
	var among map[id.Customer]bool
	if q.Among != nil {
		among = make(map[id.Customer]bool, len(q.Among))
		for _, c := range q.Among {
			among[c] = true
		}
	}
	return func(r *listRow) bool {
		return seen(q.Scope, r.store, r.staff) &&
			(limiting == 0 || r.limiting == limiting) &&
			(q.Store == 0 || r.store == q.Store) &&
			(q.Staff == 0 || r.staff == q.Staff) &&
			(before == 0 || r.due != 0 && r.due < before) &&
			(q.Refuses == nil || r.refuses == *q.Refuses) &&
			(!q.Related || r.related) &&
			(among == nil || among[r.id])
	}
}

// seen tells whether the scope covers what belongs to a store and a member.
func seen(s org.Scope, store id.Store, staff id.Staff) bool {
	if s.Staff != 0 {
		return staff == s.Staff
	}
	return s.Sees(store)
}

func (e listEntry) cursor() string {
	b := binary.BigEndian.AppendUint64(nil, math.Float64bits(e.key))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(e.id)))
}

func parseCursor(text string) (*listEntry, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 16 {
		return nil, fault.New(fault.Invalid, "list customers: %q is not a cursor", text)
	}
	return &listEntry{key: math.Float64frombits(binary.BigEndian.Uint64(b)), id: id.Customer(binary.BigEndian.Uint64(b[8:]))}, nil
}
