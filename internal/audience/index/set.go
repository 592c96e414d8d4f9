package index

import (
	"iter"
	"math/bits"
	"slices"
)

// Customers have ordinals; 65,536 of them in a row are a block. Everything is
// kept, locked and evaluated by block.
const (
	blockBits = 16
	blockSize = 1 << blockBits
	wordSize  = 64
	words     = blockSize / wordSize
)

// mask has a bit for every customer of a block.
type mask [words]uint64

func (m *mask) has(row uint16) bool { return m[row/wordSize]>>(row%wordSize)&1 != 0 }
func (m *mask) set(row uint16)      { m[row/wordSize] |= 1 << (row % wordSize) }
func (m *mask) unset(row uint16)    { m[row/wordSize] &^= 1 << (row % wordSize) }

func (m *mask) count() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

func (m *mask) empty() bool {
	for _, w := range m {
		if w != 0 {
			return false
		}
	}
	return true
}

func (m *mask) and(other *mask) {
	for i, w := range other {
		m[i] &= w
	}
}

func (m *mask) andNot(other *mask) {
	for i, w := range other {
		m[i] &^= w
	}
}

func (m *mask) or(other *mask) {
	for i, w := range other {
		m[i] |= w
	}
}

// rows yields the rows whose bits are set.
func (m *mask) rows() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for i, w := range m {
			for ; w != 0; w &= w - 1 {
				if !yield(uint16(i*wordSize + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// set is some rows of a block as roaring bitmaps keep them: up to manyRows
// they stand sorted one by one, more are a bit for every row of the block, 16
// to an element. It is the library's container, kept here because rows of a
// block must be read and written under that block's lock.
type set []uint16

// manyRows is from where bits take no more room than rows: 8 KB.
const manyRows = blockSize / 16

func (s set) dense() bool { return len(s) == manyRows }

// setOf returns the rows of a mask.
func setOf(m *mask) set {
	n := m.count()
	if n == 0 {
		return nil
	}
	if n < manyRows {
		return slices.AppendSeq(make(set, 0, n), m.rows())
	}
	s := make(set, manyRows)
	for i, w := range m {
		s[4*i], s[4*i+1], s[4*i+2], s[4*i+3] = uint16(w), uint16(w>>16), uint16(w>>32), uint16(w>>48)
	}
	return s
}

// into adds the rows to a mask.
func (s set) into(m *mask) {
	if !s.dense() {
		for _, row := range s {
			m.set(row)
		}
		return
	}
	for i := range m {
		part := s[4*i : 4*i+4 : 4*i+4]
		m[i] |= uint64(part[0]) | uint64(part[1])<<16 | uint64(part[2])<<32 | uint64(part[3])<<48
	}
}

func (s set) has(row uint16) bool {
	if s.dense() {
		return s[row/16]>>(row%16)&1 != 0
	}
	_, found := slices.BinarySearch(s, row)
	return found
}

func (s set) count() int {
	if !s.dense() {
		return len(s)
	}
	n := 0
	for _, part := range s {
		n += bits.OnesCount16(part)
	}
	return n
}

// with returns the set and a row; it may use the memory of s.
func (s set) with(row uint16) set {
	if s.dense() {
		s[row/16] |= 1 << (row % 16)
		return s
	}
	at, found := slices.BinarySearch(s, row)
	if found {
		return s
	}
	if len(s) < manyRows-1 {
		return slices.Insert(s, at, row)
	}
	var m mask
	s.into(&m)
	m.set(row)
	return setOf(&m)
}

// without returns the set less a row; it may use the memory of s.
func (s set) without(row uint16) set {
	if s.dense() {
		s[row/16] &^= 1 << (row % 16)
		return s
	}
	if at, found := slices.BinarySearch(s, row); found {
		return slices.Delete(s, at, at+1)
	}
	return s
}
