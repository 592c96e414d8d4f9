package storage

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"

	"siyu/internal/fault"
	"siyu/internal/id"
)

// listOrder is the list sorted by one key: most of it as it was when it was
// sorted, and beside it the rows that have moved since. A change to a customer
// costs one entry, not a sorting.
type listOrder struct {
	entries []listEntry // an entry whose key is no longer its row's is skipped
	moved   []int32     // rows whose key has changed since, the last of them unsettled
	fresh   []listEntry // moved, sorted, without those whose entry is true again
	settled int         // how many of moved are in fresh
	sorting *listOrder  // what takes its place once it is sorted
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

func (l *customerList) entry(sort CustomerSort, place int32) listEntry {
	r := &l.rows[place]
	return listEntry{r.key(sort), r.id, place}
}

// move notes that a row is new or has another key.
func (o *listOrder) move(place int32) {
	o.moved = append(o.moved, place)
	if o.sorting != nil {
		o.sorting.moved = append(o.sorting.moved, place)
	}
}

// A list is sorted anew when more of it has moved than is worth merging: at
// least fewMoves, so that a short list is not sorted for every change, and one
// row in moveShare.
const (
	fewMoves  = 5000
	moveShare = 100
)

// settle brings an order up to date. It sorts the whole list only for the
// first page, and otherwise behind the caller's back.
func (l *customerList) settle(sort CustomerSort) {
	l.mu.RLock()
	o := l.orders[sort]
	current := o != nil && o.settled == len(o.moved)
	l.mu.RUnlock()
	if current {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if o = l.orders[sort]; o == nil {
		o = l.snapshot(sort)
		slices.SortFunc(o.entries, listEntry.compare)
		l.orders[sort] = o
	}
	o.settle(l, sort)
	if len(o.fresh) > max(fewMoves, len(l.rows)/moveShare) && o.sorting == nil {
		next := l.snapshot(sort)
		o.sorting = next
		go func() {
			slices.SortFunc(next.entries, listEntry.compare)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.orders[sort] = next
		}()
	}
}

func (l *customerList) snapshot(sort CustomerSort) *listOrder {
	o := &listOrder{entries: make([]listEntry, len(l.rows))}
	for i := range l.rows {
		o.entries[i] = l.entry(sort, int32(i))
	}
	return o
}

// settle takes rows that moved into fresh.
func (o *listOrder) settle(l *customerList, sort CustomerSort) {
	if o.settled == len(o.moved) {
		return
	}
	places := slices.Clone(o.moved)
	slices.Sort(places)
	o.moved = slices.Compact(places)
	o.settled, o.fresh = len(o.moved), o.fresh[:0]
	for _, place := range o.moved {
		e := l.entry(sort, place)
		if _, there := slices.BinarySearchFunc(o.entries, e, listEntry.compare); !there {
			o.fresh = append(o.fresh, e)
		}
	}
	slices.SortFunc(o.fresh, listEntry.compare)
}

// next returns up to limit customers behind the cursor, and the cursor of the
// last if there are more. A customer that moved since the order was settled may
// be missing from this one page.
func (l *customerList) next(sort CustomerSort, after *listEntry, matches func(*listRow) bool, limit int) (found []id.Customer, cursor string) {
	o := l.orders[sort]
	var last listEntry
	sorted, fresh := behind(o.entries, after), behind(o.fresh, after)
	for len(sorted)+len(fresh) > 0 {
		var e listEntry
		if len(sorted) == 0 || len(fresh) > 0 && fresh[0].compare(sorted[0]) < 0 {
			e, fresh = fresh[0], fresh[1:]
		} else {
			e, sorted = sorted[0], sorted[1:]
		}
		if r := &l.rows[e.place]; r.key(sort) != e.key || !matches(r) {
			continue
		}
		if len(found) == limit {
			return found, last.cursor()
		}
		found, last = append(found, e.id), e
	}
	return found, ""
}

// behind returns the entries after one, all of them after nil.
func behind(entries []listEntry, after *listEntry) []listEntry {
	if after == nil {
		return entries
	}
	from, _ := slices.BinarySearchFunc(entries, *after, func(e, a listEntry) int {
		if e.compare(a) <= 0 {
			return -1
		}
		return 1
	})
	return entries[from:]
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
