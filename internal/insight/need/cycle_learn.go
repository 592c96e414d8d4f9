package need

import (
	"cmp"
	"slices"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/survival"
)

// CycleLearner counts waits between purchases.
type CycleLearner struct {
	waits    map[id.Line]*waits
	customer int // number of the latest, from 1
}

// waits counts the waits for a line by days: those that ended, and those that
// were not over when they were last seen.
type waits struct {
	ended, open [longestGap + 1]float64
	// customers are the waits again, customer by customer: those of one resemble
	// each other.
	customers [][]survival.Wait
	latest    int // number of the customer whom the last of them belongs to
}

func (w *waits) add(customer, days int, over bool) {
	if over {
		w.ended[days]++
	} else {
		w.open[days]++
	}
	if w.latest != customer {
		w.latest, w.customers = customer, append(w.customers, nil)
	}
	n := len(w.customers) - 1
	w.customers[n] = append(w.customers[n], survival.Wait{For: days, Over: over})
}

// NewCycleLearner returns a learner that has seen nobody.
func NewCycleLearner() *CycleLearner { return &CycleLearner{waits: map[id.Line]*waits{}} }

// Add counts the waits of one customer. The last one of each line is not over:
// leaving it out would leave out long cycles of young customers.
func (l *CycleLearner) Add(v past.View) {
	var latest [maxLines]lineRhythm
	n := 0
	l.customer++
	for _, o := range v.Bought() {
		if o.Net() <= 0 {
			continue
		}
		for i := range max(1, len(o.Lines)) {
			var line id.Line
			if len(o.Lines) > 0 {
				line = o.Lines[i]
			}
			k := find(latest[:n], line)
			if k < 0 {
				if n < maxLines {
					latest[n] = lineRhythm{line: line, last: o.At}
					n++
				}
				continue
			}
			l.end(line, daysBetween(latest[k].last, o.At))
			latest[k].last = o.At
		}
	}
	for _, r := range latest[:n] {
		l.of(r.line).add(l.customer, min(longestGap, daysBetween(r.last, v.Orders)), false)
	}
}

func daysBetween(from, to event.Instant) int { return max(0, int((to-from)/past.Day)) }

func (l *CycleLearner) of(line id.Line) *waits {
	if l.waits[line] == nil {
		l.waits[line] = new(waits)
	}
	return l.waits[line]
}

// end counts a wait. What is bought twice on a day is one purchase; a longer
// wait than longestGap was still going on then.
func (l *CycleLearner) end(line id.Line, days int) {
	switch {
	case days > longestGap:
		l.of(line).add(l.customer, longestGap, false)
	case days >= 1:
		l.of(line).add(l.customer, days, true)
	}
}

// Cycles returns the catalogue's cycle where there is one, else the median of
// those who come back, else the default.
func (l *CycleLearner) Cycles(known catalog.Catalog) Cycles {
	var cycles Cycles
	for _, line := range known.Lines {
		cycles = append(cycles, Cycle{Line: line.ID, Days: line.Cycle.Hours() / 24, Known: line.Cycle > 0})
	}
	for line := range l.waits {
		if !slices.ContainsFunc(cycles, func(c Cycle) bool { return c.Line == line }) {
			cycles = append(cycles, Cycle{Line: line})
		}
	}
	for i := range cycles {
		c := &cycles[i]
		if w := l.waits[c.Line]; w != nil {
			c.Wait = w.told()
		}
		switch {
		case c.Known:
		case c.Seen():
			c.Days = c.Returners.Days
		default:
			c.Days = defaultCycle
		}
	}
	slices.SortFunc(cycles, func(a, b Cycle) int { return cmp.Compare(a.Line, b.Line) })
	return cycles
}

// told returns what the Kaplan-Meier curve of the waits says; intervals hold
// although the waits of one customer resemble each other.
func (w *waits) told() Wait {
	var t Wait
	for d := range w.ended {
		t.Gaps += int(w.ended[d])
		t.Open += int(w.open[d])
	}
	curve := survival.KaplanMeier(w.ended[:], w.open[:]).Clustered(w.customers)
	if t.Watched = curve.Last(enoughGaps); t.Watched < 1 {
		return t
	}
	waiting, _ := curve.Waiting(t.Watched)
	low, high := curve.Between(t.Watched, stats.Central80)
	t.Back = Share{Value: 1 - waiting, Low: 1 - high, High: 1 - low}
	within := func(p float64) Percentile {
		q := curve.Quantile(p, stats.Central80)
		if !q.Reached || q.Value > float64(t.Watched) {
			return Percentile{}
		}
		if q.High > float64(t.Watched) {
			q.High = 0
		}
		return Percentile{Reached: true, Days: q.Value, Low: q.Low, High: q.High}
	}
	if t.Back.Value > 0 {
		t.Returners = within(t.Back.Value / 2)
	}
	t.Half, t.Most, t.NearAll = within(.5), within(.8), within(.9)
	return t
}
