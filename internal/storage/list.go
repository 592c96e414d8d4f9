package storage

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/event"
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

// ListCustomers returns one page of the customers that were understood so far,
// in the order they have now. It reads columns in memory: about 10 ms at a
// million customers.
func (db *DB) ListCustomers(ctx context.Context, q CustomerQuery) (CustomerPage, error) {
	if err := db.list.load(ctx, db); err != nil {
		return CustomerPage{}, err
	}
	return db.list.page(q)
}

// CountRelated returns how many of the customers that were understood so far
// the brand can reach. It is kept, not counted.
func (db *DB) CountRelated(ctx context.Context) (int, error) {
	return db.CountRelatedIn(ctx, org.All())
}

// CountRelatedIn is CountRelated for those whom a scope covers.
func (db *DB) CountRelatedIn(ctx context.Context, scope org.Scope) (int, error) {
	if err := db.list.load(ctx, db); err != nil {
		return 0, err
	}
	db.list.mu.RLock()
	defer db.list.mu.RUnlock()
	return db.list.related.in(scope), nil
}

// customerList keeps, of every customer, the columns that lists filter and
// sort by. It is loaded when the first list is asked for.
type customerList struct {
	mu      sync.RWMutex
	loaded  bool
	place   map[id.Customer]int32
	rows    []listRow
	orders  map[CustomerSort]*listOrder
	related relatedCount
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

// relatedCount counts the rows of customers the brand can reach.
type relatedCount struct {
	all   int
	staff map[id.Staff]int
	store map[id.Store]int
}

func (n *relatedCount) add(r *listRow, sign int) {
	if r.related {
		n.all += sign
		n.staff[r.staff] += sign
		n.store[r.store] += sign
	}
}

func (n *relatedCount) in(s org.Scope) int {
	switch {
	case s.Staff != 0:
		return n.staff[s.Staff]
	case s.Everything:
		return n.all
	}
	sum := 0
	for _, store := range s.Stores {
		sum += n.store[store]
	}
	return sum
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
	// Whoever asked first may go away; the others still want it.
	pieces, err := db.readList(context.WithoutCancel(ctx))
	if err != nil {
		return fmt.Errorf("load customer list: %w", err)
	}
	n := 0
	for _, rows := range pieces {
		n += len(rows)
	}
	l.place, l.rows, l.orders = make(map[id.Customer]int32, n), make([]listRow, 0, n), map[CustomerSort]*listOrder{}
	l.related = relatedCount{staff: map[id.Staff]int{}, store: map[id.Store]int{}}
	for _, rows := range pieces {
		for _, r := range rows {
			l.put(r)
		}
	}
	l.loaded = true
	return nil
}

// readList reads the columns of everybody on all processors at once. Ids are
// hashes, so that equal ranges of them hold about as many customers.
func (db *DB) readList(ctx context.Context) ([][]listRow, error) {
	ranges := runtime.GOMAXPROCS(0)
	pieces := make([][]listRow, ranges)
	step := int64(math.MaxInt64 / ranges)
	pool, ctx := errgroup.WithContext(ctx)
	for i := range ranges {
		low, high := int64(i)*step, int64(i+1)*step
		if i == 0 {
			low = math.MinInt64
		}
		if i == ranges-1 {
			high = math.MaxInt64
		}
		pool.Go(func() (err error) {
			pieces[i], err = db.readListBetween(ctx, low, high)
			return err
		})
	}
	return pieces, pool.Wait()
}

func (db *DB) readListBetween(ctx context.Context, above, upTo int64) (rows []listRow, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var r listRow
		var limiting insight.Part
		if err := scan(&r.id, &r.related, &r.refuses, &r.staff, &r.store, &limiting, &r.value, &r.due, &r.recent); err != nil {
			return err
		}
		r.limiting, _ = position(parts[:], limiting)
		rows = append(rows, r)
		return nil
	}, "SELECT customer_id, related, refuses, staff_id, store_id, limiting, value, next_due, last_fact FROM insight"+
		" WHERE customer_id > $1 AND customer_id <= $2", above, upTo)
	return rows, err
}

func (l *customerList) put(r listRow) {
	l.related.add(&r, 1)
	at, known := l.place[r.id]
	if !known {
		at = int32(len(l.rows))
		l.place[r.id] = at
		l.rows = append(l.rows, r)
	} else {
		l.related.add(&l.rows[at], -1)
	}
	for sort, o := range l.orders {
		if !known || r.key(sort) != l.rows[at].key(sort) {
			o.move(at)
		}
	}
	l.rows[at] = r
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
}

func (l *customerList) page(q CustomerQuery) (CustomerPage, error) {
	after, err := parseCursor(q.After)
	if err != nil {
		return CustomerPage{}, err
	}
	if q.Among != nil {
		return l.pageAmong(q, after), nil
	}
	if q.Limit > 0 {
		l.settle(q.Sort)
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	matches := l.matcher(q)
	page := CustomerPage{Total: l.count(q, matches)}
	if q.Limit > 0 {
		page.Customers, page.Next = l.next(q.Sort, after, matches, q.Limit)
	}
	return page, nil
}

// count returns how many rows match. What nobody narrowed down is kept.
func (l *customerList) count(q CustomerQuery, matches func(*listRow) bool) (n int) {
	if q.Related && q.Limiting == "" && q.Store == 0 && q.Staff == 0 && q.DueBefore.IsZero() && q.Refuses == nil {
		return l.related.in(q.Scope)
	}
	for i := range l.rows { // in the order of memory: walking the sorted list would wait for every row
		if matches(&l.rows[i]) {
			n++
		}
	}
	return n
}

// pageAmong is page for a query that names its customers: it looks at no other.
func (l *customerList) pageAmong(q CustomerQuery, after *listEntry) (page CustomerPage) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	matches := l.matcher(q)
	var entries []listEntry
	for _, c := range q.Among {
		if place, known := l.place[c]; known && matches(&l.rows[place]) {
			entries = append(entries, l.entry(q.Sort, place))
		}
	}
	slices.SortFunc(entries, listEntry.compare)
	entries = slices.Compact(entries)
	page.Total = len(entries)
	entries = behind(entries, after)
	for _, e := range entries[:min(q.Limit, len(entries))] {
		page.Customers = append(page.Customers, e.id)
	}
	if q.Limit > 0 && len(entries) > q.Limit {
		page.Next = entries[q.Limit-1].cursor()
	}
	return page
}

// matcher compiles the filters.
func (l *customerList) matcher(q CustomerQuery) func(*listRow) bool {
	limiting, _ := position(parts[:], q.Limiting)
	before := event.At(q.DueBefore)
	return func(r *listRow) bool {
		return seen(q.Scope, r.store, r.staff) &&
			(limiting == 0 || r.limiting == limiting) &&
			(q.Store == 0 || r.store == q.Store) &&
			(q.Staff == 0 || r.staff == q.Staff) &&
			(before == 0 || r.due != 0 && r.due < before) &&
			(q.Refuses == nil || r.refuses == *q.Refuses) &&
			(!q.Related || r.related)
	}
}

// seen tells whether the scope covers what belongs to a store and a member.
func seen(s org.Scope, store id.Store, staff id.Staff) bool {
	if s.Staff != 0 {
		return staff == s.Staff
	}
	return s.Sees(store)
}
