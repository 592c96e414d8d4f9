package delivery

import (
	"context"
	"errors"
	"strconv"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/wecom"
)

// momentJobLife is for how long WeCom tells what a job made.
const momentJobLife = 24 * time.Hour

// readMoment takes over what became of a post in Moments. WeCom makes the task
// first; then each member publishes it, or does not.
func (g PostGate) readMoment(ctx context.Context, s PostSend, all *Results) error {
	if s.Task == Making {
		return g.readJob(ctx, s)
	}
	if err := g.readPublished(ctx, s, all); err != nil {
		return err
	}
	switch {
	case s.Task == Cancelling:
		err := g.finishCancel(ctx, s, all)
		if errors.Is(err, errLost) {
			return nil // everybody has published
		}
		return err
	case s.CancelFor != "" || !g.Clock.Now().Before(s.Until):
		return g.cancelPost(ctx, s)
	}
	return nil
}

// readJob asks what WeCom made of the send. A job that WeCom forgot before anybody
// asked leaves the send in doubt, which its list of Moments resolves.
func (g PostGate) readJob(ctx context.Context, s PostSend) error {
	job, err := g.Moments[s.Corp].MomentJob(ctx, s.Job)
	forgotten := wecom.ReactionOf(err) == wecom.SkipObject || g.Clock.Now().Sub(s.Called) > momentJobLife
	if err != nil && !forgotten {
		return err
	}
	if wecom.ReactionOf(&wecom.Error{Code: job.Result.Code}) == wecom.RenewMedia {
		if err := g.forgetFiles(ctx, s); err != nil {
			return err
		}
	}
	now := g.Clock.Now()
	return g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		switch {
		case r.Send.State != Accepted || r.Send.Task != Making:
			return errLost
		case err == nil && job.Status == wecom.MomentJobDone && job.Result.MomentID != "":
			r.Send.MsgID = job.Result.MomentID
			r.Send.enterTask(Open, now)
			r.without(job.Result.InvalidSenders.UserIDs, now)
		case err == nil && job.Status == wecom.MomentJobDone:
			for i := range r.Targets {
				if r.Targets[i].State == Underway {
					r.Targets[i].end(Failed, rejected, now)
				}
			}
			return r.Send.unmake(Rejected, now, "job_"+strconv.Itoa(job.Result.Code))
		case forgotten:
			return r.Send.unmake(InDoubt, now, NoReply)
		}
		return nil
	})
}

// forgetFiles lets the files of a send be uploaded again for the next post that has them.
func (g PostGate) forgetFiles(ctx context.Context, s PostSend) error {
	posts, err := g.Posts.Posts(ctx, []int64{s.Post})
	for i := range posts {
		err = errors.Join(err, g.forgetMedia(ctx, mediaOf(s), posts[i].Files))
	}
	return err
}

// unmake takes the acceptance of a send back that WeCom did not, or may not have, made.
func (s *PostSend) unmake(to State, now time.Time, because string) error {
	err := s.enter(to, now, because)
	s.enterTask(NoTask, now)
	return err
}

// without ends the targets of members whom WeCom did not take.
func (r *PostRecord) without(userIDs []string, now time.Time) {
	for _, user := range userIDs {
		for i := range r.Targets {
			if t := &r.Targets[i]; t.State == Underway && t.Staff() == id.StaffOf(r.Send.Corp, user) {
				t.end(Failed, NotJoined, now)
			}
		}
	}
}

// readPublished takes over which members have published.
func (g PostGate) readPublished(ctx context.Context, s PostSend, all *Results) error {
	published, err := g.publishedBy(ctx, s)
	if err != nil {
		return err
	}
	targets, err := g.Posts.PostTargets(ctx, s.ID)
	if err != nil {
		return err
	}
	now := g.Clock.Now()
	fresh, facts := map[int64]PostTarget{}, []event.Fact{}
	for _, t := range targets {
		userID, has := published[t.Staff()]
		if t.State != Underway || !has {
			continue
		}
		if t.Audience, t.Seen, err = g.audienceOf(ctx, s, userID); err != nil {
			return err
		}
		fact, err := postConfirmed(s.ID, t.Staff(), 1, now)
		if err != nil {
			return err
		}
		fresh[t.Target], facts = t, append(facts, fact)
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := g.report(ctx, facts); err != nil {
		return err
	}
	return g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		r.Send.Read = now
		for i := range r.Targets {
			t := &r.Targets[i]
			if seen, is := fresh[t.Target]; is && t.State == Underway {
				t.Audience, t.Seen, t.Looked = seen.Audience, seen.Seen, now
				t.end(Delivered, "", now)
				all.Confirmed++
				all.Delivered++
			}
		}
		if r.underway() == 0 {
			r.Send.enterTask(Confirmed, now)
		}
		return nil
	})
}

// publishedBy returns the userids of the members who have published.
func (g PostGate) publishedBy(ctx context.Context, s PostSend) (map[id.Staff]string, error) {
	published := map[id.Staff]string{}
	for cursor := ""; ; {
		page, err := g.Moments[s.Corp].MomentMembers(ctx, s.MsgID, cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range page.Members {
			if m.Published == 1 {
				published[id.StaffOf(s.Corp, m.UserID)] = m.UserID
			}
		}
		if cursor = page.Next; cursor == "" {
			return published, nil
		}
	}
}

// audienceOf counts for how many customers a member's post is meant, and how many can
// see it.
func (g PostGate) audienceOf(ctx context.Context, s PostSend, userID string) (chosen, seen int, err error) {
	door := g.Moments[s.Corp]
	count := func(page func(context.Context, string, string, string) (wecom.MomentCustomerPage, error)) (n int, err error) {
		for cursor := ""; ; {
			got, err := page(ctx, s.MsgID, userID, cursor)
			if err != nil {
				return 0, err
			}
			n += len(got.Customers)
			if cursor = got.Next; cursor == "" {
				return n, nil
			}
		}
	}
	if chosen, err = count(door.MomentChosen); err != nil {
		return 0, 0, err
	}
	seen, err = count(door.MomentSeen)
	return chosen, seen, err
}

// Reactions are read while people still come across a post, ever less often.
const (
	watchSpan   = 7 * 24 * time.Hour
	watchPause  = 30 * time.Minute
	watchAtOnce = 200 // members' posts in one round
)

// Watched counts what one round of WatchMoments learned.
type Watched struct{ Looked, Reactions int }

// WatchMoments asks who liked or commented posts in Moments. Every reaction of a
// customer is a fact, once; how many there are stands with the post.
func (g PostGate) WatchMoments(ctx context.Context) (Watched, error) {
	var all Watched
	now := g.Clock.Now()
	due, err := g.Posts.WatchedMoments(ctx, now.Add(-watchPause), now.Add(-watchSpan), watchAtOnce)
	if err != nil {
		return all, err
	}
	sends := map[int64]PostSend{}
	var failed []error
	for _, t := range due {
		s, known := sends[t.Send]
		if !known {
			list, err := g.Posts.PostSends(ctx, PostQuery{After: t.Send - 1, Limit: 1, Scope: org.All()})
			if err != nil || len(list) == 0 {
				return all, err
			}
			s = list[0]
			sends[t.Send] = s
		}
		if !g.reaches(s) {
			continue
		}
		if err := g.watch(ctx, s, t, &all); err != nil {
			err = postError("look at", s.ID, err)
			if unanswered(err) {
				return all, err
			}
			failed = append(failed, err)
		}
	}
	return all, errors.Join(failed...)
}

func (g PostGate) watch(ctx context.Context, s PostSend, t PostTarget, all *Watched) error {
	member, _ := memberOf(g.Org(), t.Staff())
	voices, err := g.Moments[s.Corp].MomentComments(ctx, s.MsgID, member.UserID)
	if err == nil {
		t.Audience, t.Seen, err = g.audienceOf(ctx, s, member.UserID)
	}
	if err != nil && wecom.ReactionOf(err) != wecom.SkipObject {
		return err
	}
	if err == nil {
		var facts []event.Fact
		if facts, err = reactionFacts(s, t.Staff(), voices); err == nil {
			err = g.report(ctx, facts)
		}
		if err != nil {
			return err
		}
		t.Likes, t.Comments = len(customersIn(voices.Likes)), len(customersIn(voices.Comments))
		all.Reactions += len(facts)
	}
	all.Looked++
	now := g.Clock.Now()
	return g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		for i := range r.Targets {
			if is := &r.Targets[i]; is.Target == t.Target {
				is.Audience, is.Seen, is.Likes, is.Comments, is.Looked = t.Audience, t.Seen, t.Likes, t.Comments, now
			}
		}
		return nil
	})
}

// customersIn leaves out reactions of members.
func customersIn(voices []wecom.MomentVoice) []wecom.MomentVoice {
	var list []wecom.MomentVoice
	for _, v := range voices {
		if v.ExternalUserID != "" {
			list = append(list, v)
		}
	}
	return list
}

func reactionFacts(s PostSend, staff id.Staff, voices wecom.MomentVoices) ([]event.Fact, error) {
	var facts []event.Fact
	for _, kind := range []struct {
		word    string
		voices  []wecom.MomentVoice
		comment bool
	}{{"like", voices.Likes, false}, {"comment", voices.Comments, true}} {
		for _, v := range customersIn(kind.voices) {
			key := id.Hash("moment", kind.word, s.MsgID, id.Text(staff), strconv.FormatInt(v.At.Time().Unix(), 10))
			fact, err := event.New(event.Customer(id.CustomerOf(s.Corp, v.ExternalUserID)), v.At.Time(), event.FromDelivery, key,
				event.MomentReacted{Staff: staff, Comment: kind.comment})
			if err != nil {
				return nil, err
			}
			facts = append(facts, fact)
		}
	}
	return facts, nil
}
