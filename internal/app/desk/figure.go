package desk

import (
	"context"
	"slices"

	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/org"
	"siyu/internal/web"
)

// historyDays is how far back a figure's own history goes, and fewestDays from
// how many days on it says what is usual.
const (
	historyDays = 84
	fewestDays  = 14
)

// daily returns a figure's value of each of the last days, today last.
func (d *Desk) daily(ctx context.Context, scope org.Scope, days int, name string) ([]float64, error) {
	today := flow.DayOf(event.At(d.Clock.Now()))
	const day = 24 * 60 * 60 * 1000
	first := today - event.Instant(days)*day
	values := make([]float64, days+1)
	if scope.Everything {
		totals, err := d.DB.DailyTotals(ctx, name, first, today)
		for i, n := range totals {
			values[i] = float64(n)
		}
		return values, err
	}
	counters, err := d.DB.DayCounters(ctx, []string{name}, first, today)
	for _, c := range counters {
		if scope.Sees(c.Store) {
			values[(c.Day-first)/day] += float64(c.Delta)
		}
	}
	return values, err
}

// band returns the 10th and 90th percentile of a figure's own history. Days
// before the first value do not count: nothing was measured then.
func band(history []float64) (low, high float64) {
	first := slices.IndexFunc(history, func(v float64) bool { return v != 0 })
	if first < 0 || len(history)-first < fewestDays {
		return 0, 0
	}
	sorted := slices.Clone(history[first:])
	slices.Sort(sorted)
	at := func(q float64) float64 { return sorted[int(q*float64(len(sorted)-1)+0.5)] }
	return at(0.1), at(0.9)
}

// shares divides two figures day by day over a trailing window.
func shares(part, whole []float64, window int) []float64 {
	var list []float64
	for i := window; i <= len(whole); i++ {
		var p, w float64
		for j := i - window; j < i; j++ {
			p, w = p+part[j], w+whole[j]
		}
		if w > 0 {
			list = append(list, p/w)
		}
	}
	return list
}

func (d *Desk) addFigures(ctx context.Context, scope org.Scope, v *web.TodayView) error {
	added, err := d.daily(ctx, scope, historyDays+1, flow.CountAdded)
	if err != nil {
		return err
	}
	lost, err := d.daily(ctx, scope, historyDays+1, flow.CountLostToCustomer)
	if err != nil {
		return err
	}
	kept, err := d.kept(ctx, scope, added)
	if err != nil {
		return err
	}
	yesterday := len(lost) - 2
	deleted := web.Figure{Key: web.FigureDeleted, Value: lost[yesterday], Base: v.Related, Measurable: v.Related > 0}
	deleted.Low, deleted.High = band(lost[:yesterday])
	repurchased, err := d.repurchased(ctx, scope)
	if err != nil {
		return err
	}
	linked, err := d.linked(ctx, scope)
	if err != nil {
		return err
	}
	v.Figures = []web.Figure{kept, deleted, repurchased, linked}
	return nil
}

// kept is the share of yesterday's new relations that customers have not ended
// early. Its history begins with the first early end that was heard of: nobody
// told of those before the connection, so every day before looks perfect.
func (d *Desk) kept(ctx context.Context, scope org.Scope, added []float64) (web.Figure, error) {
	early, err := d.daily(ctx, scope, historyDays+1, flow.CountLostEarly)
	if err != nil {
		return web.Figure{}, err
	}
	f := web.Figure{Key: web.FigureKept}
	n := len(added) - 1 // without today
	stay := make([]float64, n)
	for i := range stay {
		stay[i] = added[i] - early[i]
	}
	f.Base = int(added[n-1])
	if added[n-1] > 0 {
		f.Value, f.Measurable = stay[n-1]/added[n-1], true
	}
	if first := slices.IndexFunc(early[:n-1], func(v float64) bool { return v > 0 }); first >= 0 {
		f.Low, f.High = band(shares(stay[first:n-1], added[first:n-1], 1))
	}
	return f, nil
}

// linked is the link rate of the last 30 days.
func (d *Desk) linked(ctx context.Context, scope org.Scope) (web.Figure, error) {
	const window = 30
	all, err := d.daily(ctx, scope, historyDays+window, flow.CountOrders)
	if err != nil {
		return web.Figure{}, err
	}
	known, err := d.daily(ctx, scope, historyDays+window, flow.CountOrdersLinked)
	if err != nil {
		return web.Figure{}, err
	}
	f := web.Figure{Key: web.FigureLinked}
	history := shares(known, all, window)
	for _, v := range all[len(all)-window:] {
		f.Base += int(v)
	}
	if f.Base > 0 && len(history) > 0 {
		f.Value, f.Measurable = history[len(history)-1], true
		f.Low, f.High = band(history)
	}
	return f, nil
}

// repurchased compares customers who were due with whether they bought, from
// what the night counted on each day.
func (d *Desk) repurchased(ctx context.Context, scope org.Scope) (web.Figure, error) {
	f := web.Figure{Key: web.FigureRepurchased}
	due, err := d.daily(ctx, scope, historyDays, flow.CountDue)
	if err != nil {
		return f, err
	}
	bought, err := d.daily(ctx, scope, historyDays, flow.CountDueBought)
	if err != nil {
		return f, err
	}
	const horizon = 30
	last := len(due) - 1 - horizon // the newest day whose horizon is over
	if last < 0 || due[last] == 0 {
		return f, nil
	}
	f.Value, f.Base, f.Measurable = bought[last]/due[last], int(due[last]), true
	f.Low, f.High = band(shares(bought[:last], due[:last], 1))
	return f, nil
}
