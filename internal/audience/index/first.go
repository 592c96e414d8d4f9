package index

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"siyu/internal/audience"
	"siyu/internal/id"
)

// Page asks for some customers of a crowd in the order of a column, those with
// equal values by ascending id.
type Page struct {
	Column     int // place in audience.Columns
	Descending bool
	N          int    // how many
	After      *Entry // the last one of the page before; nil for the first page
}

// Entry is one customer of a page with the value that gave the place.
type Entry struct {
	ID    id.Customer
	Value int64
}

// First returns the page's customers as they are now; who was removed since
// the crowd was made is left out.
func (c *Crowd) First(p Page) []Entry {
	if p.N <= 0 {
		return nil
	}
	var mu sync.Mutex
	all := best{page: p}
	c.index.inParallel(len(c.parts), func(next func() (int, bool)) {
		mine := best{page: p}
		for at, more := next(); more; at, more = next() {
			c.read(at, func(b *block, m *mask) { mine.take(c.index, b, at, m) })
		}
		mu.Lock()
		defer mu.Unlock()
		for _, e := range mine.entries {
			all.add(e)
		}
	})
	return all.entries
}

// read shows a block and who of the crowd is in it now, while it cannot
// change; nothing of either may be kept.
func (c *Crowd) read(at int, show func(b *block, m *mask)) {
	if len(c.parts[at]) == 0 {
		return
	}
	var m mask
	c.parts[at].into(&m)
	c.index.mu.RLock()
	defer c.index.mu.RUnlock()
	b := c.index.blocks[at]
	m.and(&b.live)
	show(b, &m)
}

var everyValue = audience.Span{From: math.MinInt64, To: math.MaxInt64}

// best keeps the first N entries, in their order.
type best struct {
	page    Page
	entries []Entry
}

func (b *best) take(ix *Index, from *block, at int, m *mask) {
	if bound, bounded := b.reach(); bounded && ix.layout.coded[b.page.Column] < 0 {
		from.columns[b.page.Column].narrow(bound, m)
	}
	column, ids := &from.columns[b.page.Column], ix.ids.list[at<<blockBits:]
	for row := range m.rows() {
		b.add(Entry{id.Customer(ids[row]), ix.decoded(b.page.Column, column.at(int(row)))})
	}
}

// reach returns the values that can still be among the first.
func (b *best) reach() (s audience.Span, bounded bool) {
	s = everyValue
	n := len(b.entries)
	full := n == b.page.N
	if b.page.Descending {
		if full {
			s.From = b.entries[n-1].Value
		}
		if b.page.After != nil {
			s.To = b.page.After.Value
		}
	} else {
		if full {
			s.To = b.entries[n-1].Value
		}
		if b.page.After != nil {
			s.From = b.page.After.Value
		}
	}
	return s, s != everyValue
}

// add puts an entry where it belongs, if it is among the first N.
func (b *best) add(e Entry) {
	if b.page.After != nil && b.compare(e, *b.page.After) <= 0 {
		return
	}
	n := len(b.entries)
	if n == b.page.N && b.compare(e, b.entries[n-1]) >= 0 {
		return
	}
	place, _ := slices.BinarySearchFunc(b.entries, e, b.compare)
	if n == b.page.N {
		b.entries = b.entries[:n-1]
	}
	b.entries = slices.Insert(b.entries, place, e)
}

func (b *best) compare(x, y Entry) int {
	if x.Value != y.Value {
		if b.page.Descending {
			return cmp.Compare(y.Value, x.Value)
		}
		return cmp.Compare(x.Value, y.Value)
	}
	return cmp.Compare(x.ID, y.ID)
}
