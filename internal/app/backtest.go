package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"siyu/internal/app/desk"
	"siyu/internal/insight/need"
	"siyu/internal/measurement/backtest"
	"siyu/internal/profile"
)

const (
	// backtestEvery is how old a backtest may be: orders of a week hardly change
	// what it says.
	backtestEvery = 7 * 24 * time.Hour
	// backtestCustomers is of how many customers it is made; where there are
	// more, of a sample. Scores are then known to about a hundredth.
	backtestCustomers = 20_000
	// backtestChunk is how many customers are read at a time.
	backtestChunk = 2000
)

// Backtest judges the forecasts if that is due, and returns the newest judgement.
func (a *App) Backtest(ctx context.Context) (backtest.Result, error) {
	if err := a.backtest(ctx); err != nil {
		return backtest.Result{}, err
	}
	return desk.NewestBacktest(ctx, a.db)
}

// backtest judges the forecasts on the brand's own past, once a week. While
// there is too little history to judge by it looks again every time.
func (a *App) backtest(ctx context.Context) error {
	now := a.clock.Now()
	before, err := desk.NewestBacktest(ctx, a.db)
	if err != nil || !before.Short && now.Sub(before.At) < backtestEvery {
		return err
	}
	related, err := a.db.CountRelated(ctx)
	if err != nil || related == 0 {
		return err
	}
	known, err := a.orders(ctx, now)
	if err != nil {
		return err
	}
	var cycles need.Cycles
	if m := a.learned.model.Load(); m != nil {
		cycles = m.Repurchase.Cycles
	}
	orders, pace := backtest.NewOrders(known.AsOf, cycles), a.db.Pace()
	err = a.db.SampleCustomers(ctx, max(1, related/backtestCustomers), backtestChunk, func(states []profile.Customer) error {
		pace()
		for i := range states {
			orders.Add(&states[i])
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("read customers for a backtest: %w", err)
	}
	result := orders.Run(now)
	if result.Short && before.Short && !before.At.IsZero() {
		return nil
	}
	document, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("write backtest: %w", err)
	}
	return a.db.SaveModel(ctx, desk.BacktestName, now.UTC().Format(time.RFC3339), document)
}
