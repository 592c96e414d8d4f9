package desk

import (
	"context"
	"encoding/json"
	"fmt"

	"siyu/internal/insight/ltv"
	"siyu/internal/measurement/backtest"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// BacktestName is the name under which backtests are stored.
const BacktestName = "backtest"

// NewestBacktest returns the newest backtest; its At is zero where there is
// none, or none that this version of the program can read.
func NewestBacktest(ctx context.Context, db *storage.DB) (r backtest.Result, err error) {
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

// Backtest implements web.Value.
func (d *Desk) Backtest(ctx context.Context, scope org.Scope) (web.BacktestView, error) {
	if err := headquarters(scope); err != nil {
		return web.BacktestView{}, err
	}
	r, err := NewestBacktest(ctx, d.DB)
	if err != nil {
		return web.BacktestView{}, fmt.Errorf("read backtest: %w", err)
	}
	v := web.BacktestView{
		At: r.At, Short: r.Short, Cut: r.Cut, End: r.End, Customers: r.Customers, TooNew: r.TooNew,
		Actual: r.ActualTotal, Predicted: r.PredictedTotal, Low: r.TotalLow, High: r.TotalHigh,
		Shock: measured(r.Choice.Shock.SD, r.Choice.Shock.Origins), Origins: r.Choice.Shock.Origins,
	}
	for _, s := range r.Models {
		v.Scores = append(v.Scores, web.ForecastScore{
			Name: s.Name, Chosen: s.Name == r.Chosen, Rule: s.Name == "pooled" || s.Name == "recent", InForce: s.Name == backtest.InForce,
			RPS: s.RPS, Bias: s.Bias, Coverage80: s.Coverage80, AUC: s.AUC,
		})
	}
	for _, t := range r.Tracking {
		v.Tracking = append(v.Tracking, web.TrackedOrders(t))
	}
	for _, c := range r.Calibration {
		v.Deciles = append(v.Deciles, web.ForecastDecile{Customers: c.Customers, Expected: c.Expected, Actual: c.Actual})
	}
	return v, nil
}
