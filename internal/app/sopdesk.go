package app

import (
	"context"
	"fmt"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/flow"
)

// storeProcess stores a document as a draft, or as a new version of the process that it
// is of. In place of one that is at work it waits if asks says so of what changes.
func (a *App) storeProcess(ctx context.Context, of string, v flow.ProcessVersion, asks func(was, is *sop.Process) bool) (waits bool, err error) {
	err = a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		was, err := a.installed(ctx, v.Document.Name)
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		if err == nil && of != was.Name {
			return fault.WithKey(fault.Conflict, "error.process_taken", fmt.Errorf("a process is called %s already", was.Name))
		}
		if waits = err == nil && was.State == flow.ProcessActive && asks(&was.Document, &v.Document); waits {
			_, err = o.Propose(ctx, v)
		} else {
			_, _, err = o.Install(ctx, v)
		}
		return err
	})
	return waits, err
}

// forceProcess puts a version to work that was looked at: the one that waits in place of
// one that is at work, else the one that there is.
func (a *App) forceProcess(ctx context.Context, name string, version int, by string) error {
	return a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		p, err := a.installed(ctx, name)
		switch {
		case err != nil:
			return err
		case p.State == flow.ProcessActive && p.Version != version:
			return o.Force(ctx, name, version, by, a.clock.Now())
		case p.Version != version:
			return fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("%s is version %d by now", name, p.Version))
		}
		return o.Activate(ctx, p.Number, by, a.clock.Now())
	})
}

// withdrawProcess takes back the version of a process that waits.
func (a *App) withdrawProcess(ctx context.Context, name string, version int) error {
	return a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		return o.Withdraw(ctx, name, version, a.clock.Now())
	})
}

// setProcess puts a process to work, pauses it or takes it out of use; the runs of
// that end by StepProcesses, because there may be a million.
func (a *App) setProcess(ctx context.Context, name string, to flow.ProcessState, by string) error {
	if to == flow.ProcessRetired {
		p, err := a.installed(ctx, name)
		if err != nil {
			return err
		}
		return a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error { return o.Close(ctx, p.Number, by, a.clock.Now()) })
	}
	_, err := a.changeProcess(ctx, ProcessAsked{Name: name, State: string(to)}, by)
	return err
}

// moveProcess asks for the runs of an older version to be taken over into the one in
// force; StepProcesses does it, because there may be a million.
func (a *App) moveProcess(ctx context.Context, name string, from int, by string) error {
	p, err := a.installed(ctx, name)
	if err != nil {
		return err
	}
	return a.askMove(ctx, flow.Moving{Process: p.Number, Version: from, By: by, Asked: a.clock.Now()})
}

func (a *App) askMove(ctx context.Context, m flow.Moving) error {
	return a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error { return o.AskMove(ctx, m) })
}
