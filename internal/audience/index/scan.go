package index

import (
	"encoding/binary"
	"math/bits"

	"siyu/internal/audience"
)

// narrow leaves in m the rows whose value lies in the span.
func (c *column) narrow(s audience.Span, m *mask) {
	low, span, some := c.raw(s)
	switch {
	case !some:
		*m = mask{}
	case low == 0 && span == most(c.width):
	case c.width == 1:
		c.narrow1(low, span, m)
	case c.width == 2:
		c.narrow2(low, span, m)
	case c.width == 4:
		c.narrow4(low, span, m)
	case c.width == 8:
		c.narrow8(low, span, m)
	}
}

// raw returns the lowest raw value of the span and how far the highest is from
// it; some is false where the column can hold none of them.
func (c *column) raw(s audience.Span) (low, span uint64, some bool) {
	if s.To < c.base || s.From > s.To {
		return 0, 0, false
	}
	from := max(s.From, c.base)
	low = uint64(from) - uint64(c.base)
	if low > most(c.width) {
		return 0, 0, false
	}
	high := min(uint64(s.To)-uint64(c.base), most(c.width))
	return low, high - low, true
}

// fewRows is up to how many candidates of 64 are looked at one by one.
const fewRows = 6

// one looks at the candidates of one word of the mask one by one.
func (c *column) one(i int, candidates, low, span uint64) uint64 {
	for left := candidates; left != 0; left &= left - 1 {
		bit := bits.TrailingZeros64(left)
		row := i*wordSize + bit
		var v uint64
		switch c.width {
		case 1:
			v = uint64(c.data[row])
		case 2:
			v = uint64(binary.LittleEndian.Uint16(c.data[2*row:]))
		case 4:
			v = uint64(binary.LittleEndian.Uint32(c.data[4*row:]))
		default:
			v = binary.LittleEndian.Uint64(c.data[8*row:])
		}
		if v-low > span {
			candidates &^= 1 << bit
		}
	}
	return candidates
}

// Several values lie in one machine word and are compared at once without
// branches: lanes of 8 or 16 bits, whose highest bit keeps what would be carried
// to the next lane. See Hacker's Delight, 2nd edition, section 2-18.
const (
	tops8    = 0x8080808080808080
	ones8    = 0x0101010101010101
	gather8  = 0x0102040810204080 // brings the lowest bits of eight lanes together at the top
	tops16   = 0x8000800080008000
	ones16   = 0x0001000100010001
	gather16 = 1<<60 | 1<<45 | 1<<30 | 1<<15
)

// atMost returns the top bits of the lanes of x that, less low, are at most
// span; lowRest is low without top bits, span1 is span with all top bits.
func atMost(x, low, span, tops uint64) uint64 {
	d := ((x | tops) - low&^tops) ^ ((x ^ ^low) & tops)
	reach := (span | tops) - d&^tops
	return (^d&span | ^(d^span)&reach) & tops
}

func (c *column) narrow1(low, span uint64, m *mask) {
	low8, span8 := low*ones8, span*ones8
	for i, w := range m {
		if w == 0 {
			continue
		}
		if bits.OnesCount64(w) <= fewRows {
			m[i] = c.one(i, w, low, span)
			continue
		}
		lane := (*[wordSize]byte)(c.data[i*wordSize:])
		got := uint64(0)
		for k := 0; k < 8; k++ {
			hit := atMost(binary.LittleEndian.Uint64(lane[8*k:]), low8, span8, tops8)
			got |= (hit >> 7) * gather8 >> 56 << (8 * k)
		}
		m[i] = w & got
	}
}

func (c *column) narrow2(low, span uint64, m *mask) {
	low16, span16 := low*ones16, span*ones16
	for i, w := range m {
		if w == 0 {
			continue
		}
		if bits.OnesCount64(w) <= fewRows {
			m[i] = c.one(i, w, low, span)
			continue
		}
		lane := (*[2 * wordSize]byte)(c.data[2*i*wordSize:])
		got := uint64(0)
		for k := 0; k < 16; k++ {
			hit := atMost(binary.LittleEndian.Uint64(lane[8*k:]), low16, span16, tops16)
			got |= (hit >> 15) * gather16 >> 60 << (4 * k)
		}
		m[i] = w & got
	}
}

func (c *column) narrow4(low, span uint64, m *mask) {
	low4, span4 := uint32(low), uint32(span)
	for i, w := range m {
		if w == 0 {
			continue
		}
		if bits.OnesCount64(w) <= fewRows {
			m[i] = c.one(i, w, low, span)
			continue
		}
		lane := (*[4 * wordSize]byte)(c.data[4*i*wordSize:])
		got := uint64(0)
		for k := 0; k < wordSize/2; k++ {
			x := binary.LittleEndian.Uint64(lane[8*k:])
			got |= (bit(uint32(x)-low4 <= span4) | bit(uint32(x>>32)-low4 <= span4)<<1) << (2 * k)
		}
		m[i] = w & got
	}
}

func (c *column) narrow8(low, span uint64, m *mask) {
	for i, w := range m {
		if w != 0 {
			m[i] = c.one(i, w, low, span)
		}
	}
}

// bit is 1 for yes; the compiler makes no branch of it.
func bit(yes bool) uint64 {
	var b uint64
	if yes {
		b = 1
	}
	return b
}

// choose leaves in m the rows whose value is marked with 1 in the table, whose
// places are values; it must reach as far as the column's values do.
func (c *column) choose(table []uint8, m *mask) {
	if c.width == 0 {
		if table[c.base] == 0 {
			*m = mask{}
		}
		return
	}
	for i, w := range m {
		if w == 0 {
			continue
		}
		if c.width == 2 && bits.OnesCount64(w) > fewRows {
			m[i] = w & c.choose2(i, table)
			continue
		}
		for left := w; left != 0; left &= left - 1 {
			at := bits.TrailingZeros64(left)
			if table[c.at(i*wordSize+at)] == 0 {
				w &^= 1 << at
			}
		}
		m[i] = w
	}
}

func (c *column) choose2(i int, table []uint8) uint64 {
	lane := (*[2 * wordSize]byte)(c.data[2*i*wordSize:])
	table = table[c.base:]
	got := uint64(0)
	for k := 0; k < wordSize; k++ {
		raw := int(binary.LittleEndian.Uint16(lane[2*k:]))
		if raw < len(table) {
			got |= uint64(table[raw]) << k
		}
	}
	return got
}
