package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/storage"
)

// turnLease is for how long a node has the turn. It renews that after each third
// of it, so that a node that dies holds the others up for no longer than this.
const turnLease = 30 * time.Second

// Turn carries new facts through the house. Where another node is about to do
// that, or plans the day, it leaves them to that node's next turn.
func (a *App) Turn(ctx context.Context) error {
	_, err := a.alone(ctx, func(ctx context.Context) error {
		if _, err := a.flow.Turn(ctx, a.clock.Now()); err != nil {
			return err
		}
		_, err := a.operator.Turn(ctx, a.clock.Now())
		return err
	})
	return err
}

// Night learns and plans the day. While another node has the turn it is
// fault.Conflict.
func (a *App) Night(ctx context.Context) (turned flow.Turned, err error) {
	ran, err := a.alone(ctx, func(ctx context.Context) error {
		turned, err = a.flow.Night(ctx, a.clock.Now())
		return err
	})
	if err == nil && !ran {
		return turned, fault.New(fault.Conflict, "plan the day: another node has the turn")
	}
	return turned, err
}

// alone runs do while nobody else turns or plans, in this process or on another
// node: two would decide about the same customers. It waits for this process,
// not for another node.
func (a *App) alone(ctx context.Context, do func(context.Context) error) (ran bool, err error) {
	a.turning.Lock()
	defer a.turning.Unlock()
	if a.db.Dialect() == storage.SQLite { // no other node has the file
		return true, do(ctx)
	}
	ran, err = hold(ctx, a.db, storage.Lease{Name: "turn", Holder: a.node, For: turnLease}, do)
	if err == nil && !ran {
		a.log.Debug("another node has the turn")
	}
	return ran, err
}

// hold runs do while it has a lease, if it can be had. Where it cannot be
// renewed do's context ends, before another node may have it.
func hold(ctx context.Context, db *storage.DB, l storage.Lease, do func(context.Context) error) (held bool, err error) {
	if held, err = db.TakeLease(ctx, l); err != nil || !held {
		return false, err
	}
	holding, lose := context.WithCancelCause(ctx)
	renewing := make(chan struct{})
	go func() {
		defer close(renewing)
		if lost := renew(holding, db, l); lost != nil {
			lose(lost)
		}
	}()
	err = do(holding)
	if err != nil && ctx.Err() == nil {
		err = errors.Join(context.Cause(holding), err)
	}
	lose(nil)
	<-renewing
	return true, errors.Join(err, db.DropLease(context.WithoutCancel(ctx), l))
}

// renew renews a lease until ctx ends, and returns why it could not.
func renew(ctx context.Context, db *storage.DB, l storage.Lease) error {
	every := l.For / 3
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		soon, cancel := context.WithTimeout(ctx, every)
		renewed, err := db.RenewLease(soon, l)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("stop: %w", err)
		case !renewed:
			return fault.New(fault.Conflict, "stop: the lease of %s ran out", l.Name)
		}
	}
}
