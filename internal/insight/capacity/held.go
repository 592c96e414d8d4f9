package capacity

import (
	"cmp"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Window is over how long it is watched what becomes of the customers a member
// held at its beginning: a quarter, in which most product lines are bought
// again.
const Window = 90 * 24 * time.Hour

// Held is what became within Window of the relations that a member held at its
// beginning. Relations that ended without the customer's doing (handed over,
// ended by staff) are in neither number: nobody knows what would have become of
// them. Nor is one that ended and began anew within it.
type Held struct {
	Staff  id.Staff
	Kept   int // still there
	Lost   int // the customer deleted the member
	Buyers int // of those, customers who had bought before
	Again  int // of those, customers who bought again within it
}

// Customers returns how many customers the member held whose fate is known.
func (h Held) Customers() int { return h.Kept + h.Lost }

// Tally counts Held for everybody. It is for one goroutine.
type Tally struct {
	from event.Instant
	of   map[id.Staff]*Held
	who  id.Staff // asked last
	last *Held
}

// NewTally returns an empty tally of the Window that ends now.
func NewTally(now time.Time) *Tally {
	return &Tally{from: event.At(now.Add(-Window)), of: map[id.Staff]*Held{}}
}

// Add counts a customer's relations.
func (t *Tally) Add(c *profile.Customer) {
	for i := range c.Relations {
		r := &c.Relations[i]
		if r.Since == 0 || r.Since >= t.from || r.Half {
			continue
		}
		switch {
		case r.Until == 0:
			h := t.member(r.Staff)
			h.Kept++
			h.orders(c, t.from)
		case r.Until >= t.from && r.End == event.ByCustomer:
			h := t.member(r.Staff)
			h.Lost++
			h.orders(c, t.from)
		}
	}
}

func (h *Held) orders(c *profile.Customer, from event.Instant) {
	if c.Orders.Count == 0 || c.Orders.First == 0 || c.Orders.First >= from {
		return
	}
	h.Buyers++
	if c.Orders.Last >= from {
		h.Again++
	}
}

func (t *Tally) member(s id.Staff) *Held {
	if t.last != nil && t.who == s {
		return t.last
	}
	h := t.of[s]
	if h == nil {
		h = &Held{Staff: s}
		t.of[s] = h
	}
	t.who, t.last = s, h
	return h
}

// List returns everybody who held somebody, by id.
func (t *Tally) List() []Held {
	list := make([]Held, 0, len(t.of))
	for _, h := range t.of {
		list = append(list, *h)
	}
	slices.SortFunc(list, func(a, b Held) int { return cmp.Compare(a.Staff, b.Staff) })
	return list
}
