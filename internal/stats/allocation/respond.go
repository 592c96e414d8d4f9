package allocation

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// response is what all customers do at given prices.
type response struct {
	profit float64   // what they gain, prices paid
	used   []float64 // of each row
}

// lanes are how many parts a block is answered in. Sums are added lane by lane,
// so that they are the same on every number of processors.
const lanes = 8

// fewCustomers are too few to be worth several lanes.
const fewCustomers = 4096

// respond lets all customers decide at the prices.
func (r *rows) respond(shards []Shard, price []float64) (response, error) {
	total := response{used: make([]float64, len(price))}
	for _, s := range shards {
		b, err := s.Block()
		if err != nil {
			return total, err
		}
		for _, l := range r.answer(b, price) {
			total.profit += l.profit
			for row, used := range l.used {
				total.used[row] += used
			}
		}
	}
	return total, nil
}

// answer lets the customers of a block decide, on all processors.
func (r *rows) answer(b *Block, price []float64) []response {
	n, parts := b.Customers(), lanes
	if n < fewCustomers {
		parts = 1
	}
	answers := make([]response, parts)
	var next atomic.Int32
	work := func() {
		p := newPicker(r, price)
		for {
			lane := int(next.Add(1)) - 1
			if lane >= parts {
				return
			}
			answers[lane] = p.lane(b, n*lane/parts, n*(lane+1)/parts)
		}
	}
	var others sync.WaitGroup
	for range min(parts, runtime.GOMAXPROCS(0)) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	return answers
}

// picker decides for one customer after the other at the same prices.
type picker struct {
	*rows
	price []float64
	best  [MostDays + 1]float64 // of each day: the most that one offer gains, at least 0
	at    [MostDays + 1]int     // and the offer's place in the block
	// table holds, for the first d days and c actions, the most that is gained.
	table  [MostDays + 1][MostDays + 1]float64
	chosen []int // places of the offers chosen last
}

func newPicker(r *rows, price []float64) *picker {
	return &picker{rows: r, price: price, chosen: make([]int, 0, r.Days)}
}

func (p *picker) lane(b *Block, from, to int) response {
	if p.Days == 1 {
		return p.oneDay(b, from, to)
	}
	a := response{used: make([]float64, len(p.price))}
	for i := from; i < to; i++ {
		a.profit += p.pick(b, i)
		for _, k := range p.chosen {
			a.used[p.hoursRow(b.staff[i], b.slot[k])] += b.hours[k]
			a.used[p.firstSlot+int(b.slot[k])]++
		}
	}
	return a
}

// oneDay is lane for a single day, where a customer takes the best offer.
func (p *picker) oneDay(b *Block, from, to int) response {
	a := response{used: make([]float64, len(p.price))}
	quota := p.price[p.firstSlot:]
	for i := from; i < to; i++ {
		begin, end := b.begins[i], b.begins[i+1]
		wage, values, hours, slots := p.price[b.staff[i]], b.value[begin:end], b.hours[begin:end], b.slot[begin:end]
		best, at := 0.0, -1
		for k, value := range values {
			if gain := float64(value) - wage*hours[k] - quota[slots[k]]; gain > best {
				best, at = gain, k
			}
		}
		if at >= 0 {
			a.profit += best
			a.used[b.staff[i]] += hours[at]
			a.used[p.firstSlot+int(slots[at])]++
		}
	}
	return a
}

// reduced returns what an offer gains its customer at the prices.
func (p *picker) reduced(b *Block, i, k int) float64 {
	return float64(b.value[k]) - p.price[p.hoursRow(b.staff[i], b.slot[k])]*b.hours[k] - p.price[p.firstSlot+int(b.slot[k])]
}

// pick chooses what gains the customer most: the best offer of each day, and of
// these days as many as the customer bears, with rest between them.
func (p *picker) pick(b *Block, i int) (profit float64) {
	p.chosen = p.chosen[:0]
	p.bestOfDays(b, i)
	open := 0
	for _, gain := range p.best[:p.Days] {
		if gain > 0 {
			open++
		}
	}
	most := int(b.most[i])
	if p.Rest > 0 && open > 1 || open > most {
		return p.chooseDays(most)
	}
	for d, gain := range p.best[:p.Days] {
		if gain > 0 {
			profit += gain
			p.chosen = append(p.chosen, p.at[d])
		}
	}
	return profit
}

func (p *picker) bestOfDays(b *Block, i int) {
	clear(p.best[:p.Days])
	begin, end, first := b.begins[i], b.begins[i+1], int(b.staff[i])*p.Days
	wages, quota := p.price[first:first+p.Days], p.price[p.firstSlot:]
	values, hours, slots := b.value[begin:end], b.hours[begin:end], b.slot[begin:end]
	for k, value := range values {
		slot := slots[k]
		day := p.dayOf[slot]
		if gain := float64(value) - wages[day]*hours[k] - quota[slot]; gain > p.best[day&31] {
			p.best[day&31], p.at[day&31] = gain, int(begin)+k
		}
	}
}

// chooseDays finds the best days by dynamic programming: with c actions among the
// first d days, day d is left out, or taken after the days of rest.
func (p *picker) chooseDays(most int) float64 {
	for d := 1; d <= p.Days; d++ {
		before := max(0, d-1-p.Rest)
		for c := 1; c <= most; c++ {
			p.table[d][c] = p.table[d-1][c]
			if p.best[d-1] > 0 {
				p.table[d][c] = max(p.table[d][c], p.best[d-1]+p.table[before][c-1])
			}
		}
	}
	for d, c := p.Days, most; d > 0 && c > 0; {
		if p.table[d][c] == p.table[d-1][c] {
			d--
			continue
		}
		p.chosen = append(p.chosen, p.at[d-1])
		d, c = max(0, d-1-p.Rest), c-1
	}
	return p.table[p.Days][most]
}
