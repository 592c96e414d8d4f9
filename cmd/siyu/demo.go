package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"siyu/internal/app/demo"
	"siyu/internal/clock"
	"siyu/internal/fault"
)

// demoCmd runs the demo brand.
type demoCmd struct {
	jsonFlag
	Addr      string  `default:"127.0.0.1:8080" help:"Address of the console; port 0 takes a free one."`
	Data      string  `help:"New or empty folder for the demo's data. Default: a temporary one that is removed at the end."`
	DB        string  `name:"db" help:"postgres:// URL of an empty database instead of SQLite."`
	Customers int     `default:"20000" help:"How many customers the brand has."`
	Seed      uint64  `default:"1" help:"The same seed gives the same people."`
	Days      int     `default:"1" help:"Days lived with Siyu before the console is handed over."`
	Archive   bool    `default:"true" negatable:"" help:"The brand has bought the message archive."`
	Linked    float64 `default:"0.85" help:"Share of orders whose buyer can be recognised, 0 to 1."`
	Once      bool    `help:"Live the days, print the summary and stop."`
}

// Help shows an example.
func (demoCmd) Help() string {
	return "Example: siyu demo --customers 2000\n\nThe clock of the demo runs a minute a second; the demo ends with Ctrl-C."
}

// Run builds the demo and serves it.
func (c *demoCmd) Run(ctx context.Context, out *answer) (err error) {
	if c.Days < 0 || c.Customers < 1 {
		return fault.New(fault.Invalid, "--days and --customers must be positive")
	}
	data, remove, err := demoFolder(c.Data)
	if err != nil {
		return err
	}
	defer remove()
	log := slog.New(slog.NewTextHandler(out.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := demo.Open(ctx, demo.Config{
		Addr: c.addr(), Data: data, DB: c.DB, Customers: c.Customers, Seed: c.Seed, Days: c.Days, Archive: c.Archive, Linked: c.Linked,
		Start: clock.System{}.Now().AddDate(0, 0, -c.Days), Log: log, Say: out.say,
	})
	if err != nil {
		return err
	}
	defer func() {
		if closed := d.Close(); err == nil {
			err = closed
		}
	}()
	if c.Once {
		return c.once(ctx, d, out)
	}
	return c.serve(ctx, d, out)
}

func (c *demoCmd) addr() string {
	if c.Once {
		return "127.0.0.1:0"
	}
	return c.Addr
}

func (c *demoCmd) once(ctx context.Context, d *demo.Demo, out *answer) error {
	if err := d.Live(ctx, c.Days); err != nil {
		return err
	}
	s, err := d.Summary(ctx)
	if err != nil {
		return err
	}
	s.Days = c.Days
	return out.give(s, func(w io.Writer) {
		fmt.Fprintf(w, "%d customers, %d relations, %d groups, %d orders (%.0f %% linked), %d facts\n", s.Customers, s.Relations, s.Groups, s.Orders, 100*s.LinkRate, s.Facts)
		fmt.Fprintf(w, "last day: %d contacts planned, %d customers left alone; %d tasks confirmed in %d days\n", s.PlanActions, s.Withheld, s.TasksConfirmed, s.Days)
		fmt.Fprintf(w, "delivered: %d by our record, %d by the simulator's, %d lines differ; %d held-out customers reached; %d in doubt\n",
			s.Touches, s.LedgerLines, s.Differences, s.HoldoutReached, s.InDoubt)
		fmt.Fprintf(w, "%.1f s\n", s.Seconds)
	})
}

// firstHour is when the first shift finds its plan.
const firstHour = 9

func (c *demoCmd) serve(ctx context.Context, d *demo.Demo, out *answer) error {
	if err := d.Live(ctx, c.Days); err != nil {
		return err
	}
	login, err := d.HandOver(ctx, firstHour)
	if err != nil {
		return err
	}
	if err := out.give(login, func(w io.Writer) {
		fmt.Fprintf(w, "\n  %s\n\n  lead:  %s   password: %s\n  staff: %s (task list on the phone: %s/tasks), same password\n\n", login.URL, login.Account, login.Password, login.Staff, login.URL)
	}); err != nil {
		return err
	}
	out.say("the demo's clock runs a minute a second; stop with Ctrl-C")
	out.rest()
	return d.Run(ctx)
}

// demoFolder returns the folder to use and how to leave it.
func demoFolder(data string) (folder string, remove func(), err error) {
	if data == "" {
		folder, err = os.MkdirTemp("", "siyu-demo-")
		return folder, func() { _ = os.RemoveAll(folder) }, err
	}
	entries, err := os.ReadDir(data)
	if err == nil && len(entries) > 0 {
		return "", nil, fault.New(fault.Invalid, "the folder %s is not empty: a demo begins anew", data)
	}
	return data, func() {}, nil
}
