package allocation

import (
	"math"
	"slices"
)

// search looks for the prices at which the bound is least.
type search struct {
	*rows
	shards []Shard
	best   []float64 // prices of the least bound that was found
	bound  float64
	top    []float64 // of each row: a price that nobody pays
}

// judge keeps prices if their bound is the least.
func (s *search) judge(price []float64) error {
	a, err := s.respond(s.shards, price)
	if err != nil {
		return err
	}
	s.keep(price, a.profit+s.worth(price))
	return nil
}

func (s *search) keep(price []float64, bound float64) bool {
	if !(bound < s.bound) {
		return false
	}
	s.bound = bound
	copy(s.best, price)
	return true
}

// The constants of Polyak's step: it begins at the full length and is shortened
// to relax of it after patience steps that found nothing better.
const (
	relax        = 0.6
	patience     = 8
	morePatience = 30 // where a step costs nothing
	// leastStep is a share of the full length that moves nothing any more.
	leastStep = 1e-7
	// byPrice and alike are which share of the mean price a row is scaled by at
	// least: rows that differ much, as many do, or all alike, where the first way
	// came to its end.
	byPrice, alike = 0.1, 1.
)

// polyak walks against the subgradient of the bound, capacity less use, by the
// step theta*(bound - target)/|D g|^2 (Polyak, USSR Computational Mathematics 9,
// 1969), where target is what some allocation reaches. D scales each row by what a
// change of its price is likely to change its use.
func (s *search) polyak(steps int, target, level float64) error {
	price, scale := slices.Clone(s.best), s.scales(level)
	theta, stalled := 1.0, 0
	for range steps {
		a, err := s.respond(s.shards, price)
		if err != nil {
			return err
		}
		bound := a.profit + s.worth(price)
		if s.keep(price, bound) {
			stalled = 0
		} else if stalled++; stalled >= s.patience() {
			theta, stalled = theta*relax, 0
			copy(price, s.best)
			scale = s.scales(level)
			if theta < leastStep {
				break
			}
			continue
		}
		if s.bound-target <= enough*s.bound || !s.step(price, a.used, scale, theta*(bound-target)) {
			break
		}
	}
	return nil
}

func (s *search) patience() int {
	if s.small() {
		return morePatience
	}
	return patience
}

// enough is the gap at which a better bound is of no use to anybody.
const enough = 1e-7

// step moves the prices; false where no row pulls at its price.
func (s *search) step(price, used, scale []float64, length float64) bool {
	norm := 0.0
	pull := make([]float64, len(price))
	for row := range price {
		if scale[row] == 0 {
			continue
		}
		g := s.capacity[row] - used[row]
		if price[row] == 0 && g > 0 {
			continue
		}
		pull[row] = scale[row] * g
		norm += pull[row] * g
	}
	if norm <= 0 || math.IsInf(norm, 0) {
		return false
	}
	for row := range price {
		price[row] = max(0, price[row]-length/norm*pull[row])
	}
	return true
}

// scales returns the squares of D: price, at least level of the mean one, by
// capacity; 0 for rows whose price stays.
func (s *search) scales(level float64) []float64 {
	scale := make([]float64, len(s.best))
	for _, part := range [][2]int{{0, s.firstSlot}, {s.firstSlot, len(s.best)}} {
		sum, priced := 0.0, 0
		for row := part[0]; row < part[1]; row++ {
			if s.best[row] > 0 && s.capacity[row] > 0 {
				sum, priced = sum+s.best[row], priced+1
			}
		}
		for row := part[0]; row < part[1]; row++ {
			if c := s.capacity[row]; c > 0 && !math.IsInf(c, 0) {
				mean := s.top[row] / 100
				if priced > 0 {
					mean = sum / float64(priced)
				}
				scale[row] = max(s.best[row], level*mean) / c
			}
		}
	}
	return scale
}

// tops returns for each row a price that nobody pays.
func (r *rows) tops(shards []Shard) ([]float64, error) {
	top := make([]float64, len(r.capacity))
	for _, s := range shards {
		b, err := s.Block()
		if err != nil {
			return nil, err
		}
		for i := range b.Customers() {
			for k := b.begins[i]; k < b.begins[i+1]; k++ {
				value := float64(b.value[k])
				slot := r.firstSlot + int(b.slot[k])
				top[slot] = max(top[slot], value)
				if b.hours[k] > 0 {
					row := r.hoursRow(b.staff[i], b.slot[k])
					top[row] = max(top[row], value/b.hours[k])
				}
			}
		}
	}
	for row := range top {
		top[row] = min(math.MaxFloat64/4, top[row]*(1+1e-6)) // above what rounding makes of it
	}
	return top, nil
}
