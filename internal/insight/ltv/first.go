package ltv

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
	"siyu/internal/stats/shrink"
)

// FirstOrders is how soon customers who were known before they bought place
// their first order, and which share never will: a cure model with bounded
// cumulative hazard (Yakovlev and Tsodikov 1996; Chen, Ibrahim and Sinha 1999,
// JASA 94, the population's survival function). A customer who came by one way in one quarter has not bought
// after t weeks with probability exp(-factor x L(t)), factor being that of the
// way times that of the quarter, L the integral of Hazard. L is bounded, so that
// exp(-factor x L(infinity)) never buy.
type FirstOrders struct {
	Hazard   []float64     `json:"hazard"` // orders per week at factor 1, one for each of firstStretches
	Error    []float64     `json:"error"`  // standard deviation of its log
	Ways     []FirstFactor `json:"ways,omitempty"`
	Quarters []FirstFactor `json:"quarters,omitempty"`
	// Course is how usual time passes from the day that was learned until: contacts
	// grow older faster while everybody buys. Empty where the calendar is not
	// followed.
	Course btyd.Course `json:"course,omitempty"`
	// Reach is what the end of the last relation changes.
	Reach Reach `json:"reach"`
	// Events and Customers are what was learned from: contacts who had not
	// bought when they became known, as long as somebody had them.
	Events    int `json:"events"`
	Customers int `json:"customers"`
}

// FirstFactor is how much more or less often than usual contacts of one way or
// one quarter place a first order.
type FirstFactor struct {
	Key       int     `json:"key"` // a way, or a Quarter
	Customers int     `json:"customers"`
	Events    int     `json:"events"`
	Value     float64 `json:"value"`
	Error     float64 `json:"error"` // standard deviation of its log
	Prior     float64 `json:"prior"` // share of it that is still the brand's
}

// Quarter is a quarter of a year of the business zone: four times the year plus
// the quarter counted from 0.
type Quarter int

// QuarterOf returns the quarter of an instant.
func QuarterOf(at event.Instant) Quarter {
	const secondsOfDay = 24 * 60 * 60
	t := time.Unix(at.Day()*secondsOfDay, 0).UTC()
	return Quarter(4*t.Year() + (int(t.Month())-1)/3)
}

// Year returns the year, and Of the quarter in it, 1 to 4.
func (q Quarter) Year() int { return int(q) / 4 }

// Of returns the number of the quarter in its year, 1 to 4.
func (q Quarter) Of() int { return int(q)%4 + 1 }

// firstStretches returns the ends of the stretches of constant hazard in weeks.
// In the last the hazard halves every firstTail weeks. Most who buy at all buy
// soon.
func firstStretches() [7]float64 { return [...]float64{1, 4, 13, 26, 52, 104, math.Inf(1)} }

const firstTail = 52

// What is assumed before anybody was seen: one first order in fifty customer
// weeks of the first stretch; of each later one half of what the one before
// showed, because who has not bought by then mostly never will. Each is worth
// one order, so that its logarithm is known to about one.
const (
	usualFirstRate = .02
	usualDecline   = .5
)

// spanOf returns the part of the first t weeks that lies in stretch i, weeks of
// the tail counting as its hazard does.
func spanOf(i int, t float64) float64 {
	ends, from := firstStretches(), 0.0
	if i > 0 {
		from = ends[i-1]
	}
	switch {
	case t <= from:
		return 0
	case i == len(ends)-1:
		return -math.Expm1(-math.Ln2*(t-from)/firstTail) * firstTail / math.Ln2
	}
	return min(t, ends[i]) - from
}

// firstSeen is the contacts of one way and quarter: weeks without an order in
// each stretch, the orders that ended them, and the weeks and orders of those whom
// nobody had any more.
type firstSeen struct {
	weeks, orders, gone [7]float64
	customers           int
	left, late          int
}

type firstKey struct {
	way     int
	quarter Quarter
}

// firstLearner counts contacts until their first order or the end of their last
// relation or, where there was neither, until today.
type firstLearner struct {
	seen   map[firstKey]*firstSeen
	reach  reachLearner
	bought map[Quarter]int // customers by the quarter of their first order
}

// waiting is a customer who was known before the first order.
type waiting struct {
	way    int
	since  event.Instant
	weeks  float64 // until the first order, the end of the last relation, or today
	bought bool    // the first order ended the wait
	left   bool    // the end of the last relation did
	gone   float64 // weeks from then until the first order, or today
	late   bool    // the first order came after it
}

func (l *firstLearner) add(c waiting) {
	if l.seen == nil {
		l.seen = map[firstKey]*firstSeen{}
	}
	key := firstKey{c.way, QuarterOf(c.since)}
	s := l.seen[key]
	if s == nil {
		s = new(firstSeen)
		l.seen[key] = s
	}
	s.customers++
	s.leave(c)
	l.reach.add(c)
	for i, to := range firstStretches() {
		s.weeks[i] += spanOf(i, c.weeks)
		if c.weeks <= to {
			if c.bought {
				s.orders[i]++
			}
			return
		}
	}
}

// leave counts the weeks after the end of the last relation.
func (s *firstSeen) leave(c waiting) {
	if !c.left {
		return
	}
	s.left++
	if c.late {
		s.late++
	}
	for i := range s.gone {
		s.gone[i] += spanOf(i, c.weeks+c.gone) - spanOf(i, c.weeks)
	}
}

// ordered counts a customer who has bought, whoever was known first.
func (l *firstLearner) ordered(first event.Instant) {
	if l.bought == nil {
		l.bought = map[Quarter]int{}
	}
	l.bought[QuarterOf(first)]++
}

// strayOrders is the share of first orders, earliest first, that do not tell
// since when orders are known.
const strayOrders = .01

// begins returns the quarter in which orders begin to be known.
func (l *firstLearner) begins() Quarter {
	all, seen := 0, 0
	for _, n := range l.bought {
		all += n
	}
	for _, q := range slices.Sorted(maps.Keys(l.bought)) {
		if seen += l.bought[q]; float64(seen) > strayOrders*float64(all) {
			return q
		}
	}
	return 0
}

// firstRounds is how often hazards and factors are fitted in turn. Each round
// raises the posterior; the products that forecasts use stand after a few.
const firstRounds = 50

// learned leaves out contacts of quarters before orders are known: whether they
// had bought nobody knows.
func (l *firstLearner) learned() FirstOrders {
	begins := l.begins()
	maps.DeleteFunc(l.seen, func(k firstKey, _ *firstSeen) bool { return k.quarter < begins })
	keys := slices.SortedFunc(maps.Keys(l.seen), func(a, b firstKey) int {
		return cmp.Or(cmp.Compare(a.way, b.way), cmp.Compare(a.quarter, b.quarter))
	})
	var f FirstOrders
	f.setHazards(l.seen, keys)
	for range firstRounds {
		f.Ways = f.factors(l.seen, keys, firstKey.byWay, func(k firstKey) float64 { return factorOf(f.Quarters, int(k.quarter)).Value })
		f.Quarters = f.factors(l.seen, keys, firstKey.byQuarter, func(k firstKey) float64 { return factorOf(f.Ways, k.way).Value })
		f.setHazards(l.seen, keys)
	}
	f.Reach = f.reachOf(l, keys)
	for _, s := range l.seen {
		f.Customers += s.customers
		for _, n := range s.orders {
			f.Events += int(n)
		}
	}
	return f
}

func (k firstKey) byWay() int     { return k.way }
func (k firstKey) byQuarter() int { return int(k.quarter) }

// setHazards fits the hazards at the factors in force.
func (f *FirstOrders) setHazards(seen map[firstKey]*firstSeen, keys []firstKey) {
	hazard, deviation, usual := make([]float64, 0, 7), make([]float64, 0, 7), usualFirstRate
	for i := range firstStretches() {
		weeks, orders := 1/usual, 1.0
		for _, k := range keys {
			weeks += f.factor(k.way, k.quarter) * seen[k].weeks[i]
			orders += seen[k].orders[i]
		}
		hazard, deviation = append(hazard, orders/weeks), append(deviation, 1/math.Sqrt(orders))
		usual = hazard[i] * usualDecline
	}
	f.Hazard, f.Error = hazard, deviation
}

// factors fits the factors of ways or quarters, whichever by names, at the
// hazards in force and the factors of the others. Their mean is 1: how high the
// rate is, hazards say.
func (f *FirstOrders) factors(seen map[firstKey]*firstSeen, keys []firstKey, by func(firstKey) int, other func(firstKey) float64) []FirstFactor {
	var list []FirstFactor
	var groups []shrink.Group
	for _, k := range keys {
		at, known := slices.BinarySearchFunc(list, by(k), func(x FirstFactor, key int) int { return cmp.Compare(x.Key, key) })
		if !known {
			list, groups = slices.Insert(list, at, FirstFactor{Key: by(k)}), slices.Insert(groups, at, shrink.Group{})
		}
		rest := other(k)
		list[at].Customers += seen[k].customers
		for i, weeks := range seen[k].weeks {
			groups[at].Expected += rest * f.Hazard[i] * weeks
			groups[at].Events += seen[k].orders[i]
		}
	}
	factors, shape := shrink.Factors(groups)
	usual := shrink.Mean(groups, factors)
	for i := range list {
		list[i].Events = int(groups[i].Events)
		list[i].Value, list[i].Prior = factors[i].Value/usual, factors[i].Prior
		list[i].Error = 1 / math.Sqrt(shape+groups[i].Events)
	}
	return list
}

// factorOf returns the factor with the key, 1 where nobody was seen.
func factorOf(list []FirstFactor, key int) FirstFactor {
	for i := range list {
		if list[i].Key == key {
			return list[i]
		}
	}
	return FirstFactor{Key: key, Value: 1, Prior: 1}
}

func (f *FirstOrders) factor(way int, quarter Quarter) float64 {
	return factorOf(f.Ways, way).Value * factorOf(f.Quarters, int(quarter)).Value
}

// Contact is a customer who has not bought, by how and when the first relation
// began.
type Contact struct {
	Way     int
	Quarter Quarter
	Left    bool // the last relation has ended
}

// contactOf returns the contact in the view and for how many weeks it is known.
func contactOf(v past.View) (c Contact, known float64) {
	since, way := v.Since()
	_, left := v.Left()
	return Contact{Way: way, Quarter: QuarterOf(since), Left: left}, max(0, v.Days(since)/7)
}

// Chance returns the probability of a first order within the horizon of a
// contact known for some weeks who has not bought, all in weeks.
func (f *FirstOrders) Chance(c Contact, known, horizon float64) float64 {
	return -math.Expm1(-f.factor(c.Way, c.Quarter) * f.ahead(c, known, horizon))
}

// ahead returns the integral of the hazard over the weeks that are ahead of a contact
// known for some, at factor 1.
func (f *FirstOrders) ahead(c Contact, known, horizon float64) (sum float64) {
	f.parts(c, known, f.Course.Within(horizon), func(_ int, part float64) { sum += part })
	return sum
}

// Ranged is a number with the central 80 % of what it may be.
type Ranged struct {
	Value, Low, High float64
}

// Chances returns Chance with what is not known of hazards and factors, by the
// delta method on the log of the cumulative hazard. Ways and quarters nobody was
// seen of have the brand's; a contact of way AnyWay or of quarter 0 is one of
// the usual.
func (f *FirstOrders) Chances(c Contact, known, horizon float64) Ranged {
	way, quarter := factorOf(f.Ways, c.Way), factorOf(f.Quarters, int(c.Quarter))
	sum, variance := 0.0, 0.0
	f.parts(c, known, f.Course.Within(horizon), func(i int, part float64) {
		sum += part
		variance += part * part * f.Error[i] * f.Error[i]
	})
	if sum <= 0 {
		return Ranged{}
	}
	spread := stats.Central80 * math.Sqrt(variance/(sum*sum)+way.Error*way.Error+quarter.Error*quarter.Error)
	at := func(scale float64) float64 { return -math.Expm1(-sum * way.Value * quarter.Value * scale) }
	return Ranged{Value: at(1), Low: at(math.Exp(-spread)), High: at(math.Exp(spread))}
}

// AnyWay is the way of a contact of whom nothing is told.
const AnyWay = -1

// Never returns which share of the contacts never buys.
func (f *FirstOrders) Never(c Contact) Ranged {
	ever := f.Chances(c, 0, math.Inf(1))
	return Ranged{Value: 1 - ever.Value, Low: 1 - ever.High, High: 1 - ever.Low}
}
