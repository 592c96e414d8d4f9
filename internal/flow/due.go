package flow

import (
	"context"
	"fmt"
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

// loadDue looks up when the customers who bought now were expected to.
func (b *batch) loadDue(ctx context.Context, page []event.Fact) error {
	var buyers []id.Customer
	for i := range page {
		if page[i].Kind != event.KindOrderPaid || page[i].Subject.Type != event.AboutCustomer {
			continue
		}
		if who := b.canonical(id.Customer(page[i].Subject.ID)); !b.buyers[who] {
			b.buyers[who] = true
			buyers = append(buyers, who)
		}
	}
	if len(buyers) == 0 {
		return nil
	}
	slices.Sort(buyers)
	known, err := b.flow.known.LoadInsights(ctx, buyers)
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

// countLoss notes, by the state before the fact, customers who were lost, and counts
// relations that ended early.
func (b *batch) countLoss(c *profile.Customer, fact event.Fact) error {
	if fact.Kind != event.KindRelationEnded {
		return nil
	}
	body, err := event.Read[event.RelationEnded](fact)
	if err != nil {
		return err
	}
	at := event.At(fact.At)
	for _, r := range c.Relations {
		if r.Staff != body.Staff || r.Until != 0 && r.End != event.ByNobody {
			continue
		}
		if body.By == event.ByCustomer || body.By == event.ByStaff {
			b.losses = append(b.losses, Loss{At: at, Staff: r.Staff, Customer: id.Customer(fact.Subject.ID), By: body.By, Store: b.flow.storeOf(r.Staff), Way: r.State})
		}
		if body.By == event.ByCustomer && r.Until == 0 && at-r.Since < event.Instant(earlyLoss.Milliseconds()) {
			b.counters.add(CountLostEarly, "", b.flow.storeOf(r.Staff), r.Since, 1)
		}
	}
	return nil
}

// countDueBought counts, by the state before an order, who bought as expected.
func (b *batch) countDueBought(c *profile.Customer, at event.Instant) {
	due, expected := b.due[c.ID]
	if expected && at >= DayOf(due.at) && at-due.at < event.Instant(dueHorizon.Milliseconds()) && c.Orders.Last < due.at {
		b.counters.add(CountDueBought, due.part, b.flow.storeOf(c.Owner()), due.at, 1)
		delete(b.due, c.ID)
	}
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
