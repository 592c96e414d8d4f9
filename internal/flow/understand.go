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

// understand refreshes and stores what is understood of the customers; it
// forgets those for whom somebody else answers. States and answers are in the
// order asked.
func (f *Flow) understand(ctx context.Context, world *World, customers []id.Customer) ([]profile.Customer, []InsightRow, error) {
	states, err := f.states.LoadCustomers(ctx, customers)
	if err != nil {
		return nil, nil, fmt.Errorf("load customers: %w", err)
	}
	rows := make([]InsightRow, len(states))
	for i := range states {
		f.understandRow(world, &states[i], &rows[i])
	}
	own, err := f.unlist(ctx, states, rows)
	if err != nil {
		return nil, nil, err
	}
	if err := f.known.SaveInsights(ctx, own); err != nil {
		return nil, nil, fmt.Errorf("store insights: %w", err)
	}
	return states, rows, f.regard(ctx, world.Now, states, rows)
}

func merged(c profile.Customer) bool { return c.MergedInto != 0 }

// reachable tells whether there is an answer for the customer every day: not
// where somebody else answers for the person.
func reachable(c *profile.Customer) bool { return c.MergedInto == 0 && c.Related() }

// unlist forgets what was understood of merged customers, and returns the rows
// of the others; there is a row for each state, or none at all.
func (f *Flow) unlist(ctx context.Context, states []profile.Customer, rows []InsightRow) ([]InsightRow, error) {
	if !slices.ContainsFunc(states, merged) {
		return rows, nil
	}
	var gone []id.Customer
	own := make([]InsightRow, 0, len(rows))
	for i := range states {
		if merged(states[i]) {
			gone = append(gone, states[i].ID)
		} else if len(rows) > 0 {
			own = append(own, rows[i])
		}
	}
	if err := f.known.ForgetInsights(ctx, gone); err != nil {
		return nil, fmt.Errorf("forget insights: %w", err)
	}
	return own, nil
}

// understandAll writes what is understood of the customers into rows, of which
// there is one for each, with as many processors as there are.
func (f *Flow) understandAll(world *World, states []profile.Customer, rows []InsightRow) {
	inShares(len(states), func(_, begin, end int) {
		pace := f.pace()
		for i := begin; i < end; i++ {
			if i%paceCustomers == 0 {
				pace()
			}
			f.understandRow(world, &states[i], &rows[i])
		}
	})
}

// inShares does n things on as many processors as there are: each is called with
// its number from 0 and its share, from begin to before end.
func inShares(n int, do func(processor, begin, end int)) {
	var all sync.WaitGroup
	processors := runtime.GOMAXPROCS(0)
	share := (n + processors - 1) / processors
	for p := range processors {
		if begin, end := p*share, min((p+1)*share, n); begin < end {
			all.Go(func() { do(p, begin, end) })
		}
	}
	all.Wait()
}

func (f *Flow) understandRow(world *World, c *profile.Customer, row *InsightRow) {
	f.mind.Understand(world, c, &row.Customer)
	row.Related, row.Refuses, row.LastFact = reachable(c), c.RefusesMarketing(), c.LastFact.Time()
	row.Staff, row.Store = c.Owner(), 0
	if row.Staff != 0 {
		row.Store = f.storeOf(row.Staff)
	}
}
