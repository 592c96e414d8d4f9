package ltv

import (
	"math"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Calendar is what festivals do to the orders of everybody: a factor on the rate
// of their days, the same for all customers.
type Calendar struct {
	Effects []Effect `json:"effects"`
	// Days is how long orders are known for. Below two years a festival and a trend
	// look alike, and the effects are what is assumed.
	Days int `json:"days"`
	// Noise is the standard deviation, on the log scale, of a fortnight against the
	// weeks around it without any festival.
	Noise float64 `json:"noise"`
}

// Effect is one festival's: Factor times the rate of the weeks around it.
type Effect struct {
	Festival Festival `json:"festival"`
	Factor   float64  `json:"factor"`
	Low      float64  `json:"low"` // central 80 %
	High     float64  `json:"high"`
	Prior    float64  `json:"prior"` // share of it that is still assumed
	Times    int      `json:"times"` // that it was seen with the weeks around it
	log      float64
}

const (
	// leastCalendar is from how many days of orders on effects are estimated.
	leastCalendar = 2 * 365
	// around is how many days before and after a festival it is compared with.
	around = 28
	// yearly is by how much a festival differs from one year to the next, on the
	// log scale; usualNoise what Noise is taken for, worth noiseWeight fortnights.
	yearly      = .1
	usualNoise  = .1
	noiseWeight = 4
	fortnight   = 14
)

// NewCalendar learns from orders up to and including a day. Each time a festival
// is compared with the other days of the four weeks before and after it; the
// times are averaged with what is assumed, by their precisions (normal mean with
// known variances). Orders of a day vary more than Poisson counts: how much more,
// days without festivals tell.
func NewCalendar(log *btyd.Log, until btyd.Day) Calendar {
	d := daily{first: until + 1}
	if first, _, ok := log.Span(); ok && first <= until {
		d = ordersByDay(log, first, until)
	}
	return calendarOf(d)
}

func calendarOf(d daily) Calendar {
	c := Calendar{Days: len(d.orders)}
	c.Noise = d.noise()
	for _, f := range Festivals() {
		c.Effects = append(c.Effects, d.effect(f, c))
	}
	return c
}

// daily is the orders of each day.
type daily struct {
	first  btyd.Day
	orders []float64
}

func ordersByDay(log *btyd.Log, first, until btyd.Day) daily {
	d := daily{first: first, orders: make([]float64, until-first+1)}
	for i := range log.Customers() {
		for _, o := range log.Orders(i) {
			if o.Day >= first && o.Day <= until {
				d.orders[o.Day-first]++
			}
		}
	}
	return d
}

func (d daily) last() btyd.Day { return d.first + btyd.Day(len(d.orders)) - 1 }

// against returns the log of the rate from one day to another over that of the
// days around them that no festival touches, and the variance of counting. ok is
// false where not all of those days are known or too few orders fell on them.
func (d daily) against(from, to btyd.Day) (ratio, variance float64, ok bool) {
	const least = 20
	if from-around < d.first || to+around > d.last() {
		return 0, 0, false
	}
	var inside, insideDays, beside, besideDays float64
	for day := from - around; day <= to+around; day++ {
		n := d.orders[day-d.first]
		if day >= from && day <= to {
			inside, insideDays = inside+n, insideDays+1
		} else if _, festive := festivalOf(day); !festive {
			beside, besideDays = beside+n, besideDays+1
		}
	}
	if beside < least || besideDays < around {
		return 0, 0, false
	}
	inside = max(inside, .5)
	return math.Log(inside / insideDays * besideDays / beside), 1/inside + 1/beside, true
}

// noise compares fortnights without festivals with the weeks around them.
func (d daily) noise() float64 {
	sum, n := noiseWeight*usualNoise*usualNoise, float64(noiseWeight)
	for from := d.first + around; from+fortnight+around <= d.last(); from += fortnight {
		if d.festive(from, from+fortnight-1) {
			continue
		}
		if ratio, variance, ok := d.against(from, from+fortnight-1); ok {
			sum, n = sum+max(0, ratio*ratio-variance), n+1
		}
	}
	return math.Sqrt(sum / n)
}

func (d daily) festive(from, to btyd.Day) bool {
	for day := from; day <= to; day++ {
		if _, festive := festivalOf(day); festive {
			return true
		}
	}
	return false
}

func (d daily) effect(f Festival, c Calendar) Effect {
	b := beliefIn(f)
	if c.Days >= leastCalendar {
		d.teach(&b, c.Noise)
	}
	e := Effect{Festival: f, Times: b.times, log: b.mean}
	spread := stats.Central80 / math.Sqrt(b.precision)
	e.Factor, e.Low, e.High = math.Exp(e.log), math.Exp(e.log-spread), math.Exp(e.log+spread)
	e.Prior = beliefIn(f).precision / b.precision
	return e
}

// belief is a normal distribution of the log of a festival's factor.
type belief struct {
	festival        Festival
	mean, precision float64
	times           int // that it was seen
}

func beliefIn(f Festival) belief {
	return belief{festival: f, mean: believed(f), precision: 1 / (believedSpread * believedSpread)}
}

// teach adds each time the festival was seen with the weeks around it.
func (d daily) teach(b *belief, noise float64) {
	for year := d.first.Time().Year(); year <= d.last().Time().Year(); year++ {
		from, to, known := b.festival.in(year)
		if !known {
			continue
		}
		if ratio, variance, ok := d.against(from, to); ok {
			weight := 1 / (variance + noise*noise + yearly*yearly)
			b.mean = (b.mean*b.precision + ratio*weight) / (b.precision + weight)
			b.precision, b.times = b.precision+weight, b.times+1
		}
	}
}

// witness returns how often festivals were seen, and the log of how much likelier
// what was seen is if they matter as believed than if they do not at all: the density
// of no effect before over that after (Dickey 1971, Annals of Mathematical Statistics
// 42, 204-223).
func (d daily) witness() (times int, evidence float64) {
	noise := d.noise()
	for _, f := range Festivals() {
		before := beliefIn(f)
		after := before
		d.teach(&after, noise)
		times, evidence = times+after.times, evidence+before.none()-after.none()
	}
	return times, evidence
}

// none returns the log of the density of no effect, up to a constant.
func (b belief) none() float64 { return math.Log(b.precision)/2 - b.precision*b.mean*b.mean/2 }

// Seen tells whether any effect is more than an assumption.
func (c Calendar) Seen() bool {
	for _, e := range c.Effects {
		if e.Times > 0 {
			return true
		}
	}
	return false
}

// Over returns the mean factor of the days after from up to and including to; 1
// for no days.
func (c Calendar) Over(from, to btyd.Day) float64 {
	if to <= from {
		return 1
	}
	more := 0.0
	for year := from.Time().Year(); year <= to.Time().Year(); year++ {
		for _, e := range c.Effects {
			first, last, known := e.Festival.in(year)
			if days := min(last, to) - max(first, from+1) + 1; known && days > 0 {
				more += float64(days) * (e.Factor - 1)
			}
		}
	}
	return 1 + more/float64(to-from)
}

// Season is how a forecast of totals fares with festivals and without.
type Season struct {
	Calendar
	// Predicted is the tracking curve with the factors of its days over those of the
	// history the models were fitted on, or as models that follow the calendar told it;
	// Without is the curve without festivals.
	Predicted []float64 `json:"predicted"`
	Without   []float64 `json:"without"`
	// Miss is the mean distance of the curve from the actual one, as a share of the
	// actual total; Plain that of the curve without festivals.
	Miss  float64 `json:"miss"`
	Plain float64 `json:"plain"`
}

// seasonYear is how much of the history models speak from where it comes to
// festivals: the last year, in which each of them was once.
const seasonYear = 365

// Season compares the tracking curve of a backtest from a cut with festivals and without.
func (b *Backtest) Season(log *btyd.Log, cut btyd.Day) Season {
	s := SeasonOf(log, cut, b.Plain())
	if b.plain == nil {
		return s
	}
	for i, t := range b.Tracking {
		s.Predicted[i] = t.Predicted
	}
	s.judge(b.Plain())
	return s
}

// SeasonOf bends the tracking curve of a backtest from a cut by festivals as they
// are known on that day. The models know no festivals: their pace is that of the
// year before the cut, with the festivals that were in it.
func SeasonOf(log *btyd.Log, cut btyd.Day, curve []Tracked) Season {
	s := Season{Calendar: NewCalendar(log, cut)}
	usual := s.Over(cut-btyd.Day(min(seasonYear, max(1, s.Days))), cut)
	from, plain, sum := cut, 0.0, 0.0
	for _, t := range curve {
		to := cut + btyd.Day(math.Round(t.Week*7))
		sum += (t.Predicted - plain) * s.Over(from, to) / usual
		s.Predicted, s.Without = append(s.Predicted, sum), append(s.Without, t.Predicted)
		from, plain = to, t.Predicted
	}
	s.judge(curve)
	return s
}

// judge compares both curves with the actual one.
func (s *Season) judge(curve []Tracked) {
	s.Miss, s.Plain = 0, 0
	for i, t := range curve {
		s.Miss += math.Abs(s.Predicted[i] - t.Actual)
		s.Plain += math.Abs(s.Without[i] - t.Actual)
	}
	if n := len(curve); n > 0 && curve[n-1].Actual > 0 {
		all := float64(n) * curve[n-1].Actual
		s.Miss, s.Plain = s.Miss/all, s.Plain/all
	}
}
