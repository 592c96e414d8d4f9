package effect

import "siyu/internal/stats/causal"

// instruments are those of the hold-out, one for each lever; of drawn purposes, one
// for each pair of levers; and of drawn days, one for each lever. tiring are those
// of fatigue: the hold-out and drawn days.
const (
	instruments = 3 * levers
	purposesAt  = levers
	daysAt      = 2 * levers
	tiring      = 2
)

// pairs are the pairs of levers, in the order of their instruments.
func pairs() [levers][2]int { return [levers][2]int{{0, 1}, {0, 2}, {1, 2}} }

// Batch collects trials, because who is compared with whom is known when all of
// them are.
type Batch struct {
	trials         []Trial
	entries, waits map[int]*week
}

// week is all whom one draw put on either side in one week: open to contact at
// once, or not.
type week struct {
	n, open    float64
	residual   float64 // sum
	given      Orders  // sum
	lost, risk float64 // sums
}

// Add adds what chance decided about one customer.
func (b *Batch) Add(t Trial) {
	if t.Entry == nil && len(t.Draws)+len(t.Waits) == 0 {
		return
	}
	if b.entries == nil {
		b.entries, b.waits = map[int]*week{}, map[int]*week{}
	}
	b.trials = append(b.trials, t)
	if e := t.Entry; e != nil {
		weekOf(b.entries, e.Week).add(&e.Follow, !e.Held)
	}
	for i := range t.Waits {
		weekOf(b.waits, t.Waits[i].Week).add(&t.Waits[i].Follow, !t.Waits[i].Later)
	}
}

func weekOf(weeks map[int]*week, number int) *week {
	w := weeks[number]
	if w == nil {
		w = new(week)
		weeks[number] = w
	}
	return w
}

func (w *week) add(f *Follow, open bool) {
	w.n++
	if open {
		w.open++
	}
	w.residual += f.Bought - f.Plain
	for l, x := range f.Given {
		w.given[l] += x
	}
	w.lost += f.Lost
	w.risk += f.Risk
}

// Take adds a batch to the record. A customer's trials of one batch may depend on
// each other; those of different batches are taken for independent, which draws
// make of everything that earlier draws did not cause.
func (r *Record) Take(b *Batch) {
	for i := range b.trials {
		t := &b.trials[i]
		lines, tired := linesOf(instruments, levers), linesOf(tiring, 1)
		if e := t.Entry; e != nil {
			r.Counts[e.Lever].entered(e)
			r.Losses += int(e.Lost)
			b.entries[e.Week].compare(&e.Follow, side{!e.Held, e.Promise}, &lines[e.Lever])
			b.entries[e.Week].tire(&e.Follow, side{!e.Held, e.Threat}, &tired[0])
		}
		for j := range t.Draws {
			d := &t.Draws[j]
			for _, lever := range d.Options {
				r.Counts[lever].Drawn++
			}
			d.compare(lines[purposesAt:daysAt])
		}
		for j := range t.Waits {
			w := &t.Waits[j]
			r.Counts[w.Lever].waited(w)
			r.Losses += int(w.Lost)
			b.waits[w.Week].compare(&w.Follow, side{!w.Later, w.Promise}, &lines[daysAt+w.Lever])
			b.waits[w.Week].tire(&w.Follow, side{!w.Later, w.Threat}, &tired[1])
		}
		r.Moments.Add(lines)
		r.Tired.Add(tired)
	}
}

func linesOf(instruments, effects int) []causal.Line {
	lines := make([]causal.Line, instruments)
	for k := range lines {
		lines[k].Doses = make([]float64, effects)
	}
	return lines
}

func (c *Count) entered(e *Entry) {
	switch {
	case e.Held && e.Contacted:
		c.Held, c.Reached = c.Held+1, c.Reached+1
	case e.Held:
		c.Held++
	case e.Contacted:
		c.Open, c.Contacted = c.Open+1, c.Contacted+1
	default:
		c.Open++
	}
}

func (c *Count) waited(w *Wait) {
	if w.Later {
		c.Later++
	} else {
		c.AtOnce++
	}
}

// side is where a draw put a customer, and how much hung on it.
type side struct {
	open  bool
	stake float64
}

// instrument is whether the customer was open to contact, minus the share of the
// week that was - the draws' own probability, as it came out -, times what hung on
// it: who has much to gain tells more.
func (w *week) instrument(s side) float64 {
	open := 0.0
	if s.open {
		open = 1
	}
	return (open - w.open/w.n) * s.stake
}

// compare writes what came of orders. The week's means are taken out of outcome
// and doses.
func (w *week) compare(f *Follow, s side, line *causal.Line) {
	instrument := w.instrument(s)
	line.Outcome += instrument * (f.Bought - f.Plain - w.residual/w.n)
	for l := range line.Doses {
		line.Doses[l] += instrument * (f.Given[l] - w.given[l]/w.n)
	}
}

// tire writes what came of relations, as compare.
func (w *week) tire(f *Follow, s side, line *causal.Line) {
	instrument := w.instrument(s)
	line.Outcome += instrument * (f.Lost - w.lost/w.n)
	line.Doses[0] += instrument * (f.Risk - w.risk/w.n)
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
