package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Orders is what is known of the brand's orders.
type Orders struct {
	decision.OrdersKnown
	Links Links
}

// OrdersKnownOf returns until when the orders of a customer are known.
func (w *World) OrdersKnownOf(c *profile.Customer) time.Time { return w.ordersKnown().Of(c) }

func (w *World) ordersKnown() decision.OrdersKnown {
	return decision.OrdersKnown{AsOf: w.OrdersAsOf, Late: w.LateShops}
}

// soldAtOnce is of how many touches TakeStale reads the customers at a time.
const soldAtOnce = 500

// TakeStale takes back what sells and waits for a member to customers whose orders are not
// known far enough any more: who bought must not be reminded of it. They are planned anew
// when orders are known again. It returns how many touches it took back.
func (f *Flow) TakeStale(ctx context.Context, now time.Time) (taken int, err error) {
	world, err := f.world(ctx, now)
	if err != nil || !world.Settings.Stale(world.ordersKnown(), now) {
		return 0, err
	}
	for last := (delivery.Touch{}); ; {
		page, err := f.plans.SellingUnderway(ctx, last, soldAtOnce)
		if err != nil || len(page) == 0 {
			return taken, err
		}
		last = page[len(page)-1]
		stale, err := f.staleOf(ctx, &world, page)
		if err != nil {
			return taken, err
		}
		n, err := f.gate.TakeSales(ctx, stale, decision.BecauseStale)
		taken += n
		if err != nil {
			return taken, fmt.Errorf("take back what sells on stale orders: %w", err)
		}
	}
}

// staleOf returns the touches to customers whose orders are not known far enough.
func (f *Flow) staleOf(ctx context.Context, world *World, touches []delivery.Touch) (stale []delivery.Touch, err error) {
	customers := make([]id.Customer, len(touches))
	for i := range touches {
		customers[i] = touches[i].Customer
	}
	merges, err := f.states.MergesOf(ctx, customers)
	if err != nil {
		return nil, fmt.Errorf("look up merged customers: %w", err)
	}
	known := map[id.Customer]bool{}
	for _, c := range customers {
		known[endOf(merges, c)] = false
	}
	states, err := f.states.LoadCustomers(ctx, slices.Sorted(maps.Keys(known)))
	if err != nil {
		return nil, fmt.Errorf("load customers of what sells: %w", err)
	}
	for i := range states {
		known[states[i].ID] = world.Now.Sub(world.OrdersKnownOf(&states[i])) <= world.Settings.OrderMaxAge
	}
	for i := range touches {
		if !known[endOf(merges, customers[i])] {
			stale = append(stale, touches[i])
		}
	}
	return stale, nil
}

// Links are the link rates of the last 30 days.
type Links struct {
	All     float64 // over all stores; negative: no orders
	ByStore map[id.Store]float64
}

// Of returns the rate of a store, or the brand's where the store has none of
// its own.
func (l Links) Of(store id.Store) float64 {
	if rate, ok := l.ByStore[store]; ok {
		return rate
	}
	return l.All
}
