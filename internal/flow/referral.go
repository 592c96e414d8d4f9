package flow

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/measurement/cohort"
	"siyu/internal/profile"
)

// stays finds the referred customers who have stayed and of whom that was not
// told yet.
type stays struct {
	at, after event.Instant // now, and how long staying takes
	facts     []event.Fact
}

func newStays(world *World) stays {
	return stays{at: event.At(world.Now), after: event.Instant(world.Referral.Stay.Milliseconds())}
}

// look looks at a chunk of customers.
func (s *stays) look(states []profile.Customer) error {
	for i := range states {
		if r := &states[i].Referrer; r.By == 0 || r.Stayed != 0 || !states[i].StayedBy(s.at, s.after) {
			continue
		}
		if err := s.tell(&states[i]); err != nil {
			return err
		}
	}
	return nil
}

// tell makes the facts about both sides. Their key is the referred customer's
// id as it was told: merges do not make two of one.
func (s *stays) tell(c *profile.Customer) error {
	key := id.Hash("referral stayed", id.Text(c.Referrer.As))
	for _, one := range []struct {
		about id.Customer
		at    event.Instant
		body  event.Body
	}{
		{c.Referrer.By, s.stayed(c), event.ReferralStayed{Referred: c.Referrer.As}},
		{c.Referrer.As, s.at, event.CustomerStayed{By: c.Referrer.By}},
	} {
		fact, err := event.New(event.Customer(one.about), one.at.Time(), event.FromNight, key, one.body)
		if err != nil {
			return err
		}
		s.facts = append(s.facts, fact)
	}
	return nil
}

// stayed returns when the customer had stayed: not when a night found it, which
// would make everybody look trustful on the day a list was imported.
func (s *stays) stayed(c *profile.Customer) event.Instant {
	at := c.Referrer.Since + s.after
	if !c.Related() {
		at = max(at, c.Orders.Last)
	}
	return min(at, s.at)
}

// tellStayed appends what stays found, both facts of a referral together.
func (f *Flow) tellStayed(ctx context.Context, found []event.Fact) error {
	for part := range slices.Chunk(found, foldPage) {
		if _, err := f.log.Append(ctx, part...); err != nil {
			return fmt.Errorf("append who stayed: %w", err)
		}
	}
	return nil
}

// settle moves the value of referred customers to who answers for those who
// brought them.
func (f *Flow) settle(ctx context.Context, worth *cohort.Tally) error {
	referrers := worth.Referrers()
	slices.Sort(referrers)
	merges := map[id.Customer]id.Customer{}
	if referrers = slices.Compact(referrers); len(referrers) > 0 {
		var err error
		if merges, err = f.states.MergesOf(ctx, referrers); err != nil {
			return fmt.Errorf("look up merged customers: %w", err)
		}
	}
	worth.Settle(func(c id.Customer) id.Customer { return endOf(merges, c) })
	return nil
}
