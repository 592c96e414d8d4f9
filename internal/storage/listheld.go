package storage

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
)

// customerList keeps, of every customer, the columns that lists filter and
// sort by. It is loaded when the first list is asked for.
type customerList struct {
	mu      sync.RWMutex
	loaded  bool
	place   map[id.Customer]int32
	rows    []listRow
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
	stage    uint8 // position in stages
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
	l.place, l.rows = make(map[id.Customer]int32, n), make([]listRow, 0, n)
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
		var stage insight.Stage
		if err := scan(&r.id, &r.related, &r.refuses, &r.staff, &r.store, &limiting, &r.value, &r.due, &r.recent, &stage); err != nil {
			return err
		}
		r.limiting, _ = position(parts[:], limiting)
		r.stage, _ = position(stages[:], stage)
		rows = append(rows, r)
		return nil
	}, "SELECT customer_id, related, refuses, staff_id, store_id, limiting, value, next_due, last_fact, stage FROM insight"+
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
		stage, _ := position(stages[:], r.Stage)
		l.put(listRow{id: r.ID, staff: r.Staff, store: r.Store, due: event.At(r.NextDue), recent: event.At(r.LastFact),
			value: float32(r.Value.Value), limiting: limiting, stage: stage, related: r.Related, refuses: r.Refuses})
	}
}

// remove takes customers out; the last row takes the place of each.
func (l *customerList) remove(customers []id.Customer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range customers {
		at, known := l.place[c]
		if !known {
			continue
		}
		l.related.add(&l.rows[at], -1)
		last := l.rows[len(l.rows)-1]
		l.rows[at], l.place[last.id] = last, at
		l.rows = l.rows[:len(l.rows)-1]
		delete(l.place, c)
	}
}

// page walks all rows in the order of memory, which is faster than to follow a
// sorted list from row to row, and leaves nothing to be kept in order.
func (l *customerList) page(q CustomerQuery, after *listPlace) CustomerPage {
	l.mu.RLock()
	defer l.mu.RUnlock()
	matches, key, total := l.matcher(q), keyOf(q.Sort), 0
	first := firstPlaces{most: q.Limit + 1}
	look := func(r *listRow) {
		if !matches(r) {
			return
		}
		total++
		if p := (listPlace{key(r), r.id}); first.wants(p) && (after == nil || after.before(p)) {
			first.add(p)
		}
	}
	if q.Among == nil {
		for i := range l.rows {
			look(&l.rows[i])
		}
		return pageOf(total, first.sorted(), q.Limit)
	}
	among := slices.Clone(q.Among)
	slices.Sort(among)
	for _, c := range slices.Compact(among) {
		if at, known := l.place[c]; known {
			look(&l.rows[at])
		}
	}
	return pageOf(total, first.sorted(), q.Limit)
}

func keyOf(sort CustomerSort) func(*listRow) float64 {
	switch sort {
	case ByDue:
		return func(r *listRow) float64 {
			if r.due == 0 {
				return neverDue
			}
			return float64(r.due)
		}
	case ByRecent:
		return func(r *listRow) float64 { return -float64(r.recent) }
	case ByFresh:
		return func(r *listRow) float64 {
			if r.due == 0 {
				return neverDue
			}
			return -float64(r.due)
		}
	default:
		return func(r *listRow) float64 { return -float64(r.value) }
	}
}

// firstPlaces keeps the first of many places.
type firstPlaces struct {
	most int
	list []listPlace // sorted and cut when twice as long as need be
	full bool        // list had most of them, up to last
	last listPlace
}

func (f *firstPlaces) wants(p listPlace) bool { return !f.full || p.before(f.last) }

func (f *firstPlaces) add(p listPlace) {
	if f.list = append(f.list, p); len(f.list) >= 2*f.most {
		f.sorted()
	}
}

func (f *firstPlaces) sorted() []listPlace {
	slices.SortFunc(f.list, func(a, b listPlace) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
	if len(f.list) >= f.most {
		f.list = f.list[:f.most]
		f.full, f.last = true, f.list[f.most-1]
	}
	return f.list
}

// matcher compiles the filters.
func (l *customerList) matcher(q CustomerQuery) func(*listRow) bool {
	limiting, _ := position(parts[:], q.Limiting)
	stage, _ := position(stages[:], q.Stage)
	before := event.At(q.DueBefore)
	return func(r *listRow) bool {
		return seen(q.Scope, r.store, r.staff) &&
			(limiting == 0 || r.limiting == limiting) &&
			(stage == 0 || r.stage == stage) &&
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
