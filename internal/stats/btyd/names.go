package btyd

import (
	"hash/maphash"
	"slices"
)

// names numbers texts in the sequence in which they first appear. It is a
// hash table with open addressing over one block of text: a million customers
// cost neither a million allocations nor the collector's attention.
type names struct {
	text  []byte
	ends  []int  // of each name in text
	slots []slot // a power of two
	seed  maphash.Seed
}

// slot is a name's number and a part of its hash beside it, so that to look
// at another name's slot does not cost to look at the name.
type slot struct {
	mark uint32
	next int32 // number + 1, 0 where the slot is empty
}

func newNames() *names { return &names{seed: maphash.MakeSeed(), slots: make([]slot, 1<<10)} }

func (n *names) len() int { return len(n.ends) }

func (n *names) bytes(i int32) []byte {
	begin := 0
	if i > 0 {
		begin = n.ends[i-1]
	}
	return n.text[begin:n.ends[i]]
}

func (n *names) name(i int32) string { return string(n.bytes(i)) }

func (n *names) is(i int32, name string) bool { return string(n.bytes(i)) == name }

// number returns the number of a name, a new one if it is new.
func (n *names) number(name string) int32 {
	mark := uint32(maphash.String(n.seed, name))
	mask := uint32(len(n.slots) - 1)
	at := mark & mask
	for ; n.slots[at].next != 0; at = (at + 1) & mask {
		if s := n.slots[at]; s.mark == mark && n.is(s.next-1, name) {
			return s.next - 1
		}
	}
	n.text, n.ends = doubled(n.text, len(name)), doubled(n.ends, 1)
	n.text = append(n.text, name...)
	n.ends = append(n.ends, len(n.text))
	n.slots[at] = slot{mark, int32(len(n.ends))}
	if 2*len(n.ends) > len(n.slots) {
		n.grow()
	}
	return int32(len(n.ends)) - 1
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
	mask := uint32(len(n.slots) - 1)
	for _, s := range before {
		if s.next == 0 {
			continue
		}
		at := s.mark & mask
		for n.slots[at].next != 0 {
			at = (at + 1) & mask
		}
		n.slots[at] = s
	}
}

// close gives up what only new names need.
func (n *names) close() { n.slots = nil }
