package btyd

import "hash/maphash"

// names numbers texts in the sequence in which they first appear. It is a
// hash table with open addressing over one block of text: a million customers
// cost neither a million allocations nor the collector's attention.
type names struct {
	text  []byte
	ends  []int    // of each name in text
	marks []uint32 // part of each name's hash
	slots []int32  // number + 1, 0 where empty; a power of two
	seed  maphash.Seed
}

func newNames() *names { return &names{seed: maphash.MakeSeed(), slots: make([]int32, 1<<10)} }

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
	for ; n.slots[at] != 0; at = (at + 1) & mask {
		if i := n.slots[at] - 1; n.marks[i] == mark && n.is(i, name) {
			return i
		}
	}
	i := int32(len(n.ends))
	n.text = append(n.text, name...)
	n.ends, n.marks = append(n.ends, len(n.text)), append(n.marks, mark)
	n.slots[at] = i + 1
	if 2*len(n.ends) > len(n.slots) {
		n.grow()
	}
	return i
}

func (n *names) grow() {
	n.slots = make([]int32, 2*len(n.slots))
	mask := uint32(len(n.slots) - 1)
	for i, mark := range n.marks {
		at := mark & mask
		for n.slots[at] != 0 {
			at = (at + 1) & mask
		}
		n.slots[at] = int32(i) + 1
	}
}

// close gives up what only new names need.
func (n *names) close() { n.slots, n.marks = nil, nil }
