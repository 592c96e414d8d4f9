package main

import (
	"context"
	"fmt"
	"io"

	"siyu/internal/app/bench"
	"siyu/internal/fault"
	"siyu/internal/storage"
)

type benchSegmentCmd struct {
	jsonFlag
	Customers int               `default:"1000000" help:"How many customers are made up."`
	DB        string            `name:"db" help:"postgres:// URL of an empty database to ask the same; without it PostgreSQL is started from the machine's binaries."`
	Databases []storage.Dialect `enum:"sqlite,postgres" default:"sqlite,postgres" help:"From which an index is read, and which are asked the same."`
	Only      string            `enum:",index,read,ask" default:"" help:"index: ask no database; read: only read the index from the databases, as a start without a snapshot does; ask: ask index and databases the same."`
}

// Run measures questions about all customers.
func (c *benchSegmentCmd) Run(ctx context.Context, out *answer) error {
	o := bench.SegmentOptions{Options: bench.Options{Customers: c.Customers, URL: c.DB, Say: out.say}, Index: c.Only != "read"}
	if c.DB != "" && c.Only == "" {
		return fault.New(fault.Invalid, "--db: expected --only read or --only ask, because one empty database is filled once")
	}
	if c.Only == "" || c.Only == "read" {
		o.Reads = c.Databases
	}
	if c.Only == "" || c.Only == "ask" {
		o.Asked = c.Databases
	}
	r, err := bench.Segment(ctx, o)
	if err != nil {
		return err
	}
	return out.give(r, func(w io.Writer) {
		if o.Index {
			tellIndex(w, r)
		}
		for _, d := range r.Reads {
			fmt.Fprintf(w, "%-10s index of %d customers read in %.1f s (%.1f s of processors), resident %.0f MB\n", d.Engine, d.Customers, d.Seconds, d.CPU, d.RSS)
		}
		for _, d := range r.Databases {
			fmt.Fprintf(w, "%-10s four predicates %.0f ms, 20 nodes %.0f ms, same customers: %t (stored in %.0f s)\n", d.Engine, d.Four.P50, d.Mixed.P50, d.Agrees, d.Store)
		}
	})
}

func tellIndex(w io.Writer, r bench.Segments) {
	fmt.Fprintf(w, "%d customers: built in %.1f s (%.1f s of it making them up), %.0f bytes each (%.0f with 40 columns), resident %.0f MB\n",
		r.Customers, r.Build, r.MakingUp, r.PerCustomer, r.PerForty, r.RSS)
	for _, line := range []struct {
		what  string
		asked bench.Asked
	}{
		{"four predicates", r.Four}, {"20 nodes, sums over orders", r.Mixed}, {"first 50 by value", r.Sorted}, {"distribution", r.Split},
		{"overlap", r.Overlap}, {"a changed customer, 500 audiences", r.Changed}, {"1,000 changed customers", r.PutBatch},
	} {
		fmt.Fprintf(w, "%-34s p50 %8.2f ms  p95 %8.2f ms  p99 %8.2f ms  (%d)\n", line.what, line.asked.P50, line.asked.P95, line.asked.P99, line.asked.Found)
	}
	fmt.Fprintf(w, "a midnight over 200 audiences with relative times: %.1f s\n", r.Midnight)
	fmt.Fprintf(w, "snapshot of %.0f MB written in %.1f s, read in %.1f s\n", r.SnapshotMB, r.SnapshotSave, r.SnapshotRead)
}
