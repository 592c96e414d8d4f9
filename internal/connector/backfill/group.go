package backfill

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"siyu/internal/wecom"
)

// groupsPerCommit keeps a commit at some thousands of members.
const groupsPerCommit = 20

func (r *run) groups(ctx context.Context) error {
	at := r.intake.Clock.Now()
	listed, whole, err := r.listGroups(ctx)
	if err != nil {
		return err
	}
	r.expect(len(listed))
	pool, poolCtx := errgroup.WithContext(ctx)
	pool.SetLimit(workers)
	for some := range slices.Chunk(listed, groupsPerCommit) {
		pool.Go(func() error { return r.someGroups(poolCtx, some) })
	}
	if err := pool.Wait(); err != nil || !whole {
		return err
	}
	batch := r.begin()
	if err := batch.CompareGroups(ctx, listed, at); err != nil {
		return err
	}
	return r.commit(ctx, batch)
}

// listGroups returns the chat ids in scope. whole is false if they had to be
// asked for by owner, which leaves out groups whose owner has left.
func (r *run) listGroups(ctx context.Context) (chatIDs []string, whole bool, err error) {
	chatIDs, err = r.groupsOf(ctx, nil)
	if !wecom.IsCode(err, wecom.CodeTooManyInScope) {
		return chatIDs, err == nil, skippable(err)
	}
	owners, err := r.client.FollowUsers(ctx)
	if err != nil {
		return nil, false, err
	}
	for some := range slices.Chunk(owners, wecom.MostOwners) {
		more, err := r.groupsOf(ctx, some)
		if err != nil && skippable(err) != nil {
			return nil, false, err
		}
		chatIDs = append(chatIDs, more...)
	}
	return chatIDs, false, nil
}

func (r *run) groupsOf(ctx context.Context, owners []string) (chatIDs []string, err error) {
	for cursor := ""; ; {
		page, err := r.client.Groups(ctx, owners, cursor)
		if err != nil {
			return nil, err
		}
		for _, g := range page.Groups {
			chatIDs = append(chatIDs, g.ChatID)
		}
		if cursor = page.Next; cursor == "" {
			return chatIDs, nil
		}
	}
}

func (r *run) someGroups(ctx context.Context, chatIDs []string) error {
	batch := r.begin()
	for _, chatID := range chatIDs {
		group, err := r.client.Group(ctx, chatID)
		r.did(1)
		if err != nil {
			if skippable(err) != nil {
				return err
			}
			continue
		}
		if err := batch.Group(ctx, group, r.intake.Clock.Now()); err != nil {
			return err
		}
	}
	return r.commit(ctx, batch)
}
