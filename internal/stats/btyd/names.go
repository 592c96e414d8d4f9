package btyd

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// names numbers texts in the sequence in which they first appear. It is a
// hash table with open addressing over blocks of text: a million customers
// cost neither a million allocations nor the collector's attention.
type names struct {
	blocks  []nameBlock
	count   int
	buckets []bucket // a power of two; nil while names come in their order
	seed    maphash.Seed
	salt    uint64
}

// nameBlock is blockNames names, one after the other.
type nameBlock struct {
	text []byte
	ends []int // of each name in text
}

// blockNames is the size of the blocks in which names are kept: a growing list
// would be copied again and again.
const (
	blockBits  = 14
	blockNames = 1 << blockBits
)

// bucket is a line of the processor's cache: to look for a name mostly costs
// to look at one place far away in memory.
type bucket struct {
	keys    [bucketNames]uint64
	numbers [bucketNames]int32 // number + 1, 0 where there is none
}

// A bucket has room for bucketNames names; on average at most usualNames of
// them are taken.
const (
	bucketNames = 5
	usualNames  = 4
)

func newNames() *names {
	seed := maphash.MakeSeed()
	return &names{seed: seed, salt: maphash.String(seed, "")}
}

func (n *names) len() int { return n.count }

func (n *names) bytes(i int32) []byte {
	block, at, begin := &n.blocks[i>>blockBits], i&(blockNames-1), 0
	if at > 0 {
		begin = block.ends[at-1]
	}
	return block.text[begin:block.ends[at]]
}

func (n *names) name(i int32) string { return string(n.bytes(i)) }

// crowd is names that wait to be numbered together.
type crowd struct {
	text    []byte
	ends    []int // of each name in text
	keys    []uint64
	homes   []uint32 // buckets of the keys
	numbers []int32
	firsts  []byte // of the names that may be meant
}

// crowdNames is how many names are numbered together. Rows that are not in the
// sequence of the customers meet a bucket far away in memory each. One after
// the other they would wait for memory each time; together they wait at the
// same time. What they touch fits in the processor's cache.
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
	c.numbers = c.numbers[:0]
	if n.buckets == nil {
		if n.follow(c) {
			return c.numbers
		}
		n.fill()
	}
	n.makeRoom(n.count + len(c.ends))
	n.approach(c)
	for i, key := range c.keys {
		c.numbers[i] = n.number(c.name(i), key, c.homes[i])
	}
	return c.numbers
}

// follow adds the names of a crowd if they and those before are in their order:
// each is new then, but for the first, which may be the latest, and no table is
// needed. Exports often are sorted by customer.
func (n *names) follow(c *crowd) bool {
	known, latest := 0, []byte(nil)
	if n.count > 0 {
		latest = n.bytes(int32(n.count) - 1)
		if bytes.Equal(latest, c.name(0)) {
			known = 1
		}
	}
	for i := known; i < len(c.ends); i++ {
		name := c.name(i)
		if i+n.count > 0 && !inOrder(latest, name) {
			return false
		}
		latest = name
	}
	if known > 0 {
		c.numbers = append(c.numbers, int32(n.count)-1)
	}
	for i := known; i < len(c.ends); i++ {
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

// add returns the number of a new name.
func (n *names) add(name []byte) int32 {
	last := len(n.blocks) - 1
	if n.count%blockNames == 0 {
		room := 0
		if last >= 0 {
			room = len(n.blocks[last].text) // names of a file resemble each other
		}
		n.blocks = append(n.blocks, nameBlock{text: make([]byte, 0, room), ends: make([]int, 0, blockNames)})
		last++
	}
	block := &n.blocks[last]
	block.text = append(block.text, name...)
	block.ends = append(block.ends, len(block.text))
	n.count++
	return int32(n.count) - 1
}

// approach finds the keys of a crowd and brings near what its names will be
// compared with. The passes are short, so that the processor runs ahead and
// has many of them under way at a time.
func (n *names) approach(c *crowd) {
	c.keys, c.homes, c.firsts = c.keys[:0], c.homes[:0], c.firsts[:0]
	c.text = append(c.text, padding...)
	begin := 0
	for _, end := range c.ends {
		key := n.key(c.text[begin:], end-begin)
		c.keys, c.homes, begin = append(c.keys, key), append(c.homes, n.home(key)), end
	}
	for _, home := range c.homes {
		c.numbers = append(c.numbers, n.buckets[home].numbers[0])
	}
	for i, key := range c.keys {
		if key&hashed == 0 {
			continue
		}
		if number := n.candidate(key, c.homes[i]); number >= 0 {
			c.firsts = append(c.firsts, n.bytes(number)[0])
		}
	}
}

// keyBytes is how long a name can be that its key tells in full.
const keyBytes = 8

// padding stands behind a name whose key is taken.
const padding = "\x00\x00\x00\x00\x00\x00\x00\x00"

// Bits of a key: whether it is a hash, and the lowest and highest bit of each
// byte.
const (
	hashed  = 1 << 63
	lowest  = 0x0101010101010101
	highest = 0x8080808080808080
)

// key returns a number for the name that text begins with; length bytes are
// the name's and keyBytes follow it. It is the name itself, where that is of
// no more than keyBytes ASCII characters, as most customers' numbers are; names
// with the same hash may differ.
func (n *names) key(text []byte, length int) uint64 {
	if length <= keyBytes {
		used := uint64(1)<<(8*length) - 1
		key := binary.LittleEndian.Uint64(text) & used
		if filled := key | lowest&^used; (filled|(filled-lowest))&highest == 0 { // no byte is 0, none beyond ASCII
			return key
		}
	}
	return maphash.Bytes(n.seed, text[:length]) | hashed
}

// home returns the bucket that a key belongs to.
func (n *names) home(key uint64) uint32 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio
	high, low := bits.Mul64(key^n.salt, odd)
	return uint32(high^low) & uint32(len(n.buckets)-1)
}

// candidate returns a number that has the key, -1 if there is none.
func (n *names) candidate(key uint64, home uint32) int32 {
	for at := home; ; at = (at + 1) & uint32(len(n.buckets)-1) {
		b := &n.buckets[at]
		for i := range b.numbers {
			if b.numbers[i] == 0 {
				return -1
			}
			if b.keys[i] == key {
				return b.numbers[i] - 1
			}
		}
	}
}

// number returns the number of a name, a new one if it is new.
func (n *names) number(name []byte, key uint64, home uint32) int32 {
	for at := home; ; at = (at + 1) & uint32(len(n.buckets)-1) {
		b := &n.buckets[at]
		for i := range b.numbers {
			next := b.numbers[i]
			if next == 0 {
				number := n.add(name)
				b.keys[i], b.numbers[i] = key, number+1
				return number
			}
			if b.keys[i] == key && (key&hashed == 0 || string(n.bytes(next-1)) == string(name)) {
				return next - 1
			}
		}
	}
}

// fill makes the table of the names so far.
func (n *names) fill() {
	n.buckets = make([]bucket, leastBuckets)
	n.makeRoom(n.count)
	var room []byte
	for i := range int32(n.count) {
		name := n.bytes(i)
		room = append(append(room[:0], name...), padding...)
		n.put(n.key(room, len(name)), i+1)
	}
}

// leastBuckets is the size of the smallest table.
const leastBuckets = 1 << 8

// put adds a number whose name has none.
func (n *names) put(key uint64, next int32) {
	for at := n.home(key); ; at = (at + 1) & uint32(len(n.buckets)-1) {
		b := &n.buckets[at]
		for i := range b.numbers {
			if b.numbers[i] == 0 {
				b.keys[i], b.numbers[i] = key, next
				return
			}
		}
	}
}

// makeRoom doubles the table until it holds as many names. A name moves to one
// of two places, so that both tables are passed over in sequence.
func (n *names) makeRoom(count int) {
	before, size := n.buckets, len(n.buckets)
	for count > usualNames*size {
		size *= 2
	}
	if size == len(before) {
		return
	}
	n.buckets = make([]bucket, size)
	for i := range before {
		b := &before[i]
		for j := 0; j < bucketNames && b.numbers[j] != 0; j++ {
			n.put(b.keys[j], b.numbers[j])
		}
	}
}

// close gives up what only new names need.
func (n *names) close() { n.buckets = nil }
