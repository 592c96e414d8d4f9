package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/wecom/simulator"
)

// Summary says what a demo came to. Its fields are a contract, see docs/cli.md.
type Summary struct {
	Customers      int     `json:"customers"` // whom the brand can reach now
	Relations      int     `json:"relations"`
	Groups         int     `json:"groups"`
	Orders         int     `json:"orders"` // imported
	Facts          int64   `json:"facts"`
	PlanActions    int     `json:"plan_actions"` // of the last day
	Withheld       int     `json:"withheld"`     // of the last day
	TasksConfirmed int     `json:"tasks_confirmed"`
	Seconds        float64 `json:"seconds"`

	Days           int            `json:"days"`
	RejectedLines  int            `json:"rejected_lines"`
	WithheldBy     map[string]int `json:"withheld_by"`
	Touches        int            `json:"touches"`         // mass messages and welcomes that reached customers, as Siyu has it
	LedgerLines    int            `json:"ledger_lines"`    // the same, as the simulator has it
	Differences    int            `json:"differences"`     // lines that only one of the two has
	HoldoutReached int            `json:"holdout_reached"` // held-out customers who got a mass message or a contact from the plan
	InDoubt        int            `json:"in_doubt"`
	LinkRate       float64        `json:"link_rate"`
}

// Summary counts from the database and compares with the simulator's ledger.
func (d *Demo) Summary(ctx context.Context) (Summary, error) {
	s := Summary{Orders: d.imported.Orders, RejectedLines: d.imported.RejectedTotal, WithheldBy: map[string]int{}}
	for _, count := range []func(context.Context, *Summary) error{d.countPeople, d.countPlan, d.countSent, d.countHoldout} {
		if err := count(ctx, &s); err != nil {
			return s, fmt.Errorf("sum up: %w", err)
		}
	}
	s.Seconds = clock.System{}.Now().Sub(d.begun).Seconds()
	return s, nil
}

func (d *Demo) countPeople(ctx context.Context, s *Summary) (err error) {
	if s.Facts, err = d.App.DB().LogHead(ctx); err != nil {
		return err
	}
	page, err := d.App.DB().ListCustomers(ctx, storage.CustomerQuery{Scope: org.All(), Related: true, Sort: storage.ByValue})
	if err != nil {
		return err
	}
	s.Customers = page.Total
	err = d.App.DB().EachCustomer(ctx, 4000, func(states []profile.Customer) error {
		for i := range states {
			s.Relations += len(states[i].Staff())
		}
		return nil
	})
	if err != nil {
		return err
	}
	groups, err := d.App.DB().Groups(ctx)
	for _, g := range groups {
		if g.Dismissed == 0 {
			s.Groups++
		}
	}
	return err
}

func (d *Demo) countPlan(ctx context.Context, s *Summary) error {
	counts, err := d.App.DB().PlanCounts(ctx, clock.Day(d.clock.Now().Add(-time.Minute), clock.Shanghai))
	if err != nil {
		return err
	}
	for _, c := range counts {
		if c.Because == "" {
			s.PlanActions += c.Customers
			continue
		}
		s.Withheld += c.Customers
		s.WithheldBy[string(c.Because)] += c.Customers
	}
	staff, err := d.App.DB().Staff(ctx)
	for _, one := range staff {
		s.TasksConfirmed += one.Confirmed
	}
	orders, err2 := d.App.Orders(ctx, d.clock.Now())
	s.LinkRate = orders.Links.All
	if err == nil {
		err = err2
	}
	return err
}

// countSent compares line by line: who got which message from whom.
func (d *Demo) countSent(ctx context.Context, s *Summary) error {
	ours, err := d.sent(ctx, s)
	if err != nil {
		return err
	}
	theirs := map[string]int{}
	for _, x := range d.platform.Deliveries() {
		if x.At.Before(d.start) {
			continue // by hand, before Siyu
		}
		switch x.Kind {
		case simulator.KindMass:
			theirs[line(x.MsgID, x.UserID, x.ExternalUserID)]++
			s.LedgerLines++
		case simulator.KindWelcome:
			theirs[line("welcome", x.UserID, x.ExternalUserID)]++
			s.LedgerLines++
		}
	}
	for key, n := range ours {
		s.Touches += n
		s.Differences += max(0, n-theirs[key])
	}
	for key, n := range theirs {
		s.Differences += max(0, n-ours[key])
	}
	return nil
}

func line(parts ...string) string { return strings.Join(parts, " ") }

// sent lists what Siyu has recorded as delivered.
func (d *Demo) sent(ctx context.Context, s *Summary) (map[string]int, error) {
	lines := map[string]int{}
	dispatches, err := d.App.DB().Dispatches(ctx, delivery.Query{Scope: org.All(), Limit: 1_000_000})
	if err != nil {
		return nil, err
	}
	for _, x := range dispatches {
		if x.State == delivery.InDoubt {
			s.InDoubt++
		}
		touches, err := d.App.DB().TouchesOf(ctx, x.ID)
		if err != nil {
			return nil, err
		}
		for _, t := range touches {
			if t.State != delivery.Delivered {
				continue
			}
			if err := d.note(ctx, lines, x.MsgID, t.Staff, t.Customer); err != nil {
				return nil, err
			}
		}
	}
	_, err = d.App.Facts().Each(ctx, 0, func(f event.Fact) error {
		if f.Kind != event.KindTouchDelivered {
			return nil
		}
		body, err := event.Read[event.TouchDelivered](f)
		if err != nil || body.Channel != event.Welcome {
			return err
		}
		return d.note(ctx, lines, "welcome", body.Staff, id.Customer(f.Subject.ID))
	})
	return lines, err
}

func (d *Demo) note(ctx context.Context, lines map[string]int, message string, staff id.Staff, customer id.Customer) error {
	member, _ := d.App.Brand().Member(staff)
	external, err := d.App.Texts(ctx, event.Customer(customer), vault.UserID)
	if err != nil {
		return err
	}
	lines[line(message, member.UserID, strings.Join(external, "+"))]++
	return nil
}

// countHoldout looks whether anybody held out got a mass message or a contact
// from the plan.
func (d *Demo) countHoldout(ctx context.Context, s *Summary) error {
	return d.App.DB().EachCustomer(ctx, 4000, func(states []profile.Customer) error {
		ids := make([]id.Customer, len(states))
		for i := range states {
			ids[i] = states[i].ID
		}
		held, err := d.App.DB().HeldSince(ctx, ids)
		if err != nil {
			return err
		}
		for i := range states {
			since, isHeld := held[ids[i]]
			if isHeld && marketed(&states[i], since) {
				s.HoldoutReached++
			}
		}
		return nil
	})
}

func marketed(c *profile.Customer, since event.Instant) bool {
	for _, t := range c.Touches.Recent {
		if t.At < since {
			continue
		}
		if t.Channel == event.MassSend || t.Channel == event.OneToOne && t.Purpose != event.Greet {
			return true
		}
	}
	return false
}
