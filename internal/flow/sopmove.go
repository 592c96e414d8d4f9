package flow

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// Moving is the taking over of the runs of an older version into the version in force.
type Moving struct {
	Process int64
	Version int    // whose runs are taken over
	By      string // console account
	Asked   time.Time
	UpTo    *sop.RunKey // the last run looked at, nil: none yet
	Moved   int         // runs so far
	Ended   time.Time   // when none was left, zero: not yet
}

// AskMove notes that the runs of an older version of a process are to be taken over into
// the version in force; MoveAsked does it.
func (o *Operator) AskMove(ctx context.Context, m Moving) error {
	if err := o.refresh(ctx); err != nil {
		return err
	}
	p := o.known.by[m.Process]
	if p == nil || m.Version < 1 || m.Version >= p.Version {
		return fault.New(fault.Invalid, "process %d: version %s cannot be moved", m.Process, strconv.Itoa(m.Version))
	}
	return o.Runs.AskMove(ctx, m)
}

// MoveAsked takes runs of older versions over, as far as a person asked for it, some at a
// time, and returns how many and whether there are more. Each goes on as sop.Process.Adopt
// says: no step happens again. It goes on where it stopped.
func (o *Operator) MoveAsked(ctx context.Context, now time.Time) (moved int, more bool, err error) {
	if err := o.refresh(ctx); err != nil {
		return 0, false, err
	}
	open, err := o.Runs.OpenMoves(ctx)
	if err != nil {
		return 0, false, err
	}
	looked := 0
	for i := range open {
		for m := &open[i]; m.Ended.IsZero(); {
			if looked >= endAtOnce {
				return moved, true, nil
			}
			before := m.Moved
			n, err := o.moveSome(ctx, m, now)
			if err != nil {
				return moved, true, fmt.Errorf("move runs of version %d of process %d: %w", m.Version, m.Process, err)
			}
			looked, moved = looked+n, moved+m.Moved-before
		}
	}
	return moved, false, nil
}

// moveSome takes the next runs of a version over and returns at how many it looked. Those of
// a retired process end by themselves and are left.
func (o *Operator) moveSome(ctx context.Context, m *Moving, now time.Time) (looked int, err error) {
	p := o.known.by[m.Process]
	var some []sop.Run
	if p.State != ProcessRetired {
		if some, err = o.Runs.RunsToMove(ctx, *m, stepChunk); err != nil {
			return 0, err
		}
	}
	if len(some) < stepChunk {
		m.Ended = now
	}
	if len(some) > 0 {
		m.UpTo = &some[len(some)-1].RunKey
	}
	moves, err := o.adopt(ctx, p, some)
	if err != nil {
		return 0, err
	}
	m.Moved, err = o.Runs.MoveOver(ctx, *m, moves)
	return len(some), err
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
	records, err := o.Runs.StepsOfRuns(ctx, p.Number, p.Document.Subject, slices.Compact(ids))
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
