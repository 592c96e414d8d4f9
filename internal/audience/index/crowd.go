package index

import (
	"iter"
	"slices"

	"siyu/internal/id"
)

// Crowd is some customers of an Index, as they were when it was made: later
// changes do not move it, and who was removed since is still named. It must
// not be compared or combined with crowds of another Index, which panics.
type Crowd struct {
	index *Index
	parts []set // by block; those that are missing are empty
	n     int
}

// Crowd returns those of the customers who are in the index.
func (ix *Index) Crowd(customers iter.Seq[id.Customer]) *Crowd {
	var found []uint32
	blocks := 0
	ix.mu.RLock()
	for c := range customers {
		if ordinal, there := ix.ordinal(c); there {
			found, blocks = append(found, ordinal), max(blocks, int(ordinal>>blockBits)+1)
		}
	}
	ix.mu.RUnlock()
	slices.Sort(found)
	found = slices.Compact(found)
	crowd := &Crowd{index: ix, parts: make([]set, blocks), n: len(found)}
	for len(found) > 0 {
		at := found[0] >> blockBits
		var m mask
		for len(found) > 0 && found[0]>>blockBits == at {
			m.set(uint16(found[0]))
			found = found[1:]
		}
		crowd.parts[at] = setOf(&m)
	}
	return crowd
}

// Everybody returns all customers.
func (ix *Index) Everybody() *Crowd {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	crowd := &Crowd{index: ix, n: len(ix.ids.list) - ix.gone}
	for _, b := range ix.blocks {
		crowd.parts = append(crowd.parts, setOf(&b.live))
	}
	return crowd
}

// Len returns how many they are.
func (c *Crowd) Len() int { return c.n }

// part returns the rows of a block.
func (c *Crowd) part(block int) set {
	if block < len(c.parts) {
		return c.parts[block]
	}
	return nil
}

// IDs yields the customers in an order that stays the same.
func (c *Crowd) IDs() iter.Seq[id.Customer] {
	return func(yield func(id.Customer) bool) {
		list := c.index.everyID()
		for at, part := range c.parts {
			for row := range part.all() {
				if !yield(id.Customer(list[at<<blockBits|int(row)])) {
					return
				}
			}
		}
	}
}

// everyID returns the ids by ordinal. Ordinals that were given never change
// their customer, so that what is returned may be read without a lock.
func (ix *Index) everyID() []int64 {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.ids.list
}

// all yields the rows in ascending order.
func (s set) all() iter.Seq[uint16] {
	if !s.dense() {
		return slices.Values(s)
	}
	var m mask
	s.into(&m)
	return m.rows()
}

// Has tells whether a customer is one of them.
func (c *Crowd) Has(customer id.Customer) bool {
	c.index.mu.RLock()
	ordinal, known := c.index.ids.place(int64(customer))
	c.index.mu.RUnlock()
	return known && c.part(int(ordinal>>blockBits)).has(uint16(ordinal))
}

// And returns who is in both.
func (c *Crowd) And(other *Crowd) *Crowd {
	return c.combined(other, func(mine, others set) set {
		if len(mine) == 0 || len(others) == 0 {
			return nil
		}
		return both(mine, others, (*mask).and)
	})
}

// Or returns who is in either.
func (c *Crowd) Or(other *Crowd) *Crowd {
	return c.combined(other, func(mine, others set) set {
		switch {
		case len(mine) == 0:
			return others
		case len(others) == 0:
			return mine
		}
		return both(mine, others, (*mask).or)
	})
}

// AndNot returns who is in c only.
func (c *Crowd) AndNot(other *Crowd) *Crowd {
	return c.combined(other, func(mine, others set) set {
		if len(mine) == 0 || len(others) == 0 {
			return mine
		}
		return both(mine, others, (*mask).andNot)
	})
}

func both(mine, others set, combine func(m, o *mask)) set {
	var m, o mask
	mine.into(&m)
	others.into(&o)
	combine(&m, &o)
	return setOf(&m)
}

// Overlap returns how many are in both.
func (c *Crowd) Overlap(other *Crowd) int { return c.And(other).n }

// Difference returns who came and who went from one crowd to the next.
func Difference(before, after *Crowd) (entered, left *Crowd) {
	return after.AndNot(before), before.AndNot(after)
}

// combined combines block by block. Sets of crowds never change, so that
// crowds may share them.
func (c *Crowd) combined(other *Crowd, combine func(mine, others set) set) *Crowd {
	if c.index != other.index {
		panic("crowds of different indexes")
	}
	result := &Crowd{index: c.index, parts: make([]set, max(len(c.parts), len(other.parts)))}
	for at := range result.parts {
		result.parts[at] = combine(c.part(at), other.part(at))
		result.n += result.parts[at].count()
	}
	return result
}

// SetMembers says who is in a stored audience, for rules that name it.
func (ix *Index) SetMembers(audience int64, members *Crowd) {
	if members.index != ix {
		panic("members are a crowd of another index")
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.members[audience] = members
	ix.changes++
}

// Members returns who was put into a stored audience, nil where nothing was.
func (ix *Index) Members(audience int64) *Crowd {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.members[audience]
}

// Drop forgets a stored audience.
func (ix *Index) Drop(audience int64) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	delete(ix.members, audience)
	ix.changes++
}

// Enter puts single customers into a stored audience and takes others out;
// those who are not in the index are passed over.
func (ix *Index) Enter(audience int64, entered, left []id.Customer) {
	before := ix.Members(audience)
	if before == nil {
		before = &Crowd{index: ix}
	}
	ix.SetMembers(audience, before.Or(ix.Crowd(slices.Values(entered))).AndNot(ix.Crowd(slices.Values(left))))
}
