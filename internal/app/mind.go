package app

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/app/desk"
	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/insight/mind"
	"siyu/internal/insight/repurchase"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/web"
)

// modelName is the name under which what was learned is stored.
const modelName = "mind"

// learned is flow's mind: the models in force.
type learned struct {
	store    flow.Understandings
	settings func() *mind.Settings // in force
	storeOf  func(id.Staff) id.Store
	model    atomic.Pointer[mind.Model]
}

// newLearned loads what was learned last. Before the first night the stated
// priors speak.
func newLearned(ctx context.Context, store flow.Understandings, b *brand.Brand) (*learned, error) {
	settings := func() *mind.Settings { return &b.Documents().Understanding }
	l := &learned{store: store, settings: settings, storeOf: b.StoreOf}
	_, document, err := store.NewestModel(ctx, modelName)
	if err != nil || document == nil {
		return l, err
	}
	m := new(mind.Model)
	if json.Unmarshal(document, m) == nil && m.Repurchase != nil && m.Repurchase.Version == repurchase.Version {
		if m.Stages.Brand.From == "" { // learned by a version that knew no stages
			m.Stages = lifecycle.NewLearner().Learned(catalog.Catalog{})
		}
		l.model.Store(m)
	} // else it was learned by another version of this program: the next night learns anew
	return l, nil
}

// Learn implements flow.Mind.
func (l *learned) Learn(ctx context.Context, world flow.World, customers iter.Seq2[*profile.Customer, error]) error {
	s := situation(&world, world.Links.All)
	judged, err := desk.NewestBacktest(ctx, l.store)
	if err != nil {
		return fmt.Errorf("read which models were chosen: %w", err)
	}
	s.Chosen = mind.Chosen{At: judged.At, Choice: judged.Believed()}
	s.Shock = desk.ShockOf(&judged)
	if err := l.effects(ctx, &s); err != nil {
		return fmt.Errorf("read what contacts do: %w", err)
	}
	learner := mind.NewLearner(*l.settings(), s)
	for c, err := range customers {
		if err != nil {
			return err
		}
		learner.Add(c)
	}
	m := learner.Learned()
	document, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write what was learned: %w", err)
	}
	if err := l.store.SaveModel(ctx, modelName, m.LearnedAt.UTC().Format(time.RFC3339), document); err != nil {
		return err
	}
	l.model.Store(m)
	return l.follow(ctx, learner, m)
}

// follow compares forecasts whose horizon is over with what happened and keeps
// the newest model's once a week.
func (l *learned) follow(ctx context.Context, learner *mind.Learner, m *mind.Model) error {
	watch, err := desk.NewestWatch(ctx, l.store)
	if err != nil || !watch.Follow(learner, m.Forecast()) {
		return err
	}
	document, err := json.Marshal(watch)
	if err != nil {
		return fmt.Errorf("write how forecasts did: %w", err)
	}
	return l.store.SaveModel(ctx, desk.WatchName, m.LearnedAt.UTC().Format(time.RFC3339), document)
}

// Understand implements flow.Mind. Whether value can be measured is asked of
// the customer's own store.
func (l *learned) Understand(world *flow.World, c *profile.Customer, into *insight.Customer) {
	s := situation(world, l.linkRate(world, c))
	*into = l.inForce(s).Understand(l.settings(), &s, c)
}

func (l *learned) inForce(s mind.Situation) *mind.Model {
	if m := l.model.Load(); m != nil {
		return m
	}
	m := mind.Unlearned(*l.settings(), s)
	if l.model.CompareAndSwap(nil, m) {
		return m
	}
	return l.model.Load()
}

func (l *learned) linkRate(world *flow.World, c *profile.Customer) float64 {
	owner := c.Owner()
	if owner == 0 {
		return world.Links.All
	}
	return world.Links.Of(l.storeOf(owner))
}

func situation(w *flow.World, linkRate float64) mind.Situation {
	return mind.Situation{Now: w.Now, OrdersAsOf: w.OrdersAsOf, Catalog: w.Catalog, Stages: w.Stages, LinkRate: linkRate, LinkFloor: w.LinkFloor, Archive: w.Archive}
}

// curve returns expected cumulated value after quarters of a year: turnover
// from the purchase models, over shorter horizons than the page's one year.
func (l *learned) curve(c *profile.Customer, now time.Time) []web.ValuePoint {
	points := []web.ValuePoint{{}}
	m := l.inForce(mind.Situation{Now: now})
	for _, weeks := range []int{13, 26, 39, 52} {
		v := repurchase.View(c, event.At(now), event.At(now))
		w := m.Value.Over(v, stats.Weeks(weeks))
		points = append(points, web.ValuePoint{Weeks: weeks, Value: w.Turnover, Low: w.TurnoverLow, High: w.TurnoverHigh})
	}
	return points
}
