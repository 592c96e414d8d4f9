package index

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"sync"

	"siyu/internal/audience"
)

// snapshotReader makes an index of the sections of a snapshot. What it reads
// may be anything: whatever an evaluation relies on is checked.
type snapshotReader struct {
	from      io.Reader
	ix        *Index
	customers int // ordinals
	audiences int
	slots     sync.WaitGroup // the table of ids is made beside reading the blocks
	spare     []byte
}

// cut takes a section apart. Where it is too short it gives zeros and notes it.
type cut struct {
	rest  []byte
	short bool
}

func (c *cut) bytes(n int) []byte {
	if n < 0 || n > len(c.rest) {
		c.short, c.rest = true, nil
		return nil
	}
	taken := c.rest[:n:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cut) u8() uint8 {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cut) u16() uint16 {
	if b := c.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cut) u32() uint32 {
	if b := c.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cut) u64() uint64 {
	if b := c.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// section reads the next section and lets take have it, who must keep nothing of
// it and leave nothing.
func (r *snapshotReader) section(what string, take func(*cut) error) error {
	var head [lengthSize]byte
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return err
	}
	length := binary.LittleEndian.Uint64(head[:])
	if length > longestSection {
		return damaged(fmt.Sprintf("%s cannot be %d bytes long", what, length))
	}
	body, err := readAll(r.from, int(length)+sumSize, r.spare[:0])
	if err != nil {
		return err
	}
	r.spare = body
	content := body[:length:length]
	if crc32.Checksum(content, castagnoli) != binary.LittleEndian.Uint32(body[length:]) {
		return damaged(what + " is damaged: its checksum is wrong")
	}
	c := cut{rest: content}
	if err := take(&c); err != nil {
		return err
	}
	if c.short || len(c.rest) > 0 {
		return damaged(what + " is not as long as it should be")
	}
	return nil
}

// atOnce is how much memory is taken before any of a section was seen: who
// only claims that a section is long gets no more.
const atOnce = 16 << 20

// readAll appends n bytes.
func readAll(from io.Reader, n int, all []byte) ([]byte, error) {
	for len(all) < n {
		more := min(n-len(all), max(atOnce, len(all)))
		all = slices.Grow(all, more)
		read := all[len(all) : len(all)+more]
		if _, err := io.ReadFull(from, read); err != nil {
			return nil, err
		}
		all = all[:len(all)+more]
	}
	return all, nil
}

func (r *snapshotReader) head() error {
	return r.section("the head", func(c *cut) error {
		position := Position{Fact: int64(c.u64()), Day: int64(c.u64())}
		customers, gone, audiences := c.u64(), c.u64(), c.u64()
		if string(c.bytes(len(c.rest))) != r.ix.layout.fingerprint() {
			return damaged("it is of another catalogue of fields")
		}
		if customers > math.MaxUint32 || gone > customers || audiences > math.MaxInt32 {
			return damaged("its head counts what cannot be")
		}
		r.ix.Reach(position)
		r.customers, r.ix.gone, r.audiences = int(customers), int(gone), int(audiences)
		return nil
	})
}

func (r *snapshotReader) identities() error {
	var ids numbers
	err := r.section("the ids", func(c *cut) error {
		if len(c.rest) != 8*r.customers {
			return damaged("there are not as many ids as customers")
		}
		ids.list = listOf(c)
		return nil
	})
	if err != nil {
		return err
	}
	r.slots.Go(func() { r.ix.ids = ids.resized(len(ids.list)) })
	for i := range r.ix.terms {
		if err := r.section("values by code", func(c *cut) error {
			list := listOf(c)
			if len(list) == 0 || list[0] != 0 {
				return damaged("the first value by code is not 0")
			}
			r.ix.terms[i] = (&numbers{list: list}).resized(len(list))
			return nil
		}); err != nil {
			return err
		}
	}
	r.ix.blocks = make([]*block, (r.customers+blockSize-1)/blockSize)
	return nil
}

func listOf(c *cut) []int64 {
	list := make([]int64, len(c.rest)/8)
	for i := range list {
		list[i] = int64(c.u64())
	}
	return list
}

func (r *snapshotReader) block(at int, c *cut) error {
	b := newBlock(r.ix.layout)
	b.rows = min(blockSize, r.customers-at*blockSize)
	for i := range b.live {
		b.live[i] = c.u64()
	}
	for row := b.rows; row < blockSize; row++ {
		if b.live.has(uint16(row)) {
			return damaged("a block has customers behind its end")
		}
	}
	for i := range b.columns {
		if err := r.column(i, b, c); err != nil {
			return err
		}
	}
	for i := range b.refs {
		if err := b.refs[i].read(c, len(r.ix.refsTerms(i).list)); err != nil {
			return err
		}
	}
	b.marks = make([]uint64, b.rows)
	for i := range b.marks {
		b.marks[i] = c.u64()
	}
	r.ix.blocks[at] = b
	return nil
}

func (r *snapshotReader) column(i int, b *block, c *cut) error {
	of := column{base: int64(c.u64()), width: c.u8()}
	switch of.width {
	case 0, 1, 2, 4, 8:
	default:
		return damaged("a column has values of a width that is none")
	}
	of.data = slices.Clone(c.bytes(int(of.width) * roomFor(b.rows)))
	if c.short || of.width == 8 && of.base != math.MinInt64 {
		return damaged("a column is not as it should be")
	}
	if limit := r.limit(i); limit > 0 {
		for row := range b.rows {
			if v := of.at(row); v < 0 || v >= limit {
				return damaged("a column names what is not there")
			}
		}
		if of.base < 0 || of.base >= limit {
			return damaged("a column names what is not there")
		}
	}
	b.columns[i] = of
	return nil
}

// limit returns below what the values of a column must be, 0 where they may be
// anything.
func (r *snapshotReader) limit(i int) int64 {
	if place := r.ix.layout.coded[i]; place >= 0 {
		return int64(len(r.ix.terms[place].list))
	}
	if f := r.ix.layout.columns[i].Field; f.Kind == audience.Word {
		return int64(len(f.Words))
	}
	return 0
}

func (p *postings) read(c *cut, limit int) error {
	var err error
	if p.some, err = readSet(c); err != nil {
		return err
	}
	n := int(c.u32())
	if n > limit {
		return damaged("a block has more values than there are")
	}
	p.codes, p.rows = make([]uint32, n), make([]set, n)
	for i := range n {
		p.codes[i] = c.u32()
		if int(p.codes[i]) >= limit || i > 0 && p.codes[i] <= p.codes[i-1] {
			return damaged("a block names values that are not there")
		}
		if p.rows[i], err = readSet(c); err != nil {
			return err
		}
	}
	return nil
}

func readSet(c *cut) (set, error) {
	n := int(c.u16())
	raw := c.bytes(2 * n)
	if n > manyRows || c.short {
		return nil, damaged("a set of customers is longer than it can be")
	}
	if n == 0 {
		return nil, nil
	}
	s := make(set, n)
	for i := range s {
		s[i] = binary.LittleEndian.Uint16(raw[2*i:])
		if n < manyRows && i > 0 && s[i] <= s[i-1] {
			return nil, damaged("a set of customers is not sorted")
		}
	}
	return s, nil
}

func (r *snapshotReader) members(c *cut) error {
	n := int64(c.u64())
	parts := int(c.u32())
	if parts > len(r.ix.blocks) {
		return damaged("an audience has more blocks than there are")
	}
	crowd := &Crowd{index: r.ix, parts: make([]set, parts)}
	for i := range crowd.parts {
		part, err := readSet(c)
		if err != nil {
			return err
		}
		if i == len(r.ix.blocks)-1 && part.beyond(r.ix.blocks[i].rows) {
			return damaged("an audience has members behind the last customer")
		}
		crowd.parts[i] = part
		crowd.n += part.count()
	}
	r.ix.members[n] = crowd
	return nil
}

// beyond tells whether any of the rows lies at or behind a place.
func (s set) beyond(rows int) bool {
	for row := range s.all() {
		if int(row) >= rows {
			return true
		}
	}
	return false
}

// whole checks what can be seen only at the end.
func (r *snapshotReader) whole() error {
	live := 0
	for _, b := range r.ix.blocks {
		live += b.live.count()
	}
	if live != r.customers-r.ix.gone {
		return damaged("its head counts other customers than its blocks")
	}
	return nil
}
