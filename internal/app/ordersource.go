package app

import (
	"context"
	"math"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

const (
	// linkWindow is over how many days orders count for the link rate, and for how
	// many orders a shop system brings in a day.
	linkWindow = 30 * 24 * time.Hour
	// enoughOrders is how many orders a store needs in 30 days to have a link rate of
	// its own: with 50 the rate is known to about 7 percentage points either way.
	enoughOrders = 50
	// silentByChance is how unlikely a shop system's silence has to be, if its orders
	// came by chance at their usual rate (Poisson), for its orders to be late.
	silentByChance = .05
)

// orders returns what is known of the brand's orders.
func (a *App) orders(ctx context.Context, now time.Time) (o flow.Orders, err error) {
	first, today := flow.DayOf(event.At(now.Add(-linkWindow))), flow.DayOf(event.At(now))
	counters, err := a.db.DayCounters(ctx, []string{flow.CountOrders, flow.CountOrdersLinked}, first, today)
	if err != nil {
		return o, err
	}
	o.Links = linksOf(counters)
	shops, newest := map[string]*shopOrders{}, event.Instant(0)
	for _, c := range counters {
		if c.Name != flow.CountOrders {
			continue
		}
		shop := shops[c.Part]
		if shop == nil {
			shop = &shopOrders{}
			shops[c.Part] = shop
		}
		shop.orders += c.Delta
		if c.Delta > 0 {
			shop.newest, newest = max(shop.newest, c.Day), max(newest, c.Day)
		}
	}
	if newest == 0 {
		return o, nil
	}
	o.AsOf, o.Late = endOfDay(newest, now), map[string]time.Time{}
	for name, shop := range shops {
		if shop.late(first, newest) {
			o.Late[name] = endOfDay(shop.newest, now)
		}
	}
	return o, nil
}

// ordersReadFor is for how long what is known of orders holds at the gate, which may ask
// before each of hundreds of messages.
const ordersReadFor = time.Minute

// ordersRead is until when orders were known at a time.
type ordersRead struct {
	at time.Time
	decision.OrdersKnown
}

// ordersKnown returns until when orders are known, as of the last minute.
func (a *App) ordersKnown(ctx context.Context) (decision.OrdersKnown, error) {
	now := a.clock.Now()
	if last := a.ordersRead.Load(); last != nil && !now.Before(last.at) && now.Sub(last.at) < ordersReadFor {
		return last.OrdersKnown, nil
	}
	o, err := a.orders(ctx, now)
	if err == nil {
		a.ordersRead.Store(&ordersRead{now, o.OrdersKnown})
	}
	return o.OrdersKnown, err
}

func endOfDay(day event.Instant, now time.Time) time.Time {
	end := day.Time().Add(24 * time.Hour)
	if end.After(now) {
		return now
	}
	return end
}

// shopOrders are a shop system's orders of the last 30 days.
type shopOrders struct {
	orders int64
	newest event.Instant // business day with one
}

// late tells whether orders stopped coming while those of others came until a day.
// Small shops have days without any.
func (s *shopOrders) late(first, until event.Instant) bool {
	if s.newest == 0 {
		return false
	}
	perDay := float64(s.orders) / float64(s.newest.Day()-first.Day()+1)
	return math.Exp(-perDay*float64(until.Day()-s.newest.Day())) < silentByChance
}

// linksOf returns how many orders belong to somebody known.
func linksOf(counters []flow.Counter) flow.Links {
	all, linked := map[id.Store]int64{}, map[id.Store]int64{}
	var sum, sumLinked int64
	for _, c := range counters {
		if c.Name == flow.CountOrdersLinked {
			linked[c.Store] += c.Delta
			sumLinked += c.Delta
			continue
		}
		all[c.Store] += c.Delta
		sum += c.Delta
	}
	links := flow.Links{All: -1, ByStore: map[id.Store]float64{}}
	if sum > 0 {
		links.All = float64(sumLinked) / float64(sum)
	}
	for store, n := range all {
		if store != 0 && n >= enoughOrders {
			links.ByStore[store] = float64(linked[store]) / float64(n)
		}
	}
	return links
}
