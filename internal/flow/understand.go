package flow

import (
	"context"
	"fmt"
	"iter"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Mind is what has been learned of a brand's customers.
type Mind interface {
	// Learn fits the models anew on a pass over all customers and keeps them.
	Learn(ctx context.Context, world World, customers iter.Seq2[*profile.Customer, error]) error
	// Understand says what a customer's state means at world.Now. It is safe for
	// concurrent use and returns an answer also before anything was learned.
	Understand(world World, c *profile.Customer) insight.Customer
}

// understand refreshes and stores what is understood of the customers; the
// answers are in the order given.
func (f *Flow) understand(ctx context.Context, world World, states []profile.Customer) ([]insight.Customer, error) {
	known := make([]insight.Customer, len(states))
	rows := make([]InsightRow, 0, len(states))
	for i := range states {
		known[i] = f.mind.Understand(world, &states[i])
		if states[i].MergedInto == 0 {
			rows = append(rows, f.row(&states[i], known[i]))
		}
	}
	if err := f.known.SaveInsights(ctx, rows); err != nil {
		return nil, fmt.Errorf("store insights: %w", err)
	}
	return known, nil
}

func (f *Flow) row(c *profile.Customer, known insight.Customer) InsightRow {
	row := InsightRow{
		Customer: known, Related: c.Related(), Refuses: c.RefusesMarketing(),
		LastOrder: c.Orders.Last.Time(), LastFact: c.LastFact.Time(), FirstSeen: c.FirstSeen.Time(), Orders: c.Orders.Count,
	}
	row.Staff = owner(c)
	if row.Staff != 0 {
		row.Store = f.storeOf(row.Staff)
	}
	return row
}

// owner returns the member whose active relation is the oldest, without the
// allocation that profile.Customer.Staff costs.
func owner(c *profile.Customer) id.Staff {
	var first *profile.Relation
	for i := range c.Relations {
		r := &c.Relations[i]
		if r.Active() && r.Since != 0 && (first == nil || r.Since < first.Since) {
			first = r
		}
	}
	if first == nil {
		return 0
	}
	return first.Staff
}
