package index

import (
	"encoding/binary"
	"math"
)

// column is one number of every customer of a block. Raw values are the
// distance from base in as many bytes as the block's values need: none where
// all are the same.
type column struct {
	base  int64
	width uint8  // bytes of a raw value: 0, 1, 2, 4 or 8
	data  []byte // little endian, room for a whole number of words of a mask
}

// most returns the largest raw value of a width.
func most(width uint8) uint64 {
	if width == 8 {
		return math.MaxUint64
	}
	return 1<<(8*width) - 1
}

// columnFor returns an empty column for values between two, with room for
// some rows.
func columnFor(low, high int64, rows int) column {
	c := column{base: low}
	spread := uint64(high) - uint64(low)
	for _, width := range []uint8{0, 1, 2, 4, 8} {
		if spread <= most(width) {
			c.width = width
			break
		}
	}
	// What grows begins at 0 mostly: where that costs nothing, leave it room.
	if low > 0 && uint64(high) <= most(c.width) && c.width > 0 {
		c.base = 0
	}
	if c.width == 8 {
		c.base = math.MinInt64
	}
	c.data = make([]byte, int(c.width)*roomFor(rows))
	return c
}

// roomFor rounds up to whole words of a mask.
func roomFor(rows int) int { return (rows + wordSize - 1) &^ (wordSize - 1) }

// fits tells whether the column can hold a value as it is.
func (c *column) fits(v int64) bool {
	return v >= c.base && uint64(v)-uint64(c.base) <= most(c.width)
}

func (c *column) at(row int) int64 {
	switch c.width {
	case 1:
		return c.base + int64(c.data[row])
	case 2:
		return c.base + int64(binary.LittleEndian.Uint16(c.data[2*row:]))
	case 4:
		return c.base + int64(binary.LittleEndian.Uint32(c.data[4*row:]))
	case 8:
		return int64(uint64(c.base) + binary.LittleEndian.Uint64(c.data[8*row:]))
	}
	return c.base
}

// put sets a value that fits.
func (c *column) put(row int, v int64) {
	raw := uint64(v) - uint64(c.base)
	switch c.width {
	case 1:
		c.data[row] = byte(raw)
	case 2:
		binary.LittleEndian.PutUint16(c.data[2*row:], uint16(raw))
	case 4:
		binary.LittleEndian.PutUint32(c.data[4*row:], uint32(raw))
	case 8:
		binary.LittleEndian.PutUint64(c.data[8*row:], raw)
	}
}

// widened returns a copy of the first rows of the column that also holds the
// values between two, with room for more rows.
func (c *column) widened(rows, room int, low, high int64) column {
	for i := range rows {
		v := c.at(i)
		low, high = min(low, v), max(high, v)
	}
	wide := columnFor(low, high, room)
	if wide.width > 0 {
		for i := range rows {
			wide.put(i, c.at(i))
		}
	}
	return wide
}
