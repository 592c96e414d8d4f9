package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/id"
)

// Withdrawal takes back what is underway to customers.
type Withdrawal struct {
	Customers []id.Customer
	Because   CancelReason // Purchase takes back only what sells
	Action    int64        // not 0: only the touch of this action
}

func (w Withdrawal) concerns(t Touch, customers map[id.Customer]bool) bool {
	if w.Because == Replanned && (t.Purpose == event.Invite || strings.HasPrefix(t.Run, runOfProcess)) {
		return false // no plan made it
	}
	return t.State == Underway && customers[t.Customer] &&
		(w.Because != Purchase || t.Purpose.Sells()) && (w.Action == 0 || w.Action == t.Action)
}

// Withdraw takes back what is underway to the customers. What is planned
// leaves without them. What WeCom has as an unconfirmed task, or may have, is
// marked; Read cancels it and sends the rest anew. What a member confirmed
// stays, and so does, if it is only Replanned, all that has left. All ids of a
// merged customer must be listed. It returns how many touches it concerned.
func (g *Gate) Withdraw(ctx context.Context, w Withdrawal) (touches int, err error) {
	customers := map[id.Customer]bool{}
	for _, c := range w.Customers {
		customers[c] = true
	}
	reaching := Query{States: []State{Planned, Claimed, Calling, InDoubt, Accepted}, Customers: w.Customers}
	err = g.each(ctx, reaching, func(d Dispatch) error {
		n := 0
		err := g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
			n = r.withdraw(w, customers, g.Clock.Now())
			return nil
		})
		if err != nil {
			return fmt.Errorf("withdraw from dispatch %d: %w", d.ID, err)
		}
		touches += n
		return nil
	})
	if err != nil {
		return touches, err
	}
	tasks, err := g.takeTasks(ctx, w, customers)
	return touches + tasks, err
}

func (r *Record) withdraw(w Withdrawal, customers map[id.Customer]bool, now time.Time) (n int) {
	d := &r.Dispatch
	for i := range r.Touches {
		t := &r.Touches[i]
		if !w.concerns(*t, customers) {
			continue
		}
		if w.Because == Replanned && d.State != Planned && d.State != Claimed {
			continue
		}
		if r.take(t, string(w.Because), w.Because, now) {
			n++
		}
	}
	return n
}

// take takes one touch out, at once where the dispatch has not left, else when its task
// is cancelled. It tells whether it could: what a member confirmed stays.
func (r *Record) take(t *Touch, because string, reason CancelReason, now time.Time) bool {
	d := &r.Dispatch
	switch {
	case d.State == Planned || d.State == Claimed:
		t.end(Withdrawn, because, now)
	case d.Task.reached():
		return false
	default:
		t.Because = because // takes effect when the task is cancelled
		if d.CancelFor == "" {
			d.CancelFor = reason
		}
	}
	return true
}

// cancel asks WeCom to stop an unconfirmed task. Asking again changes nothing,
// so an answer that is lost is asked for again. It returns the task as it
// stands then: somebody else may have read its confirmation meanwhile.
func (g *Gate) cancel(ctx context.Context, d Dispatch) (task TaskState, err error) {
	if err := g.Corps[d.Corp].CancelMassSend(ctx, d.MsgID); err != nil {
		return "", err
	}
	err = g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
		if r.Dispatch.Task == Open {
			if r.Dispatch.CancelFor == "" {
				r.Dispatch.CancelFor = WindowOver
			}
			r.Dispatch.enterTask(Cancelling, g.Clock.Now())
		}
		task = r.Dispatch.Task
		return nil
	})
	return task, err
}

// finishCancelling ends a task that WeCom stopped and that was, after its list
// had time to catch up, not confirmed before.
func (g *Gate) finishCancelling(ctx context.Context, d Dispatch, all *Results) error {
	now := g.Clock.Now()
	if now.Sub(d.TaskSince) < g.Settings.Quarantine {
		return nil
	}
	fact, err := cancelledFact(d, now)
	if err != nil {
		return err
	}
	if err := g.report(ctx, []event.Fact{fact}); err != nil {
		return err
	}
	moved := 0
	err = g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
		if r.Dispatch.Task != Cancelling {
			return errLost
		}
		r.Dispatch.enterTask(Cancelled, now)
		moved = r.moveRest(now, g.successor(&r.Dispatch, now))
		return nil
	})
	if errors.Is(err, errLost) {
		return nil
	}
	if err == nil {
		all.Cancelled++
		all.Moved += moved
	}
	return err
}

// moveRest withdraws the touches that a cancellation concerns and moves the
// others to the next dispatch. A window that is over concerns all of them: tomorrow's
// plan decides anew, and steps have no other one.
func (r *Record) moveRest(now time.Time, next Dispatch) (moved int) {
	everybody := r.Dispatch.CancelFor
	switch everybody {
	case WindowOver, ByPerson, SendEnded, Retired:
	default:
		switch everybody = ""; {
		case !now.Before(r.Dispatch.Until):
			everybody = r.Dispatch.CancelFor
		case next.Process != 0 && !next.From.Before(r.Dispatch.Until):
			everybody = WindowOver
		}
	}
	for i := range r.Touches {
		t := &r.Touches[i]
		switch {
		case t.State != Underway:
		case everybody != "" || t.Because != "":
			because := t.Because
			if because == "" {
				because = string(everybody)
			}
			t.end(Withdrawn, because, now)
		default:
			t.Dispatch = next.ID
			moved++
		}
	}
	if moved > 0 {
		r.Successor = &next
	}
	return moved
}

// window is when a dispatch may be called and until when confirmed.
type window struct{ day, from, until time.Time }

// windowFrom returns the window of what is planned now.
func (g *Gate) windowFrom(now time.Time) window {
	rules := g.Rules()
	day := clock.Day(now, g.Zone)
	from, until := rules.Window(day, now)
	if !from.Before(until) {
		day = day.AddDate(0, 0, 1)
		from, until = rules.Window(day, now)
	}
	return window{day, from, until.AddDate(0, 0, rules.WindowDays-1)}
}

// successor returns the dispatch that takes the place of this one. A step keeps its
// window while it is open.
func (g *Gate) successor(d *Dispatch, now time.Time) Dispatch {
	w := g.windowFrom(now)
	next := Dispatch{
		ID:   numberOf("resend", id.Text(d.ID)),
		Corp: d.Corp, Staff: d.Staff, Store: d.Store, Day: w.day, Purpose: d.Purpose, Line: d.Line, Material: d.Material,
		Text: d.Text, Files: d.Files, Wording: d.Wording, Send: d.Send, From: w.from, Until: w.until, State: Planned, ApprovedBy: d.ApprovedBy, Since: now, ResendOf: d.ID,
		Process: d.Process, Step: d.Step, Promised: d.Promised, Postpone: d.Postpone,
	}
	if d.Process != 0 && next.From.Before(d.Until) {
		next.Until = d.Until
	}
	g.linkAgain(&next, d)
	return next
}
