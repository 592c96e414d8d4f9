// Package ltv says how many orders a customer will still place and what they
// are worth, from the rhythm and the amounts of past orders, and how far that
// can be trusted.
package ltv

import (
	"fmt"
	"slices"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Automatic asks for all models; an inner backtest chooses among them and
// their mixtures.
const Automatic = "auto"

// Mixture is the name of the equal mixture of the chosen models.
const Mixture = "mix"

// ModelNames returns the models, the simple rules that they must beat last.
func ModelNames() []string {
	return []string{"bgnbd", "mbgnbd", "pnbd", "mbgcnbdk", windowName, recentName, pooledName}
}

const (
	regularName = "mbgcnbdk"
	pooledName  = "pooled"
	regularK    = "k"
)

// Named tells whether there is a model with this name.
func Named(name string) bool { return slices.Contains(ModelNames(), name) }

// Choosable returns the models that forecasts of single customers may rest on:
// all but the simple rules.
func Choosable() []string {
	return slices.DeleteFunc(ModelNames(), isRule)
}

// ParameterNames returns the names of the parameters of a model among Choosable, as its
// btyd.Fit has them.
func ParameterNames(model string) []string {
	switch model {
	case windowName:
		return append(windowTerms(), windowSize)
	case "pnbd":
		return []string{"r", "alpha", "s", "beta"}
	case regularName:
		return []string{"r", "alpha", "a", "b", regularK}
	}
	return []string{"r", "alpha", "a", "b"}
}

// isRule tells that a model is a baseline, no part of mixtures.
func isRule(name string) bool { return name == recentName || name == pooledName }

// Fitted is a model fitted to what happened until a day, for a horizon after
// it.
type Fitted struct {
	Name string
	btyd.Fit
	predictor
	// looksCloser: the forecast depends on more than the btyd.Summary.
	looksCloser bool
}

// ExpectedNew returns the repeat orders expected of a customer in the time
// after the first order. ok is false for models that know no beginning.
func (f Fitted) ExpectedNew(weeks stats.Weeks) (orders float64, ok bool) {
	l, ok := f.predictor.(lifetime)
	if !ok {
		return 0, false
	}
	return l.Divided.ExpectedNew(weeks), true
}

// predictor forecasts the orders of a case.
type predictor interface {
	// forecast returns the distribution over the horizon of the fit. The CDF
	// reuses buffer.
	forecast(c Case, buffer []float64) btyd.Forecast
	// total returns the orders expected of everybody in the panel over a part
	// of that horizon.
	total(p *panel, weeks stats.Weeks) float64
}

// lifetime makes a predictor of a purchase model.
type lifetime struct {
	btyd.Divided
	horizon stats.Weeks
}

func (l lifetime) forecast(c Case, buffer []float64) btyd.Forecast {
	return quickened(l.Divided, c.Step).Forecast(c.Summary, l.horizon, buffer)
}

func (l lifetime) total(p *panel, weeks stats.Weeks) float64 {
	if !p.paced {
		return totalOf(p, func(s btyd.Summary) float64 { return l.Expected(s, weeks) })
	}
	sum, each := 0., 0.
	for i := range p.cases {
		if c := &p.cases[i]; i == 0 || !samePattern(c, &p.cases[i-1]) {
			each = quickened(l.Divided, c.Step).Expected(c.Summary, weeks)
		}
		sum += each
	}
	return sum
}

// totalOf returns the sum over the panel's customers of what a pattern says.
func totalOf(p *panel, expected func(s btyd.Summary) float64) float64 {
	sum := 0.
	for _, t := range p.tuples {
		sum += t.Count * expected(btyd.Summary{Frequency: t.Frequency, Recency: t.Recency, Age: t.Age})
	}
	return sum
}

// pooled makes a predictor of the pooled rate.
type pooled struct {
	btyd.PooledRate
	horizon stats.Weeks
}

func (p pooled) forecast(c Case, buffer []float64) btyd.Forecast {
	return p.Forecast(c.Summary, p.horizon, buffer)
}

func (p pooled) total(of *panel, weeks stats.Weeks) float64 {
	return p.Rate * float64(weeks) * float64(len(of.cases))
}

// fitter fits models to one panel after the other. It starts each search
// where the last panel's ended.
type fitter struct {
	days   int // horizon
	k      int // of MBG/CNBD-k
	latest map[string]fittedLifetime
	// festive: horizons are bent by the calendar. Simple rules know none.
	festive bool
	tempo   *Tempo // of the latest panel, nil where there was none yet
	// by is by what customers' rates differ; told are the latest day's.
	by   RateKinds
	told toldRates
}

func newFitter(days int) *fitter {
	return &fitter{days: days, k: 1, latest: map[string]fittedLifetime{}}
}

// fit fits the named model, one of ModelNames or priorName.
func (f *fitter) fit(name string, p *panel) Fitted {
	horizon := stats.WeeksOfDays(f.days)
	switch name {
	case pooledName:
		m, fit := btyd.FitPooledRate(p.tuples)
		return Fitted{Name: name, Fit: fit, predictor: pooled{m, horizon}}
	case recentName:
		m, fit := fitRecent(p, horizon)
		return Fitted{Name: name, Fit: fit, predictor: m, looksCloser: true}
	case priorName:
		m, fit := fitUsual(p)
		return Fitted{Name: name, Fit: fit, predictor: lifetime{m, horizon}}
	case windowName:
		m, fit := f.window(p)
		return Fitted{Name: name, Fit: fit, predictor: m, looksCloser: true}
	}
	m := f.lifetime(name, p)
	return Fitted{Name: name, Fit: m.fit, predictor: lifetime{m.model, f.tempoAt(p).within(0, horizon)}}
}

// tempoAt returns the tempo after the panel's day, nil where horizons are not
// bent.
func (f *fitter) tempoAt(p *panel) *Tempo {
	if !f.festive {
		return nil
	}
	if f.tempo == nil || f.tempo.From != p.until {
		f.tempo = NewTempo(p.log, p.until)
	}
	return f.tempo
}

// toldRates are rates as known on a day.
type toldRates struct {
	log   *btyd.Log
	until btyd.Day
	rates *Rates
}

// rateCustomers is on how many customers of a log rates are learned at most.
const rateCustomers = 60_000

// ratesAt returns the rates as known on the panel's day, nil where customers'
// differ by nothing.
func (f *fitter) ratesAt(p *panel) *Rates {
	if !f.by.any() {
		return nil
	}
	if f.told.rates == nil || f.told.log != p.log || f.told.until != p.until {
		f.told = toldRates{p.log, p.until, f.learnRates(p, p.until)}
	}
	return f.told.rates
}

// learnRates returns the rates as known on a day not later than the panel's, to
// which the purchase model is fitted.
func (f *fitter) learnRates(p *panel, day btyd.Day) *Rates {
	m, _ := f.lifetime("mbgnbd", p).model.(btyd.MBGNBD)
	return learnRates(buyersOf(newPanel(p.log, panelOf{until: day, most: rateCustomers})), m, f.by)
}

// paced returns the panel with the steps of its cases.
func (f *fitter) paced(p *panel) *panel { return p.pacedBy(f.ratesAt(p)) }

// window fits the regression.
func (f *fitter) window(p *panel) (*forecastWindow, btyd.Fit) {
	fit := windowFit{panel: p, days: f.days, model: f.lifetime("pnbd", p).model, tempo: f.tempoAt(p)}
	if f.by.any() {
		fit.rates = func(day btyd.Day) *Rates { return f.learnRates(p, day) }
	}
	return fit.run()
}

type fittedLifetime struct {
	model btyd.Divided
	fit   btyd.Fit
	sight sight
}

// lifetime fits the named purchase model, once for all that see the same. A search does
// not start from a model that was held by its prior: it may lie where the
// likelihood is flat.
func (f *fitter) lifetime(name string, p *panel) fittedLifetime {
	key := name
	if name == regularName {
		key = fmt.Sprint(name, f.k)
	}
	last := f.latest[key]
	if last.sight == p.sight() {
		return last
	}
	var from btyd.Divided
	if last.fit.Converged && !last.fit.AtBorder {
		from = last.model
	}
	m, fit := f.search(name, from, p.tuples)
	f.latest[key] = fittedLifetime{m, fit, p.sight()}
	return f.latest[key]
}

func (f *fitter) search(name string, from btyd.Divided, tuples []btyd.Tuple) (btyd.Divided, btyd.Fit) {
	switch name {
	case "mbgnbd":
		start, _ := from.(btyd.MBGNBD)
		return start.Refit(tuples)
	case "pnbd":
		start, _ := from.(btyd.ParetoNBD)
		return start.Refit(tuples)
	case regularName:
		start, _ := from.(btyd.MBGCNBD)
		start.K = f.k
		m, fit := start.Refit(tuples)
		fit.Parameters = append(fit.Parameters, btyd.Parameter{Name: regularK, Value: float64(f.k)})
		return m, fit
	}
	start, _ := from.(btyd.BGNBD)
	return start.Refit(tuples)
}
