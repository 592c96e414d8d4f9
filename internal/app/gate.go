package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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

func (a *App) handover() *handover { return &handover{db: a.db, brand: a.brand, gate: &a.gate} }

// handAtOnce is how many actions are handed over at a time, all of a member
// together: about 5 ms of the writer, because a staff task stands in six
// indexes. While no callback waits for the writer it may be calmHand.
const (
	handAtOnce = 100
	calmHand   = 500
)

// handing is how many such parts are on their way: their commits share one
// wait for the disk.
const handing = 4

// Hand implements flow.Gate. A member's actions are handed over together, so
// that those with equal contents share one mass send. Handing over again after
// a crash adds nothing: touches are unique.
func (h *handover) Hand(ctx context.Context, day time.Time) (int, error) {
	staff, err := h.db.StaffToHand(ctx, day)
	if err != nil {
		return 0, err
	}
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(handing)
	var queued atomic.Int64
	for len(staff) > 0 {
		var members []id.Staff
		most := handAtOnce
		if h.db.Calm() {
			most = calmHand
		}
		for actions := 0; len(staff) > 0 && (actions == 0 || actions+staff[0].Actions <= most); staff = staff[1:] {
			members, actions = append(members, staff[0].Staff), actions+staff[0].Actions
		}
		pool.Go(func() error {
			done, err := h.handOf(ctx, day, members)
			queued.Add(int64(done))
			return err
		})
	}
	err = pool.Wait()
	return int(queued.Load()), err
}

// handOf hands over the actions of some members.
func (h *handover) handOf(ctx context.Context, day time.Time, members []id.Staff) (queued int, err error) {
	actions, err := h.db.ActionsToHand(ctx, day, members)
	if err != nil {
		return 0, err
	}
	stopped, err := h.db.StoppedWords(ctx, h.gate.Load().Clock.Now())
	if err != nil {
		return 0, err
	}
	_, library := delivery.Sayable(h.brand.Documents().Library, stopped)
	done, err := h.gate.Load().Queue(ctx, actions, library)
	if err != nil {
		return 0, fmt.Errorf("hand over the actions of %d members: %w", len(members), err)
	}
	return done.Touches + done.Tasks, h.db.MarkHanded(ctx, actions)
}

// Withdraw implements flow.Gate.
func (h *handover) Withdraw(ctx context.Context, cancelled []decision.Cancellation) error {
	reasons := map[decision.Because]delivery.CancelReason{
		decision.BecauseRefused:   delivery.Objection,
		decision.BecauseComplaint: delivery.Complaint,
		decision.BecauseBought:    delivery.Purchase,
		decision.BecauseTwin:      delivery.SamePerson,
	}
	byReason := map[delivery.CancelReason][]id.Customer{}
	for _, c := range cancelled {
		reason, ok := reasons[c.Because]
		if !ok {
			reason = delivery.Replanned
		}
		byReason[reason] = append(byReason[reason], c.Action.Customer)
	}
	var concerned []id.Customer
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		customers, err := h.withAliases(ctx, byReason[reason])
		if err != nil {
			return err
		}
		if _, err := h.gate.Load().Withdraw(ctx, delivery.Withdrawal{Customers: customers, Because: reason}); err != nil {
			return fmt.Errorf("withdraw from %d customers: %w", len(customers), err)
		}
		concerned = append(concerned, customers...)
	}
	// What this leaves is stopped when results are read next.
	_, _ = h.gate.Load().Stop(ctx, concerned)
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

// TakeSales implements flow.Gate.
func (h *handover) TakeSales(ctx context.Context, touches []delivery.Touch, because decision.Because) (int, error) {
	return h.gate.Load().TakeSales(ctx, touches, because)
}

// Load implements flow.Gate.
func (h *handover) Load(ctx context.Context, day time.Time) (map[id.Staff]decision.Load, error) {
	return h.db.Load(ctx, day)
}
