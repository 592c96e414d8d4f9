package allocation

import (
	"math"
	"slices"
)

// sampled is how many customers of each member, or of a brand whose staff is no
// limit, tell enough about prices to begin with.
const (
	sampledPerStaff = 100
	sampledAtLeast  = 20_000
)

// sweeps is how often prices of channels and hours are bisected in turn.
const sweeps = 2

// sampleSteps is how far prices of a sample are improved together.
const sampleSteps = 200

// learn sets prices from a sample of the customers, or from all of them where
// they are few, with its share of each row: channel by channel, all days of a
// channel together, and the hours of all members together, because at given
// prices of channels they have nothing to do with each other; then all together.
func (s *search) learn() error {
	sample, err := s.sampled()
	if err != nil {
		return err
	}
	for range sweeps {
		for channel := range s.Channels {
			if err := sample.bisect(sample.slots(channel)); err != nil {
				return err
			}
		}
		if err := sample.bisect(sample.staffRows()); err != nil {
			return err
		}
	}
	made, err := sample.attempt(false)
	if err != nil {
		return err
	}
	if err := sample.polyak(sampleSteps, made.value, byPrice); err != nil {
		return err
	}
	copy(s.best, sample.best)
	return nil
}

// slots returns the rows of a channel.
func (r *rows) slots(channel int) (list []int) {
	for d := range r.Days {
		list = append(list, r.firstSlot+d*r.Channels+channel)
	}
	return list
}

// staffRows returns the rows of hours.
func (r *rows) staffRows() []int {
	list := make([]int, r.Staff*r.Days)
	for i := range list {
		list[i] = i
	}
	return list
}

// sampled returns a search over a sample with its share of the rows.
func (s *search) sampled() (*search, error) {
	customers := 0
	for _, shard := range s.shards {
		b, err := shard.Block()
		if err != nil {
			return nil, err
		}
		customers += b.Customers()
	}
	oneIn := max(1, customers/max(sampledAtLeast, sampledPerStaff*s.Staff))
	if oneIn == 1 && s.inMemory() {
		return &search{rows: s.rows, shards: s.shards, best: slices.Clone(s.best), bound: math.Inf(1), top: s.top}, nil
	}
	some := new(Block)
	all := make([]float64, s.Staff+1) // customers of each member
	for _, shard := range s.shards {
		b, err := shard.Block()
		if err != nil {
			return nil, err
		}
		for _, staff := range b.staff {
			all[staff]++
		}
		some.sample(b, uint64(oneIn))
	}
	part := *s.rows
	part.capacity = slices.Clone(s.capacity)
	taken := make([]float64, s.Staff+1)
	for _, staff := range some.staff {
		taken[staff]++
	}
	for row := range part.capacity {
		if row < s.firstSlot {
			if staff := row / s.Days; all[staff] > 0 {
				part.capacity[row] *= taken[staff] / all[staff]
			}
		} else {
			part.capacity[row] *= float64(some.Customers()) / float64(customers)
		}
	}
	return &search{rows: &part, shards: []Shard{some}, best: slices.Clone(s.best), bound: math.Inf(1), top: s.top}, nil
}

// inMemory tells whether asking for a shard costs nothing.
func (s *search) inMemory() bool {
	for _, shard := range s.shards {
		if _, ok := shard.(*Block); !ok {
			return false
		}
	}
	return true
}

// bisect sets prices of rows as if each row alone decided who uses it: lowest at
// which the row is not exceeded.
func (s *search) bisect(list []int) error {
	low, high, price := make([]float64, len(s.best)), slices.Clone(s.best), slices.Clone(s.best)
	list = slices.DeleteFunc(list, func(row int) bool { return s.capacity[row] == 0 || math.IsInf(s.capacity[row], 0) })
	for _, row := range list {
		price[row], high[row] = 0, s.top[row]
	}
	for range halvings {
		a, err := s.respond(s.shards, price)
		if err != nil {
			return err
		}
		for _, row := range list {
			if a.used[row] <= s.capacity[row] {
				high[row] = price[row]
			} else {
				low[row] = price[row]
			}
			price[row] = (low[row] + high[row]) / 2
		}
	}
	for _, row := range list {
		price[row] = high[row]
	}
	return s.judge(price)
}

// halvings of a bisection, of which the first asks whether the row is scarce at
// all: a price is known to a thirty-thousandth of the highest.
const halvings = 16
