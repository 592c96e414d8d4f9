package delivery

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/id"
)

// CompareRestored is to posts what Thaw is to mass messages, before which it belongs.
// What a restored database believes unsent, or doubts, is looked up in WeCom's lists,
// and what is there is accepted. Posts of ours that it has never heard of are stopped,
// and where they had gone is kept as a post of AuthorRestored: it counts in the quotas
// of groups and members, and nobody gets its words again on that day.
func (g PostGate) CompareRestored(ctx context.Context, since time.Time) (all Thawed, err error) {
	doors := map[postDoor][]PostSend{}
	for corp := range g.Corps {
		doors[postDoor{corp, event.GroupPost}] = nil
	}
	for corp := range g.Moments {
		doors[postDoor{corp, event.Moments}] = nil
	}
	err = g.eachPost(ctx, PostQuery{States: []State{Planned, InDoubt}, Tasks: []TaskState{Making}}, func(s PostSend) error {
		if g.reaches(s) {
			key := postDoor{s.Corp, s.Channel}
			doors[key] = append(doors[key], s)
		}
		return nil
	})
	if err != nil {
		return all, err
	}
	when := span{since.Add(-restoredAge), g.Clock.Now()}
	for at, sends := range doors {
		var compared Reconciled
		strangers, err := g.lookUpAt(ctx, at, sends, when, &compared)
		all.Found += compared.Accepted
		for i := 0; i < len(strangers) && err == nil; i++ {
			err = g.adoptPost(ctx, at, strangers[i], &all)
		}
		if err != nil {
			return all, fmt.Errorf("compare posts of a restored database with WeCom: %w", err)
		}
	}
	return all, nil
}

// adoptPost stops a post that the ledger does not know, and keeps where it had gone.
func (g PostGate) adoptPost(ctx context.Context, at postDoor, l listedPost, all *Thawed) error {
	s := PostSend{Channel: at.channel, Corp: at.corp, MsgID: l.id, Called: l.created}
	if ours, err := all.stopped(g.stopListed(ctx, s)); err != nil || !ours {
		return err
	}
	reached, err := g.reachedBy(ctx, s)
	if err != nil || len(reached) == 0 {
		return err
	}
	text, link := l.words()
	p := Post{ID: PostNumber(AuthorRestored + "/" + l.id), Channel: at.channel, Corp: at.corp, Purpose: event.Promote, // the cautious guess
		Text: text, Link: link, Author: AuthorRestored, Made: l.created, From: l.created, Until: l.created}
	for _, staff := range slices.Sorted(maps.Keys(reached)) {
		if err := g.keepAdopted(ctx, p, s, staff, reached[staff]); err != nil {
			return err
		}
		all.Adopted += len(reached[staff])
	}
	return nil
}

// words returns the text without the address under it, and the link.
func (l listedPost) words() (text, link string) {
	text, link = l.text, cmp.Or(l.links...)
	if cut := strings.LastIndexByte(text, '\n'); link == "" && cut >= 0 && strings.Contains(text[cut:], markerKey+"=") {
		text, link = text[:cut], text[cut+1:]
	}
	return text, link
}

// reachedBy returns where a post has gone: the groups of each owner who confirmed it,
// or, of member 0, the members who published it.
func (g PostGate) reachedBy(ctx context.Context, s PostSend) (map[id.Staff][]PostTarget, error) {
	reached := map[id.Staff][]PostTarget{}
	if s.Channel == event.Moments {
		published, err := g.publishedBy(ctx, s)
		for _, staff := range slices.Sorted(maps.Keys(published)) {
			t := PostTarget{Target: int64(staff), State: Delivered, At: s.Called}
			if t.Audience, t.Seen, err = g.audienceOf(ctx, s, published[staff]); err != nil {
				return nil, err
			}
			reached[0] = append(reached[0], t)
		}
		return reached, err
	}
	members, err := g.confirmedBy(ctx, s.Corp, s.MsgID)
	for _, userID := range members {
		outcomes, err := g.groupOutcomes(ctx, s, userID)
		if err != nil {
			return nil, err
		}
		for _, group := range slices.Sorted(maps.Keys(outcomes)) {
			if o := outcomes[group]; o.state == Delivered {
				staff := id.StaffOf(s.Corp, userID)
				reached[staff] = append(reached[staff], PostTarget{Target: int64(group), State: Delivered, At: o.at})
			}
		}
	}
	return reached, err
}

// keepAdopted stores a send that was confirmed before anybody here knew of it. Stored
// again it changes nothing.
func (g PostGate) keepAdopted(ctx context.Context, p Post, s PostSend, staff id.Staff, targets []PostTarget) error {
	member, _ := memberOf(g.Org(), cmp.Or(staff, targets[0].Staff()))
	now := g.Clock.Now()
	s.ID, s.Post, s.Staff, s.Store = numberOf("post_send", id.Text(p.ID), id.Text(staff)), p.ID, staff, member.Store
	s.Day, s.From, s.Until, s.Since = clock.Day(s.Called, g.Zone), p.From, p.Until, now
	s.State, s.Because = InDoubt, NoReply
	for i := range targets {
		targets[i].Post, targets[i].Send = p.ID, s.ID
	}
	if err := g.Posts.AddPost(ctx, p, []PostDraft{{Send: s, Targets: targets}}); err != nil {
		return fmt.Errorf("keep a post found after a restore: %w", err)
	}
	return postError("adopt", s.ID, g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		if r.Send.State != InDoubt {
			return nil
		}
		r.Send.MsgID, r.Send.Read = s.MsgID, now
		err := r.Send.accept(now, "listed_1")
		r.Send.enterTask(Confirmed, s.Called)
		return err
	}))
}
