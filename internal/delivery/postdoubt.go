package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// ReconcilePosts compares posts in doubt with WeCom's own lists, once those have had
// time to catch up. What they do not show stays in doubt: only a person sends again.
func (g PostGate) ReconcilePosts(ctx context.Context) (Reconciled, error) {
	var all Reconciled
	var due []PostSend
	err := g.eachPost(ctx, PostQuery{States: []State{InDoubt}}, func(s PostSend) error {
		if g.reaches(s) && g.dueForComparison(Dispatch{Called: s.Called, Read: s.Read}) {
			due = append(due, s)
		} else {
			all.Open++
		}
		return nil
	})
	if err != nil {
		return all, err
	}
	return all, g.lookUpPosts(ctx, due, &all)
}

// listedPost is a post in one of WeCom's lists.
type listedPost struct {
	id      string
	created time.Time
	text    string
	links   []string
}

// postDoor is one of WeCom's lists: of a corp and a kind of post.
type postDoor struct {
	corp    id.Corp
	channel event.Channel
}

// lookUpPosts compares sends with what WeCom lists, from their calls on, and the ledger
// does not know.
func (g PostGate) lookUpPosts(ctx context.Context, sends []PostSend, all *Reconciled) error {
	by := map[postDoor][]PostSend{}
	for _, s := range sends {
		key := postDoor{s.Corp, s.Channel}
		by[key] = append(by[key], s)
	}
	var failed []error
	for key, list := range by {
		when := span{list[0].Called, list[0].Called}
		for _, s := range list {
			when.take(s.Called)
			when.take(s.Called.Add(2 * g.Settings.CallTimeout))
		}
		_, err := g.lookUpAt(ctx, key, list, when, all)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// lookUpAt accepts what it finds, and returns what is none of the sends.
func (g PostGate) lookUpAt(ctx context.Context, at postDoor, sends []PostSend, when span, all *Reconciled) ([]listedPost, error) {
	listed, err := g.listedPosts(ctx, at, when)
	if err != nil {
		return nil, fmt.Errorf("read WeCom's list of posts: %w", err)
	}
	for _, s := range sends {
		same, others, err := g.pickPosts(ctx, s, listed)
		if err == nil && s.Task != Making { // its job tells what was made of it
			err = g.foundPost(ctx, s, same, all)
		}
		if err != nil {
			return nil, postError("compare", s.ID, err)
		}
		listed = others
	}
	return listed, nil
}

// listedPosts returns what an app made and no send was accepted as, earliest first.
func (g PostGate) listedPosts(ctx context.Context, at postDoor, when span) ([]listedPost, error) {
	start, end := when.from.Add(-listSlack), when.until.Add(listSlack)
	if oldest := end.Add(-wecom.MomentSpan); start.Before(oldest) {
		start = oldest
	}
	var list []listedPost
	for cursor := ""; ; {
		page, next, err := g.pageOfPosts(ctx, at, span{start, end}, cursor)
		if err != nil {
			return nil, err
		}
		if page, err = g.unknownPosts(ctx, page); err != nil {
			return nil, err
		}
		list = append(list, page...)
		if cursor = next; cursor == "" {
			slices.SortStableFunc(list, func(a, b listedPost) int { return a.created.Compare(b.created) })
			return list, nil
		}
	}
}

func (g PostGate) pageOfPosts(ctx context.Context, at postDoor, when span, cursor string) (list []listedPost, next string, err error) {
	if at.channel == event.Moments {
		page, err := g.Moments[at.corp].Moments(ctx, when.from, when.until, cursor)
		for _, m := range page.Moments {
			if m.Creator == "" {
				list = append(list, listedPost{id: m.ID, created: m.Created.Time(), text: m.Text.Content, links: []string{m.Link.URL}})
			}
		}
		return list, page.Next, err
	}
	page, err := g.Corps[at.corp].MassSends(ctx, wecom.MassSendQuery{To: wecom.ToGroups, Start: when.from, End: when.until, Cursor: cursor})
	for _, r := range page.Records {
		if r.Creator != "" || r.Text == nil {
			continue
		}
		l := listedPost{id: r.MessageID, created: r.Created.Time(), text: r.Text.Content}
		for _, a := range r.Attachments {
			if a.Link != nil {
				l.links = append(l.links, a.Link.URL)
			}
		}
		list = append(list, l)
	}
	return list, page.Next, err
}

func (g PostGate) unknownPosts(ctx context.Context, page []listedPost) ([]listedPost, error) {
	names := make([]string, len(page))
	for i, l := range page {
		names[i] = l.id
	}
	known := map[string]bool{}
	err := g.eachPost(ctx, PostQuery{MsgIDs: names}, func(s PostSend) error { known[s.MsgID] = true; return nil })
	return slices.DeleteFunc(page, func(l listedPost) bool { return known[l.id] }), err
}

// pickPosts divides what WeCom lists into what is the send and the others: by the
// marker in the link, or, where there is no link, by text, time and members.
func (g PostGate) pickPosts(ctx context.Context, s PostSend, listed []listedPost) (same, others []listedPost, err error) {
	posts, err := g.Posts.Posts(ctx, []int64{s.Post})
	if err != nil || len(posts) == 0 {
		return nil, listed, err
	}
	for _, l := range listed {
		is := false
		switch {
		case s.Marker != "":
			is = strings.Contains(l.text+" "+strings.Join(l.links, " "), markerKey+"="+s.Marker)
		case l.text == posts[0].Text && mayBe(s, l):
			if is, err = g.sameMembers(ctx, s, l.id); err != nil {
				return nil, nil, err
			}
		}
		if is {
			same = append(same, l)
		} else {
			others = append(others, l)
		}
	}
	return same, others, nil
}

// mayBe tells whether WeCom made a post when it can have been the send: not before its
// call, where that is known, nor when its time was over. Processes say the same words
// week after week.
func mayBe(s PostSend, l listedPost) bool {
	early := s.State == InDoubt && l.created.Before(s.Called.Add(-listSlack))
	return !early && !l.created.After(s.Until.Add(listSlack))
}

// sameMembers tells whether WeCom asks the same members to confirm.
func (g PostGate) sameMembers(ctx context.Context, s PostSend, msgID string) (bool, error) {
	if s.Channel == event.GroupPost {
		page, err := g.Corps[s.Corp].MassSendTasks(ctx, msgID, "")
		return err == nil && slices.ContainsFunc(page.Tasks, func(t wecom.MassSendTask) bool { return id.StaffOf(s.Corp, t.UserID) == s.Staff }), err
	}
	targets, err := g.Posts.PostTargets(ctx, s.ID)
	if err != nil {
		return false, err
	}
	page, err := g.Moments[s.Corp].MomentMembers(ctx, msgID, "")
	return err == nil && slices.ContainsFunc(page.Members, func(m wecom.MomentMember) bool {
		return slices.ContainsFunc(targets, func(t PostTarget) bool { return t.Staff() == id.StaffOf(s.Corp, m.UserID) })
	}), err
}

// foundPost writes down how often a send is in WeCom's list. If it is there, it was
// accepted; of several, the first counts and the others are cancelled.
func (g PostGate) foundPost(ctx context.Context, s PostSend, same []listedPost, all *Reconciled) error {
	for _, extra := range same[min(1, len(same)):] {
		err := g.stopListed(ctx, PostSend{Channel: s.Channel, Corp: s.Corp, MsgID: extra.id})
		if err != nil && wecom.ReactionOf(err) != wecom.SkipObject { // of another tool, which says the same
			return err
		}
	}
	err := g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		now := g.Clock.Now()
		if r.Send.State != s.State {
			return errLost
		}
		if len(same) == 0 {
			if s.State == InDoubt {
				r.Send.Read, r.Send.Because = now, NotListed
			}
			return nil
		}
		r.Send.Read, r.Send.MsgID = now, same[0].id
		return r.Send.accept(now, fmt.Sprintf("listed_%d", len(same)))
	})
	return all.found(len(same), err)
}

func (g PostGate) stopListed(ctx context.Context, s PostSend) error {
	if s.Channel == event.Moments {
		return g.Moments[s.Corp].CancelMoment(ctx, s.MsgID)
	}
	return g.Corps[s.Corp].CancelMassSend(ctx, s.MsgID)
}
