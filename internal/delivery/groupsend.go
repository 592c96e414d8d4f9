package delivery

import (
	"context"
	"errors"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// ReadPosts asks WeCom what became of every post that is not finished and carries
// the answers into the ledger and into facts, exactly once each. Posts that are to
// be taken back, or whose window is over, are cancelled.
func (g PostGate) ReadPosts(ctx context.Context) (Results, error) {
	var all Results
	var failed []error
	err := g.eachPost(ctx, PostQuery{Tasks: []TaskState{Making, Open, Sending, Cancelling}}, func(s PostSend) error {
		if !g.reaches(s) {
			return nil
		}
		err := g.readPost(ctx, s, &all)
		if err == nil || wecom.IsCode(err, wecom.CodeDispatching) || errors.Is(err, errLost) {
			return ctx.Err()
		}
		err = postError("read", s.ID, err)
		if unanswered(err) {
			return err
		}
		failed = append(failed, err)
		return ctx.Err()
	})
	return all, errors.Join(append(failed, err)...)
}

func (g PostGate) readPost(ctx context.Context, s PostSend, all *Results) error {
	if s.Channel == event.Moments {
		return g.readMoment(ctx, s, all)
	}
	done, err := g.groupConfirmation(ctx, s)
	switch {
	case err != nil:
		return err
	case done.by != "":
		return g.readGroups(ctx, s, done, all)
	case s.Task == Cancelling:
		return g.finishCancel(ctx, s, all)
	case s.CancelFor != "" || !g.Clock.Now().Before(s.Until):
		return g.cancelPost(ctx, s)
	}
	return nil
}

func (g PostGate) groupConfirmation(ctx context.Context, s PostSend) (confirmation, error) {
	return g.confirmation(ctx, Dispatch{Corp: s.Corp, Staff: s.Staff, MsgID: s.MsgID})
}

// readGroups takes over what became of each group of a confirmed post.
func (g PostGate) readGroups(ctx context.Context, s PostSend, done confirmation, all *Results) error {
	outcomes, err := g.groupOutcomes(ctx, s, done.by)
	if err != nil {
		return err
	}
	fact, err := postConfirmed(s.ID, s.Staff, s.Tally.Targets, done.at)
	if err != nil {
		return err
	}
	if err := g.report(ctx, []event.Fact{fact}); err != nil {
		return err
	}
	now := g.Clock.Now()
	late := now.Sub(done.at) >= g.Settings.ResultsWithin
	return g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		if r.Send.Task != Sending {
			all.Confirmed++
		}
		r.Send.Read = now
		r.Send.enterTask(Sending, now)
		for i := range r.Targets {
			t := &r.Targets[i]
			o, known := outcomes[t.Group()]
			switch {
			case t.State != Underway:
			case known && o.state == Delivered:
				t.end(Delivered, "", o.at)
				all.Delivered++
			case known:
				t.end(Failed, o.because, o.at)
				all.Failed++
			case late:
				t.end(Failed, NotSent, now)
				all.Failed++
			}
		}
		if r.underway() == 0 {
			r.Send.enterTask(Confirmed, now)
		}
		return nil
	})
}

func (g PostGate) groupOutcomes(ctx context.Context, s PostSend, userID string) (map[id.Group]outcome, error) {
	found := map[id.Group]outcome{}
	for cursor := ""; ; {
		page, err := g.Corps[s.Corp].SendResults(ctx, s.MsgID, userID, cursor)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Results {
			group := id.GroupOf(s.Corp, row.ChatID)
			switch row.Status {
			case wecom.SendDone:
				found[group] = outcome{Delivered, "", row.Sent.Time()}
			case wecom.SendNotRelated:
				found[group] = outcome{Failed, GroupGone, g.Clock.Now()}
			case wecom.SendQuotaFilled:
				found[group] = outcome{Failed, OverQuota, g.Clock.Now()}
			}
		}
		if cursor = page.Next; cursor == "" {
			return found, nil
		}
	}
}

// cancelPost asks WeCom to stop what is not confirmed. Asking again changes nothing.
func (g PostGate) cancelPost(ctx context.Context, s PostSend) error {
	if err := g.stopListed(ctx, s); err != nil {
		return err
	}
	return g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		if r.Send.Task == Open {
			if r.Send.CancelFor == "" {
				r.Send.CancelFor = WindowOver
			}
			r.Send.enterTask(Cancelling, g.Clock.Now())
		}
		return nil
	})
}

// finishCancel ends a post that WeCom stopped: whatever was not confirmed before is
// withdrawn, once WeCom had time to tell of confirmations.
func (g PostGate) finishCancel(ctx context.Context, s PostSend, all *Results) error {
	now := g.Clock.Now()
	if now.Sub(s.TaskSince) < g.Settings.Quarantine {
		return nil
	}
	return g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		if r.Send.Task != Cancelling {
			return errLost
		}
		for i := range r.Targets {
			if r.Targets[i].State == Underway {
				r.Targets[i].end(Withdrawn, string(r.Send.CancelFor), now)
			}
		}
		r.Send.enterTask(Cancelled, now)
		all.Cancelled++
		return nil
	})
}

// postConfirmed is the fact that a member confirmed a post, or published it.
func postConfirmed(send int64, staff id.Staff, targets int, at time.Time) (event.Fact, error) {
	key := id.Hash("delivery", string(event.KindTaskConfirmed), "post", id.Text(send), id.Text(staff))
	return event.New(event.Staff(staff), at, event.FromDelivery, key, event.TaskConfirmed{Dispatch: send, Touches: targets})
}
