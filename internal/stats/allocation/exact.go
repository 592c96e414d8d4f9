package allocation

import (
	"cmp"
	"slices"
)

// trial searches the choices of some customers, depth first, while all others keep
// theirs, and leaves out what the prices prove to be no better than the best known
// (Fisher 1981, section 5): at given prices a choice cannot gain more than all
// customers' best choices and the worth of the room, less what its parts lose
// against the best ones.
type trial struct {
	*admission
	list    []subject
	most    float64 // no choice of the list is worth more
	best    float64 // value of the best choice known
	kept    []uint16
	tried   int
	budget  int
	stopped bool
}

// subject is one customer of a trial.
type subject struct {
	customer int
	profit   float64 // of the best choice at the prices
	closest  float64 // what the closest other choice of any day loses
	days     [][]option
	after    []float64 // at most what days from d on gain
}

// option is an offer that may be chosen, or nothing.
type option struct {
	offer int // place in the block, nothing: -1
	gain  float64
}

// subject describes a customer to trials.
func (a *admission) subject(i int) subject {
	s := subject{customer: i, profit: a.pick(a.b, i), closest: -1, days: make([][]option, a.Days), after: make([]float64, a.Days+1)}
	for d := range a.Days {
		s.days[d] = append(make([]option, 0, 4), option{-1, 0})
	}
	for k := int(a.b.begins[i]); k < int(a.b.begins[i+1]); k++ {
		if d := a.dayOf[a.b.slot[k]]; a.b.value[k] > 0 {
			s.days[d] = append(s.days[d], option{k, a.reduced(a.b, i, k)})
		}
	}
	for d := a.Days - 1; d >= 0; d-- {
		slices.SortFunc(s.days[d], func(x, y option) int {
			return cmp.Or(cmp.Compare(y.gain, x.gain), cmp.Compare(x.offer, y.offer))
		})
		s.after[d] = s.after[d+1] + s.days[d][0].gain
		if len(s.days[d]) > 1 {
			if loss := s.days[d][0].gain - s.days[d][1].gain; s.closest < 0 || loss < s.closest {
				s.closest = loss
			}
		}
	}
	return s
}

// try replaces the choices of the customers by the best that it finds among so
// many, and tells whether it tried all.
func (a *admission) try(list []subject, budget int) bool {
	t := trial{admission: a, list: list, budget: budget}
	for _, s := range list {
		t.most += s.profit
		for _, c := range a.chosen[s.customer*a.Days : (s.customer+1)*a.Days] {
			if c != 0 {
				k := int(a.b.begins[s.customer]) + int(c) - 1
				t.best += float64(a.b.value[k])
				a.change(s.customer, k, -1)
			}
			t.kept = append(t.kept, c)
		}
	}
	t.most += t.worthLeft()
	t.customer(0, 0, 0)
	for n, s := range list {
		for _, c := range t.kept[n*a.Days : (n+1)*a.Days] {
			if c != 0 {
				a.take(s.customer, int(a.b.begins[s.customer])+int(c)-1)
			}
		}
	}
	return !t.stopped
}

// worthLeft returns what is left of the rows that the list can use is worth.
func (t *trial) worthLeft() (sum float64) {
	staff := map[uint32]bool{}
	for _, s := range t.list {
		staff[t.b.staff[s.customer]] = true
	}
	add := func(row int) {
		if p := t.price[row]; p > 0 {
			sum += p * t.left[row]
		}
	}
	for s := range staff {
		for d := range t.Days {
			add(int(s)*t.Days + d)
		}
	}
	for slot := range t.dayOf {
		add(t.firstSlot + slot)
	}
	return sum
}

// customer decides for the n-th customer and all after it. value is what the
// customers before it got, lost what that lost against their best choices.
func (t *trial) customer(n int, value, lost float64) {
	if n == len(t.list) {
		if value > t.best {
			t.best, t.kept = value, t.kept[:0]
			for _, s := range t.list {
				t.kept = append(t.kept, t.chosen[s.customer*t.Days:(s.customer+1)*t.Days]...)
			}
		}
		return
	}
	t.day(n, 0, part{value: value, lost: lost})
}

// part is what the days of one customer before the one that is decided came to.
type part struct{ value, lost, gain float64 }

func (t *trial) day(n, d int, p part) {
	s := &t.list[n]
	if t.tried++; t.tried > t.budget {
		t.stopped = true
		return
	}
	if d == t.Days {
		t.customer(n+1, p.value, p.lost+s.profit-p.gain)
		return
	}
	free := t.bears(s.customer) && t.rested(s.customer, d)
	for _, o := range s.days[d] {
		if loss := max(0, s.profit-p.gain-o.gain-s.after[d+1]); t.most-p.lost-loss <= t.best*(1+1e-12) || t.stopped {
			return
		}
		switch {
		case o.offer < 0:
			t.day(n, d+1, p)
		case free && t.fits(s.customer, o.offer):
			t.take(s.customer, o.offer)
			t.day(n, d+1, part{p.value + float64(t.b.value[o.offer]), p.lost, p.gain + o.gain})
			t.change(s.customer, o.offer, -1)
		}
	}
}

// How much of an instance is tried: all of it where that may end, else what is
// close to another choice, member by member.
const (
	mostTried       = 1_000_000
	mostTriedOffers = 2_000
	core            = 24  // customers of a member
	mostCustomers   = 500 // of a member for whom the core is tried: with more, two changes find room
	leastCoreTried  = 500
	mostCoreTried   = 20_000
	allCoresTried   = 3_000_000
)

// tryAll tries everything in an instance that is small, and tells whether that
// proved the choice to be best.
func (a *admission) tryAll() bool {
	if a.b.Offers() > mostTriedOffers {
		return false
	}
	list := make([]subject, a.b.Customers())
	for i := range list {
		list[i] = a.subject(i)
	}
	return a.try(list, mostTried)
}

// tryCores tries, of each member whose hours are scarce, the customers who are
// closest to another choice: what was let in by order leaves room that a better
// choice of the last few uses.
func (a *admission) tryCores() {
	own := make([][]uint32, a.Staff)
	for i, staff := range a.b.staff {
		if int(staff) < a.Staff {
			own[staff] = append(own[staff], uint32(i))
		}
	}
	budget := min(mostCoreTried, max(leastCoreTried, allCoresTried/max(1, a.Staff)))
	for staff, customers := range own {
		scarce := false
		for d := range a.Days {
			scarce = scarce || a.price[staff*a.Days+d] > 0
		}
		if scarce && len(customers) > 0 && len(customers) <= mostCustomers {
			a.try(a.closest(customers), budget)
		}
	}
}

// closest returns the core of the customers, those closest to another choice
// last, because a search from the first to the last varies the last first.
func (a *admission) closest(customers []uint32) []subject {
	list := make([]subject, 0, 2*core)
	farFirst := func(x, y subject) int {
		return cmp.Or(cmp.Compare(y.closest, x.closest), cmp.Compare(x.customer, y.customer))
	}
	for _, i := range customers {
		if s := a.subject(int(i)); s.closest >= 0 {
			list = append(list, s)
		}
		if len(list) == cap(list) {
			slices.SortFunc(list, farFirst)
			list = append(list[:0], list[core:]...)
		}
	}
	slices.SortFunc(list, farFirst)
	return list[max(0, len(list)-core):]
}
