package delivery

import (
	"context"
	"errors"
	"fmt"

	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// MayPass tells whether a message that reached its customer not, for this reason,
// may reach him another time: a limit that is over by then, a task that nobody
// confirmed, a call that WeCom refused as a whole. Who objected, bought, complained,
// is held out or no contact any more is not asked about again, and where WeCom never
// said what became of a message it may have arrived.
func MayPass(state TouchState, because string) bool {
	switch state {
	case Failed:
		return because == overQuota || because == rejected
	case Withdrawn:
		switch because {
		case string(WindowOver), fileRefused, string(decision.BecauseCapacity), string(decision.BecauseQuota),
			string(decision.BecauseBudgetDay), string(decision.BecauseBudgetWeek), string(decision.BecauseBudgetMonth):
			return true
		}
	}
	return false
}

// Over tells whether nothing of a dispatch is on its way any more, and nobody has to
// decide about it.
func (d *Dispatch) Over() bool {
	switch d.State {
	case Rejected, Dropped:
		return true
	case Accepted:
		return d.Task == Confirmed || d.Task == Cancelled
	}
	return false
}

// MissedID returns the number of the dispatch by which ResendMissed sends what this
// one missed.
func MissedID(dispatch int64) int64 { return numberOf("missed", id.Text(dispatch)) }

// SuccessorID returns the number of the dispatch that takes the place of one that
// was cancelled, or was in doubt and resent.
func SuccessorID(dispatch int64) int64 { return numberOf("resend", id.Text(dispatch)) }

// MissedSends keeps what is sent again to customers whom a mass message missed.
type MissedSends interface {
	// ResendDispatch loads a dispatch, and stores the draft that again makes of it,
	// in one transaction. Touches to who has got the same text meanwhile, or has it
	// on its way, by any record of the person, are left out. It returns how many
	// customers are left; for none, and where the draft is stored already, nothing
	// is stored. An unknown dispatch is fault.NotFound; an error of again comes back
	// as it is.
	ResendDispatch(ctx context.Context, dispatch int64, again func(*Record) (Draft, error)) (customers int, err error)
}

// MissedGate sends mass messages again, because a person has decided so.
type MissedGate struct {
	*Gate
	Missed MissedSends
}

// ResendMissed sends a mass message again to the customers whom it missed for a
// reason that may pass, as a new dispatch with touches of its own: what became of the
// first stays known. It goes the way of every dispatch, so that consent, hold-out,
// budgets and the member's confirmations are asked again before it leaves. What
// nobody had approved waits for approval. A dispatch that is not over, or where
// nobody is left to send to, is fault.Conflict; a second call is, too.
func (g MissedGate) ResendMissed(ctx context.Context, by string, dispatch int64) (customers int, err error) {
	customers, err = g.Missed.ResendDispatch(ctx, dispatch, func(r *Record) (Draft, error) {
		if !r.Dispatch.Over() {
			return Draft{}, fault.WithKey(fault.Conflict, "error.post_not_over", errors.New("it is not over"))
		}
		return g.missedOf(r, by), nil
	})
	if err == nil && customers == 0 {
		err = fault.WithKey(fault.Conflict, "error.missed_none", errors.New("nobody is left to send it to"))
	}
	if err != nil {
		return 0, fmt.Errorf("send dispatch %d again: %w", dispatch, err)
	}
	return customers, nil
}

func (g MissedGate) missedOf(r *Record, by string) Draft {
	now := g.Clock.Now()
	next := g.successor(&r.Dispatch, now)
	next.ID = MissedID(r.Dispatch.ID)
	g.linkAgain(&next, &r.Dispatch) // the address bears the number
	if next.ApprovedBy != "" {
		next.ApprovedBy = by
	}
	draft := Draft{Dispatch: next}
	for _, t := range r.Touches {
		if !MayPass(t.State, t.Because) {
			continue
		}
		if t.Planned.IsZero() {
			t.Planned = r.Dispatch.Day // queued before it was kept
		}
		t.Occurrence++
		t.ID, t.Dispatch = t.TouchKey.ID(), next.ID
		t.end(Underway, "", now)
		draft.Touches = append(draft.Touches, t)
	}
	return draft
}
