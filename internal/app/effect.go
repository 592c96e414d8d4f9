package app

import (
	"context"

	"siyu/internal/app/desk"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/insight/mind"
	"siyu/internal/measurement/effect"
	"siyu/internal/profile"
)

// measureEffects adds what chance decided to what is known of contacts.
func (a *App) measureEffects(ctx context.Context) error {
	return a.flow.MeasureEffects(ctx, a.clock.Now(), a.db, a.learned)
}

var _ flow.Assumer = (*learned)(nil)

// Table implements flow.Assumer.
func (l *learned) Table() string { return desk.EffectTable(l.settings()) }

// Assumed implements flow.Assumer.
func (l *learned) Assumed(world *flow.World, c *profile.Customer, at event.Instant, days float64) (plain float64, added effect.Orders) {
	s := situation(world, l.linkRate(world, c))
	a := l.inForce(s).Added(l.settings(), &s, c, at, days)
	return a.Plain, effect.Orders{a.Need, a.Trust, a.Exposure}
}

// Risk implements flow.Assumer.
func (l *learned) Risk(world *flow.World, c *profile.Customer, at event.Instant) float64 {
	return l.inForce(situation(world, l.linkRate(world, c))).Risk(c, at)
}

// Effects returns what is known of contacts beside the assumptions.
func (a *App) Effects(ctx context.Context) ([]mind.Effect, error) {
	var s mind.Situation
	err := a.learned.effects(ctx, &s)
	return s.Effects, err
}

// effects puts into the situation what is known of contacts beside the assumptions.
func (l *learned) effects(ctx context.Context, s *mind.Situation) error {
	record, err := desk.NewestEffects(ctx, l.store, l.settings())
	if err != nil {
		return err
	}
	for _, f := range record.Findings(desk.Spreads(l.settings())) {
		s.Effects = append(s.Effects, effectOf(f))
	}
	s.Tiring = effectOf(record.Tiring(mind.HazardSpread))
	return nil
}

func effectOf(f effect.Finding) mind.Effect {
	return mind.Effect{Part: f.Part, Times: f.Times, SD: f.SD, Grade: f.Grade}
}
