package ltv

import (
	"fmt"
	"slices"

	"siyu/internal/stats/btyd"
)

// Choice is which models are believed, found by an inner backtest on days
// before the day of the forecast.
type Choice struct {
	Name    string   `json:"name"`    // a model's, or Mixture
	Members []string `json:"members"` // of the mixture, one if it is none
	K       int      `json:"k"`       // of MBG/CNBD-k
	Shock   Shock    `json:"shock"`
	// RPS is the score of the choice on the inner origins, 0 where the history
	// is too short to have any.
	RPS     float64 `json:"inner_rps"`
	Origins int     `json:"inner_origins"`
	// Judged is how many days ahead it was judged, at most half the history: fewer
	// than were asked for where there is little of that; 0 without inner origins.
	Judged int `json:"inner_days"`
	// Prior: until the day there are too few repeat orders to learn from, so that
	// what is usual of brands speaks.
	Prior bool `json:"prior"`
	// Repeats are the repeat orders where Prior, else 0: they are enough.
	Repeats int `json:"repeats"`
	// Alone is the score there of each model alone.
	Alone []InnerScore `json:"inner_models,omitempty"`
	// Calendar is not judged where there is but one model.
	Calendar CalendarChoice `json:"calendar,omitzero"`
	// Rates are judged where the calendar is.
	Rates RateChoice `json:"rates,omitzero"`
}

// fitter returns one that fits as was chosen.
func (c *Choice) fitter(days int) *fitter {
	f := newFitter(days)
	f.k, f.festive, f.by = max(1, c.K), c.Calendar.Used, c.Rates.RateKinds
	return f
}

// Same tells whether both fit the same models in the same way, whatever their
// scores were.
func (c *Choice) Same(other *Choice) bool {
	regular := slices.Contains(c.Members, regularName)
	return slices.Equal(c.Members, other.Members) && (!regular || c.K == other.K) &&
		c.Calendar.Used == other.Calendar.Used && c.Rates.RateKinds == other.Rates.RateKinds
}

// InnerScore is the ranked probability score of a model on the inner origins.
type InnerScore struct {
	Name string  `json:"name"`
	RPS  float64 `json:"rps"`
}

// Inner backtests look back from a few days, half a horizon apart and each
// with at least a quarter of the history before it, at no more customers than
// tell models apart.
const (
	innerOrigins   = 3
	innerSteps     = 2
	innerCustomers = 60_000
	fewCustomers   = 100
)

// By how much another choice must be better than the usual mixture on the inner
// origins: less is luck, and a mixture is the safer error. A single model has
// nothing that makes up for its own faults, so that it must be better by more.
const (
	mixtureMargin = .01
	aloneMargin   = .03
)

// mostBeyond is from how many times the history on a horizon is too long for the
// inner origins to choose for.
const mostBeyond = 1.25

// usualMembers are the models of the mixture that is used unless another
// choice is better: one that forgets gradually, one that knows regularity, one
// that believes nothing about how customers stop.
func usualMembers() []string { return []string{"pnbd", regularName, windowName} }

// origin is an inner day to look ahead from.
type origin struct {
	at  btyd.Day
	end btyd.Day
}

// innerHorizon returns how many days the inner origins look ahead: at most half
// the history.
func innerHorizon(first, until btyd.Day, days int) int { return min(days, int(until-first)/2) }

// originsBefore returns the inner origins, earliest first.
func originsBefore(first, until btyd.Day, days int) []origin {
	span, horizon := int(until-first), innerHorizon(first, until, days)
	if horizon < 1 {
		return nil
	}
	var origins []origin
	for j := range innerOrigins {
		at := until - btyd.Day(horizon+max(j, j*horizon/innerSteps))
		if j > 0 && int(at-first) < max(1, span/historyShare) {
			break
		}
		origins = append(origins, origin{at, at + btyd.Day(horizon)})
	}
	slices.Reverse(origins)
	return origins
}

// choose returns the choice among the names for a forecast of some days after
// a day, and the fitter that has k and where the searches ended. Of more days than
// the history has by mostBeyond, the inner origins see well below half, and what was
// better there need not be: the usual mixture stands (decision 34).
func choose(log *btyd.Log, names []string, until btyd.Day, days int) (Choice, *fitter) {
	f := newFitter(days)
	if repeats, enough := repeatsUntil(log, until); !enough {
		return chooseUsual(log, until, repeats), f
	}
	first, _, _ := log.Span()
	trials := trialsOf(log, originsBefore(first, until, days))
	if slices.Contains(names, regularName) {
		f.k = chooseK(trials)
	}
	c := Choice{K: f.k, Origins: len(trials)}
	total := newContest(names)
	var outcomes []*outcome
	for _, t := range trials {
		inner := *f
		inner.days = int(t.end - t.panel.until)
		models := inner.fitAll(names, t.panel)
		ahead := newOutcome(models)
		t.panel.each(models, func(i int, forecasts []btyd.Forecast) {
			total.add(forecasts, t.placed[i])
			ahead.add(forecasts, t.placed[i])
		})
		outcomes = append(outcomes, ahead)
	}
	members := total.best(f.k)
	if float64(days) > mostBeyond*float64(until-first) {
		members = total.usual()
	}
	for _, m := range members {
		c.Members = append(c.Members, names[m])
	}
	c.Name = c.Members[0]
	if len(members) > 1 {
		c.Name = Mixture
	}
	if len(trials) > 0 {
		c.Judged = innerHorizon(first, until, days)
		c.RPS = total.rps(members)
		for i, name := range names {
			c.Alone = append(c.Alone, InnerScore{name, total.rps([]int{i})})
		}
	}
	var totals []pastTotal
	for _, o := range outcomes {
		totals = append(totals, pastTotal{o.mixedTotal(members), o.actual})
	}
	c.Shock = shockOf(totals).over(days, innerHorizon(first, until, days))
	if len(names) > 1 && !isRule(c.Members[0]) {
		c.Calendar = f.judgeCalendar(log, c.Members, until)
		f.festive = c.Calendar.Used
		c.Rates = f.judgeRates(log, c.Members, until)
		f.by = c.Rates.RateKinds
	}
	return c, f
}

func (f *fitter) fitAll(names []string, p *panel) []Fitted {
	models := make([]Fitted, len(names))
	for i, name := range names {
		models[i] = f.fit(name, p)
	}
	return models
}

// trial is an inner origin: what was known and what came.
type trial struct {
	panel  *panel
	placed []int
	end    btyd.Day
}

func trialsOf(log *btyd.Log, origins []origin) []trial {
	var trials []trial
	for _, o := range origins {
		p := newPanel(log, panelOf{until: o.at, window: windowBefore(log, o.at, int(o.end-o.at)), most: innerCustomers})
		if len(p.cases) >= fewCustomers {
			trials = append(trials, trial{p, p.placed(o.end), o.end})
		}
	}
	return trials
}

// windowBefore returns the days of the regression's windows before a day: the
// horizon, at most half of the history.
func windowBefore(log *btyd.Log, until btyd.Day, days int) int {
	first, _, _ := log.Span()
	return min(days, int(until-first)/2)
}

// chooseK returns the k of MBG/CNBD-k with the best score over the trials,
// trying one after the other until one is worse than the best before.
func chooseK(trials []trial) int {
	best, bestScore := 1, 0.
	for k := 1; k <= btyd.MostRegular && len(trials) > 0; k++ {
		sum := newContest([]string{fmt.Sprint(regularName, k)})
		for _, t := range trials {
			f := newFitter(int(t.end - t.panel.until))
			f.k = k
			t.panel.each([]Fitted{f.fit(regularName, t.panel)}, func(i int, forecasts []btyd.Forecast) { sum.add(forecasts, t.placed[i]) })
		}
		score := sum.rps([]int{0})
		if k > 1 && score >= bestScore {
			break
		}
		best, bestScore = k, score
	}
	return best
}

// best returns the models of the usual mixture, as far as they take part, or
// those of the choice that is better than it by its margin. The simple rules are
// judged, never chosen: they know no chance, only a mean. MBG/NBD is not chosen
// beside an MBG/CNBD-k with a k of 1, which is the same.
func (c *contest) best(k int) []int {
	usual, free := c.usual(), []int(nil)
	for i, name := range c.names {
		if !isRule(name) && (name != "mbgnbd" || k > 1 || !slices.Contains(c.names, regularName)) {
			free = append(free, i)
		}
	}
	if c.customers == 0 {
		return usual
	}
	best, bestScore := usual, c.rps(usual)
	for set := 1; set < 1<<len(free); set++ {
		var members []int
		for j, i := range free {
			if set>>j&1 == 1 {
				members = append(members, i)
			}
		}
		margin := mixtureMargin
		if len(members) == 1 {
			margin = aloneMargin
		}
		if score := c.rps(members) / (1 - margin); score < bestScore {
			best, bestScore = members, score
		}
	}
	return best
}

// usual returns the usual members among the names; where none takes part, all
// that are no simple rules; where somebody asks for nothing but rules, the first.
func (c *contest) usual() []int {
	for _, belongs := range []func(string) bool{
		func(name string) bool { return slices.Contains(usualMembers(), name) },
		func(name string) bool { return !isRule(name) },
	} {
		var members []int
		for i, name := range c.names {
			if belongs(name) {
				members = append(members, i)
			}
		}
		if len(members) > 0 {
			return members
		}
	}
	return []int{0}
}
