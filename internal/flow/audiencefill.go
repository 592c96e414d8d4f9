package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/audience/index"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// refill is how far the stored members of an audience are brought to what they
// should be.
type refill struct {
	round      int
	index      *index.Index
	came, went []id.Customer // still to be stored
	afresh     bool          // nobody turned since it was found out who they are
}

// mostMoved is how many members a step of FillMembers stores: some 200 ms of the
// writer, for which turns wait.
const mostMoved = 5000

// FillMembers brings the stored members of audiences that are new, have got
// another rule, or are no longer in use to what they should be, and tells of those
// who enter and leave where that is watched. It is done in steps, and tells
// whether there are more; what was done stays after a stop. A step must not run
// beside a turn, turns between steps may.
func (f *Flow) FillMembers(ctx context.Context, now time.Time) (more bool, err error) {
	todo, err := f.unfilled(ctx)
	if err != nil || len(todo) == 0 {
		return false, err
	}
	ix, err := f.built(ctx, now)
	if err != nil {
		return false, err
	}
	for left := mostMoved; len(todo) > 0; todo = todo[1:] {
		moved, done, err := f.fill(ctx, crowdStep{now, ix}, &todo[0], left)
		if err != nil {
			return false, fmt.Errorf("fill audience %d: %w", todo[0].Number, err)
		}
		if left -= moved; !done {
			return true, nil
		}
	}
	return false, nil
}

// unfilled returns what FillMembers has to do, each audience after those that it
// names.
func (f *Flow) unfilled(ctx context.Context) ([]Audience, error) {
	order, _, err := f.inUse(ctx)
	if err != nil {
		return nil, err
	}
	todo, err := f.audiences.Emptying(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range order {
		if !a.Filled {
			todo = append(todo, a.Audience)
		}
	}
	return todo, nil
}

// fill stores up to left members who come and go.
func (f *Flow) fill(ctx context.Context, s crowdStep, a *Audience, left int) (moved int, done bool, err error) {
	now := f.refills[a.Number]
	if now == nil || now.round != a.Round || now.index != s.index {
		if now, err = f.beginRefill(s, a); err != nil {
			return 0, false, err
		}
	}
	for {
		if err := f.differ(ctx, now, a); err != nil {
			return moved, false, err
		}
		for len(now.came)+len(now.went) > 0 {
			if moved >= left {
				now.afresh = false
				return moved, false, nil
			}
			n, err := f.fillSome(ctx, s, now, a)
			if err != nil {
				return moved, false, err
			}
			moved += n
		}
		if now.afresh {
			return moved, true, f.endRefill(ctx, s, a)
		}
	}
}

func (f *Flow) beginRefill(s crowdStep, a *Audience) (*refill, error) {
	if a.Archived.IsZero() {
		members, err := s.index.Evaluate(&a.Rule, org.All(), event.At(s.now).Day())
		if err != nil {
			return nil, err
		}
		s.index.SetMembers(a.Number, members)
		f.held.rounds[a.Number] = a.Round
	}
	if f.refills == nil {
		f.refills = map[int64]*refill{}
	}
	now := &refill{round: a.Round, index: s.index}
	f.refills[a.Number] = now
	return now, nil
}

// wanted returns who should be stored as a member, nil for nobody. Turns keep it
// current.
func (n *refill) wanted(a *Audience) *index.Crowd {
	if !a.Archived.IsZero() || !a.Stored() {
		return nil
	}
	return n.index.Members(a.Number)
}

// differ finds out who comes and goes, unless that is known.
func (f *Flow) differ(ctx context.Context, now *refill, a *Audience) error {
	if len(now.came)+len(now.went) > 0 {
		return nil
	}
	var stored []id.Customer
	if err := f.audiences.EachMember(ctx, a.Number, 10*turnChunk, func(some []id.Customer) error {
		stored = append(stored, some...)
		return nil
	}); err != nil {
		return err
	}
	wanted := now.wanted(a)
	if now.afresh = true; wanted == nil {
		now.went = stored
		return nil
	}
	before := now.index.Crowd(slices.Values(stored))
	now.came, now.went = slices.Collect(wanted.AndNot(before).IDs()), slices.Collect(before.AndNot(wanted).IDs())
	if a.Kind == Dynamic { // others answer for who is not in the index
		now.went = append(now.went, slices.DeleteFunc(stored, now.index.Has)...)
	}
	return nil
}

// fillSome stores a part of who comes or goes, as far as that still holds. Of an
// audience that is new nobody enters or leaves.
func (f *Flow) fillSome(ctx context.Context, s crowdStep, now *refill, a *Audience) (int, error) {
	wanted, change := now.wanted(a), MemberChange{Audience: a.Number, At: s.now}
	holds := func(c id.Customer) bool { return wanted != nil && wanted.Has(c) }
	list, into := &now.went, &change.Went
	if len(now.came) > 0 {
		list, into = &now.came, &change.Came
	}
	some := min(memberChunk, len(*list))
	for _, c := range (*list)[:some] {
		if holds(c) == (into == &change.Came) {
			*into = append(*into, c)
		}
	}
	*list = (*list)[some:]
	if len(change.Came)+len(change.Went) == 0 {
		return some, nil
	}
	if a.Told {
		return some, f.changeMembers(ctx, s.now, []MemberChange{change})
	}
	return some, f.audiences.ChangeMembers(ctx, []MemberChange{change})
}

func (f *Flow) endRefill(ctx context.Context, s crowdStep, a *Audience) error {
	delete(f.refills, a.Number)
	if err := f.audiences.SetFilled(ctx, a.Number, a.Round); err != nil || !a.Archived.IsZero() {
		return err
	}
	return f.audiences.AddDays(ctx, []AudienceDay{{Audience: a.Number, Day: event.At(s.now).Day(), Size: s.index.Members(a.Number).Len()}})
}
