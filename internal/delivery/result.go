package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Results counts what one round of Read learned.
type Results struct {
	Confirmed, Delivered, Failed, Cancelled, Moved int
}

// Read asks WeCom what became of every task that is not finished, and carries
// the answers into the ledger and, exactly once each, into facts. Tasks that
// are to be taken back, or whose window is over, are cancelled; the customers
// whom a cancellation does not concern move to a new dispatch. What WeCom
// refuses for one task does not keep the others from being read; those errors
// are returned together. Where WeCom gives no answer the rest is read next time.
func (g *Gate) Read(ctx context.Context) (Results, error) {
	var all Results
	var failed []error
	err := g.each(ctx, Query{Tasks: []TaskState{Open, Sending, Cancelling}}, func(d Dispatch) error {
		if _, known := g.Corps[d.Corp]; !known {
			return nil
		}
		err := g.readOne(ctx, d, &all)
		if err == nil {
			return ctx.Err()
		}
		err = fmt.Errorf("read task of dispatch %d: %w", d.ID, err)
		if unanswered(err) {
			return err
		}
		failed = append(failed, err)
		return ctx.Err()
	})
	return all, errors.Join(append(failed, err)...)
}

// unanswered tells that WeCom is away or wants no more calls, so that the next
// call would fare no better.
func unanswered(err error) bool {
	no, ok := errors.AsType[*wecom.Error](err)
	return ok && no.Reaction() == wecom.TryLater && (no.Code == wecom.CodeOK || no.Code == wecom.CodeRateLimit)
}

func (g *Gate) readOne(ctx context.Context, d Dispatch, all *Results) error {
	done, err := g.confirmation(ctx, d)
	switch {
	case err != nil:
		return err
	case done.by != "":
		return g.readResults(ctx, d, done, all)
	case d.Task == Cancelling:
		return g.finishCancelling(ctx, d, all)
	case d.CancelFor != "" || !g.Clock.Now().Before(d.Until):
		_, err := g.cancel(ctx, d)
		return err
	}
	return nil
}

// confirmation is who confirmed a task, and when.
type confirmation struct {
	by string // WeCom userid, "" if nobody has
	at time.Time
}

func (g *Gate) confirmation(ctx context.Context, d Dispatch) (confirmation, error) {
	for cursor := ""; ; {
		page, err := g.Corps[d.Corp].MassSendTasks(ctx, d.MsgID, cursor)
		if err != nil {
			return confirmation{}, err
		}
		for _, t := range page.Tasks {
			if t.Status == wecom.TaskConfirmed && id.StaffOf(d.Corp, t.UserID) == d.Staff {
				return confirmation{t.UserID, t.Sent.Time()}, nil
			}
		}
		if cursor = page.Next; cursor == "" {
			return confirmation{}, nil
		}
	}
}

// outcome is what WeCom says became of one touch.
type outcome struct {
	state   TouchState
	because string
	at      time.Time
}

// readResults takes over the results of a confirmed task.
func (g *Gate) readResults(ctx context.Context, d Dispatch, done confirmation, all *Results) error {
	touches, err := g.Ledger.TouchesOf(ctx, d.ID)
	if err != nil {
		return err
	}
	outcomes, err := g.outcomes(ctx, d, done.by, touches)
	if err != nil {
		return err
	}
	now := g.Clock.Now()
	late := now.Sub(done.at) >= g.Settings.ResultsWithin
	facts, err := resultFacts(d, touches, outcomes, done.at)
	if err != nil {
		return err
	}
	if err := g.report(ctx, facts); err != nil {
		return err
	}
	return g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
		r.Dispatch.Read = now
		r.Dispatch.enterTask(Sending, now)
		if r.takeOver(outcomes, late, now, all) == 0 {
			r.Dispatch.enterTask(Confirmed, now)
		}
		if d.Task != Sending {
			all.Confirmed++
		}
		return nil
	})
}

func (d *Dispatch) enterTask(task TaskState, now time.Time) {
	if d.Task != task {
		d.Task, d.TaskSince = task, now
	}
}

// takeOver ends the touches whose outcome is known and returns how many are
// still open.
func (r *Record) takeOver(outcomes map[int64]outcome, late bool, now time.Time, all *Results) (open int) {
	for i := range r.Touches {
		t := &r.Touches[i]
		o, known := outcomes[t.ID]
		switch {
		case t.State != Underway:
		case known && o.state == Delivered:
			t.end(o.state, o.because, o.at)
			all.Delivered++
		case known:
			t.end(o.state, o.because, o.at)
			all.Failed++
		case late:
			t.end(Failed, noResult, now)
			all.Failed++
		default:
			open++
		}
	}
	return open
}

// outcomes reads all addressees of the task. Rows that are still open, and
// rows of nobody we sent to, are left out.
func (g *Gate) outcomes(ctx context.Context, d Dispatch, userID string, touches []Touch) (map[int64]outcome, error) {
	addresses, err := g.addressesOf(ctx, d, touches)
	if err != nil {
		return nil, err
	}
	// A customer who was erased or merged since has no address of his own any
	// more; the id that the external_userid stands for still names his touch.
	owners := make(map[id.Customer]int64, len(touches))
	for _, t := range touches {
		owners[t.Customer] = t.ID
		if address := addresses[t.Customer]; address != "" {
			owners[id.CustomerOf(d.Corp, address)] = t.ID
		}
	}
	found := map[int64]outcome{}
	for cursor := ""; ; {
		page, err := g.Corps[d.Corp].SendResults(ctx, d.MsgID, userID, cursor)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Results {
			touch, ours := owners[id.CustomerOf(d.Corp, row.ExternalUserID)]
			if o, final := outcomeOf(row, g.Clock.Now()); ours && final {
				found[touch] = o
			}
		}
		if cursor = page.Next; cursor == "" {
			return found, nil
		}
	}
}

func outcomeOf(row wecom.SendResult, now time.Time) (o outcome, final bool) {
	switch row.Status {
	case wecom.SendDone:
		return outcome{Delivered, "", row.Sent.Time()}, true
	case wecom.SendNotRelated:
		return outcome{Failed, notRelated, now}, true
	case wecom.SendQuotaFilled:
		return outcome{Failed, overQuota, now}, true
	default:
		return outcome{}, false
	}
}

func resultFacts(d Dispatch, touches []Touch, outcomes map[int64]outcome, confirmed time.Time) ([]event.Fact, error) {
	var facts []event.Fact
	sent := 0
	for _, t := range touches {
		o, known := outcomes[t.ID]
		if t.State == Underway {
			sent++
		}
		if !known || t.State != Underway {
			continue
		}
		fact, err := deliveredFact(t, d.Content, o.at)
		if o.state == Failed {
			fact, err = failedFact(t, o.because, o.at)
		}
		if err != nil {
			return nil, err
		}
		facts = append(facts, fact)
	}
	if d.Task == Sending {
		return facts, nil // its confirmation is written down already
	}
	fact, err := confirmedFact(d, sent, confirmed)
	return append(facts, fact), err
}
