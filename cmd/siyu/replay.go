package main

import (
	"context"
	"fmt"
	"io"

	"siyu/internal/app"
	"siyu/internal/fault"
	"siyu/internal/flow"
)

// replayCmd folds the log again.
type replayCmd struct {
	place
	From   int64 `placeholder:"CURSOR" help:"Fold facts after this position that were not folded yet. Default: where the last turn stopped."`
	Verify bool  `help:"Change nothing: fold everything again and compare with what is stored."`
}

type replayAnswer struct {
	Facts       int64 `json:"facts"`
	Customers   int   `json:"customers"`
	Differences int   `json:"differences"`
}

// Help shows an example.
func (replayCmd) Help() string { return "Example: siyu replay --verify --data /var/lib/siyu" }

// Run folds what is new, or verifies.
func (c *replayCmd) Run(ctx context.Context, out *answer) error {
	name := "turn"
	if c.Verify {
		name = "verify"
	}
	r, err := carried(ctx, c.place, out, command{name: name}, func(a *app.App) (flow.Replayed, error) {
		if c.Verify {
			return a.Verify(ctx)
		}
		return a.Replay(ctx, c.From)
	})
	if err != nil {
		return err
	}
	result := replayAnswer(r)
	if err := out.give(result, func(w io.Writer) {
		fmt.Fprintf(w, "%d facts, %d customers, %d differences\n", result.Facts, result.Customers, result.Differences)
	}); err != nil {
		return err
	}
	if result.Differences > 0 {
		return fault.New(fault.Internal, "%d states are not what their facts say", result.Differences)
	}
	return nil
}
