package ltv

import (
	"sync"
	"sync/atomic"

	"siyu/internal/insight/past"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Forecaster is the models in force, fitted to what happened up to and including
// a day: what it says of a customer is the equal mixture of what its members
// say. It is stored as JSON, never changed, and safe for concurrent use.
type Forecaster struct {
	Until     btyd.Day `json:"until"`
	Days      int      `json:"days"` // of the horizon
	Members   []Member `json:"members"`
	Judge     *Member  `json:"judge,omitempty"` // tells who is still a customer where no member does
	Fitted    bool     `json:"fitted"`          // false: the stated prior speaks
	Customers int      `json:"customers"`       // it was fitted on
	Repeats   int      `json:"repeats"`         // repeat orders of them
	Longest   int      `json:"longest"`         // age that tables reach to, days
	// Tempo bends horizons by the calendar, nil where it is not followed; Bent is
	// the usual time in the own horizon.
	Tempo *Tempo      `json:"tempo,omitempty"`
	Bent  stats.Weeks `json:"bent,omitempty"`
	// Rates are by what customers differ before their own orders tell, nil where
	// they are taken to be alike.
	Rates *Rates `json:"rates,omitempty"`
	// Begun is how customers went on after the first order; empty where the stated
	// prior speaks.
	Begun Cumulative `json:"begun,omitzero"`

	once   sync.Once
	index  *rateIndex
	tables [2*mostSteps + 1]atomic.Pointer[table] // by step
	// newcomers are at the rate that was asked for last.
	newcomers atomic.Pointer[sliceLeft]
}

// Member is one fitted model: one of the pointers is set.
type Member struct {
	Name    string          `json:"name"`
	Fit     btyd.Fit        `json:"fit"`
	BG      *btyd.BGNBD     `json:"bgnbd,omitempty"`
	MBG     *btyd.MBGNBD    `json:"mbgnbd,omitempty"`
	Pareto  *btyd.ParetoNBD `json:"pnbd,omitempty"`
	Regular *btyd.MBGCNBD   `json:"mbgcnbdk,omitempty"`
	Window  *Window         `json:"glm,omitempty"`
	// Growth is how many orders there are within the first, second, ... of
	// growthParts equal parts of the horizon, each for one in the window.
	Growth []float64 `json:"growth,omitempty"`
}

// growthParts is how closely the course of the orders within a horizon is kept.
const growthParts = 8

// lives tells whether the model knows customers who stop.
func (m Member) lives() bool { return m.Window == nil }

// lifetime returns the purchase model, nil for the regression.
func (m Member) lifetime() btyd.Divided {
	switch {
	case m.BG != nil:
		return *m.BG
	case m.MBG != nil:
		return *m.MBG
	case m.Pareto != nil:
		return *m.Pareto
	case m.Regular != nil:
		return *m.Regular
	}
	return nil
}

// grown returns the orders within a share of the horizon, for one in the window.
func (m Member) grown(share float64) float64 {
	at := share * growthParts
	i := min(int(at), len(m.Growth)-1)
	before := 0.
	if i > 0 {
		before = m.Growth[i-1]
	}
	return before + (at-float64(i))*(m.Growth[i]-before)
}

// counts returns the mean orders of the case within a share of the horizon, and
// the size of their negative binomial distribution.
func (m Member) counts(c Case, share float64) (mean, size float64) {
	return m.Window.inWindow(c) * m.grown(share), m.Window.Size * m.Window.shape(c)
}

// Name returns the name of the one member, or Mixture.
func (f *Forecaster) Name() string {
	if len(f.Members) == 1 {
		return f.Members[0].Name
	}
	return Mixture
}

// Horizon returns how far ahead it looks.
func (f *Forecaster) Horizon() stats.Weeks { return stats.WeeksOfDays(f.Days) }

// usualHorizon returns the usual time in the horizon.
func (f *Forecaster) usualHorizon() stats.Weeks {
	if f.Tempo == nil {
		return f.Horizon()
	}
	return f.Bent
}

// window returns how many days count as recent.
func (f *Forecaster) window() int {
	for _, m := range f.Members {
		if m.Window != nil {
			return daysOf(m.Window.Weeks)
		}
	}
	return 0
}

// CaseOf returns the customer in the view as the members see it. ok is false
// before the first order.
func (f *Forecaster) CaseOf(v past.View) (c Case, ok bool) {
	if c.Summary, ok = v.Summary(); !ok {
		return c, false
	}
	if window := f.window(); window > 0 && c.Frequency > 0 {
		c.Recent, c.Latest = recentDays(v, window)
	}
	if f.Rates != nil {
		c.Step = f.step(v)
	}
	return c, true
}

// step returns the step of the customer in the view.
func (f *Forecaster) step(v past.View) int8 {
	f.once.Do(func() { f.index = f.Rates.index(f.Until + modelLife) })
	store := int64(0)
	if len(f.index.stores) > 0 {
		store = int64(FirstStore(v))
	}
	return f.index.step(store, past.DayOf(v.Purchases().First))
}

// recentDays returns on how many days of the window before the view, and of its
// last quarter, there was an order after the first.
func recentDays(v past.View, window int) (recent, latest int32) {
	until, orders := past.DayOf(v.Orders-1), v.Bought()
	first := past.DayOf(v.Purchases().First)
	for i, seen := len(orders)-1, until+1; i >= 0; i-- {
		if orders[i].Net() <= 0 {
			continue
		}
		day := past.DayOf(orders[i].At)
		if day <= until-btyd.Day(window) || day == first {
			break
		}
		if day == seen {
			continue
		}
		seen = day
		recent++
		if day > until-btyd.Day(window/quarters) {
			latest++
		}
	}
	return recent, latest
}

// Over returns the distribution of the orders of a case over a horizon. Beyond
// the forecaster's own the regression goes on at its last pace. It is worked out
// anew at each call.
func (f *Forecaster) Over(c Case, horizon stats.Weeks) btyd.Forecast {
	return f.usually(c, f.Tempo.within(0, horizon))
}

// usually returns the same over a time without festivals of its own.
func (f *Forecaster) usually(c Case, horizon stats.Weeks) btyd.Forecast {
	forecasts := make([]btyd.Forecast, len(f.Members))
	for i, m := range f.Members {
		if m.Window != nil {
			mean, size := m.counts(c, float64(horizon/f.usualHorizon()))
			forecasts[i] = btyd.NegativeBinomialForecast(mean, size, nil)
			continue
		}
		forecasts[i] = quickened(m.lifetime(), c.Step).Forecast(c.Summary, horizon, nil)
	}
	return mixed(forecasts, nil)
}
