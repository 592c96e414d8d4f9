package backfill

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/connector/intake"
	"siyu/internal/wecom"
)

func (r *run) departments(ctx context.Context) error {
	list, err := intake.LookAtDepartments(ctx, r.client)
	if err != nil {
		return skippable(err)
	}
	batch := r.begin()
	if err := batch.Departments(ctx, list); err != nil {
		return err
	}
	r.did(len(list))
	return r.commit(ctx, batch)
}

// skippable passes only errors that say the platform cannot be reached now:
// what it does not let this app see is left out.
func skippable(err error) error {
	if intake.Unreachable(err) || wecom.ReactionOf(err) == wecom.FixSettings {
		return err
	}
	return nil
}

func (r *run) staff(ctx context.Context) error {
	listed, err := r.memberships(ctx)
	if err != nil {
		return err
	}
	contacts, err := r.client.FollowUsers(ctx)
	if err != nil {
		return err
	}
	at := r.intake.Clock.Now()
	for _, userID := range contacts {
		if !slices.Contains(listed, userID) {
			listed = append(listed, userID)
		}
	}
	slices.Sort(listed)
	r.expect(len(listed))
	members, err := r.members(ctx, listed)
	if err != nil {
		return err
	}
	batch := r.begin()
	for _, m := range members {
		if err := batch.Staff(ctx, m, slices.Contains(contacts, m.UserID), at); err != nil {
			return err
		}
	}
	if len(listed) > 0 {
		if err := batch.CompareStaff(ctx, listed, at); err != nil {
			return err
		}
	}
	return r.commit(ctx, batch)
}

// memberships returns the userids in scope, without repetitions. An app that
// may not list members still has those who may have customers.
func (r *run) memberships(ctx context.Context) ([]string, error) {
	var userIDs []string
	for cursor := ""; ; {
		page, err := r.client.Memberships(ctx, cursor)
		if err != nil {
			return userIDs, skippable(err)
		}
		for _, m := range page.Memberships {
			userIDs = append(userIDs, m.UserID)
		}
		if cursor = page.Next; cursor == "" {
			slices.Sort(userIDs)
			return slices.Compact(userIDs), nil
		}
	}
}

func (r *run) members(ctx context.Context, userIDs []string) ([]wecom.Member, error) {
	var mu sync.Mutex
	var members []wecom.Member
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(workers)
	for _, userID := range userIDs {
		pool.Go(func() error {
			m, err := r.client.Member(ctx, userID)
			r.did(1)
			if err != nil {
				return skippable(err)
			}
			mu.Lock()
			defer mu.Unlock()
			members = append(members, m)
			return nil
		})
	}
	err := pool.Wait()
	slices.SortFunc(members, func(a, b wecom.Member) int { return strings.Compare(a.UserID, b.UserID) })
	return members, err
}

func (r *run) lookAtTags(ctx context.Context) error {
	if err := r.tags(ctx); err != nil {
		return skippable(err)
	}
	r.did(1)
	return nil
}

// codesSince is the day from which the platform lists codes made by API.
func codesSince() time.Time { return time.Date(2021, time.July, 10, 0, 0, 0, 0, time.UTC) }

func (r *run) contactWays(ctx context.Context) error {
	var ways []wecom.ContactWay
	for cursor := ""; ; {
		page, err := r.client.ContactWays(ctx, codesSince(), r.intake.Clock.Now(), cursor)
		if err != nil {
			return skippable(err)
		}
		for _, id := range page.IDs() {
			way, err := r.client.ContactWay(ctx, id)
			if err != nil && skippable(err) != nil {
				return err
			}
			if err == nil {
				ways = append(ways, way)
			}
			r.did(1)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	batch := r.begin()
	if err := batch.ContactWays(ctx, ways); err != nil {
		return err
	}
	return r.commit(ctx, batch)
}
