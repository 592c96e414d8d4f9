package app

import (
	"context"
	"errors"
	"fmt"

	"siyu/internal/app/desk"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/storage"
)

// send lets out what was approved, also before it was made, and whose time has come, after the circuit breaker
// has looked at what the messages before came to.
func (a *App) send(ctx context.Context) error {
	if err := a.desk.ApproveAhead(ctx); err != nil {
		return err
	}
	gate := a.gate.Load()
	braked, err := gate.Brake(ctx)
	if err != nil {
		return fmt.Errorf("watch over mass sends: %w", err)
	}
	for i := range braked.Halted {
		a.log.Warn("a mass send was halted", "send", braked.Halted[i].ID, "because", braked.Halted[i].Because,
			"events", braked.Halted[i].Evidence.Events, "delivered", braked.Halted[i].Evidence.Delivered)
	}
	if err := a.tellHalted(ctx); err != nil {
		a.log.Warn("nobody could be told of a halted mass send", "error", err) // the pages show it
	}
	_, err = gate.Send(ctx)
	return err
}

// readResults reads back what members confirmed and customers received, and
// cancels what waited too long.
func (a *App) readResults(ctx context.Context) error {
	_, err := a.gate.Load().Read(ctx)
	return err
}

// settleDoubts compares calls without an answer with WeCom's own list.
func (a *App) settleDoubts(ctx context.Context) error {
	gate := a.gate.Load()
	if _, err := gate.Recover(ctx); err != nil {
		return fmt.Errorf("find calls without an owner: %w", err)
	}
	posts := a.postGate()
	if _, err := posts.RecoverPosts(ctx); err != nil {
		return fmt.Errorf("find posts without an owner: %w", err)
	}
	compared, err := posts.ReconcilePosts(ctx)
	if compared.Duplicates > 0 {
		a.log.Error("WeCom had a post more than once; all but the first were cancelled", "count", compared.Duplicates)
	}
	if err != nil {
		return err
	}
	settled, err := gate.Reconcile(ctx)
	if settled.Duplicates > 0 {
		a.log.Error("WeCom had a mass message more than once; all but the first were cancelled", "count", settled.Duplicates)
	}
	return err
}

// endTasks ends staff tasks and unapproved mass sends whose window is over, and takes back
// what would sell while orders are stale.
func (a *App) endTasks(ctx context.Context) error {
	_, err := a.gate.Load().End(ctx)
	_, endErr := a.postGate().EndPosts(ctx)
	_, staleErr := a.flow.TakeStale(ctx, a.clock.Now())
	return errors.Join(err, endErr, staleErr)
}

// nightHour is when the night begins: after the shop systems have written
// yesterday's exports, before the first shift.
const nightHour = 5

// night learns and plans the day, once a day: at nightHour, or as soon as
// there is somebody to plan for when that hour was missed. Of several nodes one
// does; another one takes over where that one dies.
func (a *App) night(ctx context.Context) error {
	now := a.clock.Now().In(a.zone)
	if now.Hour() < nightHour {
		return nil
	}
	learned := false
	_, err := a.alone(ctx, func(ctx context.Context) error {
		day := clock.Day(now, a.zone)
		planned, err := a.db.Planned(ctx, day)
		if err != nil {
			return err
		}
		if planned { // a night that ended before it had handed everything over left the rest
			_, err := a.handover().Hand(ctx, day)
			return err
		}
		turned, err := a.flow.Night(ctx, a.clock.Now())
		if err != nil {
			return err
		}
		learned = true
		return a.keepContamination(ctx, turned.Contamination)
	})
	if err == nil && learned {
		a.keepIndexFile(ctx)
	}
	return err
}

// keepContamination keeps a night's count of held-out customers who were
// reached.
func (a *App) keepContamination(ctx context.Context, found decision.Contamination) error {
	var before decision.Contamination
	version, err := a.db.Setting(ctx, desk.ContaminationDoc, &before)
	if err != nil || before == found {
		return err
	}
	_, err = a.db.SetSetting(ctx, storage.NewSetting{
		Name: desk.ContaminationDoc, After: version, Document: found, At: a.clock.Now(), Account: "siyu",
	})
	return err
}
