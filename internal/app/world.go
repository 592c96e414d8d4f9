package app

import (
	"context"
	"time"

	"siyu/internal/clock"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/storage"
)

// world returns what holds at a time for everybody. It reads counters and
// settings; only PostgreSQL walks customers, see countRelated.
func (a *App) world(ctx context.Context, now time.Time) (flow.World, error) {
	if err := a.brand.Reload(ctx); err != nil {
		return flow.World{}, err
	}
	d := a.brand.Documents()
	w := flow.World{
		Day: clock.Day(now, a.zone), Now: now, Settings: d.Rules, Stages: d.Stages, Org: a.brand.Org(), Catalog: d.Catalog, Library: d.Library,
		Salt: d.General.Salt, LinkFloor: d.General.LinkFloor, Archive: a.config.ArchiveURL != "",
		Referral: flow.Referral{Share: d.General.ReferralShare, Stay: time.Duration(d.General.ReferralDays) * 24 * time.Hour},
	}
	stopped, err := a.db.StoppedWords(ctx, now)
	if err != nil {
		return w, err
	}
	w.Library, _ = delivery.Sayable(d.Library, stopped)
	if w.Related, err = a.countRelated(ctx, now); err != nil {
		return w, err
	}
	w.OrdersAsOf, w.Links, err = a.orders(ctx, now)
	return w, err
}

// relatedFor is how long a count of at least manyRelated customers, for which
// PostgreSQL walks, holds: with so many the hold-out's share and samples do not
// hang on the last of them.
const (
	relatedFor  = 10 * time.Minute
	manyRelated = 100_000
)

// related is how many customers the brand could reach at a time.
type related struct {
	at        time.Time
	customers int
}

// countRelated returns how many customers the brand can reach: as of now on
// SQLite, which keeps the number, as of the last minutes on PostgreSQL, where
// other nodes change it too and there are many.
func (a *App) countRelated(ctx context.Context, now time.Time) (int, error) {
	if last := a.related.Load(); last != nil && a.db.Dialect() == storage.Postgres && !now.Before(last.at) && now.Sub(last.at) < relatedFor {
		return last.customers, nil
	}
	n, err := a.db.CountRelated(ctx)
	if err == nil && n >= manyRelated {
		a.related.Store(&related{now, n})
	}
	return n, err
}

// orders returns until when orders are known and how many of them belong to
// somebody known.
func (a *App) orders(ctx context.Context, now time.Time) (asOf time.Time, links flow.Links, err error) {
	first := flow.DayOf(event.At(now.Add(-linkWindow)))
	counters, err := a.db.DayCounters(ctx, []string{flow.CountOrders, flow.CountOrdersLinked}, first, flow.DayOf(event.At(now)))
	if err != nil {
		return time.Time{}, links, err
	}
	all, linked := map[id.Store]int64{}, map[id.Store]int64{}
	var sum, sumLinked int64
	var newest event.Instant
	for _, c := range counters {
		if c.Name == flow.CountOrdersLinked {
			linked[c.Store] += c.Delta
			sumLinked += c.Delta
			continue
		}
		all[c.Store] += c.Delta
		sum += c.Delta
		if c.Delta > 0 {
			newest = max(newest, c.Day)
		}
	}
	links = flow.Links{All: -1, ByStore: map[id.Store]float64{}}
	if sum > 0 {
		links.All = float64(sumLinked) / float64(sum)
	}
	for store, n := range all {
		if store != 0 && n >= enoughOrders {
			links.ByStore[store] = float64(linked[store]) / float64(n)
		}
	}
	if newest == 0 {
		return time.Time{}, links, nil
	}
	asOf = newest.Time().Add(24 * time.Hour)
	if asOf.After(now) {
		asOf = now
	}
	return asOf, links, nil
}

// linkWindow is over how many days orders count for the link rate.
const linkWindow = 30 * 24 * time.Hour

// enoughOrders is how many orders a store needs in 30 days to have a link rate
// of its own: with 50 the rate is known to about 7 percentage points either way.
const enoughOrders = 50
