package backfill

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"siyu/internal/event"
)

// Reconcile compares the lists of customers, one call a member, and looks only
// at what was never told. It finds relations that began or ended without a
// callback, and who received mass messages made elsewhere; changed remarks, tags and groups are found by Run. Its facts come
// from reconciliation.
func (b *Backfill) Reconcile(ctx context.Context) error {
	if !b.start(false) {
		return ErrRunning
	}
	r := &run{Backfill: b, source: event.FromReconcile}
	r.enter(Customers)
	err := r.compareAll(ctx)
	if err == nil {
		r.enter(MassSends)
		err = r.massMessages(ctx)
	}
	b.stop(err)
	return err
}

func (r *run) compareAll(ctx context.Context) error {
	members, err := r.client.FollowUsers(ctx)
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	r.expect(len(members))
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(workers)
	for _, userID := range members {
		pool.Go(func() error {
			defer r.did(1)
			return r.compare(ctx, userID)
		})
	}
	if err := pool.Wait(); err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	return nil
}
