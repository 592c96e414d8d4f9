package allocation

import (
	"cmp"
	"container/heap"
	"slices"
)

// admission makes an allocation of one block that fits, led by prices.
type admission struct {
	*picker
	b      *Block
	left   []float64
	chosen []uint16 // of customer i on day d at i*Days+d: number of the offer plus one, 0: none
}

// wish is one offer that somebody wants.
type wish struct {
	gain     float32
	customer uint32
	offer    uint32 // place in the block
}

func before(a, b wish) int {
	return cmp.Or(cmp.Compare(b.gain, a.gain), cmp.Compare(a.customer, b.customer), cmp.Compare(a.offer, b.offer))
}

// admit lets in who gains most at the prices, as long as there is room in what is
// left of the rows, then fills the room that stays. left is diminished.
func (r *rows) admit(b *Block, price, left []float64) *admission {
	a := &admission{picker: newPicker(r, price), b: b, left: left, chosen: make([]uint16, b.Customers()*r.Days)}
	a.admitWanted()
	a.settle()
	return a
}

// settle uses the room that is left.
func (a *admission) settle() {
	a.fill()
	for range repairs {
		if !a.upgrade() {
			break
		}
	}
}

// refine looks for a better choice close to this one, and tells whether there is
// none at all.
func (a *admission) refine() (best bool) {
	if a.tryAll() {
		return true
	}
	a.exchange()
	a.tryCores()
	a.exchange()
	a.settle()
	return false
}

// repairs bounds how often all customers are looked at for something better.
const repairs = 3

func (a *admission) admitWanted() {
	wanted := make([]wish, 0, a.b.Customers())
	for i := range a.b.Customers() {
		a.pick(a.b, i)
		for _, k := range a.picker.chosen {
			wanted = append(wanted, wish{float32(a.reduced(a.b, i, k)), uint32(i), uint32(k)})
		}
	}
	slices.SortFunc(wanted, before)
	for _, w := range wanted {
		if i, k := int(w.customer), int(w.offer); a.fits(i, k) {
			a.take(i, k)
		}
	}
}

func (a *admission) fits(i, k int) bool {
	row, slot := a.hoursRow(a.b.staff[i], a.b.slot[k]), a.firstSlot+int(a.b.slot[k])
	return a.left[slot] >= 1-a.slack(slot) && (a.b.hours[k] == 0 || a.left[row] >= a.b.hours[k]-a.slack(row))
}

func (a *admission) take(i, k int) { a.change(i, k, 1) }

func (a *admission) change(i, k int, sign float64) {
	slot := a.b.slot[k]
	a.left[a.hoursRow(a.b.staff[i], slot)] -= sign * a.b.hours[k]
	a.left[a.firstSlot+int(slot)] -= sign
	at := i*a.Days + int(a.dayOf[slot])
	a.chosen[at] = 0
	if sign > 0 {
		a.chosen[at] = uint16(k-int(a.b.begins[i])) + 1
	}
}

// fill gives the room that stays to whoever still gains, cheapest loss first.
func (a *admission) fill() {
	open := make(wishes, 0, a.b.Customers())
	for i := range a.b.Customers() {
		if w, ok := a.addition(i); ok {
			open = append(open, w)
		}
	}
	heap.Init(&open)
	for len(open) > 0 {
		i, k := int(open[0].customer), int(open[0].offer)
		if a.fits(i, k) {
			a.take(i, k)
		}
		if w, ok := a.addition(i); ok {
			open[0] = w
			heap.Fix(&open, 0)
		} else {
			heap.Pop(&open)
		}
	}
}

// addition returns the offer that is best to be added to what the customer has.
func (a *admission) addition(i int) (best wish, ok bool) {
	if a.b.begins[i] == a.b.begins[i+1] || !a.bears(i) {
		return best, false
	}
	for k := int(a.b.begins[i]); k < int(a.b.begins[i+1]); k++ {
		if a.b.value[k] <= 0 || !a.rested(i, int(a.dayOf[a.b.slot[k]])) || !a.fits(i, k) {
			continue
		}
		if gain := float32(a.reduced(a.b, i, k)); !ok || gain > best.gain {
			best, ok = wish{gain, uint32(i), uint32(k)}, true
		}
	}
	return best, ok
}

// bears tells whether the customer may get one more action.
func (a *admission) bears(i int) bool {
	n := 0
	for _, c := range a.chosen[i*a.Days : (i+1)*a.Days] {
		if c != 0 {
			n++
		}
	}
	return n < int(a.b.most[i])
}

// rested tells whether nothing happens on the day or too close to it.
func (a *admission) rested(i, day int) bool {
	for d := max(0, day-a.Rest); d <= min(a.Days-1, day+a.Rest); d++ {
		if a.chosen[i*a.Days+d] != 0 {
			return false
		}
	}
	return true
}

// upgrade replaces actions by ones of the same day that are worth more and fit.
func (a *admission) upgrade() (better bool) {
	for i := range a.b.Customers() {
		for d, c := range a.chosen[i*a.Days : (i+1)*a.Days] {
			if c == 0 {
				continue
			}
			has := int(a.b.begins[i]) + int(c) - 1
			a.change(i, has, -1)
			best := has
			for k := int(a.b.begins[i]); k < int(a.b.begins[i+1]); k++ {
				if a.b.value[k] > a.b.value[best] && int(a.dayOf[a.b.slot[k]]) == d && a.fits(i, k) {
					best = k
				}
			}
			a.take(i, best)
			better = better || best != has
		}
	}
	return better
}

// wishes is a heap, the highest gain on top.
type wishes []wish

func (w wishes) Len() int           { return len(w) }
func (w wishes) Less(i, j int) bool { return before(w[i], w[j]) < 0 }
func (w wishes) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }

// Push implements heap.Interface.
func (w *wishes) Push(x any) { *w = append(*w, x.(wish)) }

// Pop implements heap.Interface.
func (w *wishes) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}
