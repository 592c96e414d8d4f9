package allocation

import (
	"math"
	"slices"
)

// Prices are what the rows are worth: by how much the bound rises with one more
// hour, or one more action by a channel. Places as in Limits.
type Prices struct {
	Hours, Quota []float64
}

// Result is an allocation, and how good it is.
type Result struct {
	Objective float64 // value of what was chosen
	// Bound is the least bound that was found: no allocation within the limits is
	// worth more.
	Bound float64
	// Optimal tells that every allocation was ruled out or tried: none is worth more
	// than Objective, even where Bound is above it.
	Optimal bool
	// Violated counts exceeded rows and customers who would get what they cannot
	// have. It is counted after everything else, from the choice alone, and is 0.
	Violated int
	Prices   Prices
	Used     Prices // hours and actions that the choice uses, not prices
	Actions  int
	chosen   [][]uint16 // by shard
	days     int
}

// Gap returns the share of the bound that the allocation leaves.
func (r *Result) Gap() float64 {
	if r.Bound <= 0 {
		return 0
	}
	return max(0, 1-r.Objective/r.Bound)
}

// Chosen returns the number of the offer that a customer of a shard gets on a day;
// ok is false where there is none.
func (r *Result) Chosen(shard, customer, day int) (offer int, ok bool) {
	c := r.chosen[shard][customer*r.days+day]
	return int(c) - 1, c != 0
}

// Options say how a solution is sought. The zero value is a good choice.
type Options struct {
	// Start are prices to begin with, from a like problem. The bound is at most
	// theirs.
	Start *Prices
}

// Solve returns an allocation within the limits and a bound on all of them. With
// more of any row and the prices of the larger problem as Start, the bound never
// rises. An error is one of the limits or of a shard.
func Solve(l Limits, shards []Shard, o Options) (Result, error) {
	if err := l.Validate(); err != nil {
		return Result{}, err
	}
	s := &search{rows: newRows(l), shards: shards, bound: math.Inf(1)}
	var err error
	if s.top, err = s.tops(shards); err != nil {
		return Result{}, err
	}
	if err := s.begin(o.Start); err != nil {
		return Result{}, err
	}
	made, err := s.attempt(false)
	if err != nil {
		return Result{}, err
	}
	for round := range s.rounds() {
		if s.bound-made.value <= enough*s.bound {
			break
		}
		if err := s.polyak(s.steps(), made.value, [...]float64{byPrice, alike}[round%2]); err != nil {
			return Result{}, err
		}
		again, err := s.attempt(true)
		if err != nil {
			return Result{}, err
		}
		if again.value >= made.value {
			made = again
		}
	}
	return s.result(made)
}

// rounds is how often the bound is lowered with the value of an allocation as the
// target, and an allocation made by the prices of that bound; more often where
// that costs nothing.
const (
	rounds     = 2
	mostRounds = 6
)

func (s *search) rounds() int {
	if s.small() {
		return mostRounds
	}
	return rounds
}

// small tells whether an instance is so small that it may be tried to its end.
func (s *search) small() bool { return s.inMemory() && s.offers() <= mostTriedOffers }

// The steps of one round: more where a step costs nothing.
const (
	mostSteps  = 1500
	leastSteps = 60
	workSteps  = 60_000_000 // offers looked at
)

func (s *search) steps() int {
	if !s.inMemory() {
		return leastSteps
	}
	return max(leastSteps, min(mostSteps, workSteps/max(1, s.offers())))
}

// offers counts those in memory.
func (s *search) offers() (n int) {
	for _, shard := range s.shards {
		if b, ok := shard.(*Block); ok {
			n += b.Offers()
		}
	}
	return n
}

// begin sets the first prices: those given, or those of a sample.
func (s *search) begin(start *Prices) error {
	s.best = make([]float64, len(s.capacity))
	for row, c := range s.capacity {
		if c == 0 {
			s.best[row] = s.top[row]
		}
	}
	if start == nil {
		if err := s.learn(); err != nil {
			return err
		}
	} else {
		copy(s.best[:len(start.Hours)], start.Hours)
		copy(s.best[s.firstSlot:], start.Quota)
	}
	return s.judge(slices.Clone(s.best))
}

// attempt is one allocation.
type attempt struct {
	value   float64
	chosen  [][]uint16
	optimal bool
}

// attempt makes an allocation by the best prices. Every shard gets the share of
// each row that its customers ask for at these prices, and what those before it
// left.
func (s *search) attempt(last bool) (attempt, error) {
	made := attempt{chosen: make([][]uint16, len(s.shards))}
	left := slices.Clone(s.capacity)
	var shares [][]float64
	if len(s.shards) > 1 {
		var err error
		if shares, err = s.shares(); err != nil {
			return made, err
		}
		clear(left)
	}
	for i, shard := range s.shards {
		b, err := shard.Block()
		if err != nil {
			return made, err
		}
		if shares != nil {
			for row, share := range shares[i] {
				left[row] += share
			}
		}
		a := s.admit(b, s.best, left)
		if last {
			made.optimal = a.refine() && len(s.shards) == 1
		}
		made.chosen[i] = a.chosen
		made.value += s.valueOf(b, made.chosen[i])
	}
	return made, nil
}

func (r *rows) valueOf(b *Block, chosen []uint16) (sum float64) {
	for at, c := range chosen {
		if c != 0 {
			sum += float64(b.value[int(b.begins[at/r.Days])+int(c)-1])
		}
	}
	return sum
}

// shares divides each row among the shards by what they use at the best prices.
func (s *search) shares() ([][]float64, error) {
	shares, total := make([][]float64, len(s.shards)), make([]float64, len(s.capacity))
	for i := range s.shards {
		a, err := s.respond(s.shards[i:i+1], s.best)
		if err != nil {
			return nil, err
		}
		shares[i] = a.used
		for row, used := range a.used {
			total[row] += used
		}
	}
	for row, capacity := range s.capacity {
		for i := range shares {
			switch {
			case math.IsInf(capacity, 0):
				shares[i][row] = capacity
			case total[row] > capacity:
				shares[i][row] *= capacity / total[row]
			default:
				shares[i][row] += (capacity - total[row]) / float64(len(shares))
			}
		}
	}
	return shares, nil
}

func (s *search) result(made attempt) (Result, error) {
	r := Result{Objective: made.value, Bound: s.bound, Optimal: made.optimal || s.bound-made.value <= enough*s.bound, chosen: made.chosen, days: s.Days}
	hours := s.Staff * s.Days
	r.Prices = Prices{slices.Clone(s.best[:hours]), slices.Clone(s.best[s.firstSlot:])}
	c := check{rows: s.rows, used: make([]float64, len(s.capacity))}
	for i, shard := range s.shards {
		b, err := shard.Block()
		if err != nil {
			return r, err
		}
		c.add(b, made.chosen[i])
	}
	r.Violated, r.Actions = c.violated(), c.actions
	r.Used = Prices{c.used[:hours], c.used[s.firstSlot:]}
	return r, nil
}
