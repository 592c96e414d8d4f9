package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/org"
)

// ApprovePosts lets sends of posts go out when their time comes. It returns how many
// customers they are for; a send that no longer waits is skipped.
func (g PostGate) ApprovePosts(ctx context.Context, by string, sends []int64) (customers int, err error) {
	for _, send := range sends {
		approved := 0
		err := g.Posts.ChangePost(ctx, send, func(r *PostRecord) error {
			approved = 0
			if r.Send.State == Planned && r.Send.ApprovedBy == "" {
				r.Send.ApprovedBy, approved = by, r.Send.Tally.Audience
			}
			return nil
		})
		if err != nil {
			return customers, postError("approve", send, err)
		}
		customers += approved
	}
	return customers, nil
}

// changeSends changes every send of a post within a scope. None is fault.NotFound.
func (g PostGate) changeSends(ctx context.Context, scope org.Scope, post int64, change func(*PostRecord) error) error {
	sends, err := g.Posts.PostSends(ctx, PostQuery{Post: post, Scope: scope})
	if err != nil {
		return err
	}
	if len(sends) == 0 {
		return fault.New(fault.NotFound, "no such post")
	}
	for _, s := range sends {
		if err := g.Posts.ChangePost(ctx, s.ID, change); err != nil {
			return postError("change", s.ID, err)
		}
	}
	return nil
}

// StopPost takes back what of a post no member has confirmed, as far as the scope
// reaches: what has not left never leaves, what WeCom has is stopped there. Sends in
// doubt stay for DropPost. It returns how many sends it concerned.
func (g PostGate) StopPost(ctx context.Context, by string, scope org.Scope, post int64) (sends int, err error) {
	now := g.Clock.Now()
	err = g.changeSends(ctx, scope, post, func(r *PostRecord) error {
		concerned, err := r.takeBack(ByPerson, now)
		if concerned {
			r.Send.DecidedBy = by
			sends++
		}
		return err
	})
	if err != nil || sends == 0 {
		return sends, err
	}
	waiting, cancel := context.WithTimeout(ctx, g.Settings.StopWithin)
	defer cancel()
	open, err := g.Posts.PostSends(ctx, PostQuery{Post: post, Tasks: []TaskState{Open}, Scope: scope})
	for _, s := range open {
		if s.CancelFor == "" || !g.reaches(s) {
			continue
		}
		if err := g.cancelPost(waiting, s); err != nil {
			return sends, nil // nothing failed for good: ReadPosts asks again
		}
	}
	return sends, err
}

// takeBack drops what has not left, and marks what WeCom has, or may be getting, to be
// stopped there unless it is confirmed. It tells whether anything was to be done.
func (r *PostRecord) takeBack(why CancelReason, now time.Time) (concerned bool, err error) {
	s := &r.Send
	switch {
	case s.State == Planned || s.State == Claimed:
		return true, r.drop(now, string(why))
	case (s.State == Calling || s.State == Accepted && (s.Task == Making || s.Task == Open)) && s.CancelFor == "":
		s.CancelFor = why
		return true, nil
	}
	return false, nil
}

// RetirePosts takes back what of a process's posts no member has confirmed, because
// the process was taken out of use: what has not left never leaves, what WeCom has is
// stopped when results are read next, what is in doubt once it is found. It returns how
// many sends it concerned. A second call finds nothing more.
func (g PostGate) RetirePosts(ctx context.Context, process int64) (sends int, err error) {
	now := g.Clock.Now()
	open := PostQuery{Author: ProcessAuthor(process), States: []State{Planned, Claimed, Calling, InDoubt}, Tasks: []TaskState{Making, Open}}
	err = g.eachPost(ctx, open, func(s PostSend) error {
		return postError("retire", s.ID, g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
			concerned, err := r.takeBack(Retired, now)
			if r.Send.State == InDoubt && r.Send.CancelFor == "" {
				r.Send.CancelFor, concerned = Retired, true
			}
			if concerned {
				sends++
			}
			return err
		}))
	})
	return sends, err
}

// UrgePost reminds the members who have not confirmed a send, at most UrgeLimit times
// within UrgeSpan. WeCom has a reminder of its own for groups only; of Moments it
// tells who should be told.
func (g PostGate) UrgePost(ctx context.Context, send int64) (members []PostTarget, err error) {
	var s PostSend
	err = g.Posts.ChangePost(ctx, send, func(r *PostRecord) error {
		now := g.Clock.Now()
		members = nil
		if r.Send.Task != Open {
			return fault.WithKey(fault.Conflict, "error.not_open", errors.New("its task is not open"))
		}
		r.Send.Urged = slices.DeleteFunc(r.Send.Urged, func(at time.Time) bool { return now.Sub(at) >= UrgeSpan })
		if len(r.Send.Urged) >= UrgeLimit {
			return fault.WithKey(fault.Forbidden, "error.urged_enough", errors.New("urged often enough"))
		}
		// Counted before the call: an urge too few is better than one too many.
		r.Send.Urged = append(r.Send.Urged, now)
		s = r.Send
		for _, t := range r.Targets {
			if t.State == Underway {
				members = append(members, t)
			}
		}
		return nil
	})
	if err != nil || s.Channel == event.Moments || !g.reaches(s) {
		return members, postError("urge for", send, err)
	}
	return members, postError("urge for", send, g.Corps[s.Corp].RemindMassSend(ctx, s.MsgID))
}

// ResendPost sends a post again to the targets of a send that did not get it, as a
// new send, because a person has decided so. A send that is not over, or that all
// have got, is fault.Conflict. Sends in doubt are resent once WeCom's list was
// compared; before that it is fault.Forbidden.
func (g PostGate) ResendPost(ctx context.Context, by string, send int64) (successor int64, err error) {
	err = g.Posts.ChangePost(ctx, send, func(r *PostRecord) error {
		now := g.Clock.Now()
		s := &r.Send
		switch {
		case s.State == InDoubt && (s.Because != NotListed || s.Read.IsZero()):
			return fault.WithKey(fault.Forbidden, "error.not_compared", errors.New("not yet compared with WeCom's list"))
		case s.State != InDoubt && (!s.Over() || s.State == Resent):
			return fault.WithKey(fault.Conflict, "error.post_not_over", errors.New("it is not over"))
		}
		next := g.successor(s, now)
		next.ApprovedBy, successor = by, next.ID
		if !r.moveMissed(next.ID, now) {
			return fault.WithKey(fault.Conflict, "error.post_all_got", errors.New("nobody has missed it"))
		}
		r.Successor, s.DecidedBy = &next, by
		if s.State == InDoubt {
			return s.enter(Resent, now, s.Because)
		}
		return nil
	})
	return successor, postError("resend", send, err)
}

// moveMissed moves the targets that did not get the post to another send.
func (r *PostRecord) moveMissed(to int64, now time.Time) (any bool) {
	for i := range r.Targets {
		if t := &r.Targets[i]; t.State != Delivered {
			t.end(Underway, "", now)
			t.Send, any = to, true
		}
	}
	return any
}

// DropPost gives a send in doubt up, because a person has decided so. It is
// fault.Conflict if it is not in doubt.
func (g PostGate) DropPost(ctx context.Context, by string, send int64) error {
	err := g.Posts.ChangePost(ctx, send, func(r *PostRecord) error {
		if r.Send.State != InDoubt {
			return fault.New(fault.Conflict, "it is %s", r.Send.State)
		}
		r.Send.DecidedBy = by
		return r.drop(g.Clock.Now(), string(ByPerson))
	})
	return postError("drop", send, err)
}

// EndPosts drops what nobody approved, or nothing let out, until its window was over.
func (g PostGate) EndPosts(ctx context.Context) (ended int, err error) {
	now := g.Clock.Now()
	err = g.eachPost(ctx, PostQuery{States: []State{Planned}}, func(s PostSend) error {
		if now.Before(s.Until) {
			return nil
		}
		ended++
		return g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
			if r.Send.State != Planned {
				return nil
			}
			return r.drop(now, string(WindowOver))
		})
	})
	return ended, err
}
