package main

import (
	"context"
	"fmt"
	"io"

	"siyu/internal/app"
	"siyu/internal/fault"
)

// doctorCmd tests what the installation stands on.
type doctorCmd struct{ place }

type doctorAnswer struct {
	Checks []app.Check `json:"checks"`
}

// Help shows an example.
func (doctorCmd) Help() string { return "Example: siyu doctor --data /var/lib/siyu" }

// Run prints every check; it fails if one of them does. A notice is no failure.
func (c *doctorCmd) Run(ctx context.Context, out *answer) error {
	result, err := carried(ctx, c.place, out, command{name: "doctor", begins: true}, func(a *app.App) (doctorAnswer, error) {
		return doctorAnswer{a.Examine(ctx)}, nil
	})
	if err != nil {
		return err
	}
	failed := 0
	for _, check := range result.Checks {
		if !check.OK {
			failed++
		}
	}
	if err := out.give(result, func(w io.Writer) {
		for _, check := range result.Checks {
			mark := "ok  "
			switch {
			case !check.OK:
				mark = "FAIL"
			case check.Notice:
				mark = "note"
			}
			fmt.Fprintf(w, "%s %-12s %s\n", mark, check.Name, check.Detail)
			if check.Fix != "" {
				fmt.Fprintf(w, "     fix: %s\n", check.Fix)
			}
		}
	}); err != nil {
		return err
	}
	if failed > 0 {
		return fault.New(fault.Upstream, "%d checks failed", failed)
	}
	return nil
}
