package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Stop asks WeCom at once to stop the unconfirmed tasks of these customers
// that are to be taken back, so that their members cannot confirm them until
// Read comes. It returns how many WeCom stopped. Where WeCom does not answer
// nothing is lost: Read asks again, and until the minute is over nobody waits
// for it here.
func (g *Gate) Stop(ctx context.Context, customers []id.Customer) (stopped int, err error) {
	if g.patience.left(g.Clock.Now()) <= 0 {
		return 0, nil
	}
	open, err := g.Ledger.Dispatches(ctx, Query{Tasks: []TaskState{Open}, Customers: customers, Scope: org.All()})
	if err != nil {
		return 0, fmt.Errorf("find tasks to stop: %w", err)
	}
	return g.stopAll(ctx, open), nil
}

// stopAll does so with those of the tasks that are to be taken back.
func (g *Gate) stopAll(ctx context.Context, open []Dispatch) (stopped int) {
	left := g.patience.left(g.Clock.Now())
	if left <= 0 || len(open) == 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	began := g.Clock.Now()
	defer func() { g.patience.spend(g.Clock.Now().Sub(began)) }()
	for _, d := range open {
		if d.CancelFor == "" {
			continue
		}
		switch task, err := g.stopNow(ctx, d); {
		case ctx.Err() != nil || err != nil && unanswered(err):
			g.patience.spend(left)
			return stopped // see above
		case err == nil && !task.reached():
			stopped++
		}
	}
	return stopped
}

// stopNow returns the task as it stands then.
func (g *Gate) stopNow(ctx context.Context, d Dispatch) (TaskState, error) {
	if _, err := g.corp(d); err != nil {
		return "", err
	}
	return g.cancel(ctx, d)
}

// stopSpan is the time in which Settings.StopWithin may be spent once. Turns
// are shorter and come more often than WeCom recovers.
const stopSpan = time.Minute

// patience is how long WeCom may still be waited for.
type patience struct {
	most  time.Duration // in a stopSpan
	mu    sync.Mutex
	from  time.Time // begin of the span
	spent time.Duration
}

func (p *patience) left(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.from) >= stopSpan {
		p.from, p.spent = now, 0
	}
	return p.most - p.spent
}

func (p *patience) spend(waited time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spent += waited
}

// TakeBack takes an accepted dispatch back whose member has not confirmed it;
// all its customers are planned anew on another day. stopped says that WeCom
// has stopped the task already; else it did not answer, and Read asks it
// again. A task that was confirmed, be it meanwhile, is fault.Conflict.
func (g *Gate) TakeBack(ctx context.Context, by string, dispatch int64) (stopped bool, err error) {
	if stopped, err = g.takeBack(ctx, by, dispatch); err != nil {
		return false, fmt.Errorf("take dispatch %d back: %w", dispatch, err)
	}
	return stopped, nil
}

func (g *Gate) takeBack(ctx context.Context, by string, dispatch int64) (stopped bool, err error) {
	var d Dispatch
	err = g.changeOpen(ctx, dispatch, func(r *Record) { d = r.Dispatch })
	if err != nil {
		return false, err
	}
	if _, err := g.corp(d); err != nil {
		return false, err
	}
	// Only WeCom is not waited for: what a person decided is kept without it.
	waiting, cancel := context.WithTimeout(ctx, g.Settings.StopWithin)
	defer cancel()
	if done, err := g.confirmation(waiting, d); err == nil && done.by != "" {
		return false, errConfirmed()
	}
	// Somebody else may have read the confirmation while WeCom was asked.
	err = g.changeOpen(ctx, dispatch, func(r *Record) { r.Dispatch.CancelFor, r.Dispatch.DecidedBy = ByPerson, by })
	if err != nil {
		return false, err
	}
	task, err := g.stopNow(waiting, d)
	if err != nil {
		return false, nil // nothing failed for good: Read asks again
	}
	// The member may have confirmed until WeCom stopped the task, not later.
	if done, err := g.confirmation(waiting, d); task.reached() || err == nil && done.by != "" {
		return false, errConfirmed()
	}
	return true, nil
}

// changeOpen changes a dispatch whose task waits for its member.
func (g *Gate) changeOpen(ctx context.Context, dispatch int64, change func(*Record)) error {
	return g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		switch task := r.Dispatch.Task; {
		case task.reached():
			return errConfirmed()
		case task != Open:
			return fault.WithKey(fault.Conflict, "error.not_open", fmt.Errorf("its task is %q", task))
		}
		change(r)
		return nil
	})
}

func errConfirmed() error {
	return fault.WithKey(fault.Conflict, "error.confirmed", errors.New("its member confirmed it"))
}

// reached tells that the member confirmed.
func (t TaskState) reached() bool { return t == Sending || t == Confirmed }
