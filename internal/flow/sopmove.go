package flow

import (
	"context"
	"fmt"
	"strconv"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// MoveVersion takes the runs of one version of a process over into the version in
// force, as sop.Process.Adopt does: steps that happened do not happen again. It returns
// how many it moved.
func (o *Operator) MoveVersion(ctx context.Context, number int64, from int) (moved int, err error) {
	if err := o.refresh(ctx); err != nil {
		return 0, err
	}
	p := o.known.by[number]
	if p == nil || from == p.Version {
		return 0, fault.New(fault.Invalid, "process %d: version %s cannot be moved", number, strconv.Itoa(from))
	}
	err = o.Runs.EachRun(ctx, number, from, stepChunk, func(some []sop.Run) error {
		moves, err := o.adopt(ctx, p, some)
		if err != nil {
			return err
		}
		n, err := o.Runs.MoveRuns(ctx, moves)
		moved += n
		return err
	})
	if err != nil {
		return moved, fmt.Errorf("move runs of process %d: %w", number, err)
	}
	return moved, nil
}

// adopt returns how runs of older versions go on in the version in force.
func (o *Operator) adopt(ctx context.Context, p *Process, some []sop.Run) ([]RunMove, error) {
	happened, err := o.happened(ctx, p, some)
	if err != nil {
		return nil, err
	}
	moves := make([]RunMove, len(some))
	for i := range some {
		was, err := o.version(ctx, &some[i])
		if err != nil {
			return nil, err
		}
		moves[i] = RunMove{Was: some[i], Is: p.Document.Adopt(was, some[i], happened[some[i].RunKey], p.Version, o.Zone)}
	}
	return moves, nil
}

// happened returns the names of the steps that runs of a process went through, in
// whichever version.
func (o *Operator) happened(ctx context.Context, p *Process, some []sop.Run) (map[sop.RunKey][]string, error) {
	ids := make([]int64, len(some))
	for i := range some {
		ids[i] = some[i].ID
	}
	records, err := o.Runs.StepsOfRuns(ctx, p.Number, p.Document.Subject, ids)
	if err != nil {
		return nil, err
	}
	happened := map[sop.RunKey][]string{}
	for i := range records {
		r := &records[i]
		if !r.Outcome.Happened() {
			continue
		}
		followed, err := o.version(ctx, &sop.Run{RunKey: r.RunKey, Version: r.Version})
		if err != nil {
			return nil, err
		}
		happened[r.RunKey] = append(happened[r.RunKey], followed.Steps[r.Step].Name)
	}
	return happened, nil
}
