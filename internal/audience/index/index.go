// Package index answers rules about all customers from memory: every customer
// has a place, every number of every customer lies in a column of just as many
// bytes as it needs, and who has a tag, is in a group or in a stored audience
// is a roaring bitmap. It keeps no files and knows no clock; who owns it puts
// rows and stored audiences into it.
package index

import (
	"slices"
	"sync"
	"sync/atomic"

	"siyu/internal/audience"
	"siyu/internal/id"
)

// Index is safe for concurrent use. What is read is one customer's row as a
// whole, before or after a Put and never between. Readers go block by block,
// so that who writes waits for no more than a block, and who reads for no more
// than a portion of rows.
type Index struct {
	writing sync.Mutex   // one writer at a time, who prepares while others read
	mu      sync.RWMutex // held to change what is below, and shared to read it
	ids     numbers      // customers by ordinal
	gone    int          // ordinals whose customer is no longer there; none is used again
	blocks  []*block
	terms   []numbers // of Ref columns and Refs fields, see layout: their values by code, 0 the first
	members map[int64]*Crowd
	changes int // of terms and members: a plan made before is out of date

	layout   layout
	position atomic.Pointer[Position]
}

// Position is up to where the rows of an index have come.
type Position struct {
	Fact int64 // last one of the log
	Day  int64 // business day
}

// block is 65,536 customers.
type block struct {
	rows    int  // of which ordinals were given
	live    mask // without those who are gone
	columns []column
	refs    []postings // of every Refs field
	marks   []uint64   // of every row a hash over its Refs
}

// postings is who has which value of a Refs field.
type postings struct {
	codes []uint32 // sorted
	rows  []set    // of every code, never without any row ever
	some  set      // who has any
}

// layout is where which field lies.
type layout struct {
	columns []audience.Column
	refs    []audience.Field
	coded   []int // of every column the place of its terms, -1 where values stand as they are
}

func newLayout() layout {
	l := layout{columns: audience.Columns(), refs: audience.RefsFields()}
	for _, c := range l.columns {
		place := -1
		if c.Field.Kind == audience.Ref {
			place = l.dictionaries()
		}
		l.coded = append(l.coded, place)
	}
	return l
}

// dictionaries returns how many coded columns there are so far; those of Refs
// fields come after them.
func (l *layout) dictionaries() int {
	n := 0
	for _, place := range l.coded {
		if place >= 0 {
			n++
		}
	}
	return n
}

// New returns an index of nobody.
func New() *Index {
	ix := &Index{layout: newLayout(), members: map[int64]*Crowd{}}
	ix.terms = make([]numbers, ix.layout.dictionaries()+len(ix.layout.refs))
	for i := range ix.terms {
		ix.terms[i].add(0)
	}
	ix.position.Store(&Position{})
	return ix
}

// Position returns what Reach was told last.
func (ix *Index) Position() Position { return *ix.position.Load() }

// Reach notes up to where the rows have come; a snapshot carries it.
func (ix *Index) Reach(p Position) { ix.position.Store(&p) }

// Len returns how many customers there are.
func (ix *Index) Len() int {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return len(ix.ids.list) - ix.gone
}

// Has tells whether a customer is there.
func (ix *Index) Has(c id.Customer) bool {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	_, found := ix.ordinal(c)
	return found
}

// ordinal returns the ordinal of a customer who is there.
func (ix *Index) ordinal(c id.Customer) (uint32, bool) {
	ordinal, known := ix.ids.place(int64(c))
	if !known || !ix.blocks[ordinal>>blockBits].live.has(uint16(ordinal)) {
		return 0, false
	}
	return ordinal, true
}

func (ix *Index) refsTerms(field int) *numbers {
	return &ix.terms[len(ix.terms)-len(ix.layout.refs)+field]
}

// decoded returns the value that a column holds as v.
func (ix *Index) decoded(column int, v int64) int64 {
	if place := ix.layout.coded[column]; place >= 0 {
		return ix.terms[place].list[v]
	}
	return v
}

func newBlock(l layout) *block {
	return &block{columns: make([]column, len(l.columns)), refs: make([]postings, len(l.refs))}
}

// of returns who has the value, nil if nobody ever had.
func (p *postings) of(code uint32) set {
	if at, found := slices.BinarySearch(p.codes, code); found {
		return p.rows[at]
	}
	return nil
}

func (p *postings) add(code uint32, row uint16) {
	at, found := slices.BinarySearch(p.codes, code)
	if !found {
		p.codes, p.rows = slices.Insert(p.codes, at, code), slices.Insert(p.rows, at, set{row})
	} else {
		p.rows[at] = p.rows[at].with(row)
	}
}

func (p *postings) remove(code uint32, row uint16) {
	if at, found := slices.BinarySearch(p.codes, code); found {
		p.rows[at] = p.rows[at].without(row)
	}
}

// held returns the codes of one row.
func (p *postings) held(row uint16) []uint32 {
	if !p.some.has(row) {
		return nil
	}
	var codes []uint32
	for i, rows := range p.rows {
		if rows.has(row) {
			codes = append(codes, p.codes[i])
		}
	}
	return codes
}
