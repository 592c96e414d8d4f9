package need

import (
	"math"
	"slices"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
)

// Cycle is the usual time between two purchases of a line.
type Cycle struct {
	Line  id.Line `json:"line"` // 0: orders of which the line is not known
	Days  float64 `json:"days"`
	Known bool    `json:"known"` // from the catalogue, else from the brand's orders or the default
	Gaps  int     `json:"gaps"`  // observed between two purchases
}

// Seen tells whether enough gaps were seen for their median to be used where the
// catalogue names no cycle.
func (c Cycle) Seen() bool { return c.Gaps >= enoughGaps }

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
	// enoughGaps is from how many gaps on a line's own median is used.
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

// CycleLearner counts gaps between purchases.
type CycleLearner struct {
	gaps map[id.Line]*[longestGap + 1]int
}

// NewCycleLearner returns a learner without gaps.
func NewCycleLearner() *CycleLearner {
	return &CycleLearner{gaps: map[id.Line]*[longestGap + 1]int{}}
}

// Add counts the gaps of one customer. Both ends of a gap must be seen, so
// that long cycles of young customers are missing: the median is a little
// short, which the catalogue's figure avoids.
func (l *CycleLearner) Add(v past.View) {
	var latest [maxLines]lineRhythm
	n := 0
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
			l.count(line, int((o.At-latest[k].last)/past.Day))
			latest[k].last = o.At
		}
	}
}

func (l *CycleLearner) count(line id.Line, days int) {
	if days < 1 || days > longestGap {
		return
	}
	if l.gaps[line] == nil {
		l.gaps[line] = new([longestGap + 1]int)
	}
	l.gaps[line][days]++
}

// Cycles returns the catalogue's cycle where there is one, else the median of
// the gaps, else the default.
func (l *CycleLearner) Cycles(known catalog.Catalog) Cycles {
	var cycles Cycles
	for _, line := range known.Lines {
		cycles = append(cycles, Cycle{Line: line.ID, Days: line.Cycle.Hours() / 24, Known: line.Cycle > 0})
	}
	for line := range l.gaps {
		if !slices.ContainsFunc(cycles, func(c Cycle) bool { return c.Line == line }) {
			cycles = append(cycles, Cycle{Line: line})
		}
	}
	for i := range cycles {
		c := &cycles[i]
		gaps, median := l.median(c.Line)
		c.Gaps = gaps
		if !c.Known {
			c.Days = defaultCycle
			if c.Seen() {
				c.Days = median
			}
		}
	}
	slices.SortFunc(cycles, func(a, b Cycle) int { return int(min(1, max(-1, a.Line-b.Line))) })
	return cycles
}

func (l *CycleLearner) median(line id.Line) (gaps int, days float64) {
	counts := l.gaps[line]
	if counts == nil {
		return 0, 0
	}
	for _, n := range counts {
		gaps += n
	}
	seen := 0
	for d, n := range counts {
		if seen += n; 2*seen >= gaps {
			return gaps, float64(d)
		}
	}
	return gaps, longestGap
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
}

// givenUp is after how many cycles without a purchase nothing is due any more.
const givenUp = 3.0

// Next returns the line that is due first, by the customer's own cycle shrunk
// to the line's. A line not bought for three cycles is given up.
func Next(v past.View, usual Cycles) Due {
	all, n := rhythms(v)
	best := Due{}
	for _, r := range all[:n] {
		cycle := r.cycle(usual.Of(r.line))
		if v.Days(r.last) > givenUp*cycle {
			continue
		}
		at := r.last.Time().Add(time.Duration(cycle * float64(24*time.Hour)))
		if best.At.IsZero() || at.Before(best.At) {
			best = Due{Line: r.line, At: at}
		}
	}
	return best
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
