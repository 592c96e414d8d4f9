package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"siyu/internal/audience/madeup"
	"siyu/internal/flow"
	"siyu/internal/storage"
)

// SegmentRead is a start without a snapshot: the index is made of the states of
// made-up customers and of what is understood of them.
type SegmentRead struct {
	Engine    storage.Dialect `json:"engine"`
	Seconds   float64         `json:"seconds"`
	CPU       float64         `json:"cpu_seconds"` // of this process
	RSS       float64         `json:"rss_mb"`      // largest while reading
	Customers int             `json:"customers"`   // in the index
}

// read fills an installation of the engine, opens it as after a reboot, and
// lets it read its index.
func (o SegmentOptions) read(ctx context.Context, engine storage.Dialect) (read SegmentRead, err error) {
	read.Engine = engine
	g, err := prepare(ctx, o.on(engine, o.Customers))
	if err != nil {
		return read, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	if err := g.understand(ctx); err != nil {
		return read, err
	}
	if err := g.restart(ctx); err != nil {
		return read, err
	}
	forgetPeak()
	began, before := started(), spent()
	if err := g.KeepAudiences(ctx); err != nil {
		return read, err
	}
	read.Seconds, read.CPU, read.RSS = began.passed().Seconds(), spent()-before, resident(ownProcess)
	if read.Customers = g.Indexed(); read.Customers != o.Customers {
		return read, fmt.Errorf("the index holds %d customers of %d", read.Customers, o.Customers)
	}
	o.say("%s: index of %d customers read in %.1f s (%.1f s of processors), %.0f MB resident", engine, read.Customers, read.Seconds, read.CPU, read.RSS)
	return read, nil
}

// on returns options of an installation of so many customers.
func (o SegmentOptions) on(engine storage.Dialect, customers int) Options {
	of := o.Options
	of.Customers, of.Engine = customers, engine
	if engine != storage.Postgres {
		of.URL = ""
	}
	return of
}

// understand stores something understood of every customer.
func (g *ground) understand(ctx context.Context) error {
	maker, row, at := madeup.New(g.options.Customers, segmentDay), madeup.Blank(), 0
	rows, judged := make([]flow.InsightRow, 0, nightRows), newJudged()
	for some := range slices.Chunk(customerIDs(g.options.Customers), nightRows) {
		rows = rows[:0]
		for _, c := range some {
			maker.Row(at, &row)
			row.ID = c
			rows, at = append(rows, judged.of(&row)), at+1
		}
		if err := g.DB().SaveInsights(ctx, rows); err != nil {
			return err
		}
	}
	g.options.say("what is understood of %d customers was stored", at)
	return nil
}

// nightRows is how many insights are stored at a time, as by a night.
const nightRows = 4000
