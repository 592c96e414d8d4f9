package main

import (
	"context"
	"fmt"
	"io"

	"siyu/internal/app/bench"
)

type benchSOPCmd struct {
	benchFlags
	Customers int `default:"1000000" help:"How many customers are in one process."`
}

// Run measures standard processes.
func (c *benchSOPCmd) Run(ctx context.Context, out *answer) error {
	r, err := bench.Steps(ctx, c.options(c.Customers, out))
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		fmt.Fprintf(w, "%s, %d customers in one process: entered in %.1f s, due steps with a condition evaluated in %.1f s (%.0f a second), without one in %.1f s\n",
			r.Engine, r.Customers, r.Entering, r.Evaluate, r.Rate, r.Waits)
		fmt.Fprintf(w, "%d due steps became tasks in %.1f s; a round with nothing due %.1f ms; memory %.0f MB, database %.0f MB\n", r.Given, r.Tasks, r.Idle, r.RSS, r.Database)
	})
}
