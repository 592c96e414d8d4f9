package main

import (
	"context"
	"fmt"
	"io"

	"siyu/internal/app/bench"
	"siyu/internal/storage"
)

// benchCmd sizes a machine. Every benchmark fills a temporary installation and
// removes it.
type benchCmd struct {
	Turn     benchTurnCmd     `cmd:"" help:"A turn with 1,000 touched customers, and whole nights. Example: siyu bench turn --customers 1000000 --json"`
	Limiting benchLimitingCmd `cmd:"" help:"What limits demo people, as Siyu says and as they know. Example: siyu bench limiting --customers 5000"`
}

// benchFlags say on what to measure.
type benchFlags struct {
	jsonFlag
	Engine storage.Dialect `enum:"sqlite,postgres" default:"sqlite" help:"Database: sqlite or postgres, which is started from the machine's binaries where --db names none."`
	DB     string          `name:"db" help:"postgres:// URL of an empty database."`
}

func (f benchFlags) options(customers int, out *answer) bench.Options {
	o := bench.Options{Customers: customers, URL: f.DB, Engine: f.Engine, Say: out.say}
	if f.DB != "" {
		o.Engine = storage.Postgres
	}
	return o
}

type benchTurnCmd struct {
	benchFlags
	Customers int `default:"1000000" help:"How many customers there are."`
}

// Run measures turns and nights.
func (c *benchTurnCmd) Run(ctx context.Context, out *answer) error {
	r, err := bench.Turn(ctx, c.options(c.Customers, out))
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		fmt.Fprintf(w, "%s, %d customers, database %.0f MB\n", r.Engine, r.Customers, r.Database)
		fmt.Fprintf(w, "turn with 1,000 touched customers: median %.0f ms, slowest %.0f ms\n", r.P50, r.Max)
		fmt.Fprintf(w, "first night %.1f s, next night %.1f s (%d planned, %d withheld)\n", r.FirstNight, r.Night, r.Planned, r.Withheld)
		fmt.Fprintf(w, "memory %.0f MB\n", r.RSS)
	})
}

type benchLimitingCmd struct {
	jsonFlag
	Customers int    `default:"5000" help:"How many people the demo brand has."`
	Seed      uint64 `default:"1" help:"The same seed gives the same people."`
}

// Run compares what limits people, as Siyu says, with the truth.
func (c *benchLimitingCmd) Run(ctx context.Context, out *answer) error {
	r, err := bench.Limiting(ctx, bench.Options{Customers: c.Customers, Say: out.say}, c.Seed)
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		fmt.Fprintf(w, "%-42s %8s %8s %8s %8s\n", "rule", "macro-F1", "accuracy", "regret", "unknown")
		for _, rule := range r.Rules {
			fmt.Fprintf(w, "%-42s %8.3f %8.3f %8.4f %8d\n", rule.Name, rule.MacroF1, rule.Accuracy, rule.Regret, rule.Unknown)
		}
		fmt.Fprintf(w, "regret: orders in 30 days lost per customer against the true limiting part\n%.1f s\n", r.Seconds)
	})
}
