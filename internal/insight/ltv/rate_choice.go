package ltv

import (
	"math"

	"siyu/internal/stats/btyd"
	"siyu/internal/stats/calibration"
)

// RateChoice is whether forecasts take stores and months of first order to differ
// in their rates, found by looking ahead from days before the day of the forecast
// with factors that were known on each and without.
type RateChoice struct {
	RateKinds
	Origins int     `json:"origins"` // days it was judged from, 0: none
	Plain   float64 `json:"rps_plain"`
	// Trials are the kinds that were compared, the same customers each.
	Trials []RateTrial `json:"trials,omitempty"`
}

// RateTrial is how forecasts with factors fared.
type RateTrial struct {
	RateKinds
	RPS float64 `json:"rps"`
	// SE is the standard error of Plain less RPS, as large as it is if one day
	// tells no more than another does.
	SE     float64 `json:"se"`
	Groups int     `json:"groups"` // that differ on the day of the forecast
	// Prior is the share of their factors that is still 1, mean over customers, and
	// Spread how far they are apart: the standard deviation of the log over customers.
	Prior     float64 `json:"prior"`
	Spread    float64 `json:"spread"`
	Customers int     `json:"customers"` // that factors were learned from
	Repeats   int     `json:"repeats"`
}

// Rates are judged as the calendar is, from days of the past year half a horizon
// or a month apart on a sample of customers: factors are used that make the RPS
// better by a thousandth and by a standard error, both kinds if that is better by
// a thousandth than one.
const (
	rateTrialCustomers = 6_000
	mostRateOrigins    = 4
	rateGain           = .001 // share of RPS
)

// LeastRateOrigins is how many days factors must be judged from.
const LeastRateOrigins = 3

// rateKinds are those that can tell customers of a log apart.
func rateKinds(log *btyd.Log) []RateKinds {
	kinds := []RateKinds{{Months: true}}
	store := int64(0)
	for i := range log.Customers() {
		if g := log.Group(i); store == 0 {
			store = g
		} else if g != 0 && g != store {
			return append(kinds, RateKinds{Stores: true}, RateKinds{Stores: true, Months: true})
		}
	}
	return kinds
}

// judgeRates compares the members with the factors of each kind and without.
func (f *fitter) judgeRates(log *btyd.Log, members []string, until btyd.Day) RateChoice {
	days := lookingBack(log, until, f.days)
	c := RateChoice{}
	if len(days.at) < LeastRateOrigins {
		return c
	}
	for _, kinds := range rateKinds(log) {
		c.Trials = append(c.Trials, RateTrial{RateKinds: kinds})
	}
	for _, at := range days.at[:min(len(days.at), mostRateOrigins)] {
		p := newPanel(log, panelOf{until: at, window: windowBefore(log, at, days.ahead), most: rateTrialCustomers})
		if len(p.cases) >= fewCustomers {
			c.compare(f.from(days.ahead), members, p)
		}
	}
	c.decide()
	if c.Origins > 0 {
		now := newPanel(log, panelOf{until: until, most: rateCustomers})
		for i := range c.Trials {
			by := f.from(f.days)
			by.by = c.Trials[i].RateKinds
			c.Trials[i].sumUp(by.ratesAt(now))
		}
	}
	return c
}

// from returns a fitter as f that has fitted nothing, for a horizon.
func (f *fitter) from(days int) *fitter {
	anew := newFitter(days)
	anew.k, anew.festive = f.k, f.festive
	return anew
}

// compare adds what came of the panel's customers in the fitter's horizon.
func (c *RateChoice) compare(f *fitter, members []string, p *panel) {
	end := p.until + btyd.Day(f.days)
	plain := rankedOf(f.fitAll(members, p), p, end)
	sum, n := 0., float64(len(p.cases))
	for i := range p.cases {
		sum += plain[p.cases[i].Customer]
	}
	c.Origins, c.Plain = c.Origins+1, c.Plain+sum/n
	for i := range c.Trials {
		t, by := &c.Trials[i], *f
		by.by, by.told = t.RateKinds, toldRates{}
		paced := by.paced(p)
		with := rankedOf(by.fitAll(members, paced), paced, end)
		gain, squares := 0., 0.
		for i := range p.cases {
			d := plain[p.cases[i].Customer] - with[p.cases[i].Customer]
			gain, squares = gain+d, squares+d*d
		}
		t.RPS += (sum - gain) / n
		t.SE += math.Sqrt(max(0, squares-gain*gain/n)) / n
	}
}

// rankedOf returns the RPS of each customer under the mixture of models.
func rankedOf(models []Fitted, p *panel, end btyd.Day) map[int32]float64 {
	ranked, placed := make(map[int32]float64, len(p.cases)), p.placed(end)
	var mix btyd.Forecast
	p.each(models, func(i int, forecasts []btyd.Forecast) {
		mix = mixed(forecasts, mix.CDF)
		ranked[p.cases[i].Customer] = calibration.RankedProbability(mix.CDF, placed[i])
	})
	return ranked
}

// decide takes the best kind of those that are good enough.
func (c *RateChoice) decide() {
	if c.Origins == 0 {
		c.Trials = nil
		return
	}
	n := float64(c.Origins)
	c.Plain /= n
	best := 0.
	for i := range c.Trials {
		t := &c.Trials[i]
		t.RPS, t.SE = t.RPS/n, t.SE/n
		gain, least := c.Plain-t.RPS, max(best, rateGain*c.Plain)
		if t.Stores && t.Months {
			least = best + rateGain*c.Plain
		}
		if c.Origins >= LeastRateOrigins && gain > least && gain > t.SE {
			best, c.RateKinds = gain, t.RateKinds
		}
	}
}

// sumUp tells what the factors of the kinds are like.
func (t *RateTrial) sumUp(r *Rates) {
	mean, squares, n := 0., 0., 0.
	for _, rates := range [][]Rate{r.Stores, r.Months} {
		t.Groups += len(rates)
		for _, g := range rates {
			w, log := float64(g.Customers), math.Log(g.Factor)
			t.Prior, mean, squares, n = t.Prior+w*g.Prior, mean+w*log, squares+w*log*log, n+w
			t.Customers, t.Repeats = t.Customers+g.Customers, t.Repeats+g.Repeats
		}
	}
	if n == 0 {
		return
	}
	t.Prior, mean = t.Prior/n, mean/n
	t.Spread = math.Sqrt(max(0, squares/n-mean*mean))
	if t.Stores && t.Months {
		t.Customers, t.Repeats = t.Customers/2, t.Repeats/2
	}
}

// backDays are days to look ahead from, latest first.
type backDays struct {
	at    []btyd.Day
	ahead int // days
}

// lookingBack returns days of the year before a day, half a horizon or a month
// apart, whichever is more, the horizon at most half the history and a quarter of
// the history before each.
func lookingBack(log *btyd.Log, until btyd.Day, days int) backDays {
	first, _, ok := log.Span()
	if !ok || first > until {
		return backDays{}
	}
	span := int(until - first)
	d := backDays{ahead: min(days, span/2)}
	if d.ahead < 1 {
		return d
	}
	for back := d.ahead; back <= d.ahead+seasonYear && span-back >= span/historyShare; back += max(calendarStep, d.ahead/innerSteps) {
		d.at = append(d.at, until-btyd.Day(back))
	}
	return d
}
