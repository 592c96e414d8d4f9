package orders

import "encoding/binary"

// keySet remembers keyed hashes by their first eight bytes in an open table:
// at most 27 bytes for each customer of an import. Among a million customers
// the chance of taking any two for one is about 3 in 100 million.
type keySet struct {
	slots []uint64
	used  int
}

const firstSlots = 1 << 12

// add notes a key and reports whether it was new.
func (k *keySet) add(key []byte) bool {
	if 4*(k.used+1) > 3*len(k.slots) {
		k.grow()
	}
	var first [8]byte
	copy(first[:], key)
	hash := binary.BigEndian.Uint64(first[:]) | 1 // 0 marks an empty slot
	if !k.put(hash) {
		return false
	}
	k.used++
	return true
}

func (k *keySet) put(hash uint64) bool {
	mask := uint64(len(k.slots) - 1)
	for at := hash >> 1 & mask; ; at = (at + 1) & mask {
		switch k.slots[at] {
		case hash:
			return false
		case 0:
			k.slots[at] = hash
			return true
		}
	}
}

func (k *keySet) grow() {
	old := k.slots
	k.slots = make([]uint64, max(firstSlots, 2*len(old)))
	for _, hash := range old {
		if hash != 0 {
			k.put(hash)
		}
	}
}
