package allocation

import (
	"cmp"
	"slices"
)

// swap is another choice of one customer for one day.
type swap struct {
	customer     int // -1: nothing changes
	from, to     int // places of offers, -1: nothing
	hours, value float64
}

// mostExchanges bounds how often one member's day is improved.
const mostExchanges = 20

// exchange looks, in every member's day that is scarce, for one or two customers
// with another choice that fits and is worth more: what was let in by order leaves
// a little room, which two changes together use.
func (a *admission) exchange() {
	own := make([][]uint32, a.Staff)
	for i, staff := range a.b.staff {
		if int(staff) < a.Staff {
			own[staff] = append(own[staff], uint32(i))
		}
	}
	for staff, customers := range own {
		for day := range a.Days {
			row := staff*a.Days + day
			for range mostExchanges {
				if a.price[row] == 0 || !a.exchangeOne(row, a.swaps(customers, row, day)) {
					break
				}
			}
		}
	}
}

// swaps returns what may change in a member's day, those that need least hours
// first. What loses more at the prices than the row's room is worth cannot be part
// of an exchange that gains, but for one that gains at the prices too.
func (a *admission) swaps(customers []uint32, row, day int) []swap {
	worth := a.price[row]*a.left[row] + a.slack(row)
	list := []swap{{customer: -1, from: -1, to: -1}}
	for _, c := range customers {
		i := int(c)
		from, had, free := -1, 0.0, false
		if number := a.chosen[i*a.Days+day]; number != 0 {
			from = int(a.b.begins[i]) + int(number) - 1
			had = a.reduced(a.b, i, from)
			if had < worth {
				list = append(list, swap{i, from, -1, -a.b.hours[from], -float64(a.b.value[from])})
			}
		} else {
			free = a.bears(i) && a.rested(i, day)
		}
		if from < 0 && !free {
			continue
		}
		for k := int(a.b.begins[i]); k < int(a.b.begins[i+1]); k++ {
			if int(a.dayOf[a.b.slot[k]]) != day || k == from || a.b.value[k] <= 0 || had-a.reduced(a.b, i, k) >= worth {
				continue
			}
			if slot := a.firstSlot + int(a.b.slot[k]); a.left[slot] < 1-a.slack(slot) && (from < 0 || a.b.slot[from] != a.b.slot[k]) {
				continue
			}
			s := swap{i, from, k, a.b.hours[k], float64(a.b.value[k])}
			if from >= 0 {
				s.hours, s.value = s.hours-a.b.hours[from], s.value-float64(a.b.value[from])
			}
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(x, y swap) int {
		return cmp.Or(cmp.Compare(x.hours, y.hours), cmp.Compare(x.customer, y.customer), cmp.Compare(x.to, y.to))
	})
	return list
}

// exchangeOne makes the best exchange, and tells whether there was one.
func (a *admission) exchangeOne(row int, list []swap) bool {
	left := a.left[row] + a.slack(row)
	// best and other are the swaps of most value, of two customers, among the first.
	best, other, taken := -1, -1, 0
	take := func(n int) {
		switch {
		case best < 0 || list[n].value > list[best].value:
			if best >= 0 && list[best].customer != list[n].customer {
				other = best
			}
			best = n
		case list[n].customer != list[best].customer && (other < 0 || list[n].value > list[other].value):
			other = n
		}
	}
	first, second, gain := -1, -1, worthwhile
	for n := len(list) - 1; n >= 0; n-- { // the more one needs, the less the other may
		for taken < len(list) && list[taken].hours+list[n].hours <= left {
			take(taken)
			taken++
		}
		with := best
		if with >= 0 && list[with].customer == list[n].customer && list[n].customer >= 0 {
			with = other
		}
		if with >= 0 && list[n].value+list[with].value > gain {
			first, second, gain = n, with, list[n].value+list[with].value
		}
	}
	return first >= 0 && a.apply(list[first], list[second])
}

// worthwhile is the least gain of an exchange: below it sums only differ by
// rounding.
const worthwhile = 1e-6

// apply makes two changes, or none where they do not fit together.
func (a *admission) apply(swaps ...swap) bool {
	for _, s := range swaps {
		if s.from >= 0 {
			a.change(s.customer, s.from, -1)
		}
	}
	for n, s := range swaps {
		if s.to < 0 {
			continue
		}
		if a.fits(s.customer, s.to) {
			a.take(s.customer, s.to)
			continue
		}
		for _, done := range swaps[:n] {
			if done.to >= 0 {
				a.change(done.customer, done.to, -1)
			}
		}
		for _, s := range swaps {
			if s.from >= 0 {
				a.take(s.customer, s.from)
			}
		}
		return false
	}
	return true
}
