package delivery

import (
	"context"
	"errors"
	"fmt"

	"siyu/internal/decision"
)

// ordersFor returns until when orders are known, where a dispatch sells.
func (g *Gate) ordersFor(ctx context.Context, d *Dispatch) (known decision.OrdersKnown, err error) {
	if !d.Purpose.Sells() || g.Orders == nil {
		return known, nil
	}
	if known, err = g.Orders(ctx); err != nil {
		return known, fmt.Errorf("read until when orders are known: %w", err)
	}
	return known, nil
}

// keepsPromise tells whether it speaks of a benefit that was promised at the add.
func (d *Dispatch) keepsPromise(rules decision.Settings) bool {
	return d.Promised || d.Process == 0 && rules.Keeps(d.Material)
}

// TakeSales takes back touches that sell and that a member has and has not done: tasks by
// hand, and what waits in WeCom for a confirmation, where the others of a message get it by
// a new one. What has not left is asked about when it leaves, and what a member confirmed
// stays. It returns how many touches it concerned.
func (g *Gate) TakeSales(ctx context.Context, touches []Touch, because decision.Because) (taken int, err error) {
	mass := map[int64]map[int64]bool{}
	for i := range touches {
		t := &touches[i]
		if t.Dispatch != 0 {
			if mass[t.Dispatch] == nil {
				mass[t.Dispatch] = map[int64]bool{}
			}
			mass[t.Dispatch][t.ID] = true
			continue
		}
		err := g.Tasks.ChangeStaffTask(ctx, t.ID, func(task *StaffTask, touch *Touch) error {
			if !task.open() {
				return errLost
			}
			task.end(Taken, touch, string(because), g.Clock.Now())
			return nil
		})
		switch {
		case errors.Is(err, errLost):
		case err != nil:
			return taken, fmt.Errorf("take task %d back: %w", t.ID, err)
		default:
			taken++
		}
	}
	var open []Dispatch
	for dispatch, those := range mass {
		d, n, err := g.takeOpen(ctx, dispatch, those, because)
		if err != nil {
			return taken, err
		}
		if n > 0 {
			open = append(open, d)
		}
		taken += n
	}
	g.stopAll(ctx, open)
	return taken, nil
}

// takeOpen marks touches of a mass message that waits in WeCom for its member.
func (g *Gate) takeOpen(ctx context.Context, dispatch int64, touches map[int64]bool, because decision.Because) (d Dispatch, taken int, err error) {
	err = g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		taken = 0
		if r.Dispatch.Task != Open {
			return errLost
		}
		for i := range r.Touches {
			if t := &r.Touches[i]; touches[t.ID] && t.State == Underway && t.Because == "" && r.take(t, string(because), StepStopped, g.Clock.Now()) {
				taken++
			}
		}
		d = r.Dispatch
		return nil
	})
	if errors.Is(err, errLost) {
		return d, 0, nil
	}
	if err != nil {
		return d, 0, fmt.Errorf("take sales out of dispatch %d: %w", dispatch, err)
	}
	return d, taken, nil
}
