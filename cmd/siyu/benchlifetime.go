package main

import (
	"context"
	"fmt"
	"io"

	"siyu/internal/app/bench"
	"siyu/internal/fault"
)

type benchLifetimeCmd struct {
	jsonFlag
	Customers  int     `default:"667" help:"How many people each world has; hands of members are as scarce as with 20000, which needs 667 to be whole."`
	Seeds      int     `default:"20" help:"How many lives each plan has in each world."`
	Seed       uint64  `default:"1" help:"Seed of the first life; each further one has the next."`
	Days       int     `default:"180" help:"Days in which the brand operates."`
	After      int     `default:"180" help:"Days after them in which nobody does anything: what is left counts, too."`
	Confirming float64 `default:"0.4" help:"Share of contacts and mass messages that members carry out, 0 to 1."`
	World      string  `help:"Only this world: standard, buying_ignores_trust or nobody_tires."`
	Keep       string  `placeholder:"FILE" help:"Lives that are over are added to this file, and those in it are not lived again. Delete it where what plans do has changed."`
	Beside     int     `placeholder:"N" help:"Lives that are lived at the same time. Default: one for each processor."`
}

// Run lives the lives.
func (c *benchLifetimeCmd) Run(ctx context.Context, out *answer) error {
	switch {
	case c.Seeds < 2:
		return fault.New(fault.Invalid, "--seeds %d: expected at least 2; one life has no interval", c.Seeds)
	case c.Days < 1 || c.After < 0:
		return fault.New(fault.Invalid, "--days %d --after %d: expected at least 1 and 0", c.Days, c.After)
	case c.Confirming <= 0 || c.Confirming > 1:
		return fault.New(fault.Invalid, "--confirming %g: expected above 0, at most 1", c.Confirming)
	}
	r, err := bench.Lives(ctx, bench.LifetimeOptions{
		Options: bench.Options{Customers: c.Customers, Say: out.say}, Seed: c.Seed, Seeds: c.Seeds, Days: c.Days, After: c.After,
		Confirming: c.Confirming, World: c.World, Beside: c.Beside, Kept: c.Keep,
	})
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		fmt.Fprintf(w, "%d customers, %d lives, %d days and %d after them, %.0f %% carried out, %d contacts by hand a member and day; means of a customer with 95 %% intervals\n",
			r.Customers, r.Seeds, r.Days, r.After, 100*r.Confirming, r.Capacity)
		for _, lived := range r.Worlds {
			fmt.Fprintf(w, "%s\n  %-22s %24s %26s %16s %10s %10s %10s\n", lived.Name, "plan", "value, yuan", "siyu brings more, yuan", "orders", "deleted", "by hand", "mass")
			for _, p := range lived.Plans {
				fmt.Fprintf(w, "  %-22s %8.1f (%.1f to %.1f) %10.1f (%.1f to %.1f) %16.3f %10.4f %10.2f %10.2f\n", p.Name,
					p.Value.Mean, p.Value.Low, p.Value.High, p.SiyuMore.Mean, p.SiyuMore.Low, p.SiyuMore.High, p.Orders.Mean, p.Deleted.Mean, p.ByHand.Mean, p.Mass.Mean)
			}
		}
		fmt.Fprintf(w, "%.0f s\n", r.Seconds)
	})
}
