package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"siyu/internal/app/bench"
	"siyu/internal/fault"
	"siyu/internal/insight"
	"siyu/internal/storage"
)

// benchCmd sizes a machine. Every benchmark fills a temporary installation and
// removes it.
type benchCmd struct {
	Ingest   benchIngestCmd   `cmd:"" help:"Callbacks over HTTP while nights run. Example: siyu bench ingest --engine postgres --json"`
	Turn     benchTurnCmd     `cmd:"" help:"A turn with 1,000 touched customers, and whole nights. Example: siyu bench turn --customers 1000000 --json"`
	Plan     benchPlanCmd     `cmd:"" help:"Planning instances of three families, and the planner alone: how fast, how far from a proven bound. Example: siyu bench plan --customers 1000000 --json"`
	LTV      benchLTVCmd      `cmd:"" name:"ltv" help:"Learning and telling value. Example: siyu bench ltv --customers 100000"`
	Import   benchImportCmd   `cmd:"" help:"An export file until it is state. Example: siyu bench import --lines 1000000"`
	Page     benchPageCmd     `cmd:"" help:"Pages of the console. Example: siyu bench page --customers 1000000"`
	Segment  benchSegmentCmd  `cmd:"" help:"Questions about all customers, to the index and to databases. Example: siyu bench segment --customers 1000000 --json"`
	SOP      benchSOPCmd      `cmd:"" name:"sop" help:"Standard processes: steps of everybody, and steps that become tasks. Example: siyu bench sop --customers 1000000 --json"`
	Limiting benchLimitingCmd `cmd:"" help:"What limits demo people, as Siyu says and as they know. Example: siyu bench limiting --customers 5000"`
	Lifetime benchLifetimeCmd `cmd:"" help:"Half a year under Siyu's plan, beside what brands do without it: value, deletions, contacts. Example: siyu bench lifetime --seeds 2 --customers 300 --days 30"`
	Load     benchLoadCmd     `cmd:"" hidden:"" help:"Deliver the callbacks that standard input describes; the other process of bench ingest."`
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

type benchIngestCmd struct {
	benchFlags
	Customers int           `default:"200000" help:"Over how many customers nights run meanwhile."`
	Rate      int           `help:"Callbacks a second. Default: raise the rate until 1 answer in 100 takes 100 ms."`
	For       time.Duration `default:"10s" help:"How long each rate is kept up."`
	Surge     bool          `help:"60,000 events in ten minutes, each delivered up to three times; count what is lost or doubled."`
	Faster    int           `default:"1" help:"Let the surge's ten minutes pass so many times faster."`
}

// Run measures callbacks.
func (c *benchIngestCmd) Run(ctx context.Context, out *answer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program that sends the load: %w", err)
	}
	r, err := bench.Receive(ctx, bench.IngestOptions{
		Options: c.options(c.Customers, out), Rate: c.Rate, For: c.For, Surge: c.Surge, Faster: c.Faster, Command: []string{self, "bench", "load", "--json"},
	})
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %.0f callbacks a second, p50 %.1f ms, p99 %.1f ms, slowest %.0f ms; %d nights over %d customers meanwhile; memory %.0f MB\n",
			r.Engine, r.Rate, r.P50, r.P99, r.Max, r.Nights, r.Customers, r.RSS)
		if s := r.Surge; s != nil {
			fmt.Fprintf(w, "surge: %d events in %d deliveries became %d facts: %d lost, %d doubled\n", s.Events, s.Deliveries, s.Facts, s.Lost, s.Duplicated)
		}
	})
}

type benchLoadCmd struct{ jsonFlag }

// Run sends the load that standard input describes.
func (*benchLoadCmd) Run(ctx context.Context, out *answer) error {
	var l bench.Load
	if err := json.NewDecoder(os.Stdin).Decode(&l); err != nil {
		return fault.New(fault.Invalid, "standard input: expected what bench ingest writes: %v", err)
	}
	loaded, err := bench.Send(ctx, l)
	if err != nil {
		return err
	}
	return out.give(loaded, func(w io.Writer) { fmt.Fprintf(w, "%+v\n", loaded) })
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
		fmt.Fprintf(w, "turn with 1,000 touched customers: median %.0f ms, slowest %.0f ms, processors %.0f ms\n", r.P50, r.Max, r.TurnCPU)
		fmt.Fprintf(w, "first night %.1f s (processors %.1f s), next night %.1f s (processors %.1f s; %d planned, %d withheld)\n",
			r.FirstNight, r.FirstCPU, r.Night, r.NightCPU, r.Planned, r.Withheld)
		fmt.Fprintf(w, "columns of rules filled for the first time %.1f s, midnight %.1f s, audience index read from the database %.1f s (processors %.1f s)\n",
			r.Facets, r.Midnight, r.Index, r.IndexCPU)
		fmt.Fprintf(w, "memory %.0f MB\n", r.RSS)
	})
}

type benchPlanCmd struct {
	jsonFlag
	Customers int `default:"1000000" help:"How many customers an instance has; 10 offers each, a member of staff for 2,000."`
}

// Run measures plans.
func (c *benchPlanCmd) Run(ctx context.Context, out *answer) error {
	if c.Customers < 1 {
		return fault.New(fault.Invalid, "--customers %d: expected at least 1", c.Customers)
	}
	r, err := bench.Plan(ctx, bench.Options{Customers: c.Customers, Say: out.say})
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		for _, f := range r.Families {
			fmt.Fprintf(w, "family %s (%s): %d customers, %d staff: %d actions, gap to the proven bound %.4f %%, %d limits violated, %.2f s, memory %.0f MB\n",
				f.Family, f.Scarce, r.Customers, f.Staff, f.Actions, 100*f.Gap, f.Violated, f.Seconds, f.RSS)
		}
		d := r.Planner
		fmt.Fprintf(w, "planner: %d customers in %.2f s: %d planned, %d withheld\n", d.Customers, d.Seconds, d.Planned, d.Withheld)
		fmt.Fprintf(w, "gain %.0f fen, at most %.0f: gap %.2f %%; %d rules broken\n", d.Gain, d.Bound, 100*d.Gap, d.Violated)
	})
}

type benchLTVCmd struct {
	jsonFlag
	Customers int `default:"100000" help:"How many customers there are."`
}

// Run measures value.
func (c *benchLTVCmd) Run(ctx context.Context, out *answer) error {
	r, err := bench.Value(ctx, bench.Options{Customers: c.Customers, Say: out.say})
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		fmt.Fprintf(w, "%d customers: fitted in %.2f s (log-likelihood %.1f, converged %t); value told of %.0f a second\n", r.Customers, r.Fit, r.LogLikelihood, r.Converged, r.Rate)
	})
}

type benchImportCmd struct {
	benchFlags
	Customers int `default:"10000" help:"How many customers are known before."`
	Lines     int `default:"300000" help:"How many lines the file has."`
}

// Run measures an import.
func (c *benchImportCmd) Run(ctx context.Context, out *answer) error {
	r, err := bench.Import(ctx, c.options(c.Customers, out), c.Lines)
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d lines in %.1f s (facts %.1f s, state %.1f s): %.0f lines a second; memory %.0f MB\n",
			r.Engine, r.Lines, r.Seconds, r.Import, r.Fold, r.Rate, r.RSS)
	})
}

type benchPageCmd struct {
	benchFlags
	Customers int `default:"1000000" help:"How many customers there are."`
}

// Run measures pages.
func (c *benchPageCmd) Run(ctx context.Context, out *answer) error {
	r, err := bench.Read(ctx, c.options(c.Customers, out))
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		for _, p := range r.Pages {
			fmt.Fprintf(w, "%-22s p50 %5.0f ms  p95 %5.0f ms  slowest %5.0f ms  %d bytes\n", p.Address, p.P50, p.P95, p.Max, p.Bytes)
		}
		fmt.Fprintf(w, "%s, %d customers, memory %.0f MB\n", r.Engine, r.Customers, r.RSS)
	})
}

// compared writes which of the demands on a world hold, and why the others cannot.
func compared(w io.Writer, lived bench.LimitWorld) {
	siyu := lived.Regret(bench.Siyu)
	for _, rule := range []string{bench.Random, bench.Majority, bench.Recency} {
		switch apart := siyu - lived.Regret(rule); {
		case apart < 0:
			fmt.Fprintf(w, "  below %s by %.4f\n", rule, -apart)
		case rule == bench.Majority && lived.Unbeatable():
			fmt.Fprintf(w, "  equal to majority within %.4f, the price of learning: one answer is right for everybody here, and no regret is below 0\n", apart)
		default:
			fmt.Fprintf(w, "  NOT below %s: above by %.4f\n", rule, apart)
		}
	}
	for _, e := range lived.Effects {
		if e.Grade != insight.Assumed {
			fmt.Fprintf(w, "  %s: %s, %.2f of what is assumed, standard deviation %.2f\n", e.Part, e.Grade, e.Times, e.SD)
		}
	}
	if f1, ok := lived.MostF1(); ok {
		fmt.Fprintf(w, "  who knows the law and sees as much, naming for macro-F1 alone, has %.3f: on average nobody has more\n", f1)
	}
}

type benchLimitingCmd struct {
	jsonFlag
	Customers int    `default:"5000" help:"How many people each world has."`
	Seed      uint64 `default:"1" help:"The same seed gives the same people."`
	Days      int    `default:"0" help:"Days lived with Siyu before it is asked: the message archive begins when it is connected."`
	Every     int    `placeholder:"N" help:"Also ask on the way, every N days from the first on: how it learns what contacts do."`
	World     string `help:"Only this world; docs/limiting-part.md names them."`
	Oracle    int    `placeholder:"N" help:"Also work out, of one in N people, the best that can be known of them; takes a second for ten people."`
}

// Run compares what limits people, as Siyu says, with the truth.
func (c *benchLimitingCmd) Run(ctx context.Context, out *answer) error {
	r, err := bench.Limiting(ctx, bench.LimitOptions{
		Options: bench.Options{Customers: c.Customers, Say: out.say}, Seed: c.Seed, Days: c.Days, Every: c.Every, World: c.World, Oracle: c.Oracle,
	})
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		for _, lived := range r.Worlds {
			fmt.Fprintf(w, "%-28s %8s %8s %8s %8s\n", fmt.Sprintf("%s, day %d", lived.Name, lived.Day), "macro-F1", "accuracy", "regret", "unknown")
			for _, rule := range lived.Rules {
				fmt.Fprintf(w, "  %-26s %8.3f %8.3f %8.4f %8d\n", rule.Name, rule.MacroF1, rule.Accuracy, rule.Regret, rule.Unknown)
			}
			fmt.Fprintf(w, "  calibration error %.3f (%.3f by luck), %.0f buyers said, %d came; rank of trust %.2f, of memory %.2f; effects claimed of %d\n",
				lived.CalibrationError, lived.CalibrationChance, lived.Expected, lived.Actual, lived.TrustRank, lived.MemoryRank, lived.Claimed)
			compared(w, lived)
		}
		fmt.Fprintf(w, "regret: orders in 30 days lost per customer against the true limiting part\n%.1f s\n", r.Seconds)
	})
}
