package delivery

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// stopWithin bounds how long somebody waits for WeCom to stop tasks; what was
// not stopped by then is stopped by Read.
const stopWithin = 5 * time.Second

// Stop asks WeCom at once to stop the unconfirmed tasks of these customers
// that are to be taken back, so that their members cannot confirm them until
// Read comes. It returns how many WeCom stopped. Where WeCom does not answer
// nothing is lost: Read asks again.
func (g *Gate) Stop(ctx context.Context, customers []id.Customer) (stopped int, err error) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	open, err := g.Ledger.Dispatches(ctx, Query{Tasks: []TaskState{Open}, Customers: customers, Scope: org.All()})
	if err != nil {
		return 0, fmt.Errorf("find tasks to stop: %w", err)
	}
	for _, d := range open {
		if d.CancelFor == "" {
			continue
		}
		if g.stopNow(ctx, d) != nil {
			return stopped, nil // see above
		}
		stopped++
	}
	return stopped, nil
}

func (g *Gate) stopNow(ctx context.Context, d Dispatch) error {
	if _, err := g.corp(d); err != nil {
		return err
	}
	return g.cancel(ctx, d)
}

// TakeBack takes an accepted dispatch back whose member has not confirmed it;
// all its customers are planned anew on another day. stopped says that WeCom
// has stopped the task already; else it did not answer, and Read asks it
// again. A task that was confirmed is fault.Conflict.
func (g *Gate) TakeBack(ctx context.Context, by string, dispatch int64) (stopped bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	var d Dispatch
	err = g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		if r.Dispatch.Task != Open {
			return fault.WithKey(fault.Conflict, "error.not_open", fmt.Errorf("its task is %q", r.Dispatch.Task))
		}
		d = r.Dispatch
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("take dispatch %d back: %w", dispatch, err)
	}
	if _, err := g.corp(d); err != nil {
		return false, err
	}
	if done, err := g.confirmation(ctx, d); err == nil && done.by != "" {
		return false, fault.WithKey(fault.Conflict, "error.confirmed", fmt.Errorf("take dispatch %d back: its member confirmed it", dispatch))
	}
	err = g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		r.Dispatch.CancelFor, r.Dispatch.DecidedBy = ByPerson, by
		d = r.Dispatch
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("take dispatch %d back: %w", dispatch, err)
	}
	return g.stopNow(ctx, d) == nil, nil
}
