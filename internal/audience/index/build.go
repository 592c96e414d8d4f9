package index

import (
	"encoding/binary"
	"slices"
	"sync"

	"siyu/internal/audience"
)

// Builder makes an Index of many customers much faster than Put does: columns
// are packed block by block, beside who brings the rows. It is for one
// goroutine.
type Builder struct {
	ix      *Index
	room    int // rows of a stage
	stage   *stage
	free    chan *stage
	coding  chan *stage
	coded   sync.WaitGroup
	packing sync.WaitGroup
	doubled []uint32 // ordinals whose customer came again
}

// stagesAhead is how many blocks are in the making: one is filled, one coded,
// one packed. Each takes 40 MB.
const stagesAhead = 3

// stage is the rows of a block, before they are columns.
type stage struct {
	ids    []int64
	values []int64 // all of one row after another
	refs   []int64 // lists one after another
	ends   []int   // of every list, in refs
	at     int     // of the block
	block  *block
}

// NewBuilder returns a Builder of about so many customers.
func NewBuilder(customers int) *Builder {
	b := &Builder{ix: New(), room: min(blockSize, max(1, customers)), free: make(chan *stage, stagesAhead), coding: make(chan *stage)}
	b.ix.ids = b.ix.ids.resized(customers)
	for range stagesAhead {
		b.free <- &stage{}
	}
	b.coded.Go(b.code)
	return b
}

// Add copies rows into the index; a customer who comes twice is as in the last
// row. See Index.Put for the shape of rows.
func (b *Builder) Add(rows []audience.Row) {
	for i := range rows {
		if b.stage == nil {
			b.stage = <-b.free
			b.stage.clear(b.room, b.ix.layout)
		}
		b.stage.add(&rows[i])
		if len(b.stage.ids) == blockSize {
			b.coding <- b.stage
			b.stage = nil
		}
	}
}

// Index returns the index, after which the Builder must not be used.
func (b *Builder) Index() *Index {
	if b.stage != nil {
		b.coding <- b.stage
	}
	close(b.coding)
	b.coded.Wait()
	b.packing.Wait()
	for _, ordinal := range b.doubled {
		b.ix.blocks[ordinal>>blockBits].live.unset(uint16(ordinal))
		b.ix.gone++
	}
	return b.ix
}

// refsARow is how many values of Refs fields most rows have.
const refsARow = 8

// clear makes room for so many rows at once: what grows by and by is copied and
// collected several times.
func (s *stage) clear(rows int, l layout) {
	s.ids, s.ends = slices.Grow(s.ids[:0], rows), slices.Grow(s.ends[:0], rows*len(l.refs))
	s.values, s.refs = slices.Grow(s.values[:0], rows*len(l.columns)), slices.Grow(s.refs[:0], rows*refsARow)
}

func (s *stage) add(row *audience.Row) {
	s.ids = append(s.ids, int64(row.ID))
	s.values = append(s.values, row.Values...)
	for _, list := range row.Refs {
		s.refs = append(s.refs, list...)
		s.ends = append(s.ends, len(s.refs))
	}
}

// code gives ordinals and codes in the order of rows, and lets others pack
// what has them.
func (b *Builder) code() {
	for s := range b.coding {
		s.at, s.block = len(b.ix.blocks), newBlock(b.ix.layout)
		b.ix.blocks = append(b.ix.blocks, s.block)
		b.identify(s)
		s.mark(len(b.ix.layout.refs))
		b.ix.encode(s)
		spread := make([]int, len(b.ix.layout.refs))
		for field := range spread {
			spread[field] = len(b.ix.refsTerms(field).list)
		}
		b.packing.Go(func() {
			s.pack(spread)
			b.free <- s
		})
	}
}

func (b *Builder) identify(s *stage) {
	for _, c := range s.ids {
		if before, known := b.ix.ids.place(c); known {
			b.doubled = append(b.doubled, before)
		}
		b.ix.ids.add(c)
	}
}

// mark notes the hashes by which Put sees whether lists have changed.
func (s *stage) mark(fields int) {
	s.block.marks = make([]uint64, len(s.ids))
	from := 0
	for row := range s.ids {
		h := uint64(0)
		for field, end := range s.ends[row*fields : (row+1)*fields] {
			for _, v := range s.refs[from:end] {
				h = marked(h, field, v)
			}
			from = end
		}
		s.block.marks[row] = h
	}
}

// encode puts codes in the place of values.
func (ix *Index) encode(s *stage) {
	width := len(ix.layout.columns)
	for column, place := range ix.layout.coded {
		if place < 0 {
			continue
		}
		terms := &ix.terms[place]
		for at := column; at < len(s.values); at += width {
			s.values[at] = int64(terms.code(s.values[at]))
		}
	}
	from, fields := 0, len(ix.layout.refs)
	for i, end := range s.ends {
		terms := ix.refsTerms(i % fields)
		for at := from; at < end; at++ {
			s.refs[at] = int64(terms.code(s.refs[at]))
		}
		from = end
	}
}

// code returns the place of a number, which it gets if it has none.
func (n *numbers) code(v int64) uint32 {
	if place, known := n.place(v); known {
		return place
	}
	return n.add(v)
}

// pack turns the rows into columns and bitmaps; spread is how many codes each
// Refs field has.
func (s *stage) pack(spread []int) {
	b := s.block
	b.rows = len(s.ids)
	for row := range s.ids {
		b.live.set(uint16(row))
	}
	s.packColumns()
	for field := range b.refs {
		b.refs[field] = s.postings(field, spread[field])
	}
}

// tile is how many rows are spread over the columns at a time: they stay in
// the processor's first cache.
const tile = 64

func (s *stage) packColumns() {
	b := s.block
	width := len(b.columns)
	low, high := make([]int64, width), make([]int64, width)
	copy(low, s.values)
	copy(high, s.values)
	for from := 0; from < len(s.values); from += width {
		for i, v := range s.values[from : from+width] {
			low[i], high[i] = min(low[i], v), max(high[i], v)
		}
	}
	for i := range b.columns {
		b.columns[i] = columnFor(low[i], high[i], b.rows)
	}
	for from := 0; from < b.rows; from += tile {
		to := min(from+tile, b.rows)
		for i := range b.columns {
			b.columns[i].spread(s.values[from*width+i:], width, from, to)
		}
	}
}

// spread sets the values of some rows, each so many places behind the one
// before.
func (c *column) spread(values []int64, stride, from, to int) {
	switch c.width {
	case 1:
		for row := from; row < to; row++ {
			c.data[row] = byte(values[(row-from)*stride] - c.base)
		}
	case 2:
		for row := from; row < to; row++ {
			binary.LittleEndian.PutUint16(c.data[2*row:], uint16(values[(row-from)*stride]-c.base))
		}
	case 4:
		for row := from; row < to; row++ {
			binary.LittleEndian.PutUint32(c.data[4*row:], uint32(values[(row-from)*stride]-c.base))
		}
	case 8:
		for row := from; row < to; row++ {
			c.put(row, values[(row-from)*stride])
		}
	}
}

// postings sorts the rows of a field by code. Sets that are not dense share
// one piece of memory.
func (s *stage) postings(field, codes int) postings {
	counts, total := make([]int, codes), 0
	s.each(field, func(_ uint16, code int64) { counts[code]++ })
	var p postings
	for code, n := range counts {
		if n > 0 {
			p.codes = append(p.codes, uint32(code))
			if n < manyRows {
				total += n
			}
		}
	}
	shared, places := make(set, total), make([]int, codes)
	p.rows = make([]set, len(p.codes))
	for i, code := range p.codes {
		places[code] = i
		if n := counts[code]; n < manyRows {
			p.rows[i], shared = shared[:0:n], shared[n:]
		} else {
			p.rows[i] = make(set, manyRows)
		}
	}
	var some mask
	s.each(field, func(row uint16, code int64) {
		some.set(row)
		if rows := p.rows[places[code]]; rows.dense() {
			rows.with(row)
		} else {
			p.rows[places[code]] = append(rows, row)
		}
	})
	p.some = setOf(&some)
	return p
}

// each tells of every code of a field, row by row.
func (s *stage) each(field int, tell func(row uint16, code int64)) {
	fields := len(s.block.refs)
	for row := range s.ids {
		at := row*fields + field
		from := 0
		if at > 0 {
			from = s.ends[at-1]
		}
		for _, code := range s.refs[from:s.ends[at]] {
			tell(uint16(row), code)
		}
	}
}
