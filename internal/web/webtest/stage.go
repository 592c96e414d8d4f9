package webtest

import (
	"context"
	"math/rand/v2"
	"slices"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/insight/past"
	"siyu/internal/measurement/cohort"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// fillStages learns from a thousand buyers of tea and a few of coffee.
func (b *Brand) fillStages() {
	random, learner, now := rand.New(rand.NewPCG(7, 7)), lifecycle.NewLearner(), event.At(b.now)
	for i := range 1000 {
		c := profile.Customer{ID: id.Customer(i + 1)}
		bought := line(min(1, i/990))
		for at := now - event.Instant(300*past.Day*random.Float64()); at < now; at += event.Instant(past.Day * (10 + 60*random.Float64())) {
			c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: at, Amount: 4900, Lines: []id.Line{bought}})
			if random.Float64() < .1 {
				break
			}
		}
		learner.Add(past.View{Customer: &c, At: now, Orders: now})
	}
	known := catalog.Catalog{}
	for _, code := range lines() {
		known.Lines = append(known.Lines, catalog.Line{ID: id.LineOf(code), Code: code, Name: b.text(code)})
	}
	b.cuts, b.sold, b.staged = learner.Learned(known), known, web.StagesView{LearnedAt: b.now, Version: 1}
}

// Stages implements web.Stages.
func (b *Brand) Stages(_ context.Context, scope org.Scope) (web.StagesView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil || b.tally == nil {
		return web.StagesView{}, b.Fail
	}
	var stores []*cohort.Sums
	for store, sums := range b.tally.Stores() {
		if scope.Sees(store) {
			stores = append(stores, sums)
		}
	}
	v, sums, names := b.staged, cohort.Merge(stores), b.names()
	v.AsOf, v.Stages, v.Mature = sums.AsOf, sums.Stages, b.stageRule.MatureFrom()
	for _, s := range sums.StoreStages {
		v.Stores = append(v.Stores, web.StoreStages{Name: names[s.Key], Customers: s.Customers})
	}
	rule := lifecycle.Rule{Learned: &b.cuts, Set: &b.stageRule}
	for i := -1; i < len(b.sold.Lines); i++ {
		c, of := web.CutView{}, catalog.Line{}
		if i >= 0 {
			of = b.sold.Lines[i]
		}
		c.Point, c.From = rule.Of(of.ID)
		c.Code, c.Name, c.Learned = of.Code, of.Name, *b.cuts.Of(of.ID)
		v.Cuts = append(v.Cuts, c)
	}
	return v, nil
}

// SetStage implements web.Stages.
func (b *Brand) SetStage(_ context.Context, by web.Asker, f web.StageForm) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.stageVersion(f.Version); err != nil {
		return err
	}
	b.stageRule.Points = slices.DeleteFunc(b.stageRule.Points, func(p lifecycle.Point) bool { return p.Code == f.Code })
	if !f.Own {
		b.stageRule.Points = append(b.stageRule.Points, lifecycle.Point{Code: f.Code, Declining: f.Declining, Lost: f.Lost})
	}
	b.did(by, "stage.set", f.Code)
	return b.stageRule.Prepare()
}

// SetMature implements web.Stages.
func (b *Brand) SetMature(_ context.Context, by web.Asker, f web.MatureForm) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.stageVersion(f.Version); err != nil {
		return err
	}
	b.stageRule.Mature = f.Orders
	b.did(by, "stage.mature", "")
	return nil
}

func (b *Brand) stageVersion(seen int) error {
	if seen != b.staged.Version {
		return fault.WithKey(fault.Conflict, "error.form_stale", fault.New(fault.Conflict, "stages were changed"))
	}
	b.staged.Version++
	return nil
}
