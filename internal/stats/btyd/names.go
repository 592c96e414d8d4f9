package btyd

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// names numbers texts in the sequence in which they first appear. It is a
// hash table with open addressing over one block of text: a million customers
// cost neither a million allocations nor the collector's attention.
type names struct {
	text  []byte
	ends  []int  // of each name in text
	slots []slot // a power of two; nil while names come in their order
	seed  maphash.Seed
}

// slot is a name's number and a part of its hash beside it, so that to look
// at another name's slot does not cost to look at the name.
type slot struct {
	mark uint32
	next int32 // number + 1, 0 where the slot is empty
}

func newNames() *names { return &names{seed: maphash.MakeSeed()} }

func (n *names) len() int { return len(n.ends) }

func (n *names) bytes(i int32) []byte {
	begin := 0
	if i > 0 {
		begin = n.ends[i-1]
	}
	return n.text[begin:n.ends[i]]
}

func (n *names) name(i int32) string { return string(n.bytes(i)) }

// crowd is names that wait to be numbered together.
type crowd struct {
	text    []byte
	ends    []int // of each name in text
	marks   []uint32
	numbers []int32
	begins  []int  // in the text of the names
	firsts  []byte // of the names
}

// crowdNames is how many names are numbered together. Rows that are not in the
// sequence of the customers meet a slot and a name far away in memory each. One
// after the other they would wait for memory twice a row; together they wait at
// the same time. What they touch fits in the processor's cache.
const crowdNames = 512

func (c *crowd) full() bool { return len(c.ends) == crowdNames }

// place returns the place of a name that is the latest or is added.
func placeIn[T string | []byte](c *crowd, name T) int32 {
	if last := len(c.ends) - 1; last < 0 || string(c.name(last)) != string(name) { // exports are often grouped
		c.text = append(c.text, name...)
		c.ends = append(c.ends, len(c.text))
	}
	return int32(len(c.ends)) - 1
}

func (c *crowd) name(place int) []byte {
	begin := 0
	if place > 0 {
		begin = c.ends[place-1]
	}
	return c.text[begin:c.ends[place]]
}

func (c *crowd) clear() { c.text, c.ends = c.text[:0], c.ends[:0] }

// numberAll returns the numbers of the names of a crowd, by place, until the
// next call. New names get new numbers.
func (n *names) numberAll(c *crowd) []int32 {
	if n.slots == nil {
		if n.follow(c) {
			return c.numbers
		}
		n.fill()
	}
	n.approach(c)
	for i, mark := range c.marks {
		c.numbers[i] = n.number(c.name(i), mark)
	}
	return c.numbers
}

// follow adds the names of a crowd if they and those before are in their order:
// each is new then, and no table is needed. Exports often are sorted by customer.
func (n *names) follow(c *crowd) bool {
	latest := []byte(nil)
	if n.len() > 0 {
		latest = n.bytes(int32(n.len()) - 1)
	}
	for i := range c.ends {
		if name := c.name(i); i+n.len() == 0 || inOrder(latest, name) {
			latest = name
			continue
		}
		return false
	}
	c.numbers = c.numbers[:0]
	for i := range c.ends {
		c.numbers = append(c.numbers, n.add(c.name(i)))
	}
	return true
}

// inOrder tells that a name comes before another: shorter ones first, so that
// 9 comes before 10.
func inOrder(a, b []byte) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return bytes.Compare(a, b) < 0
}

// fill makes the table of the names so far.
func (n *names) fill() {
	size := leastSlots
	for size < 2*n.len() {
		size *= 2
	}
	n.slots = make([]slot, size)
	for i := range n.ends {
		n.put(slot{n.mark(n.bytes(int32(i))), int32(i) + 1})
	}
}

// leastSlots is the size of the smallest table.
const leastSlots = 1 << 10

func (n *names) mark(name []byte) uint32 { return uint32(maphash.Bytes(n.seed, name)) }

// put fills the slot of a name that has none.
func (n *names) put(s slot) {
	mask := uint32(len(n.slots) - 1)
	at := s.mark & mask
	for n.slots[at].next != 0 {
		at = (at + 1) & mask
	}
	n.slots[at] = s
}

// add returns the number of a new name.
func (n *names) add(name []byte) int32 {
	n.text, n.ends = doubled(n.text, len(name)), doubled(n.ends, 1)
	n.text = append(n.text, name...)
	n.ends = append(n.ends, len(n.text))
	return int32(len(n.ends)) - 1
}

// approach brings near what the names of a crowd will be compared with. The
// passes are short, so that the processor runs ahead and has many of them under
// way at a time.
func (n *names) approach(c *crowd) {
	c.marks, c.numbers, c.begins, c.firsts = c.marks[:0], c.numbers[:0], c.begins[:0], c.firsts[:0]
	for i := range c.ends {
		c.marks = append(c.marks, n.mark(c.name(i)))
	}
	mask := uint32(len(n.slots) - 1)
	for _, mark := range c.marks {
		c.numbers = append(c.numbers, n.slots[mark&mask].next)
	}
	for _, next := range c.numbers {
		begin := 0
		if next > 1 {
			begin = n.ends[next-2]
		}
		c.begins = append(c.begins, begin)
	}
	for _, begin := range c.begins {
		if begin < len(n.text) {
			c.firsts = append(c.firsts, n.text[begin])
		}
	}
}

// number returns the number of a name, a new one if it is new.
func (n *names) number(name []byte, mark uint32) int32 {
	mask := uint32(len(n.slots) - 1)
	at := mark & mask
	for ; n.slots[at].next != 0; at = (at + 1) & mask {
		if s := n.slots[at]; s.mark == mark && string(n.bytes(s.next-1)) == string(name) {
			return s.next - 1
		}
	}
	number := n.add(name)
	n.slots[at] = slot{mark, number + 1}
	if 2*n.len() > len(n.slots) {
		n.grow()
	}
	return number
}

// doubled returns the list with room for more, twice as long where it has to
// grow: append would copy it four times over.
func doubled[T any](list []T, more int) []T {
	if len(list)+more <= cap(list) {
		return list
	}
	return slices.Grow(list, max(more, len(list)))
}

// grow doubles the slots. A name moves to one of two places, so that both
// tables are passed over in sequence.
func (n *names) grow() {
	before := n.slots
	n.slots = make([]slot, 2*len(before))
	for _, s := range before {
		if s.next != 0 {
			n.put(s)
		}
	}
}

// close gives up what only new names need.
func (n *names) close() { n.slots = nil }
