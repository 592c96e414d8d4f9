package need

import (
	"cmp"
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
	switch {
	case k >= 0:
		if past.DayOf(at) != past.DayOf(all[k].last) {
			all[k].bought++
		}
		all[k].last = at
		return n
	case n == maxLines:
		k = stalest(all)
	default:
		k, n = n, n+1
	}
	all[k] = lineRhythm{line: line, first: at, last: at, bought: 1}
	return n
}

// stalest returns the line not bought for the longest: it gives way where there are too many.
func stalest(all *[maxLines]lineRhythm) (k int) {
	for i := range all {
		if all[i].last < all[k].last {
			k = i
		}
	}
	return k
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

// Late returns how long ago the line was due at a moment, in own cycles; below 0 before.
func (d Due) Late(at event.Instant) float64 {
	return float64(at-event.At(d.At)) / past.Day / d.Days
}

// By tells whether the line is due on the business day of a moment or before.
func (d Due) By(at event.Instant) bool { return past.DayOf(event.At(d.At)) <= past.DayOf(at) }

const (
	// givenUp is after how many cycles without a purchase nothing is due any more.
	givenUp = 3.0
	// passedOver is how many cycles after its date a line bought on one day only is given
	// up too, once others are bought: the customer was there and did not want it.
	passedOver = .5
)

// Next returns the first of All; its date is zero where nothing has one.
func Next(v past.View, usual Cycles) Due {
	all, n := rhythms(v)
	best := Due{}
	for i := range all[:n] {
		if due, is := dueOf(all[:n], i, v, usual); is && (best.At.IsZero() || compare(v.At, due, best) < 0) {
			best = due
		}
	}
	return best
}

// All returns every line that has a date, by the customer's own cycle shrunk to the
// line's. What is due by the end of the day stands first, and of that the freshest: a line
// that has waited for long would otherwise hide, until it is given up, what the customer
// buys in rhythm. What is to come follows, soonest first.
func All(v past.View, usual Cycles) []Due {
	all, n := rhythms(v)
	var list []Due
	for i := range all[:n] {
		if due, is := dueOf(all[:n], i, v, usual); is {
			list = append(list, due)
		}
	}
	slices.SortStableFunc(list, func(a, b Due) int { return compare(v.At, a, b) })
	return list
}

func compare(at event.Instant, a, b Due) int {
	switch is := a.By(at); {
	case is != b.By(at):
		if is {
			return -1
		}
		return 1
	case is:
		return cmp.Compare(a.Late(at), b.Late(at))
	}
	return a.At.Compare(b.At)
}

// dueOf returns when one of the customer's lines is due again; false once it is given up.
func dueOf(all []lineRhythm, i int, v past.View, usual Cycles) (Due, bool) {
	r := &all[i]
	cycle := r.cycle(usual.Of(r.line))
	if v.Days(r.last) > givenUp*cycle || r.bought == 1 && float64(latestOther(all, i)-r.last)/past.Day >= (1+passedOver)*cycle {
		return Due{}, false
	}
	return Due{Line: r.line, At: r.last.Time().Add(time.Duration(cycle * float64(24*time.Hour))), Days: cycle, Gaps: r.bought - 1}, true
}

// latestOther returns when another line was bought last, 0: never. An order that shows no
// line may have been of this one.
func latestOther(all []lineRhythm, i int) (at event.Instant) {
	for k := range all {
		if k != i && all[k].line != 0 {
			at = max(at, all[k].last)
		}
	}
	return at
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
