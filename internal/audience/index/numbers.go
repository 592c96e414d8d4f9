package index

import "math/bits"

// numbers gives each of many different int64 a place: 0, 1, 2, ... in the
// order in which they come. It is a hash table of places, which takes 5 bytes
// a number beside the number itself, where a map takes 40.
type numbers struct {
	list  []int64  // by place
	slots []uint32 // place + 1 of a number, 0 free
}

// fill is how many hundredths of the slots are taken at most.
const fill = 80

// spread is 2^64 divided by the golden ratio: a factor after which the high
// bits of neighbouring numbers differ.
const spread = 0x9e3779b97f4a7c15

// slot returns where a number is looked for first.
func (n *numbers) slot(v int64) int {
	at, _ := bits.Mul64(uint64(v)*spread, uint64(len(n.slots)))
	return int(at)
}

// place returns the place of a number.
func (n *numbers) place(v int64) (uint32, bool) {
	if len(n.slots) == 0 {
		return 0, false
	}
	for at := n.slot(v); ; {
		s := n.slots[at]
		if s == 0 {
			return 0, false
		}
		if n.list[s-1] == v {
			return s - 1, true
		}
		if at++; at == len(n.slots) {
			at = 0
		}
	}
}

// add gives a number the next place, also one that has a place already, which
// then is found at the new one.
func (n *numbers) add(v int64) uint32 {
	if n.full(1) {
		*n = n.grown(1)
	}
	n.list = append(n.list, v)
	place := uint32(len(n.list) - 1)
	n.point(v, place)
	return place
}

func (n *numbers) point(v int64, place uint32) {
	for at := n.slot(v); ; {
		s := n.slots[at]
		if s == 0 || n.list[s-1] == v {
			n.slots[at] = place + 1
			return
		}
		if at++; at == len(n.slots) {
			at = 0
		}
	}
}

// full tells whether more numbers need a larger table.
func (n *numbers) full(more int) bool {
	need := len(n.list) + more
	return need > cap(n.list) || need*100 > len(n.slots)*fill
}

// grown returns a copy with room for more numbers and a quarter beside.
func (n *numbers) grown(more int) numbers {
	room := (len(n.list) + more) * 5 / 4
	return n.resized(max(room, 16))
}

// resized returns a copy with room for that many numbers.
func (n *numbers) resized(room int) numbers {
	k := numbers{list: make([]int64, len(n.list), room), slots: make([]uint32, room*100/fill+1)}
	copy(k.list, n.list)
	for place, v := range k.list {
		k.point(v, uint32(place))
	}
	return k
}
