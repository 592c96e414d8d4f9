package main

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"math"

	"siyu/internal/clock"
	"siyu/internal/stats/allocation"
)

// planCmd plans beside any brand.
type planCmd struct {
	Solve planSolveCmd `cmd:"" help:"Solve one planning instance: customers, actions, staff, channels, days."`
}

type planSolveCmd struct {
	jsonFlag
	Instance string `required:"" type:"existingfile" placeholder:"FILE" help:"The instance, as docs/plan.md describes it: JSON, or JSON lines."`
	Out      string `placeholder:"FILE" help:"Write the actions of the solution, one JSON object a line."`
}

// Help shows an example.
func (planSolveCmd) Help() string {
	return "Example: siyu plan solve --instance day.json --out actions.jsonl\n\nThe bound is proven: no choice within the limits is worth more."
}

// planSolved is what the solution came to.
type planSolved struct {
	Customers int        `json:"customers"`
	Offers    int        `json:"offers"`
	Actions   int        `json:"actions"`
	Objective float64    `json:"objective"`
	Bound     float64    `json:"bound"`
	Gap       float64    `json:"gap"`     // share of the bound
	Optimal   bool       `json:"optimal"` // proven, even where there is a gap
	Violated  int        `json:"violated"`
	Seconds   float64    `json:"seconds"` // of solving, without reading
	Reading   float64    `json:"reading_seconds"`
	Prices    planPrices `json:"prices"`
}

type planPrices struct {
	Staff    []planRow `json:"staff"`
	Channels []planRow `json:"channels"`
}

// planRow is one capacity, and what one more of it is worth.
type planRow struct {
	ID       string   `json:"id"`
	Day      int      `json:"day"`
	Capacity *float64 `json:"capacity"` // null: no limit
	Used     float64  `json:"used"`
	Price    float64  `json:"price"`
}

// Run solves the instance.
func (c *planSolveCmd) Run(out *answer) error {
	var limits allocation.Limits
	b, watch := new(allocation.Block), clock.System{}
	seed, seen := maphash.MakeSeed(), map[uint64]struct{}{}
	began := watch.Now()
	read, err := readInstance(c.Instance, func(l allocation.Limits) { limits = l }, func(customer instanceCustomer, known allocation.Customer) error {
		key := maphash.String(seed, customer.ID)
		if _, twice := seen[key]; twice {
			return fmt.Errorf("id %q: expected ids that differ", customer.ID)
		}
		seen[key] = struct{}{}
		return b.Add(limits, known)
	})
	if err != nil {
		return err
	}
	seen = nil
	begun := watch.Now()
	r, err := allocation.Solve(limits, []allocation.Shard{b}, allocation.Options{})
	if err != nil {
		return fmt.Errorf("solving %s: %w", c.Instance, err)
	}
	solved := planSolved{
		Customers: b.Customers(), Offers: b.Offers(), Actions: r.Actions, Objective: r.Objective, Bound: r.Bound, Gap: r.Gap(), Optimal: r.Optimal,
		Violated: r.Violated, Seconds: watch.Now().Sub(begun).Seconds(), Reading: begun.Sub(began).Seconds(), Prices: read.prices(&r),
	}
	if err := c.write(&r); err != nil {
		return err
	}
	return out.give(solved, func(w io.Writer) { writeSolved(w, solved) })
}

func (r *instanceReader) prices(solved *allocation.Result) planPrices {
	p := planPrices{Staff: []planRow{}, Channels: []planRow{}}
	row := func(id string, day int, capacity, used, price float64) planRow {
		made := planRow{ID: id, Day: day + 1, Used: used, Price: price}
		if !math.IsInf(capacity, 0) {
			made.Capacity = &capacity
		}
		return made
	}
	for i, s := range r.head.Staff {
		for d := range r.limits.Days {
			at := i*r.limits.Days + d
			p.Staff = append(p.Staff, row(s.ID, d, r.limits.Hours[at], solved.Used.Hours[at], solved.Prices.Hours[at]))
		}
	}
	for i, c := range r.head.Channels {
		for d := range r.limits.Days {
			at := d*r.limits.Channels + i
			p.Channels = append(p.Channels, row(c.ID, d, r.limits.Quota[at], solved.Used.Quota[at], solved.Prices.Quota[at]))
		}
	}
	return p
}

// planAction is a line of --out.
type planAction struct {
	Customer string  `json:"customer"`
	Day      int     `json:"day"`
	Action   string  `json:"action,omitempty"`
	Channel  string  `json:"channel"`
	Staff    string  `json:"staff,omitempty"`
	Hours    float64 `json:"hours"`
	Value    float64 `json:"value"`
}

// write reads the instance again, because its words are not kept, and writes what
// each customer gets.
func (c *planSolveCmd) write(r *allocation.Result) error {
	t, err := newTable(c.Out)
	if err != nil || c.Out == "" {
		return err
	}
	defer t.discard()
	customer, days := 0, 0
	_, err = readInstance(c.Instance, func(l allocation.Limits) { days = l.Days }, func(read instanceCustomer, _ allocation.Customer) error {
		for d := range days {
			k, ok := r.Chosen(0, customer, d)
			if !ok {
				continue
			}
			a := read.Actions[k]
			line, err := json.Marshal(planAction{read.ID, d + 1, a.ID, a.Channel, read.Staff, a.Hours, *a.Value})
			if err != nil {
				return err
			}
			if err := t.write(append(append(t.lines, line...), '\n')); err != nil {
				return err
			}
		}
		customer++
		return nil
	})
	if err != nil {
		return err
	}
	return t.keep()
}

// shownRows is how many prices are printed for people.
const shownRows = 20

func writeSolved(w io.Writer, s planSolved) {
	fmt.Fprintf(w, "%d customers, %d offers: %d actions worth %.2f; no choice is worth more than %.2f: gap %.4f %%\n",
		s.Customers, s.Offers, s.Actions, s.Objective, s.Bound, 100*s.Gap)
	if s.Optimal {
		fmt.Fprintln(w, "no other choice is worth more")
	}
	fmt.Fprintf(w, "%d limits violated; solved in %.2f s, read in %.2f s\n", s.Violated, s.Seconds, s.Reading)
	for _, part := range []struct {
		name string
		rows []planRow
	}{{"one more hour of", s.Prices.Staff}, {"one more action by", s.Prices.Channels}} {
		for i, row := range part.rows {
			if i == shownRows {
				fmt.Fprintf(w, "  and %d more: --json\n", len(part.rows)-i)
				break
			}
			limit := "no limit"
			if row.Capacity != nil {
				limit = fmt.Sprintf("%.6g of %.6g used", row.Used, *row.Capacity)
			}
			fmt.Fprintf(w, "  %s %s on day %d is worth %.4g (%s)\n", part.name, row.ID, row.Day, row.Price, limit)
		}
	}
}
