package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"siyu/internal/insight/ltv"
	"siyu/internal/insight/mind"
	"siyu/internal/measurement/backtest"
	"siyu/internal/org"
	"siyu/internal/web"
)

// BacktestName is the name under which backtests are stored.
const BacktestName = "backtest"

// WatchName is the name under which is stored how forecasts did.
const WatchName = "watch"

// Models reads what was learned.
type Models interface {
	// NewestModel returns the newest document of a name, nil where there is none.
	NewestModel(ctx context.Context, name string) (version string, document []byte, err error)
}

// NewestWatch returns how forecasts did so far, nothing before the first.
func NewestWatch(ctx context.Context, db Models) (mind.Watch, error) {
	_, document, err := db.NewestModel(ctx, WatchName)
	if err != nil || document == nil {
		return mind.Watch{}, err
	}
	return mind.ReadWatch(document), nil
}

// NewestBacktest returns the newest backtest; its At is zero where there is
// none, or none that this version of the program can read.
func NewestBacktest(ctx context.Context, db Models) (r backtest.Result, err error) {
	_, document, err := db.NewestModel(ctx, BacktestName)
	if err != nil || document == nil {
		return r, err
	}
	if readable := json.Unmarshal(document, &r) == nil; !readable {
		r = backtest.Result{}
	}
	return r, nil
}

// measured returns a common shock that was measured at some past days, the
// prior where it was measured at none.
func measured(shock float64, origins int) float64 {
	if origins > 0 {
		return shock
	}
	return ltv.CommonShock
}

// ShockOf returns the standard deviation, on the log scale, of what moves all customers
// of the brand together: as totals of the models in force were off, or the prior.
func ShockOf(r *backtest.Result) float64 { return measured(r.InForce.Shock, r.InForce.Origins) }

// Backtest implements web.Value.
func (d *Desk) Backtest(ctx context.Context, scope org.Scope) (web.BacktestView, error) {
	if err := headquarters(scope); err != nil {
		return web.BacktestView{}, err
	}
	r, err := NewestBacktest(ctx, d.DB)
	if err != nil {
		return web.BacktestView{}, fmt.Errorf("read backtest: %w", err)
	}
	force := d.force(&r)
	v := web.BacktestView{
		At: r.At, Short: r.Short, Cut: r.Cut, End: r.End, Customers: r.Customers, TooNew: r.TooNew, Young: r.Young, Force: force,
		Actual: r.ActualTotal, Predicted: r.PredictedTotal, Low: r.TotalLow, High: r.TotalHigh,
		Shock: measured(r.Choice.Shock.SD, r.Choice.Shock.Origins), Origins: r.Choice.Shock.Origins, InnerOrigins: r.Choice.Origins,
		Members: r.Choice.Members, Season: seasonOf(&r.Season), Calendar: calendarOf(r.Choice.Calendar), Rates: ratesOf(&r.Choice.Rates),
	}
	for _, s := range r.Models {
		v.Scores = append(v.Scores, web.ForecastScore{
			Name: s.Name, Chosen: s.Name == r.Chosen, Rule: !slices.Contains(ltv.Choosable(), s.Name) && s.Name != r.Chosen,
			InForce: s.Name == force.Name && (s.Name != ltv.Mixture || slices.Equal(force.Members, r.Choice.Members)),
			Inner:   innerScore(&r.Choice, s.Name), RPS: s.RPS, Bias: s.Bias, Coverage80: s.Coverage80, AUC: s.AUC,
		})
	}
	v.CutsHeld, v.Cuts = r.InForce.Held, r.InForce.Cuts
	for _, o := range r.Totals {
		v.Totals = append(v.Totals, web.PastTotal{Cut: o.Cut, End: o.End, Actual: o.ActualTotal, Predicted: o.PredictedTotal, Low: o.TotalLow, High: o.TotalHigh})
	}
	if s := r.Spend; s != nil {
		v.Spend = web.SpendScore{Customers: s.Customers, CRPS: s.CRPS, Pooled: s.Pooled, OwnMean: s.OwnMean,
			Value: s.Value.Coverage80, Above: s.Value.Above, Bounded: s.Value.BoundedCoverage, Low: s.Value.Bounded}
	}
	for _, t := range r.Tracking {
		v.Tracking = append(v.Tracking, web.TrackedOrders(t))
	}
	for _, c := range r.Calibration {
		v.Deciles = append(v.Deciles, web.ForecastDecile(c))
	}
	return v, nil
}

// innerScore returns the score of a model by which the choice was made, 0 where
// it took no part.
func innerScore(c *ltv.Choice, name string) float64 {
	if name == c.Name {
		return c.RPS
	}
	for _, s := range c.Alone {
		if s.Name == name {
			return s.RPS
		}
	}
	return 0
}

// force tells which purchase models customers' pages show; before anything was
// learned that is a stated prior.
func (d *Desk) force(r *backtest.Result) web.ForceView {
	m := d.Learned()
	if m == nil {
		return web.ForceView{}
	}
	f := web.ForceView{Name: m.Value.Orders.Name(), Fitted: m.Value.Orders.Fitted, ChosenAt: m.Chosen.At, RPS: m.Chosen.RPS, Origins: m.Chosen.Origins}
	for _, member := range m.Value.Orders.Members {
		f.Members = append(f.Members, member.Name)
	}
	if len(m.Chosen.Members) == 0 {
		f.ChosenAt = time.Time{}
	}
	f.Pending = pending(&m.Chosen, r)
	return f
}

// pending tells whether the next night fits other models than those in force, or
// fits them otherwise.
func pending(inForce *mind.Chosen, r *backtest.Result) bool {
	believed := r.Believed()
	return !r.Short && r.At.After(inForce.At) && !inForce.Same(&believed)
}
