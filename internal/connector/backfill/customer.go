package backfill

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"siyu/internal/connector/intake"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// pagesPerCommit makes commits of about 1,000 relations: large enough for the
// database, small enough to lose little when interrupted.
const pagesPerCommit = 10

// customers reads the relations of all members, several parts of the staff at
// a time, and then finds what ended.
func (r *run) customers(ctx context.Context) error {
	members, err := r.client.FollowUsers(ctx)
	if err != nil {
		return err
	}
	slices.Sort(members)
	if err := r.count(ctx, members); err != nil {
		return err
	}
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(workers)
	for part := range slices.Chunk(members, partSize(len(members))) {
		pool.Go(func() error { return r.partAndEnds(ctx, part) })
	}
	return pool.Wait()
}

func (r *run) partAndEnds(ctx context.Context, userIDs []string) error {
	err := r.part(ctx, userIDs)
	if err != nil && skippable(err) == nil {
		// One member whom the platform does not accept spoils a whole call.
		for _, userID := range userIDs {
			if err := skippable(r.part(ctx, []string{userID})); err != nil {
				return err
			}
		}
	} else if err != nil {
		return err
	}
	for _, userID := range userIDs {
		if err := r.compare(ctx, userID); err != nil {
			return err
		}
	}
	return nil
}

// partSize is a quarter of a worker's share, so that all workers are busy to
// the end, and never more than the platform takes in one call.
func partSize(members int) int {
	return max(1, min(wecom.BatchMembers, members/(4*workers)))
}

// count reads the lengths of the members' lists, which is far cheaper than
// reading the relations.
func (r *run) count(ctx context.Context, members []string) error {
	counts := make([]int, len(members))
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(workers)
	for i, userID := range members {
		pool.Go(func() error {
			ids, err := r.client.CustomersOf(ctx, userID)
			counts[i] = len(ids)
			return skippable(err)
		})
	}
	if err := pool.Wait(); err != nil {
		return err
	}
	total := 0
	r.counts = make(map[string]int, len(members))
	for i, userID := range members {
		r.counts[userID] = counts[i]
		total += counts[i]
	}
	r.expect(total)
	return nil
}

// part reads all relations of some members, from where an interrupted run
// stood. The checkpoint names the members, so that a changed staff begins anew.
func (r *run) part(ctx context.Context, userIDs []string) error {
	sum := id.Hash(userIDs...)
	name := fmt.Sprintf("customers %x", sum[:12])
	batch := r.begin()
	var at stageRow
	if _, err := batch.Checkpoint(ctx, name, &at); err != nil {
		return err
	}
	if at.Number != r.number {
		at = stageRow{Number: r.number}
	}
	if at.Done {
		for _, userID := range userIDs {
			r.did(r.counts[userID])
		}
	}
	for pages := 1; !at.Done; pages++ {
		page, err := r.client.Batch(ctx, userIDs, at.Cursor)
		if err != nil {
			return err
		}
		if err := r.relations(ctx, batch, page.Relations); err != nil {
			return err
		}
		at.Cursor, at.Done = page.Next, page.Next == ""
		if err := batch.SetCheckpoint(ctx, name, at); err != nil {
			return err
		}
		if at.Done || pages%pagesPerCommit == 0 {
			if err := r.commit(ctx, batch); err != nil {
				return err
			}
		}
		r.did(len(page.Relations))
	}
	return nil
}

func (r *run) relations(ctx context.Context, batch *intake.Batch, list []wecom.Relation) error {
	now := r.intake.Clock.Now()
	byMember := map[string][]string{}
	for _, relation := range list {
		byMember[relation.Follow.UserID] = append(byMember[relation.Follow.UserID], relation.Customer.ExternalUserID)
	}
	for userID, customers := range byMember {
		if err := batch.LoadRelations(ctx, userID, customers); err != nil {
			return err
		}
	}
	for _, relation := range list {
		if err := batch.Relation(ctx, relation, now); err != nil {
			return err
		}
	}
	return nil
}

// compare holds a member's list against what is known: it tells what ended and
// looks at what was never told.
func (r *run) compare(ctx context.Context, userID string) error {
	at := r.intake.Clock.Now()
	listed, err := r.client.CustomersOf(ctx, userID)
	if err != nil {
		return skippable(err)
	}
	batch := r.begin()
	unknown, err := batch.Compare(ctx, userID, listed, at)
	if err != nil {
		return err
	}
	for _, externalUserID := range unknown {
		found, err := intake.Look(ctx, r.client, externalUserID)
		if err != nil {
			if skippable(err) != nil {
				return err
			}
			continue
		}
		relation, ok := intake.With(found, userID)
		if !ok {
			continue
		}
		if err := batch.Relation(ctx, relation, at); err != nil {
			return err
		}
	}
	return r.commit(ctx, batch)
}
