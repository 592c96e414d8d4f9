package app

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/flow"
)

// foresee asks what a one-off process would come to at a time.
func (a *App) foresee(ctx context.Context, p *sop.Process, when time.Time, told func(looked int) error) (flow.Foreseen, error) {
	world, err := a.WorldNow(ctx)
	if err != nil {
		return flow.Foreseen{}, err
	}
	return a.operator.Foresee(ctx, &world, p, when, told)
}

// saveOneOff stores a draft; was is the version that it replaces, 0 for a new one. A new
// one whose name is there is the same request again and changes nothing.
func (a *App) saveOneOff(ctx context.Context, v flow.ProcessVersion, was int) error {
	return a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		p, err := a.installed(ctx, v.Document.Name)
		switch {
		case fault.CodeOf(err) == fault.NotFound:
		case err != nil:
			return err
		case was == 0:
			return nil
		case p.State != flow.ProcessDraft || p.Version != was:
			return staleOneOff(&p)
		}
		_, _, err = o.Install(ctx, v)
		return err
	})
}

// startOneOff puts a draft to work as a document says it, if it still is the version
// was. What has started stays as it is.
func (a *App) startOneOff(ctx context.Context, v flow.ProcessVersion, was int) error {
	return a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		p, err := a.installed(ctx, v.Document.Name)
		switch {
		case err != nil:
			return err
		case p.State == flow.ProcessActive || p.State == flow.ProcessPaused:
			return nil
		case p.State != flow.ProcessDraft || p.Version != was:
			return staleOneOff(&p)
		}
		number, _, err := o.Install(ctx, v)
		if err != nil {
			return err
		}
		return o.Activate(ctx, number, v.By, v.At)
	})
}

func staleOneOff(p *flow.Process) error {
	return fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("%s is version %d in state %s by now", p.Name, p.Version, p.State))
}
