package demo

import (
	"context"
	"fmt"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/wecom/world"
)

// Opinions is what Siyu says of people beside the truth about them.
type Opinions struct {
	Truths  []world.Truth
	Said    []world.Part // of each in Truths; where Siyu says "unknown" it stands as world.NoPart
	Unknown int          // of whom it says so
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
	said, err := d.limiting(ctx, people)
	if err != nil {
		return o, err
	}
	for _, c := range people {
		part, known := said[c]
		if !known {
			o.Unknown++
			part = world.NoPart
		}
		o.Said = append(o.Said, part)
	}
	return o, nil
}

// limiting returns what Siyu says limits the customers, who may stand under
// another id since they were found to be somebody known. Of whom it says
// nothing is left out.
func (d *Demo) limiting(ctx context.Context, people []id.Customer) (map[id.Customer]world.Part, error) {
	parts := map[insight.Part]world.Part{
		insight.Need: world.NeedPart, insight.Trust: world.TrustPart, insight.Exposure: world.ExposurePart, insight.None: world.NoPart,
	}
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
	known, err := d.App.DB().LoadInsights(ctx, asked)
	if err != nil {
		return nil, err
	}
	said := make(map[id.Customer]world.Part, len(people))
	for i := range known {
		if part, ok := parts[known[i].Limiting]; ok {
			for _, c := range standsFor[known[i].ID] {
				said[c] = part
			}
		}
	}
	return said, nil
}
