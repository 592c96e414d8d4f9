package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Recover puts every row that an owner left behind where it belongs: claimed
// rows back to planned, because nothing has left, and rows in calling to in
// doubt. It is called at the start and then every minute, and returns how many
// are newly in doubt.
func (g *Gate) Recover(ctx context.Context) (inDoubt int, err error) {
	err = g.each(ctx, Query{States: []State{Claimed, Calling}}, func(d Dispatch) error {
		if !g.orphaned(d) {
			return nil
		}
		doubt, err := g.recoverOne(ctx, d)
		if doubt {
			inDoubt++
		}
		return err
	})
	return inDoubt, err
}

func (g *Gate) recoverOne(ctx context.Context, d Dispatch) (doubt bool, err error) {
	err = g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
		now, as := g.Clock.Now(), r.Dispatch
		if as.Fence != d.Fence || as.Node != d.Node || as.State != d.State {
			return errLost
		}
		if doubt = as.State == Calling; doubt {
			return r.Dispatch.enter(InDoubt, now, ProcessEnded)
		}
		return r.Dispatch.enter(Planned, now, ProcessEnded)
	})
	if errors.Is(err, errLost) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("recover dispatch %d: %w", d.ID, err)
	}
	return doubt, nil
}

// orphaned tells whether nobody alive can be working on the row: an earlier
// start of this node had it, or it takes longer than any call may.
func (g *Gate) orphaned(d Dispatch) bool {
	earlier := d.Node == g.owner.Node && d.Fence < g.owner.Fence
	return earlier || g.Clock.Now().Sub(d.Since) > 2*g.Settings.CallTimeout
}

// Reconciled counts what one round of Reconcile found.
type Reconciled struct {
	Accepted   int // found in WeCom's list
	Duplicates int // found there more than once; all but the first were cancelled: an alarm
	Open       int // still in doubt, for a person
}

// found counts what was in doubt and stands so often in WeCom's list, once that is
// written down. What was decided about meanwhile counts nowhere.
func (all *Reconciled) found(often int, err error) error {
	switch {
	case errors.Is(err, errLost):
		return nil
	case err != nil:
		return err
	case often == 0:
		all.Open++
	default:
		all.Accepted++
		all.Duplicates += often - 1
	}
	return nil
}

// Reconcile compares what is in doubt with WeCom's own list, once the list has
// had time to catch up. Whatever it does not show stays in doubt: only a
// person sends again.
func (g *Gate) Reconcile(ctx context.Context) (Reconciled, error) {
	var all Reconciled
	due := map[id.Corp][]Dispatch{}
	err := g.each(ctx, Query{States: []State{InDoubt}}, func(d Dispatch) error {
		if _, known := g.Corps[d.Corp]; known && g.dueForComparison(d) {
			due[d.Corp] = append(due[d.Corp], d)
		} else {
			all.Open++
		}
		return nil
	})
	failed := []error{err}
	for corp, doubts := range due {
		when := span{doubts[0].Called, doubts[0].Called}
		for _, d := range doubts {
			when.take(d.Called)
			when.take(d.Called.Add(2 * g.Settings.CallTimeout))
		}
		_, err := g.lookUp(ctx, corp, doubts, when, &all)
		failed = append(failed, err)
	}
	return all, errors.Join(failed...)
}

// dueForComparison tells whether it is time to compare: after the quarantine,
// then, if nothing was found, after ever longer pauses.
func (g *Gate) dueForComparison(d Dispatch) bool {
	now := g.Clock.Now()
	pause := max(g.Settings.Quarantine, d.Read.Sub(d.Called))
	return now.Sub(d.Called) >= g.Settings.Quarantine && (d.Read.IsZero() || now.Sub(d.Read) >= pause)
}

// span is a stretch of time in which messages may have been made.
type span struct{ from, until time.Time }

func (s *span) take(t time.Time) {
	if t.Before(s.from) {
		s.from = t
	}
	if t.After(s.until) {
		s.until = t
	}
}

// lookUp compares dispatches of one corp with the messages in WeCom's list
// that the ledger does not know, and accepts what it finds. It returns what
// is none of the dispatches.
func (g *Gate) lookUp(ctx context.Context, corp id.Corp, dispatches []Dispatch, when span, all *Reconciled) ([]wecom.MassSendRecord, error) {
	listed, err := g.unknown(ctx, corp, when)
	if err != nil {
		return nil, fmt.Errorf("read WeCom's list: %w", err)
	}
	for _, d := range dispatches {
		same, others, err := g.pick(ctx, d, listed)
		if err == nil {
			err = g.found(ctx, d, same, all)
		}
		if err != nil {
			return nil, fmt.Errorf("compare dispatch %d: %w", d.ID, err)
		}
		listed = others
	}
	return listed, nil
}

// listSlack is how far WeCom's clock may be from ours.
const listSlack = 5 * time.Minute

// unknown returns the messages in WeCom's list that an app made and that no
// dispatch was accepted as, earliest first.
func (g *Gate) unknown(ctx context.Context, corp id.Corp, when span) ([]wecom.MassSendRecord, error) {
	start, end := when.from.Add(-listSlack), when.until.Add(listSlack)
	if oldest := end.Add(-wecom.MassSendSpan); start.Before(oldest) {
		start = oldest
	}
	var unknown []wecom.MassSendRecord
	for cursor := ""; ; {
		page, err := g.Corps[corp].MassSends(ctx, wecom.MassSendQuery{To: wecom.ToCustomers, Start: start, End: end, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		left, err := g.withoutKnown(ctx, page.Records)
		if err != nil {
			return nil, err
		}
		unknown = append(unknown, left...)
		if cursor = page.Next; cursor == "" {
			slices.SortStableFunc(unknown, func(a, b wecom.MassSendRecord) int { return cmp.Compare(a.Created, b.Created) })
			return unknown, nil
		}
	}
}

func (g *Gate) withoutKnown(ctx context.Context, records []wecom.MassSendRecord) ([]wecom.MassSendRecord, error) {
	names := make([]string, len(records))
	for i, r := range records {
		names[i] = r.MessageID
	}
	known, err := g.Own(ctx, names)
	return slices.DeleteFunc(records, func(r wecom.MassSendRecord) bool {
		return known[r.MessageID] || r.Creator != "" || r.Text == nil
	}), err
}

// pick divides messages into those that are the dispatch and the others: by
// the marker in their link, or, where there is no link, by text, member and
// addressees.
func (g *Gate) pick(ctx context.Context, d Dispatch, records []wecom.MassSendRecord) (same, others []wecom.MassSendRecord, err error) {
	text := messageOf(d).Text.Content
	for _, r := range records {
		is := d.Marker != "" && carries(r.Content, d.Marker)
		if d.Marker == "" && r.Text.Content == text {
			if is, err = g.addressedAlike(ctx, d, r.MessageID); err != nil {
				return nil, nil, err
			}
		}
		if is {
			same = append(same, r)
		} else {
			others = append(others, r)
		}
	}
	return same, others, nil
}

// addressedAlike tells whether the message's first addressees are customers of
// the dispatch. Two dispatches with one text to one member never share any.
func (g *Gate) addressedAlike(ctx context.Context, d Dispatch, msgID string) (bool, error) {
	touches, err := g.Ledger.TouchesOf(ctx, d.ID)
	if err != nil {
		return false, err
	}
	addresses, err := g.addressesOf(ctx, d, touches)
	if err != nil {
		return false, err
	}
	ours := make(map[string]bool, len(addresses))
	for _, address := range addresses {
		ours[address] = true
	}
	member, _ := memberOf(g.Org(), d.Staff)
	page, err := g.Corps[d.Corp].SendResults(ctx, msgID, member.UserID, "")
	if wecom.ReactionOf(err) == wecom.SkipObject {
		return false, nil // the member has no part in it
	}
	return err == nil && slices.ContainsFunc(page.Results, func(r wecom.SendResult) bool { return ours[r.ExternalUserID] }), err
}

// found writes down how often a dispatch is in WeCom's list. If it is there,
// it was accepted; of several, the first counts and the others are cancelled.
func (g *Gate) found(ctx context.Context, d Dispatch, same []wecom.MassSendRecord, all *Reconciled) error {
	for _, extra := range same[min(1, len(same)):] {
		err := g.Corps[d.Corp].CancelMassSend(ctx, extra.MessageID)
		if err != nil && wecom.ReactionOf(err) != wecom.SkipObject { // of another tool, which says the same
			return err
		}
	}
	err := g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
		now := g.Clock.Now()
		if r.Dispatch.State != d.State {
			return errLost
		}
		r.Dispatch.Read = now
		if len(same) == 0 {
			r.Dispatch.Because = NotListed
			return nil
		}
		return r.Dispatch.accept(same[0].MessageID, now, fmt.Sprintf("listed_%d", len(same)))
	})
	return all.found(len(same), err)
}

// Resend sends a dispatch in doubt again, as a new dispatch, because a person
// has decided so. It is fault.Forbidden until WeCom's list was compared, and
// fault.Conflict if it is not in doubt. It returns the new dispatch.
func (g *Gate) Resend(ctx context.Context, by string, dispatch int64) (successor int64, err error) {
	err = g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		now := g.Clock.Now()
		if r.Dispatch.State == InDoubt && (r.Dispatch.Because != NotListed || r.Dispatch.Read.IsZero()) {
			return fault.New(fault.Forbidden, "not yet compared with WeCom's list")
		}
		next := g.successor(&r.Dispatch, now)
		next.ApprovedBy, successor = by, next.ID
		for i := range r.Touches {
			if r.Touches[i].State == Underway {
				r.Touches[i].Dispatch = next.ID
			}
		}
		r.Successor, r.Dispatch.DecidedBy = &next, by
		return r.Dispatch.enter(Resent, now, r.Dispatch.Because)
	})
	if err != nil {
		return 0, fmt.Errorf("resend dispatch %d: %w", dispatch, err)
	}
	return successor, nil
}

// Drop gives a dispatch in doubt up, because a person has decided so. It is
// fault.Conflict if it is not in doubt.
func (g *Gate) Drop(ctx context.Context, by string, dispatch int64) error {
	err := g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		if r.Dispatch.State != InDoubt {
			return fault.New(fault.Conflict, "it is %s", r.Dispatch.State)
		}
		r.Dispatch.DecidedBy = by
		return r.drop(g.Clock.Now(), string(ByPerson))
	})
	if err != nil {
		return fmt.Errorf("drop dispatch %d: %w", dispatch, err)
	}
	return nil
}
