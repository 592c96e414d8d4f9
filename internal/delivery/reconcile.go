package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/wecom"
)

// Recover puts every row that an owner left behind where it belongs: claimed
// rows back to planned, because nothing has left, and rows in calling to in
// doubt. It is called at the start and then every minute, and returns how many
// are newly in doubt.
func (g *Gate) Recover(ctx context.Context) (inDoubt int, err error) {
	left, err := g.Ledger.Dispatches(ctx, Query{States: []State{Claimed, Calling}, Scope: org.All()})
	if err != nil {
		return 0, fmt.Errorf("find calls left behind: %w", err)
	}
	for _, d := range left {
		if !g.orphaned(d) {
			continue
		}
		doubt := false
		err := g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
			doubt = false
			switch now := g.Clock.Now(); {
			case r.Dispatch.Fence != d.Fence || r.Dispatch.Node != d.Node || r.Dispatch.State != d.State:
				return errLost
			case r.Dispatch.State == Calling:
				doubt = true
				return r.Dispatch.enter(InDoubt, now, ProcessEnded)
			default:
				return r.Dispatch.enter(Planned, now, ProcessEnded)
			}
		})
		if err != nil && !errors.Is(err, errLost) {
			return inDoubt, fmt.Errorf("recover dispatch %d: %w", d.ID, err)
		}
		if doubt {
			inDoubt++
		}
	}
	return inDoubt, nil
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

// Reconcile compares what is in doubt with WeCom's own list, once the list has
// had time to catch up. Whatever it does not show stays in doubt: only a
// person sends again.
func (g *Gate) Reconcile(ctx context.Context) (Reconciled, error) {
	var all Reconciled
	doubts, err := g.Ledger.Dispatches(ctx, Query{States: []State{InDoubt}, Scope: org.All()})
	if err != nil {
		return all, fmt.Errorf("find dispatches in doubt: %w", err)
	}
	var failed []error
	for _, d := range doubts {
		now := g.Clock.Now()
		if _, known := g.Corps[d.Corp]; !known || now.Sub(d.Called) < g.Settings.Quarantine || now.Sub(d.Read) < g.Settings.Quarantine {
			all.Open++
			continue
		}
		found, err := g.compare(ctx, d, span{d.Called, d.Called.Add(2 * g.Settings.CallTimeout)})
		if err != nil {
			failed = append(failed, fmt.Errorf("reconcile dispatch %d: %w", d.ID, err))
			continue
		}
		all.Duplicates += max(0, found-1)
		if found == 0 {
			all.Open++
		} else {
			all.Accepted++
		}
	}
	return all, errors.Join(failed...)
}

// span is a stretch of time in which a message may have been made.
type span struct{ from, until time.Time }

// compare looks the dispatch up in WeCom's list and accepts it if it is there.
// It returns how often it is there.
func (g *Gate) compare(ctx context.Context, d Dispatch, when span) (found int, err error) {
	matches, err := g.matches(ctx, d, when)
	if err != nil {
		return 0, err
	}
	for _, extra := range matches[min(1, len(matches)):] {
		if err := g.Corps[d.Corp].CancelMassSend(ctx, extra.MessageID); err != nil {
			return 0, err
		}
	}
	err = g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
		now := g.Clock.Now()
		if r.Dispatch.State != d.State {
			return errLost
		}
		r.Dispatch.Read = now
		switch {
		case len(matches) == 0:
			r.Dispatch.Because = NotListed
			return nil
		case len(matches) == 1:
			return r.Dispatch.accept(matches[0].MessageID, now, "listed")
		default:
			return r.Dispatch.accept(matches[0].MessageID, now, fmt.Sprintf("listed_%d_times", len(matches)))
		}
	})
	if errors.Is(err, errLost) {
		return len(matches), nil
	}
	return len(matches), err
}

// listSlack is how far WeCom's clock may be from ours.
const listSlack = 5 * time.Minute

// matches returns the mass messages in WeCom's list that are this dispatch,
// earliest first: by the marker in their link, or, where there is no link, by
// text, member and addressees.
func (g *Gate) matches(ctx context.Context, d Dispatch, when span) ([]wecom.MassSendRecord, error) {
	start, end := when.from.Add(-listSlack), when.until.Add(listSlack)
	if oldest := end.Add(-wecom.MassSendSpan); start.Before(oldest) {
		start = oldest
	}
	var same []wecom.MassSendRecord
	for cursor := ""; ; {
		page, err := g.Corps[d.Corp].MassSends(ctx, wecom.MassSendQuery{To: wecom.ToCustomers, Start: start, End: end, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, record := range page.Records {
			is, err := g.is(ctx, d, record)
			if err != nil {
				return nil, err
			}
			if is {
				same = append(same, record)
			}
		}
		if cursor = page.Next; cursor == "" {
			slices.SortStableFunc(same, func(a, b wecom.MassSendRecord) int { return cmp.Compare(a.Created, b.Created) })
			return same, nil
		}
	}
}

// is tells whether a message of WeCom's list is the dispatch.
func (g *Gate) is(ctx context.Context, d Dispatch, record wecom.MassSendRecord) (bool, error) {
	if record.Creator != "" || record.Text == nil {
		return false, nil
	}
	if d.Marker != "" {
		return strings.Contains(record.Text.Content, markerKey+"="+d.Marker), nil
	}
	if record.Text.Content != messageOf(d).Text.Content {
		return false, nil
	}
	return g.addressedAlike(ctx, d, record.MessageID)
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
	member, _ := memberOf(g.Org(), d.Staff)
	page, err := g.Corps[d.Corp].SendResults(ctx, msgID, member.UserID, "")
	if err != nil {
		if wecom.ReactionOf(err) == wecom.SkipObject {
			return false, nil // the member has no part in it
		}
		return false, err
	}
	ours := map[string]bool{}
	for _, t := range touches {
		ours[addresses[t.Customer]] = true
	}
	for _, row := range page.Results {
		if ours[row.ExternalUserID] {
			return true, nil
		}
	}
	return false, nil
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
		next := r.Dispatch.successor(now, g.windowFrom(now))
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

// Thaw ends the freeze after a restore. What the restored database believes
// to be unsent is looked up in WeCom's list since the backup; what is there is
// accepted, what is not stays as it is and may then be sent. It returns how
// many were found. It changes nothing unless every lookup succeeds.
func (g *Gate) Thaw(ctx context.Context) (found int, err error) {
	since, err := g.Nodes.Frozen(ctx)
	if err != nil || since.IsZero() {
		return 0, err
	}
	if age := g.Clock.Now().Sub(since); age < g.Settings.Quarantine {
		return 0, fault.New(fault.Conflict, "restored %s ago: WeCom's list may not be complete before %s", age, g.Settings.Quarantine)
	}
	unsent, err := g.Ledger.Dispatches(ctx, Query{States: []State{Planned}, Scope: org.All()})
	if err != nil {
		return 0, fmt.Errorf("find what a restore may have forgotten: %w", err)
	}
	for _, d := range unsent {
		n, err := g.compare(ctx, d, span{d.From, g.Clock.Now()})
		if err != nil {
			return found, fmt.Errorf("look up dispatch %d: %w", d.ID, err)
		}
		found += min(n, 1)
	}
	return found, g.Nodes.Freeze(ctx, time.Time{})
}
