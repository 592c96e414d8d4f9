package index

import (
	"slices"

	"siyu/internal/audience"
	"siyu/internal/id"
)

// Changed is what a Put changed of one customer.
type Changed struct {
	ID      id.Customer
	Columns []int // places in audience.Columns, ascending
	Refs    []int // places in audience.RefsFields, ascending
	New     bool  // was not there: whatever is not 0 counts as changed
}

// portion is how many rows become visible at once: applying them takes less
// than a millisecond.
const portion = 512

// Put inserts or replaces customers and returns those of whom something is
// different now, in the order of rows. Rows become visible one by one as a
// whole, up to 512 at the same moment. A row of another length than
// audience.Columns and audience.RefsFields say is a defect of the caller and
// panics.
func (ix *Index) Put(rows []audience.Row) (changed []Changed) {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	for len(rows) > 0 {
		p := put{ix: ix, at: len(ix.ids.list), needs: map[spot]*need{}}
		n := p.prepare(rows[:min(portion, len(rows))])
		changed = append(changed, p.changed...)
		rows = rows[n:]
	}
	return changed
}

// put is one portion being made ready: everything that takes long happens
// beside the readers, who wait only for apply.
type put struct {
	ix      *Index
	at      int // next ordinal
	added   []*block
	needs   map[spot]*need
	new     []arrival
	edits   []edit
	refs    []refEdit
	marks   []markEdit
	changed []Changed
}

// spot is a column of a block.
type spot struct{ block, column int }

// need is what a column must hold and does not.
type need struct {
	low, high int64
	rows      int
	column    column
}

type arrival struct {
	id      id.Customer
	ordinal int
}

type edit struct {
	spot
	row   int
	value int64
}

type refEdit struct {
	block, field int
	row          uint16
	codes        []uint32 // after
	before       []uint32
}

type markEdit struct {
	block, row int
	mark       uint64
}

// prepare makes rows ready and applies them up to the first customer that
// comes for the second time. It returns how many that were.
func (p *put) prepare(rows []audience.Row) int {
	seen := make(map[id.Customer]struct{}, len(rows))
	for i := range rows {
		if _, twice := seen[rows[i].ID]; twice {
			rows = rows[:i]
			break
		}
		seen[rows[i].ID] = struct{}{}
	}
	p.learn(rows)
	for i := range rows {
		p.row(&rows[i])
	}
	for _, e := range p.edits {
		if n := p.needs[e.spot]; n != nil { // a column made anew must hold also what fitted into the old one
			n.low, n.high, n.rows = min(n.low, e.value), max(n.high, e.value), max(n.rows, e.row+1)
		}
	}
	for at, n := range p.needs {
		b := p.block(at.block)
		n.column = b.columns[at.column].widened(b.rows, roomToGrow(n.rows), n.low, n.high)
	}
	p.apply()
	return len(rows)
}

// roomToGrow returns for how many rows room is made where some are needed.
func roomToGrow(rows int) int { return min(blockSize, max(wordSize, 2*rows)) }

// learn gives a code to every value that comes for the first time.
func (p *put) learn(rows []audience.Row) {
	ix := p.ix
	unknown := map[int][]int64{}
	note := func(place int, v int64) {
		if _, known := ix.terms[place].place(v); !known && !slices.Contains(unknown[place], v) {
			unknown[place] = append(unknown[place], v)
		}
	}
	first := len(ix.terms) - len(ix.layout.refs)
	for i := range rows {
		for column, place := range ix.layout.coded {
			if place >= 0 {
				note(place, rows[i].Values[column])
			}
		}
		for field, list := range rows[i].Refs {
			for _, v := range list {
				note(first+field, v)
			}
		}
	}
	for place, values := range unknown {
		terms := &ix.terms[place]
		larger := *terms
		if terms.full(len(values)) {
			larger = terms.grown(len(values))
		}
		ix.mu.Lock()
		*terms = larger
		for _, v := range values {
			terms.add(v)
		}
		ix.changes++
		ix.mu.Unlock()
	}
}

func (p *put) block(i int) *block {
	if i < len(p.ix.blocks) {
		return p.ix.blocks[i]
	}
	for i >= len(p.ix.blocks)+len(p.added) {
		p.added = append(p.added, newBlock(p.ix.layout))
	}
	return p.added[i-len(p.ix.blocks)]
}

func (p *put) row(row *audience.Row) {
	change := Changed{ID: row.ID}
	ordinal, known := p.ix.ordinal(row.ID)
	if !known {
		ordinal = uint32(p.at)
		p.at++
		p.new = append(p.new, arrival{row.ID, int(ordinal)})
		change.New = true
	}
	p.values(row, int(ordinal), &change)
	p.lists(row, int(ordinal), &change)
	if change.New || len(change.Columns) > 0 || len(change.Refs) > 0 {
		p.changed = append(p.changed, change)
	}
}

func (p *put) values(row *audience.Row, ordinal int, change *Changed) {
	at, in := ordinal>>blockBits, ordinal&(blockSize-1)
	b := p.block(at)
	for i := range b.columns {
		v, c := row.Values[i], &b.columns[i]
		if place := p.ix.layout.coded[i]; place >= 0 {
			code, _ := p.ix.terms[place].place(v)
			v = int64(code)
		}
		if change.New {
			if v != 0 {
				change.Columns = append(change.Columns, i)
			}
		} else if c.at(in) == v {
			continue
		} else {
			change.Columns = append(change.Columns, i)
		}
		where := spot{at, i}
		if !c.fits(v) || c.width > 0 && (in+1)*int(c.width) > len(c.data) {
			p.need(where, v)
		}
		p.edits = append(p.edits, edit{where, in, v})
	}
}

func (p *put) need(at spot, v int64) {
	if p.needs[at] == nil {
		p.needs[at] = &need{low: v, high: v, rows: p.block(at.block).rows}
	}
}

func (p *put) lists(row *audience.Row, ordinal int, change *Changed) {
	at, in := ordinal>>blockBits, ordinal&(blockSize-1)
	b, mark := p.block(at), markOf(row.Refs)
	if !change.New && b.marks[in] == mark {
		return
	}
	p.marks = append(p.marks, markEdit{at, in, mark})
	for field, list := range row.Refs {
		codes := make([]uint32, len(list))
		for i, v := range list {
			codes[i], _ = p.ix.refsTerms(field).place(v)
		}
		slices.Sort(codes)
		var before []uint32
		if !change.New {
			before = b.refs[field].held(uint16(in))
		}
		if !slices.Equal(codes, before) {
			change.Refs = append(change.Refs, field)
			p.refs = append(p.refs, refEdit{block: at, field: field, row: uint16(in), codes: codes, before: before})
		}
	}
}

// markOf hashes the lists: two that follow one another are taken for the same
// with a chance of one in 10^19.
func markOf(refs [][]int64) uint64 {
	h := uint64(0)
	for field, list := range refs {
		for _, v := range list {
			h = marked(h, field, v)
		}
	}
	return h
}

func marked(h uint64, field int, v int64) uint64 {
	h = (h ^ uint64(v) ^ uint64(field+1)<<56) * spread
	return h ^ h>>29
}

// apply makes the portion visible.
func (p *put) apply() {
	ix := p.ix
	ids := ix.ids
	if len(p.new) > 0 && ids.full(len(p.new)) {
		ids = ids.grown(len(p.new))
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.ids = ids
	ix.blocks = append(ix.blocks, p.added...)
	for at, n := range p.needs {
		ix.blocks[at.block].columns[at.column] = n.column
	}
	for _, a := range p.new {
		ix.ids.add(int64(a.id))
		b := ix.blocks[a.ordinal>>blockBits]
		b.live.set(uint16(a.ordinal))
		b.rows++
		b.marks = append(b.marks, 0)
	}
	for _, e := range p.edits {
		ix.blocks[e.block].columns[e.column].put(e.row, e.value)
	}
	for _, e := range p.marks {
		ix.blocks[e.block].marks[e.row] = e.mark
	}
	for _, e := range p.refs {
		ix.blocks[e.block].refs[e.field].replace(e)
	}
}

func (p *postings) replace(e refEdit) {
	for _, code := range e.before {
		p.remove(code, e.row)
	}
	for _, code := range e.codes {
		p.add(code, e.row)
	}
	if len(e.codes) > 0 {
		p.some = p.some.with(e.row)
	} else {
		p.some = p.some.without(e.row)
	}
}

// Remove takes customers out; who is not there is passed over. Their places
// are not given to others, so that a Crowd made before names nobody else.
func (ix *Index) Remove(customers []id.Customer) {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, c := range customers {
		if ordinal, found := ix.ordinal(c); found {
			ix.blocks[ordinal>>blockBits].live.unset(uint16(ordinal))
			ix.gone++
		}
	}
}
