package app

import (
	"context"

	"siyu/internal/flow"
)

// storeProcess stores a document as a draft, or as a new version.
func (a *App) storeProcess(ctx context.Context, v flow.ProcessVersion) error {
	return a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		_, _, err := o.Install(ctx, v)
		return err
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

// moveProcess takes the runs of an older version over into the one in force.
func (a *App) moveProcess(ctx context.Context, name string, from int) (moved int, err error) {
	answer, err := a.MoveProcess(ctx, ProcessAsked{Name: name, From: from})
	if err != nil {
		return 0, err
	}
	return *answer.Runs, nil
}
