package flow

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/audience"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// newcomers leaves out what would begin runs for new customers of somebody whom the
// brand knew already.
func (b *bookings) newcomers(ctx context.Context) error {
	var asked []id.Customer
	for i := range b.began {
		if b.began[i].process.Document.Trigger.First {
			asked = append(asked, b.began[i].who)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	states, err := b.flow.states.LoadCustomers(ctx, asked)
	if err != nil {
		return fmt.Errorf("load customers: %w", err)
	}
	kept, next := b.began[:0], 0
	for _, t := range b.began {
		if t.process.Document.Trigger.First {
			first, err := b.newcomer(ctx, &states[next], event.At(t.at))
			if err != nil {
				return err
			}
			if next++; !first {
				continue
			}
		}
		kept = append(kept, t)
	}
	b.began = kept
	return nil
}

// selected leaves out what would begin runs by a fact for customers whom the trigger's rule
// does not describe now.
func (b *bookings) selected(ctx context.Context) error {
	asks := func(t *trigger) *audience.Rule {
		if of := &t.process.Document.Trigger; of.Fact != "" && of.Rule != nil {
			return &of.Rule.Rule
		}
		return nil
	}
	var asked []id.Customer
	for i := range b.began {
		if t := &b.began[i]; asks(t) != nil {
			asked = append(asked, t.who)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	slices.Sort(asked)
	looked, err := b.look(ctx, slices.Compact(asked), sop.Needs{Profile: true, Rules: true, Member: true}, b.now)
	if err != nil {
		return err
	}
	b.began = slices.DeleteFunc(b.began, func(t trigger) bool {
		rule := asks(&t)
		return rule != nil && !looked.fits(t.who)(rule)
	})
	return nil
}

// newcomer tells whether a relation that began at a time made the customer known to the
// brand. Of members who are added again the state keeps the later time alone: of those
// about whom there are older facts these are asked.
func (b *bookings) newcomer(ctx context.Context, c *profile.Customer, at event.Instant) (bool, error) {
	if !sop.Newcomer(c, at) || c.FirstSeen >= at {
		return sop.Newcomer(c, at), nil
	}
	aliases, err := b.flow.states.AliasesOf(ctx, []id.Customer{c.ID})
	if err != nil {
		return false, fmt.Errorf("look up merged customers: %w", err)
	}
	var subjects []event.Subject
	for _, one := range aliases[c.ID] {
		subjects = append(subjects, event.Customer(one))
	}
	const page = 1000
	for after := int64(0); ; {
		facts, err := b.flow.log.FactsAbout(ctx, subjects, after, page)
		if err != nil {
			return false, fmt.Errorf("read facts about customer %s: %w", id.Text(c.ID), err)
		}
		for _, f := range facts {
			if after = f.Seq; f.Kind != event.KindRelationAdded || event.At(f.At) >= at {
				continue
			}
			if body, err := event.Read[event.RelationAdded](f); err != nil || !body.Half {
				return false, err
			}
		}
		if len(facts) < page {
			return true, nil
		}
	}
}
