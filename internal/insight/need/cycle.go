package need

import (
	"math"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
)

// Cycle is the usual time between two purchases of a line.
type Cycle struct {
	Line id.Line `json:"line"` // 0: orders of which the line is not known
	// Days is what due dates rest on: the catalogue's, else the median of those who
	// come back, else the default.
	Days  float64 `json:"days"`
	Known bool    `json:"known"` // Days are from the catalogue
	Wait
}

// Wait is how long buyers of a line take until the next purchase of it, those
// who have not come back yet included.
type Wait struct {
	Gaps int `json:"gaps"` // that ended with a purchase
	Open int `json:"open"` // not over when they were last seen
	// Watched is for how many days waits can be followed: after that too few are
	// left, or longestGap is over.
	Watched int `json:"watched"`
	// Back is the share who have bought again by then.
	Back Share `json:"back"`
	// Among those who have bought again within Watched: the median.
	Returners Percentile `json:"returners"`
	// Among all buyers.
	Half    Percentile `json:"half"`     // by when half have bought again
	Most    Percentile `json:"most"`     // by when 80 % have
	NearAll Percentile `json:"near_all"` // by when 90 % have
}

// Share is a share with its central 80 %.
type Share struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Percentile is a number of days with its central 80 %.
type Percentile struct {
	Reached bool    `json:"reached"` // false: so many have not come back within Watched
	Days    float64 `json:"days"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"` // 0: the interval is open
}

// Seen tells whether enough gaps were seen for their median to be used where the
// catalogue names no cycle.
func (c Cycle) Seen() bool { return c.Gaps >= enoughGaps && c.Returners.Reached }

// Cycles are the usual times of all lines.
type Cycles []Cycle

// Settings of the need part.
const (
	// defaultCycle stands for a line nobody knows anything about, in days:
	// a packet of tea or coffee, a bottle of lotion.
	defaultCycle = 45.0
	// cycleWeight is how many observed gaps the usual cycle is worth when it
	// meets the customer's own.
	cycleWeight = 2.0
	// enoughGaps is from how many gaps on a line's own median is used, and how many
	// buyers must be left waiting for a wait to be followed.
	enoughGaps = 30
	// longestGap bounds what counts as a gap, in days; longer ones are returns
	// of customers who had been away.
	longestGap = 400
)

// Of returns the usual cycle of a line in days.
func (c Cycles) Of(line id.Line) float64 {
	for i := range c {
		if c[i].Line == line {
			return c[i].Days
		}
	}
	return defaultCycle
}

// maxLines bounds the lines of one customer that are followed.
const maxLines = 8

// lineRhythm is when a customer bought a line.
type lineRhythm struct {
	line        id.Line
	first, last event.Instant
	bought      int
}

func find(rhythms []lineRhythm, line id.Line) int {
	for i := range rhythms {
		if rhythms[i].line == line {
			return i
		}
	}
	return -1
}

// rhythms returns the lines the customer bought. An order without a line
// counts as line 0.
func rhythms(v past.View) (all [maxLines]lineRhythm, n int) {
	orders := v.Bought()
	for i := range orders {
		o := &orders[i]
		if o.Net() <= 0 {
			continue
		}
		if len(o.Lines) == 0 {
			n = note(&all, n, 0, o.At)
		}
		for _, line := range o.Lines {
			n = note(&all, n, line, o.At)
		}
	}
	return all, n
}

func note(all *[maxLines]lineRhythm, n int, line id.Line, at event.Instant) int {
	k := find(all[:n], line)
	if k < 0 {
		if n == maxLines {
			return n
		}
		all[n] = lineRhythm{line: line, first: at, last: at, bought: 1}
		return n + 1
	}
	if past.DayOf(at) != past.DayOf(all[k].last) {
		all[k].bought++
	}
	all[k].last = at
	return n
}

// cycle returns the customer's own cycle of the line in days: the mean of the
// own gaps and cycleWeight usual ones.
func (r lineRhythm) cycle(usual float64) float64 {
	own := float64(r.last-r.first) / past.Day
	return (cycleWeight*usual + own) / (cycleWeight + float64(r.bought-1))
}

// Due is when a customer is likely to need something again.
type Due struct {
	Line id.Line
	At   time.Time // zero: nothing known to be due
	// Days is the customer's own cycle of the line, shrunk to the usual one; Gaps is
	// from how many own gaps between days with an order.
	Days float64
	Gaps int
}

// givenUp is after how many cycles without a purchase nothing is due any more.
const givenUp = 3.0

// Next returns the line that is due first, by the customer's own cycle shrunk
// to the line's. A line not bought for three cycles is given up.
func Next(v past.View, usual Cycles) Due {
	all, n := rhythms(v)
	best := Due{}
	for _, r := range all[:n] {
		if due, is := r.due(v, usual); is && (best.At.IsZero() || due.At.Before(best.At)) {
			best = due
		}
	}
	return best
}

// All returns every line that has a date, soonest first; Next is the first of them.
func All(v past.View, usual Cycles) []Due {
	all, n := rhythms(v)
	var list []Due
	for _, r := range all[:n] {
		if due, is := r.due(v, usual); is {
			list = append(list, due)
		}
	}
	slices.SortStableFunc(list, func(a, b Due) int { return a.At.Compare(b.At) })
	return list
}

// due returns when the line is due again; false once it is given up.
func (r *lineRhythm) due(v past.View, usual Cycles) (Due, bool) {
	cycle := r.cycle(usual.Of(r.line))
	if v.Days(r.last) > givenUp*cycle {
		return Due{}, false
	}
	return Due{Line: r.line, At: r.last.Time().Add(time.Duration(cycle * float64(24*time.Hour))), Days: cycle, Gaps: r.bought - 1}, true
}

// readiness returns how ready a customer is to buy a line again after this
// many own cycles: nothing right after a purchase, a half shortly before the
// cycle is over, all of it from then on, less and less once two cycles passed
// without a purchase and the habit is breaking.
func readiness(cycles float64) float64 {
	ready := 1 / (1 + math.Exp(-(cycles-.9)/.1))
	if cycles > 2 {
		ready /= 1 + (cycles - 2)
	}
	return ready
}

// readyWithin returns the mean readiness from a number of own cycles on, over
// a horizon that is so many cycles long.
func readyWithin(cycles, horizon float64) float64 {
	const moments = 5
	sum := 0.0
	for i := range moments {
		sum += readiness(cycles + horizon*(float64(i)+.5)/moments)
	}
	return sum / moments
}
