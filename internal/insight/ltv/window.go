package ltv

import (
	"math"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
	"siyu/internal/stats/regression"
)

// windowName is a negative binomial regression of the orders in a window on
// what was known before it: recency, count, tenure, recent orders, season.
// Unlike the purchase models it believes nothing about how customers stop, so
// that it is wrong elsewhere than they are.
const windowName = "glm"

// windowTerms name the columns of the regression: logs of the own rate of
// ordering, of the orders missed at that rate since the last, of the age, of
// the rates in the last window and its last quarter over the own; whether
// there was no repeat; the season. Rates, not counts: at the day of the
// forecast customers are older than at the beginning of any window, and counts
// would be beyond everything that was learned from.
func windowTerms() []string {
	return []string{"base", "rate", "missed", "age", "recent", "latest", "no_repeat", "rate_missed", "season_sin", "season_cos"}
}

const windowColumns = 10

// windowSize names the size of the negative binomial.
const windowSize = "size"

// What is believed of coefficients before any data: nothing of the base; all
// others are of logs, so that twice as much of something is unlikely to do
// more than twice as much. Ages differ little within a window and much between
// it and the forecast, so that age itself must do little.
const (
	baseSD = 10
	termSD = 1
	ageSD  = .1
)

// Windows that the regression learns from: the last before the day and some
// before it, a third of a window apart, as long as a quarter of the history is
// left before. From two years of history on they are two months apart instead
// and cover a year, so that a season can be told from a trend; before, there
// is none. At most windowCustomers of each window: they tell ten coefficients
// well enough.
const (
	windowOrigins   = 3
	windowSteps     = 3
	seasonOrigins   = 6
	seasonStep      = 61 // days
	seasonHistory   = 731
	seasonDays      = 365.25
	historyShare    = 4
	windowCustomers = 40_000
)

// Window is the fitted regression as far as a forecast needs it.
type Window struct {
	Coefficients []float64   `json:"coefficients"` // of the windowTerms
	Size         float64     `json:"size"`         // of the negative binomial, for each order known
	Season       [2]float64  `json:"season"`       // of the window that begins now
	Weeks        stats.Weeks `json:"weeks"`        // that the window is long
	Usual        UsualRate   `json:"usual"`
	// Priors is how much of each coefficient is still its prior, 0..1; none in models
	// stored by an older version of this program.
	Priors []float64 `json:"priors,omitempty"`
}

// UsualRate is what rates are drawn to.
type UsualRate struct {
	Orders float64 `json:"orders"`
	Weeks  float64 `json:"weeks"`
}

// windowModel is how the regression is fitted.
type windowModel struct {
	Window
	fit      regression.CountFit
	calendar calendar
	horizon  stats.Weeks
	growth   growth
}

// growth is how many orders a purchase model expects of everybody in a time,
// for each that it expects in the regression's window. It takes the regression
// to horizons longer than the windows it was fitted on, during which customers
// drop out.
type growth struct {
	panel  *panel
	model  btyd.Lifetime
	window float64 // total in the window
	scale  float64 // orders in a usual window for one in those learned from
}

// growthCustomers is how many customers the growth is taken over.
const growthCustomers = 2000

func newGrowth(p *panel, m btyd.Lifetime) growth {
	g := growth{panel: newPanel(p.log, panelOf{until: p.until, window: p.window, most: growthCustomers}), model: m, scale: 1}
	g.window = g.total(stats.WeeksOfDays(p.window))
	return g
}

func (g growth) total(weeks stats.Weeks) float64 {
	return totalOf(g.panel, func(s btyd.Summary) float64 { return g.model.Expected(s, weeks) })
}

func (g growth) over(weeks stats.Weeks) float64 {
	if !(g.window > 0) {
		return g.scale * float64(weeks/stats.WeeksOfDays(g.panel.window))
	}
	return g.scale * g.total(weeks) / g.window
}

// windowFit is what the regression is fitted to.
type windowFit struct {
	panel *panel
	days  int           // of the horizon
	model btyd.Lifetime // fitted by the panel's day
	tempo *Tempo        // nil: none
	rates func(day btyd.Day) *Rates
}

// run fits the regression to windows that end by the panel's day. Where there is a
// tempo, festivals stand for the season, those of the windows learned from as well
// as those ahead.
func (f windowFit) run() (*forecastWindow, btyd.Fit) {
	p, tempo := f.panel, f.tempo
	w := &windowModel{horizon: tempo.within(0, stats.WeeksOfDays(f.days)), growth: newGrowth(p, f.model)}
	w.calendar = calendar(tempo == nil && int(p.until-p.first) >= seasonHistory)
	w.Weeks, w.Usual = stats.WeeksOfDays(p.window), usualOf(p)
	rows := regression.Counts{Columns: windowColumns}
	begins, pace := windowsBefore(p), 0.
	for _, at := range begins {
		pace += tempo.pace(at, at+btyd.Day(p.window)) / float64(len(begins))
		seen := newPanel(p.log, panelOf{until: at, window: p.window, most: windowCustomers})
		if f.rates != nil {
			seen = seen.pacedBy(f.rates(at))
		}
		w.addWindow(&rows, seen)
	}
	if tempo != nil {
		w.growth.scale = 1 / pace
	}
	priors := windowPriors(p)
	w.fit = regression.NegativeBinomial(rows, priors)
	w.Coefficients, w.Size = w.fit.Coefficients, w.fit.Size
	for j, prior := range priors {
		w.Priors = append(w.Priors, w.fit.PriorWeight(j, prior))
	}
	w.Season = w.calendar.over(p.until, f.days)
	return &forecastWindow{w, w.growth.over(w.horizon)}, w.report()
}

// usualOrders is what the usual rate is worth: half an order, as much as the
// gamma shape of most brands' rates.
const usualOrders = .5

func usualOf(p *panel) UsualRate {
	rate, _ := btyd.FitPooledRate(p.tuples)
	return UsualRate{usualOrders, usualOrders / max(rate.Rate, 1e-3)}
}

// windowsBefore returns the days on which the windows begin.
func windowsBefore(p *panel) []btyd.Day {
	most, step := windowOrigins, p.window/windowSteps
	span := int(p.until - p.first)
	if span >= seasonHistory {
		most, step = seasonOrigins, max(step, seasonStep)
	}
	var begins []btyd.Day
	for j := range most {
		at := p.until - btyd.Day(p.window+j*step)
		if j > 0 && int(at-p.first) < span/historyShare {
			break
		}
		begins = append(begins, at)
	}
	return begins
}

// addWindow adds what was known at the beginning of a window and what came of
// it, equal customers together.
func (w *windowModel) addWindow(rows *regression.Counts, p *panel) {
	season := w.calendar.over(p.until, p.window)
	outcome := p.placed(p.until + btyd.Day(p.window))
	var room [windowColumns]float64
	seen := map[int]float64{}
	for i, c := range p.cases {
		seen[outcome[i]]++
		if i+1 < len(p.cases) && sameCase(&p.cases[i], &p.cases[i+1]) {
			continue
		}
		row := w.row(c, season, room[:])
		for y := 0; len(seen) > 0; y++ {
			if n := seen[y]; n > 0 {
				rows.Append(row, regression.Seen{Count: y, Weight: n, Shape: w.shape(c)})
				delete(seen, y)
			}
		}
	}
}

// row writes the columns of a case before a window.
func (w *Window) row(c Case, season [2]float64, row []float64) []float64 {
	usual := w.Usual
	if c.Step != 0 {
		usual.Weeks /= stepped(c.Step)
	}
	rate := usual.log(float64(c.Frequency), float64(c.Age))
	window := float64(w.Weeks)
	recent := usual.log(float64(c.Recent), min(float64(c.Age), window))
	latest := usual.log(float64(c.Latest), min(float64(c.Age), window/quarters))
	missed := math.Log1p(math.Exp(rate) * float64(c.Age-c.Recency))
	none := 0.
	if c.Frequency == 0 {
		none = 1
	}
	return append(row[:0], 1, rate, missed, math.Log1p(float64(c.Age)), recent-rate, latest-rate, none, rate*missed, season[0], season[1])
}

// shape returns how much is known of a customer's rate, in orders.
func (w *Window) shape(c Case) float64 { return w.Usual.Orders + float64(c.Frequency) }

// log returns the log of the orders per week behind some orders in a time, a
// little drawn to what is usual: without that, none would be no rate.
func (u UsualRate) log(orders, weeks float64) float64 {
	return math.Log((u.Orders + orders) / (u.Weeks + weeks))
}

// calendar tells whether there is a season.
type calendar bool

// over returns the mean over a window of the point on a circle that a year
// goes round: short windows are on the circle, a whole year in the middle.
func (c calendar) over(begin btyd.Day, days int) [2]float64 {
	if !c {
		return [2]float64{}
	}
	const turn = 2 * math.Pi / seasonDays
	from, to := turn*float64(begin), turn*(float64(begin)+float64(days))
	return [2]float64{(math.Cos(from) - math.Cos(to)) / (to - from), (math.Sin(to) - math.Sin(from)) / (to - from)}
}

// windowPriors are as said above; the base is around the pooled rate, which is
// all there is to say without any window.
func windowPriors(p *panel) []regression.Prior {
	priors := make([]regression.Prior, windowColumns)
	for j := range priors {
		priors[j].SD = termSD
	}
	rate, _ := btyd.FitPooledRate(p.tuples)
	priors[0] = regression.Prior{Mean: math.Log(max(rate.Rate*float64(stats.WeeksOfDays(p.window)), 1e-3)), SD: baseSD}
	priors[3].SD = ageSD
	return priors
}

func (w *windowModel) report() btyd.Fit {
	fit := btyd.Fit{LogLikelihood: w.fit.LogLikelihood, Converged: w.fit.Converged}
	for j, name := range windowTerms() {
		fit.Parameters = append(fit.Parameters, btyd.Parameter{Name: name, Value: w.fit.Coefficients[j], Error: math.Sqrt(w.fit.Covariance[j][j])})
	}
	fit.Parameters = append(fit.Parameters, btyd.Parameter{Name: windowSize, Value: w.fit.Size, Error: w.fit.SizeError})
	return fit
}

// mostOrders bounds the mean in a window, where a linear predictor runs away
// from everything it was fitted on.
const mostOrders = 1e4

// inWindow returns the mean orders of the case in a window that begins now.
func (w *Window) inWindow(c Case) float64 {
	sum := 0.
	var room [windowColumns]float64
	for j, x := range w.row(c, w.Season, room[:]) {
		sum += x * w.Coefficients[j]
	}
	return min(math.Exp(sum), mostOrders)
}

// forecastWindow is the regression taken to its horizon.
type forecastWindow struct {
	*windowModel
	factor float64
}

func (w *forecastWindow) forecast(c Case, buffer []float64) btyd.Forecast {
	return btyd.NegativeBinomialForecast(w.inWindow(c)*w.factor, w.Size*w.shape(c), buffer)
}

func (w *forecastWindow) total(p *panel, weeks stats.Weeks) float64 {
	sum := 0.
	for _, c := range p.cases {
		sum += w.inWindow(c)
	}
	return sum * w.growth.over(weeks)
}
