package ltv

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

// Reach is what the end of the last relation does to a first order: who ended it, or
// was given up, hears of the brand no more, and buys as the shop alone brings it about.
type Reach struct {
	// Ends is how many of those who have not bought lose their last relation in a week,
	// 0 where no end is known: then hazards are of whoever once was a contact.
	Ends float64 `json:"ends"`
	// Gone is the hazard of a first order after that, as a multiple of what it would be.
	Gone float64 `json:"gone"`
	// Left is how many lost their last relation before they bought, and Late how many
	// of them bought all the same.
	Left int `json:"left"`
	Late int `json:"late"`
}

// Before anybody was seen who left, half of the first orders are believed to come all
// the same, as of a value (mind), as firmly as one such order.
const (
	usualGone = .5
	firmGone  = 1.0
)

// Prior returns which share of what is known of Gone was believed before anybody was seen.
func (r Reach) Prior() float64 { return firmGone / (firmGone + float64(r.Late)) }

// waitOf returns the wait of a contact from the first relation on, until the first order
// or, not having bought, until today. The end of the last relation ends it.
func waitOf(c *profile.Customer, way int, since, until event.Instant, bought bool) waiting {
	const week = 7 * past.Day
	w := waiting{way: way, since: since, weeks: float64(until-since) / week, bought: bought}
	if left, gone := (past.View{Customer: c, At: until, Orders: until}).Left(); gone {
		w.left, w.late, w.bought = true, bought, false
		w.weeks, w.gone = float64(left-since)/week, float64(until-left)/week
	}
	return w
}

// reachLearner counts relations of contacts who have not bought, by day.
type reachLearner struct {
	days  map[int64]int // waits that ended less waits that began
	left  int
	first int64 // day on which the first relation ended that is known to
}

func (l *reachLearner) add(c waiting) {
	if l.days == nil {
		l.days = map[int64]int{}
	}
	end := (c.since + event.Instant(c.weeks*7*past.Day)).Day()
	l.days[c.since.Day()]--
	l.days[end]++
	if c.left {
		if l.left == 0 || end < l.first {
			l.first = end
		}
		l.left++
	}
}

// ends returns how many relations end in a week: who had left before the first known end
// is nowhere, so that contacts and ends are counted from it on, itself left out.
func (l *reachLearner) ends() float64 {
	days := 0
	for day, n := range l.days {
		days += n * int(max(0, day-l.first))
	}
	if l.left < 2 || days <= 0 {
		return 0
	}
	return 7 * float64(l.left-1) / float64(days)
}

// reachOf fits what comes after the end of the last relation at the hazards in force (gamma
// prior, Poisson counts).
func (f *FirstOrders) reachOf(l *firstLearner, keys []firstKey) Reach {
	r := Reach{Ends: l.reach.ends()}
	expected := firmGone / usualGone
	for _, k := range keys {
		s := l.seen[k]
		r.Left, r.Late = r.Left+s.left, r.Late+s.late
		for i, weeks := range s.gone {
			expected += f.factor(k.way, k.quarter) * f.Hazard[i] * weeks
		}
	}
	r.Gone = (firmGone + float64(r.Late)) / expected
	return r
}

// parts calls with the hazard of each stretch, at factor 1, summed over so many usual
// weeks that are ahead of a contact known for some. It is the mean over when the relation
// may end: as a chance of an order that is a little too high, .02 where four in ten end in
// a year.
func (f *FirstOrders) parts(c Contact, known, usual float64, with func(i int, part float64)) {
	for i, hazard := range f.Hazard {
		from, to := stretchIn(i, known, known+usual)
		if to <= from {
			continue
		}
		all, related := spanOf(i, to)-spanOf(i, from), 0.0
		if !c.Left {
			related = all
			if f.Reach.Ends > 0 {
				related = f.stays(i, known, from-known, to-known)
			}
		}
		with(i, hazard*(related+f.Reach.Gone*(all-related)))
	}
}

// stays returns how many of the usual weeks of stretch i between two that are ahead fall
// into the relation, weeks of the tail counting as its hazard does from known on.
func (f *FirstOrders) stays(i int, known, from, to float64) float64 {
	fall, begins := 0.0, 1.0
	if i == len(f.Hazard)-1 {
		fall = math.Ln2 / firstTail
		begins = math.Exp(-fall * (known + from - tailBegins()))
	}
	both := fall + f.Reach.Ends
	return begins * math.Exp(-f.Reach.Ends*from) * -math.Expm1(-both*(to-from)) / both
}

// tailBegins returns the age at which the last stretch begins, in weeks.
func tailBegins() float64 {
	ends := firstStretches()
	return ends[len(ends)-2]
}

// stretchIn returns the part of stretch i between two ages.
func stretchIn(i int, from, to float64) (begin, end float64) {
	ends := firstStretches()
	if i > 0 {
		from = max(from, ends[i-1])
	}
	return from, min(to, ends[i])
}
