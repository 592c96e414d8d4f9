package effect

import "siyu/internal/stats/causal"

// instruments are those of the hold-out, one for each lever, and those of drawn
// purposes, one for each pair of levers.
const instruments = 2 * levers

// pairs are the pairs of levers, in the order of their instruments.
func pairs() [levers][2]int { return [levers][2]int{{0, 1}, {0, 2}, {1, 2}} }

// Batch collects trials, because who is compared with whom is known when all of
// them are.
type Batch struct {
	trials []Trial
	weeks  map[int]*week
}

// week is the entries of one week.
type week struct {
	n, open  float64
	residual float64 // sum
	given    Orders  // sum
}

// Add adds what chance decided about one customer.
func (b *Batch) Add(t Trial) {
	if t.Entry == nil && len(t.Draws) == 0 {
		return
	}
	b.trials = append(b.trials, t)
	if t.Entry == nil {
		return
	}
	if b.weeks == nil {
		b.weeks = map[int]*week{}
	}
	w := b.weeks[t.Entry.Week]
	if w == nil {
		w = new(week)
		b.weeks[t.Entry.Week] = w
	}
	w.n++
	w.residual += t.Entry.Bought - t.Entry.Plain
	if !t.Entry.Held {
		w.open++
	}
	for l, x := range t.Entry.Given {
		w.given[l] += x
	}
}

// Take adds a batch to the record. A customer's trials of one batch may depend on
// each other; those of different batches are taken for independent, which draws
// make of everything that earlier draws did not cause.
func (r *Record) Take(b *Batch) {
	for i := range b.trials {
		t := &b.trials[i]
		lines := make([]causal.Line, instruments)
		for k := range lines {
			lines[k].Doses = make([]float64, levers)
		}
		if e := t.Entry; e != nil {
			r.Counts[e.Lever].entered(e)
			b.weeks[e.Week].compare(e, &lines[e.Lever])
		}
		for j := range t.Draws {
			d := &t.Draws[j]
			for _, lever := range d.Options {
				r.Counts[lever].Drawn++
			}
			d.compare(lines[levers:])
		}
		r.Moments.Add(lines)
	}
}

func (c *Count) entered(e *Entry) {
	switch {
	case !e.Held:
		c.Open++
	default:
		c.Held++
		if e.Reached {
			c.Reached++
		}
	}
}

// compare writes what an entry says: whether it was open to contact, minus the
// share of its week that was, times what the proposal promised - who has much to
// gain tells more. The week's means are taken out of outcome and doses.
func (w *week) compare(e *Entry, line *causal.Line) {
	open := 1.0
	if e.Held {
		open = 0
	}
	instrument := (open - w.open/w.n) * e.Promise
	line.Outcome += instrument * (e.Bought - e.Plain - w.residual/w.n)
	for l := range line.Doses {
		line.Doses[l] += instrument * (e.Given[l] - w.given[l]/w.n)
	}
}

// compare writes what a draw says, for each pair of options: 1 where the first
// was drawn, -1 where the second was, times what they promised.
func (d *Draw) compare(lines []causal.Line) {
	for k, pair := range pairs() {
		sign := 0.0
		switch d.Drawn {
		case pair[0]:
			sign = 1
		case pair[1]:
			sign = -1
		}
		if sign == 0 || !d.has(pair[0]) || !d.has(pair[1]) {
			continue
		}
		instrument := sign * (d.Promises[pair[0]] + d.Promises[pair[1]]) / 2
		lines[k].Outcome += instrument * (d.Bought - d.Plain)
		for l := range lines[k].Doses {
			lines[k].Doses[l] += instrument * d.Given[l]
		}
	}
}

func (d *Draw) has(lever int) bool {
	for _, option := range d.Options {
		if option == lever {
			return true
		}
	}
	return false
}
