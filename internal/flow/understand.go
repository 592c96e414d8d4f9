package flow

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Mind is what has been learned of a brand's customers.
type Mind interface {
	// Learn fits the models anew on a pass over all customers and keeps them.
	Learn(ctx context.Context, world World, customers iter.Seq2[*profile.Customer, error]) error
	// Understand says what a customer's state means at world.Now, and writes it
	// over what stands in into. It is safe for concurrent use and has an answer
	// also before anything was learned.
	Understand(world *World, c *profile.Customer, into *insight.Customer)
}

// understand refreshes and stores what is understood of the customers. States
// and answers are in the order asked.
func (f *Flow) understand(ctx context.Context, world *World, customers []id.Customer) ([]profile.Customer, []InsightRow, error) {
	states, err := f.states.LoadCustomers(ctx, customers)
	if err != nil {
		return nil, nil, fmt.Errorf("load customers: %w", err)
	}
	rows := make([]InsightRow, len(states))
	for i := range states {
		f.understandRow(world, &states[i], &rows[i])
	}
	own := rows
	if slices.ContainsFunc(states, merged) {
		own = make([]InsightRow, 0, len(rows))
		for i := range states {
			if !merged(states[i]) {
				own = append(own, rows[i])
			}
		}
	}
	if err := f.known.SaveInsights(ctx, own); err != nil {
		return nil, nil, fmt.Errorf("store insights: %w", err)
	}
	return states, rows, nil
}

func merged(c profile.Customer) bool { return c.MergedInto != 0 }

// understandAll writes what is understood of the customers into rows, of which
// there is one for each, with as many processors as there are.
func (f *Flow) understandAll(world *World, states []profile.Customer, rows []InsightRow) {
	var all sync.WaitGroup
	share := (len(states) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for begin := 0; begin < len(states); begin += share {
		end := min(len(states), begin+share)
		all.Go(func() {
			pace := f.pace()
			for i := begin; i < end; i++ {
				if i%paceCustomers == 0 {
					pace()
				}
				f.understandRow(world, &states[i], &rows[i])
			}
		})
	}
	all.Wait()
}

func (f *Flow) understandRow(world *World, c *profile.Customer, row *InsightRow) {
	f.mind.Understand(world, c, &row.Customer)
	row.Related, row.Refuses, row.LastFact = c.Related(), c.RefusesMarketing(), c.LastFact.Time()
	row.Staff, row.Store = c.Owner(), 0
	if row.Staff != 0 {
		row.Store = f.storeOf(row.Staff)
	}
}
