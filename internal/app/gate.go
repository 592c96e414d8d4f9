package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/id"
	"siyu/internal/storage"
)

// handover is flow's gate: it carries stored decisions to delivery.
type handover struct {
	db    *storage.DB
	brand *brand.Brand
	gate  *atomic.Pointer[delivery.Gate]
}

// Hand implements flow.Gate. A member's actions are handed over together, so
// that those with equal contents share one mass send. Handing over again after
// a crash adds nothing: touches are unique.
func (h *handover) Hand(ctx context.Context, day time.Time) (queued int, err error) {
	staff, err := h.db.StaffToHand(ctx, day)
	if err != nil {
		return 0, err
	}
	for _, s := range staff {
		actions, err := h.db.ActionsToHand(ctx, day, s)
		if err != nil {
			return queued, err
		}
		done, err := h.gate.Load().Queue(ctx, actions, h.brand.Documents().Library)
		if err != nil {
			return queued, fmt.Errorf("hand over the actions of %s: %w", id.Text(s), err)
		}
		if err := h.db.MarkHanded(ctx, actions); err != nil {
			return queued, err
		}
		queued += done.Touches + done.Tasks
	}
	return queued, nil
}

// Withdraw implements flow.Gate.
func (h *handover) Withdraw(ctx context.Context, cancelled []decision.Cancellation) error {
	reasons := map[decision.Because]delivery.CancelReason{
		decision.BecauseRefused:   delivery.Objection,
		decision.BecauseComplaint: delivery.Complaint,
		decision.BecauseBought:    delivery.Purchase,
	}
	byReason := map[delivery.CancelReason][]id.Customer{}
	for _, c := range cancelled {
		reason, ok := reasons[c.Because]
		if !ok {
			reason = delivery.Replanned
		}
		byReason[reason] = append(byReason[reason], c.Action.Customer)
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		customers, err := h.withAliases(ctx, byReason[reason])
		if err != nil {
			return err
		}
		if _, err := h.gate.Load().Withdraw(ctx, delivery.Withdrawal{Customers: customers, Because: reason}); err != nil {
			return fmt.Errorf("withdraw from %d customers: %w", len(customers), err)
		}
		if _, err := h.gate.Load().Stop(ctx, customers); err != nil {
			return err
		}
	}
	return nil
}

func (h *handover) withAliases(ctx context.Context, customers []id.Customer) ([]id.Customer, error) {
	aliases, err := h.db.AliasesOf(ctx, customers)
	if err != nil {
		return nil, fmt.Errorf("look up aliases: %w", err)
	}
	var all []id.Customer
	for _, list := range aliases {
		all = append(all, list...)
	}
	slices.Sort(all)
	return all, nil
}

// Load implements flow.Gate.
func (h *handover) Load(ctx context.Context, day time.Time) (map[id.Staff]decision.Load, error) {
	return h.db.Load(ctx, day)
}
