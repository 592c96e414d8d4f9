package demo

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/app/desk"
	"siyu/internal/connector/backfill"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/mind"
	"siyu/internal/profile"
	"siyu/internal/wecom/world"
)

// Opinions is what Siyu says of people beside the truth about them.
type Opinions struct {
	Truths  []world.Truth
	Said    []world.Part       // of each in Truths; where Siyu says "unknown" it stands as world.NoPart
	Known   []insight.Customer // of each in Truths; without an id where nothing is known
	Unknown int                // of whom Siyu says so
	Effects []mind.Effect      // of contacts, as far as draws have told
	// Month is what a model learned a month ago said of that month. It is empty
	// where people are too few.
	Month mind.Judgement
}

// Opinions lets Siyu read what waits, learn and plan, and returns what it then
// says of everybody the brand can reach.
func (d *Demo) Opinions(ctx context.Context) (o Opinions, err error) {
	if err := d.timers.Run(ctx); err != nil {
		return o, err
	}
	if err := d.App.Turn(ctx); err != nil {
		return o, err
	}
	if _, err := d.App.Night(ctx); err != nil {
		return o, err
	}
	var people []id.Customer
	for _, t := range d.world.Truths() {
		if t.Reachable {
			o.Truths, people = append(o.Truths, t), append(people, id.CustomerOf(d.corp, t.ExternalUserID))
		}
	}
	known, err := d.known(ctx, people)
	if err != nil {
		return o, err
	}
	for _, c := range people {
		one := known[c]
		part, named := partOf(one.Limiting)
		if !named {
			o.Unknown++
		}
		o.Said, o.Known = append(o.Said, part), append(o.Known, one)
	}
	if o.Effects, err = d.App.Effects(ctx); err != nil {
		return o, err
	}
	o.Month, err = d.month(ctx)
	return o, err
}

// partOf returns the world's word for a part; ok is false for "unknown", which
// counts as no part.
func partOf(p insight.Part) (part world.Part, ok bool) {
	switch p {
	case insight.Need:
		return world.NeedPart, true
	case insight.Trust:
		return world.TrustPart, true
	case insight.Exposure:
		return world.ExposurePart, true
	case insight.None:
		return world.NoPart, true
	default:
		return world.NoPart, false
	}
}

// month learns from what was known a month ago, by the same code as a night,
// and judges what the model says of the month since.
func (d *Demo) month(ctx context.Context) (mind.Judgement, error) {
	settings, now := d.App.Brand().Documents().Understanding, d.clock.Now()
	judged, err := desk.NewestBacktest(ctx, d.App.DB())
	if err != nil {
		return mind.Judgement{}, fmt.Errorf("read which models were chosen: %w", err)
	}
	s := mind.Situation{Now: now, Catalog: d.App.Brand().Documents().Catalog, Archive: d.config.Archive,
		Chosen: mind.Chosen{At: judged.At, Choice: judged.Believed()}, Shock: desk.ShockOf(&judged)}
	then := s
	then.Now = now.AddDate(0, 0, -settings.Horizon)
	learner, judge := mind.NewLearner(settings, then), mind.NewLearner(settings, s)
	const chunk = 4000
	err = d.App.DB().EachCustomer(ctx, chunk, func(states []profile.Customer) error {
		for i := range states {
			learner.Add(&states[i])
			judge.Add(&states[i])
		}
		return nil
	})
	if err != nil {
		return mind.Judgement{}, fmt.Errorf("learn from what was known a month ago: %w", err)
	}
	j, _ := judge.Judge(learner.Learned().Forecast())
	return j, nil
}

// Oracle returns the best that can be known of every n-th person from what a
// brand like this can see, and the places of these people in Opinions.
func (d *Demo) Oracle(truths []world.Truth, n int) (known []world.Posterior, places []int) {
	const massDays = int(backfill.MassHistory / (24 * time.Hour))
	sight := world.Sight{ContactFrom: world.HistoryDays - massDays, TalkFrom: world.HistoryDays}
	if !d.config.Archive {
		sight.TalkFrom = world.Never
	}
	for i := 0; i < len(truths); i += n {
		known, places = append(known, d.world.Oracle(truths[i].Person, sight)), append(places, i)
	}
	return known, places
}

// known returns what Siyu knows of the customers, who may stand under another
// id since they were found to be somebody known.
func (d *Demo) known(ctx context.Context, people []id.Customer) (map[id.Customer]insight.Customer, error) {
	merged, err := d.App.DB().Canonical(ctx, people)
	if err != nil {
		return nil, fmt.Errorf("look up merged customers: %w", err)
	}
	standsFor := make(map[id.Customer][]id.Customer, len(people))
	asked := make([]id.Customer, 0, len(people))
	for _, c := range people {
		answers, ok := merged[c]
		if !ok {
			answers = c
		}
		standsFor[answers] = append(standsFor[answers], c)
		asked = append(asked, answers)
	}
	stored, err := d.App.DB().LoadInsights(ctx, asked)
	if err != nil {
		return nil, err
	}
	known := make(map[id.Customer]insight.Customer, len(people))
	for i := range stored {
		for _, c := range standsFor[stored[i].ID] {
			known[c] = stored[i]
		}
	}
	return known, nil
}
