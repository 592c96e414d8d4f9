package app

import (
	"context"
	"time"

	"siyu/internal/clock"
	"siyu/internal/delivery"
	"siyu/internal/flow"
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
	orders, err := a.orders(ctx, now)
	w.OrdersAsOf, w.LateShops, w.Links = orders.AsOf, orders.Late, orders.Links
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
