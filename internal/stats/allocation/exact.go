package allocation

// mostTried bounds how many choices an exhaustive search looks at: a tenth of a
// second.
const mostTried = 1_000_000

// mostTriedOffers is above which an exhaustive search would never end.
const mostTriedOffers = 2_000

// trial searches all allocations of one block, depth first, and leaves out what
// the prices prove to be no better than the best known (Fisher 1981, section 5).
type trial struct {
	*picker
	b       *Block
	left    []float64
	reach   []float64 // at most what customers from i on gain, prices paid
	now     []uint16
	best    attempt
	tried   int
	stopped bool
}

// tryAll replaces the allocation by the best there is, and tells whether the
// search came to its end.
func (s *search) tryAll(made *attempt) bool {
	if s.bound-made.value <= enough*s.bound {
		return true
	}
	if len(s.shards) != 1 {
		return false
	}
	b, ok := s.shards[0].(*Block)
	if !ok || b.Offers() > mostTriedOffers {
		return false
	}
	t := &trial{picker: newPicker(s.rows, s.best), b: b, left: append([]float64(nil), s.capacity...),
		reach: make([]float64, b.Customers()+1), now: make([]uint16, b.Customers()*s.Days), best: *made}
	for i := b.Customers() - 1; i >= 0; i-- {
		t.reach[i] = t.reach[i+1] + t.pick(b, i)
	}
	t.customer(0, 0)
	*made = t.best
	return !t.stopped
}

// customer decides for customer i and all after it; value is that of those before.
func (t *trial) customer(i int, value float64) {
	if i == t.b.Customers() {
		if value > t.best.value {
			t.best = attempt{value, [][]uint16{append([]uint16(nil), t.now...)}}
		}
		return
	}
	t.day(i, 0, value)
}

// day decides for the customer on day d and all after it.
func (t *trial) day(i, d int, value float64) {
	if t.tried++; t.tried > mostTried {
		t.stopped = true
		return
	}
	if d == t.Days {
		if value+t.reach[i+1]+t.worthLeft() > t.best.value*(1+enough*enough) {
			t.customer(i+1, value)
		}
		return
	}
	a := admission{picker: t.picker, b: t.b, left: t.left, chosen: t.now}
	if a.bears(i) && a.rested(i, d) {
		for k := int(t.b.begins[i]); k < int(t.b.begins[i+1]) && !t.stopped; k++ {
			if int(t.dayOf[t.b.slot[k]]) == d && t.b.value[k] > 0 && a.fits(i, k) {
				a.change(i, k, 1)
				t.day(i, d+1, value+float64(t.b.value[k]))
				a.change(i, k, -1)
			}
		}
	}
	if !t.stopped {
		t.day(i, d+1, value)
	}
}

// worthLeft returns what is left of the rows is worth at the prices.
func (t *trial) worthLeft() (sum float64) {
	for row, p := range t.price {
		if p > 0 {
			sum += p * t.left[row]
		}
	}
	return sum
}
