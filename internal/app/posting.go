package app

import (
	"context"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

// postGate is Posts.
func (a *App) postGate() delivery.PostGate {
	gate := a.gate.Load()
	moments := map[id.Corp]delivery.Moments{}
	for corp, door := range gate.Corps {
		if m, able := door.(delivery.Moments); able {
			moments[corp] = m
		}
	}
	return delivery.PostGate{Gate: gate, PostParts: delivery.PostParts{Posts: a.db, Chats: chats{a.vault}, Moments: moments}}
}

// Posts returns the gate of posts in force.
func (a *App) Posts() delivery.PostGate { return a.postGate() }

// chats finds groups' chat ids, which only the vault knows.
type chats struct{ vault *vault.Vault }

// ChatIDs implements delivery.Chats.
func (c chats) ChatIDs(ctx context.Context, groups []id.Group) (map[id.Group]string, error) {
	subjects := make([]event.Subject, len(groups))
	for i, g := range groups {
		subjects[i] = event.Group(g)
	}
	entries, err := c.vault.Of(ctx, subjects, []vault.Field{vault.ChatID})
	if err != nil {
		return nil, err
	}
	found := make(map[id.Group]string, len(entries))
	for _, e := range entries {
		found[id.Group(e.Subject.ID)] = e.Text
	}
	return found, nil
}

// poster is flow's: it makes posts of steps and knows how many fit into a day.
type poster struct{ *App }

// StepPost implements flow.Poster.
func (p poster) StepPost(w delivery.StepWanted) *delivery.StepPost { return p.gate.Load().StepPost(w) }

// PostRoom implements flow.Poster.
func (p poster) PostRoom(ctx context.Context, day time.Time) (*delivery.PostRoom, error) {
	rules := p.brand.Documents().Rules
	room := &delivery.PostRoom{Asked: map[id.Staff]int{}, Received: map[event.Channel]*delivery.PostQuota{}, Most: rules.MaxConfirmations}
	given, err := p.db.Load(ctx, day)
	if err != nil {
		return nil, err
	}
	if room.Posts, err = p.db.PostsAsked(ctx, day); err != nil {
		return nil, err
	}
	for staff, load := range given {
		room.Asked[staff] = load.Confirmations
	}
	from, _, limit := rules.QuotaPeriod(day)
	room.Received[event.GroupPost] = &delivery.PostQuota{Since: from, Most: limit}
	room.Received[event.Moments] = &delivery.PostQuota{Since: day, Most: p.gate.Load().Settings.MomentsPerDay}
	for channel, quota := range room.Received {
		if quota.Counts, err = p.db.PostsReceived(ctx, channel, quota.Since, day.AddDate(0, 0, 1)); err != nil {
			return nil, err
		}
	}
	return room, nil
}

// RetirePosts implements flow.Poster.
func (p poster) RetirePosts(ctx context.Context, process int64) (int, error) {
	return p.postGate().RetirePosts(ctx, process)
}

// sendPosts lets out the posts that were approved and whose time has come.
func (a *App) sendPosts(ctx context.Context) error {
	_, err := a.postGate().SendPosts(ctx)
	return err
}

// readPosts reads back what became of posts.
func (a *App) readPosts(ctx context.Context) error {
	_, err := a.postGate().ReadPosts(ctx)
	return err
}

// watchMoments reads who reacted to posts in Moments.
func (a *App) watchMoments(ctx context.Context) error {
	_, err := a.postGate().WatchMoments(ctx)
	return err
}
