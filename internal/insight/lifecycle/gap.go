package lifecycle

import (
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/stats/btyd"
)

const (
	// longestGap bounds what counts as a gap, in days; longer ones are returns of
	// customers who had been away.
	longestGap = 400
	// maxLines bounds the lines of one customer that are followed.
	maxLines = 8
	// groups is into how many random parts customers are divided. Leaving out one
	// at a time tells how far customers' own rhythms move the curve; its standard
	// error is then known to a fifth.
	groups    = 1 << groupBits
	groupBits = 4
)

// Learner counts gaps between orders.
type Learner struct {
	brand waits
	lines map[id.Line]*waits
	last  *waits // of latest
	of    id.Line
}

// waits counts the waits for an order in days, apart for each group of customers.
type waits struct {
	parts   [groups]part
	returns int
}

// part is the waits that ended and those that were not over when last seen.
type part struct {
	ended, open [longestGap + 1]uint32
}

// NewLearner returns a learner that has seen nobody.
func NewLearner() *Learner { return &Learner{lines: map[id.Line]*waits{}} }

// groupOf returns the group of a customer. Ids may be numbers in a row and samples
// may be every n-th of them, so they are mixed (Knuth's multiplicative hash).
func groupOf(c id.Customer) int {
	const golden = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio
	return int(uint64(c) * golden >> (64 - groupBits))
}

// bought is the last day on which a customer bought a line.
type bought struct {
	line id.Line
	day  btyd.Day
	back bool // on more than one day
}

// Add counts the gaps of one customer. The wait after the last order of each line is
// not over: leaving it out would leave out the long gaps.
func (l *Learner) Add(v past.View) {
	orders, group := v.Bought(), groupOf(v.Customer.ID)
	var lines [maxLines]bought
	var any bought
	n, began := 0, false
	for i := range orders {
		o := &orders[i]
		if o.Net() <= 0 {
			continue
		}
		day := past.DayOf(o.At)
		if began {
			l.brand.end(&any, day, group)
		} else {
			any.day, began = day, true
		}
		for _, line := range o.Lines {
			k := 0
			for k < n && lines[k].line != line {
				k++
			}
			switch {
			case k < n:
				l.waits(line).end(&lines[k], day, group)
			case n < maxLines:
				lines[n] = bought{line: line, day: day}
				n++
			}
		}
	}
	if !began {
		return
	}
	until := lastDay(v)
	l.brand.stop(&any, until, group)
	for k := range lines[:n] {
		l.waits(lines[k].line).stop(&lines[k], until, group)
	}
}

func (l *Learner) waits(line id.Line) *waits {
	if l.last != nil && l.of == line {
		return l.last
	}
	w := l.lines[line]
	if w == nil {
		w = new(waits)
		l.lines[line] = w
	}
	l.last, l.of = w, line
	return w
}

// end counts a gap. What is bought twice on a day is one purchase; a gap longer than
// longestGap was still open then.
func (w *waits) end(b *bought, day btyd.Day, group int) {
	switch days := int(day - b.day); {
	case days > longestGap:
		w.parts[group].open[longestGap]++
	case days >= 1:
		w.parts[group].ended[days]++
		if !b.back {
			b.back = true
			w.returns++
		}
	default:
		return
	}
	b.day = day
}

// stop counts the wait that is not over.
func (w *waits) stop(b *bought, until btyd.Day, group int) {
	w.parts[group].open[min(longestGap, max(0, int(until-b.day)))]++
}

// lastDay is the last day of which orders are known.
func lastDay(v past.View) btyd.Day {
	if v.Orders >= v.At {
		return past.DayOf(v.At)
	}
	return past.DayOf(v.Orders - event.Instant(1))
}
