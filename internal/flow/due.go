package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// The parts of CountDue and CountDueBought.
const (
	PartHeld    = "held"
	PartTreated = "treated"
)

// dueHorizon is how long after falling due a customer counts as having bought.
const dueHorizon = 30 * 24 * time.Hour

// earlyLoss is how soon after it began the end of a relation means that the
// add itself was no good.
const earlyLoss = 48 * time.Hour

// dueCustomer is when a customer was last expected to buy.
type dueCustomer struct {
	at   event.Instant
	part string
}

// loadDue looks up when the customers who bought in this page were expected to.
func (b *batch) loadDue(ctx context.Context) error {
	buyers := map[id.Customer]bool{}
	for _, fact := range b.facts {
		if fact.Kind == event.KindOrderPaid && fact.Subject.Type == event.AboutCustomer {
			buyers[b.canonical(id.Customer(fact.Subject.ID))] = true
		}
	}
	if len(buyers) == 0 {
		return nil
	}
	known, err := b.flow.known.LoadInsights(ctx, slices.Sorted(maps.Keys(buyers)))
	if err != nil {
		return fmt.Errorf("load insights of buyers: %w", err)
	}
	known = slices.DeleteFunc(known, func(k insight.Customer) bool { return k.NextDue.IsZero() })
	ids := make([]id.Customer, len(known))
	for i := range known {
		ids[i] = known[i].ID
	}
	held, err := b.flow.plans.Holdout(ctx, Whom{List: ids})
	if err != nil {
		return fmt.Errorf("look up hold-out of buyers: %w", err)
	}
	b.due = map[id.Customer]dueCustomer{}
	for i := range known {
		b.due[known[i].ID] = dueCustomer{event.At(known[i].NextDue), partOf(held[known[i].ID])}
	}
	return nil
}

func partOf(held bool) string {
	if held {
		return PartHeld
	}
	return PartTreated
}

// countOutcome counts what can be told only from the state before the fact.
func (b *batch) countOutcome(c *profile.Customer, fact event.Fact) error {
	at := event.At(fact.At)
	switch fact.Kind {
	case event.KindRelationEnded:
		body, err := event.Read[event.RelationEnded](fact)
		if err != nil {
			return err
		}
		for _, r := range c.Relations {
			if r.Staff == body.Staff && r.Until == 0 && body.By == event.ByCustomer && at-r.Since < event.Instant(earlyLoss.Milliseconds()) {
				b.counters.add(CountLostEarly, "", b.flow.storeOf(r.Staff), r.Since, 1)
			}
		}
	case event.KindOrderPaid:
		due, expected := b.due[c.ID]
		if expected && at >= DayOf(due.at) && at-due.at < event.Instant(dueHorizon.Milliseconds()) && c.Orders.Last < due.at {
			b.counters.add(CountDueBought, due.part, b.flow.storeOf(c.Owner()), due.at, 1)
			delete(b.due, c.ID)
		}
	}
	return nil
}

// countDue counts the customers whose next order falls due on the day.
func countDue(counts tally, known *insight.Customer, when dueDay) {
	if due := event.At(known.NextDue); !known.NextDue.IsZero() && DayOf(due) == when.day {
		counts.add(CountDue, partOf(when.held), when.store, due, 1)
	}
}

// dueDay is what countDue asks beside the customer.
type dueDay struct {
	day   event.Instant
	held  bool
	store id.Store
}
