package flow

import (
	"time"

	"siyu/internal/decision"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Orders is what is known of the brand's orders.
type Orders struct {
	// AsOf is until when orders are known: the end of the newest business day with an
	// order, or now on that day. Zero: no orders at all.
	AsOf time.Time
	// Late are the shop systems whose orders stopped coming while those of others went
	// on, with the time until when theirs are known.
	Late  map[string]time.Time
	Links Links
}

// OrdersKnownOf returns until when the orders of a customer are known.
func (w *World) OrdersKnownOf(c *profile.Customer) time.Time {
	return decision.OrdersKnownOf(c, w.OrdersAsOf, w.LateShops)
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
