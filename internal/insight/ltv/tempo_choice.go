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
	// Miss is the mean of |log(actual / forecast)| of the totals.
	Miss      float64 `json:"miss"`
	PlainMiss float64 `json:"miss_plain"`
}

// The calendar is judged over a year, from days half a horizon or a month apart,
// whichever is more, where it makes a difference of a hundredth; on a sample,
// because what it moves is common to all. It is followed if it is better for
// totals and for customers; three days must have told, for a total may be
// luckily high; the latest six tell enough.
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
	var sum CalendarChoice
	tempi := tempiBefore(log, until, f.days)
	if len(tempi) < calendarOrigins {
		return sum
	}
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
	if n := float64(sum.Origins); n > 0 {
		sum.RPS, sum.Plain, sum.Miss, sum.PlainMiss = sum.RPS/n, sum.Plain/n, sum.Miss/n, sum.PlainMiss/n
	}
	sum.Used = sum.Origins >= calendarOrigins && sum.Miss < sum.PlainMiss-calendarGain && sum.RPS < sum.Plain*(1-calendarRPSGain)
	return sum
}

// compare adds what came of the mixture of the first half of the models, which
// go without the calendar, and of the second, which are the same with it.
func (s *CalendarChoice) compare(p *panel, models []Fitted, end btyd.Day) {
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
	s.Origins++
	s.RPS, s.Plain = s.RPS+rps/float64(len(p.cases)), s.Plain+plain/float64(len(p.cases))
	s.Miss += math.Abs(math.Log(ahead.actual / after.mean))
	s.PlainMiss += math.Abs(math.Log(ahead.actual / before.mean))
}

// pastTempo is the tempo of an inner day to look ahead from.
type pastTempo struct {
	*Tempo
	days int // ahead
}

// tempiBefore returns those of the past year that make a difference, latest
// first.
func tempiBefore(log *btyd.Log, until btyd.Day, days int) []pastTempo {
	back := lookingBack(log, until, days)
	if len(back.at) == 0 {
		return nil
	}
	first, _, _ := log.Span()
	orders := ordersByDay(log, first, until)
	var found []pastTempo
	for _, at := range back.at {
		t := tempoOf(calendarOf(daily{first, orders.orders[:at-first+1]}), at)
		if math.Abs(t.pace(at, at+btyd.Day(back.ahead))-1) >= calendarLeast {
			found = append(found, pastTempo{t, back.ahead})
		}
	}
	return found
}
