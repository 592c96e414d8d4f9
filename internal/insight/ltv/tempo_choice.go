package ltv

import (
	"math"

	"siyu/internal/stats/btyd"
	"siyu/internal/stats/calibration"
)

// CalendarChoice is whether forecasts follow the calendar, found by looking ahead
// from days before the day of the forecast with it and without. Scores are 0
// where nothing was compared.
type CalendarChoice struct {
	Used    bool    `json:"used"`
	Origins int     `json:"origins"` // in whose days ahead the calendar makes a difference
	RPS     float64 `json:"rps"`     // of customers' orders, with it
	Plain   float64 `json:"rps_plain"`
	// Miss is the mean distance of log(actual / forecast) of the totals from its mean over
	// the days: what all days are off alike is the models' own, and any calendar that turns
	// that way would seem to be right.
	Miss      float64 `json:"miss"`
	PlainMiss float64 `json:"miss_plain"`
	// Seen counts festivals in the history with the weeks around them, Evidence is the log
	// of the Bayes factor that they give for effects as believed against none.
	Seen     int     `json:"seen,omitempty"`
	Evidence float64 `json:"evidence,omitempty"`
}

// Against tells whether the festivals that were seen went by as any other day.
func (c CalendarChoice) Against() bool { return c.Seen > 0 && c.Evidence < 0 }

// The calendar is judged over a year, from days half a horizon or a month apart,
// whichever is more, where it makes a difference of a hundredth; on a sample,
// because what it moves is common to all. It is followed if it is better for
// totals and for customers; three days must have told, for a total may be
// luckily high; the latest six tell enough. And festivals that were seen must not
// have gone by unnoticed: what else moves three totals may look like a calendar.
const (
	calendarStep      = 30 // days
	calendarLeast     = .01
	calendarCustomers = 4_000
	calendarOrigins   = 3
	calendarMost      = 6
	calendarGain      = .01  // of the miss, on the log scale
	calendarRPSGain   = .001 // share of RPS
)

// judgeCalendar compares the members with the calendar and without, each time by
// factors that were known on the day.
func (f *fitter) judgeCalendar(log *btyd.Log, members []string, until btyd.Day) CalendarChoice {
	back := lookingBack(log, until, f.days)
	if len(back.at) < calendarOrigins {
		return CalendarChoice{}
	}
	first, _, _ := log.Span()
	orders := ordersByDay(log, first, until)
	tempi := tempiBefore(orders, back)
	if len(tempi) < calendarOrigins {
		return CalendarChoice{}
	}
	var sum calendarContest
	for _, t := range tempi[:min(len(tempi), calendarMost)] {
		p := newPanel(log, panelOf{until: t.From, window: windowBefore(log, t.From, t.days), most: calendarCustomers})
		if len(p.cases) < fewCustomers {
			continue
		}
		plain := newFitter(t.days)
		plain.k = f.k
		bent := *plain
		bent.festive, bent.tempo = true, t.Tempo
		sum.compare(p, append(plain.fitAll(members, p), bent.fitAll(members, p)...), t.From+btyd.Day(t.days))
	}
	return sum.choice(orders.witness())
}

// calendarContest is what days ahead have told, with the calendar and without.
type calendarContest struct {
	rps, plainRPS       float64 // sums over days
	misses, plainMisses []float64
}

func (s *calendarContest) choice(seen int, evidence float64) CalendarChoice {
	c := CalendarChoice{Origins: len(s.misses), Seen: seen, Evidence: evidence}
	if c.Origins == 0 {
		return c
	}
	n := float64(c.Origins)
	c.RPS, c.Plain, c.Miss, c.PlainMiss = s.rps/n, s.plainRPS/n, scattering(s.misses), scattering(s.plainMisses)
	c.Used = c.Origins >= calendarOrigins && c.Miss < c.PlainMiss-calendarGain && c.RPS < c.Plain*(1-calendarRPSGain) && !c.Against()
	return c
}

// scattering returns the mean distance from the mean.
func scattering(values []float64) (distance float64) {
	n := float64(len(values))
	mean := 0.
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		distance += math.Abs(v-mean) / n
	}
	return distance
}

// compare adds what came of the mixture of the first half of the models, which
// go without the calendar, and of the second, which are the same with it.
func (s *calendarContest) compare(p *panel, models []Fitted, end btyd.Day) {
	half := len(models) / 2
	placed, ahead := p.placed(end), newOutcome(models)
	var mix btyd.Forecast
	rps, plain := 0., 0.
	p.each(models, func(i int, forecasts []btyd.Forecast) {
		ahead.add(forecasts, placed[i])
		mix = mixed(forecasts[:half], mix.CDF)
		plain += calibration.RankedProbability(mix.CDF, placed[i])
		mix = mixed(forecasts[half:], mix.CDF)
		rps += calibration.RankedProbability(mix.CDF, placed[i])
	})
	without, with := make([]int, half), make([]int, half)
	for j := range half {
		without[j], with[j] = j, half+j
	}
	before, after := pastTotal{ahead.mixedTotal(without), ahead.actual}, pastTotal{ahead.mixedTotal(with), ahead.actual}
	if !before.tells() || !after.tells() {
		return
	}
	s.rps, s.plainRPS = s.rps+rps/float64(len(p.cases)), s.plainRPS+plain/float64(len(p.cases))
	s.misses, s.plainMisses = append(s.misses, math.Log(ahead.actual/after.mean)), append(s.plainMisses, math.Log(ahead.actual/before.mean))
}

// pastTempo is the tempo of an inner day to look ahead from.
type pastTempo struct {
	*Tempo
	days int // ahead
}

// tempiBefore returns those of the days looked back from that make a difference, in
// their order.
func tempiBefore(orders daily, back backDays) []pastTempo {
	var found []pastTempo
	for _, at := range back.at {
		t := tempoOf(calendarOf(daily{orders.first, orders.orders[:at-orders.first+1]}), at)
		if math.Abs(t.pace(at, at+btyd.Day(back.ahead))-1) >= calendarLeast {
			found = append(found, pastTempo{t, back.ahead})
		}
	}
	return found
}
