package export

import "encoding/binary"

// KeySet remembers keyed hashes by their first eight bytes in an open table:
// at most 27 bytes for each customer of an import. Among a million customers
// the chance of taking any two for one is about 3 in 100 million.
type KeySet struct {
	slots []uint64
	used  int
}

const firstSlots = 1 << 12

// Add notes a key and reports whether it was new.
func (k *KeySet) Add(key []byte) bool {
	if 4*(k.used+1) > 3*len(k.slots) {
		k.grow()
	}
	hash := hashOf(key)
	at := k.place(hash)
	if k.slots[at] == hash {
		return false
	}
	k.slots[at] = hash
	k.used++
	return true
}

// Has reports whether a key was noted.
func (k *KeySet) Has(key []byte) bool {
	if k.used == 0 {
		return false
	}
	hash := hashOf(key)
	return k.slots[k.place(hash)] == hash
}

func hashOf(key []byte) uint64 {
	var first [8]byte
	copy(first[:], key)
	return binary.BigEndian.Uint64(first[:]) | 1 // 0 marks an empty slot
}

// place returns where a hash is, or where it belongs.
func (k *KeySet) place(hash uint64) uint64 {
	mask := uint64(len(k.slots) - 1)
	at := hash >> 1 & mask
	for k.slots[at] != hash && k.slots[at] != 0 {
		at = (at + 1) & mask
	}
	return at
}

func (k *KeySet) grow() {
	old := k.slots
	k.slots = make([]uint64, max(firstSlots, 2*len(old)))
	for _, hash := range old {
		if hash != 0 {
			k.slots[k.place(hash)] = hash
		}
	}
}
