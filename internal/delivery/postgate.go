package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// SendPosts lets out every approved post whose time has come, as Send does with
// mass messages to customers.
func (g PostGate) SendPosts(ctx context.Context) (Sent, error) {
	var sent Sent
	if since, err := g.Nodes.Frozen(ctx); err != nil || !since.IsZero() {
		return sent, err
	}
	err := g.eachPost(ctx, PostQuery{States: []State{Planned}, ReadyAt: g.Clock.Now()}, func(s PostSend) error {
		if sent.InDoubt >= doubtsPerRound || ctx.Err() != nil {
			return ctx.Err()
		}
		state, err := g.sendPost(ctx, s)
		switch {
		case errors.Is(err, errLost):
			return nil
		case err != nil:
			return postError("send", s.ID, err)
		}
		sent.count(state)
		return nil
	})
	return sent, err
}

// eachPost calls do with every send that the query picks.
func (g PostGate) eachPost(ctx context.Context, q PostQuery, do func(PostSend) error) error {
	q.Limit = 500
	if q.Scope.Stores == nil {
		q.Scope.Everything = true
	}
	for {
		page, err := g.Posts.PostSends(ctx, q)
		if err != nil {
			return fmt.Errorf("find post sends: %w", err)
		}
		for _, s := range page {
			if err := do(s); err != nil {
				return err
			}
			q.After = s.ID
		}
		if len(page) < q.Limit {
			return nil
		}
	}
}

func (g PostGate) sendPost(ctx context.Context, s PostSend) (State, error) {
	if !g.reaches(s) {
		return s.State, errLost // this node has no door to the corp
	}
	var post Post
	err := g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		if r.Send.State != Planned {
			return errLost
		}
		post = r.Post
		r.Send.Node, r.Send.Fence = g.owner.Node, g.owner.Fence
		return r.Send.enter(Claimed, g.Clock.Now(), "")
	})
	if err != nil {
		return "", err
	}
	files, err := g.attach(ctx, post, s)
	if err != nil {
		return g.withoutFiles(ctx, s, err)
	}
	call, err := g.openPost(ctx, s, files)
	if err != nil || call.send.State != Calling {
		return call.send.State, err
	}
	// What has begun is finished even while the program stops.
	calling, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.Settings.CallTimeout)
	defer cancel()
	made, callErr := g.makePost(calling, call)
	return g.closePost(context.WithoutCancel(ctx), call, made, callErr)
}

func (g PostGate) reaches(s PostSend) bool {
	if s.Channel == event.Moments {
		return g.Moments[s.Corp] != nil
	}
	return g.Corps[s.Corp] != nil
}

// openedPost is a call that may be made, or the send as it was left instead.
type openedPost struct {
	post    Post
	send    PostSend
	files   postParts
	mass    wecom.MassSend
	moment  wecom.MomentTask
	targets map[string]int64 // of whom it is for, by chat id or userid
}

// madePost is what a call made.
type madePost struct {
	msgID, job string
	failed     []string // chat ids
}

func (g PostGate) makePost(ctx context.Context, call openedPost) (madePost, error) {
	if call.send.Channel == event.Moments {
		job, err := g.Moments[call.send.Corp].AddMoment(ctx, call.moment)
		return madePost{job: job}, err
	}
	got, err := g.Corps[call.send.Corp].AddMassSend(ctx, call.mass)
	return madePost{msgID: got.MessageID, failed: got.Failed}, err
}

// openPost asks everything again, in the transaction that enters calling. Only
// after it has returned, and what it wrote is durable, may a byte leave.
func (g PostGate) openPost(ctx context.Context, s PostSend, files postParts) (openedPost, error) {
	targets, err := g.Posts.PostTargets(ctx, s.ID)
	if err != nil {
		return openedPost{}, err
	}
	names, err := g.namesOf(ctx, s, targets)
	if err != nil {
		return openedPost{}, err
	}
	now := g.Clock.Now()
	day := clock.Day(now, g.Zone)
	from, _, _ := g.Rules().QuotaPeriod(day)
	var call openedPost
	err = g.Posts.OpenPost(ctx, s.ID, PostAsk{Day: day, QuotaFrom: from, GotFrom: clock.Day(s.From, g.Zone)}, func(o PostOpening) error {
		if o.Send.State != Claimed || !o.Send.ownedBy(g.owner) {
			return errLost
		}
		call = openedPost{files: files}
		if err := g.askPost(o, now, names, &call); err != nil {
			return err
		}
		call.post, call.send = o.Post, o.Send
		return nil
	})
	return call, err
}

// namesOf returns what WeCom calls targets: chat ids of groups, userids of members.
func (g PostGate) namesOf(ctx context.Context, s PostSend, targets []PostTarget) (map[int64]string, error) {
	names := make(map[int64]string, len(targets))
	if s.Channel == event.Moments {
		for _, t := range targets {
			if member, active := memberOf(g.Org(), t.Staff()); active && member.Corp == s.Corp {
				names[t.Target] = member.UserID
			}
		}
		return names, nil
	}
	groups := make([]id.Group, len(targets))
	for i := range targets {
		groups[i] = targets[i].Group()
	}
	chats, err := g.Chats.ChatIDs(ctx, groups)
	if err != nil {
		return nil, fmt.Errorf("look up chat ids: %w", err)
	}
	for group, chat := range chats {
		names[int64(group)] = chat
	}
	return names, nil
}

// askPost decides what becomes of a claimed send: calling with those targets that
// nothing is in the way of, dropped, or planned again for later.
func (g PostGate) askPost(o PostOpening, now time.Time, names map[int64]string, call *openedPost) error {
	s, rules := &o.Send, g.Rules()
	owner, active := memberOf(g.Org(), s.Staff)
	local := now.In(g.Zone)
	switch {
	case o.Frozen:
		return s.enter(Planned, now, "frozen")
	case o.Retired:
		return o.drop(now, string(Retired))
	case !now.Before(s.Until):
		return o.drop(now, string(WindowOver))
	case o.Paused:
		return s.enter(Planned, now, OnHold)
	case rules.Quiet(local):
		s.NotBefore = nextMorning(local, rules)
		return s.enter(Planned, now, string(decision.BecauseQuiet))
	case s.Channel == event.GroupPost && !active:
		return o.drop(now, string(decision.BecauseStaff))
	case s.Channel == event.GroupPost && o.Confirmations[s.Staff] >= rules.MaxConfirmations:
		return g.putOff(o, now)
	}
	s.Day = clock.Day(now, g.Zone)
	if g.askTargets(o, now, names, call); len(call.targets) == 0 {
		return o.drop(now, "nobody_left")
	}
	var request any
	if s.Channel == event.Moments {
		call.moment = momentOf(o.Post, *s, keysIn(call.targets), call.files.moment)
		request = call.moment
	} else {
		call.mass = wecom.MassSend{To: wecom.ToGroups, ChatIDs: keysIn(call.targets), Sender: owner.UserID, Content: contentOf(o.Post, *s, call.files.message)}
		request = call.mass
	}
	s.Request, s.Called = hashOf(request), now
	s.Attempts++
	return s.enter(Calling, now, "")
}

// putOff leaves a post for the next day, because its member is asked for enough
// confirmations today.
func (g PostGate) putOff(o PostOpening, now time.Time) error {
	tomorrow, _ := g.tomorrow(now)
	if !tomorrow.Before(o.Send.Until) {
		return o.drop(now, string(decision.BecauseCapacity))
	}
	o.Send.NotBefore = tomorrow
	return o.Send.enter(Planned, now, string(decision.BecauseCapacity))
}

func (g PostGate) askTargets(o PostOpening, now time.Time, names map[int64]string, call *openedPost) {
	call.targets = map[string]int64{}
	for i := range o.Targets {
		t := &o.Targets[i]
		if t.State != Underway {
			continue
		}
		if because := g.againstTarget(o, t, names[t.Target]); because != "" {
			t.end(Withdrawn, because, now)
			continue
		}
		call.targets[names[t.Target]] = t.Target
	}
}

// againstTarget returns why a target must not get the post, "" if it may.
func (g PostGate) againstTarget(o PostOpening, t *PostTarget, name string) string {
	rules := g.Rules()
	if o.Got[t.Target] {
		return HasGot
	}
	if o.Send.Channel == event.Moments {
		switch {
		case name == "":
			return string(decision.BecauseStaff)
		case o.Confirmations[t.Staff()] >= rules.MaxConfirmations:
			return string(decision.BecauseCapacity)
		case o.Received[t.Target] >= g.Settings.MomentsPerDay:
			return OverQuota
		}
		return ""
	}
	group, known := o.Groups[t.Group()]
	_, _, limit := rules.QuotaPeriod(o.Send.Day)
	switch {
	case name == "" || !known || group.Dismissed != 0:
		return GroupGone
	case group.Owner != o.Send.Staff:
		return OtherOwner
	case o.Received[t.Target] >= limit:
		return OverQuota
	}
	return ""
}

// closePost writes down what the call did.
func (g PostGate) closePost(ctx context.Context, call openedPost, made madePost, callErr error) (State, error) {
	to := g.stateAfter(Dispatch{Attempts: call.send.Attempts}, callErr)
	if wecom.ReactionOf(callErr) == wecom.RenewMedia {
		if err := g.forgetMedia(ctx, mediaOf(call.send), call.post.Files); err != nil {
			return "", err
		}
	}
	now := g.Clock.Now()
	err := g.Posts.ChangePost(ctx, call.send.ID, func(r *PostRecord) error {
		s := &r.Send
		if !s.ownedBy(g.owner) {
			return fmt.Errorf("post send belongs to %s/%d", s.Node, s.Fence)
		}
		switch to {
		case Accepted:
			r.fail(call, made.failed, NotTaken, now)
			if s.State == Accepted {
				return nil // found in WeCom's list meanwhile
			}
			s.MsgID, s.Job = made.msgID, made.job
			return s.accept(now, "")
		case Rejected:
			r.fail(call, keysIn(call.targets), rejected, now)
			return s.enter(Rejected, now, string(wecom.ReactionOf(callErr)))
		case Planned:
			s.NotBefore = now.Add(g.Settings.RetryAfter << (s.Attempts - 1))
			return s.enter(Planned, now, "refused_without_effect")
		}
		if s.State == InDoubt {
			return nil
		}
		return s.enter(InDoubt, now, NoReply)
	})
	if err != nil {
		return "", fmt.Errorf("write down outcome %s: %w", wecom.OutcomeOf(callErr), err)
	}
	return to, nil
}

// fail ends the targets of these names.
func (r *PostRecord) fail(call openedPost, names []string, because string, now time.Time) {
	for _, name := range names {
		target, ours := call.targets[name]
		for i := range r.Targets {
			if t := &r.Targets[i]; ours && t.Target == target && t.State == Underway {
				t.end(Failed, because, now)
			}
		}
	}
}

// RecoverPosts is Recover for posts.
func (g PostGate) RecoverPosts(ctx context.Context) (inDoubt int, err error) {
	err = g.eachPost(ctx, PostQuery{States: []State{Claimed, Calling}}, func(s PostSend) error {
		if !g.orphaned(Dispatch{Node: s.Node, Fence: s.Fence, Since: s.Since}) {
			return nil
		}
		doubt := false
		err := g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
			is := &r.Send
			if is.Fence != s.Fence || is.Node != s.Node || is.State != s.State {
				return errLost
			}
			if doubt = is.State == Calling; doubt {
				return is.enter(InDoubt, g.Clock.Now(), ProcessEnded)
			}
			return is.enter(Planned, g.Clock.Now(), ProcessEnded)
		})
		if doubt && err == nil {
			inDoubt++
		}
		if errors.Is(err, errLost) {
			return nil
		}
		return postError("recover", s.ID, err)
	})
	return inDoubt, err
}

func keysIn(targets map[string]int64) []string {
	names := make([]string, 0, len(targets))
	for name := range targets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// hashOf is what the ledger keeps of a request, which holds chat ids.
func hashOf(request any) [32]byte {
	raw, err := json.Marshal(request)
	if err != nil {
		panic("a post is plain data: " + err.Error())
	}
	return sha256.Sum256(raw)
}
