package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"siyu/internal/audience/index"
	"siyu/internal/event"
	"siyu/internal/id"
)

// Turner names the cursor of turns: a turn or a night that came to its end has
// looked at everybody whose state the facts up to there changed. It lags
// behind the fold's cursor while an import folds ahead, and stays behind where
// a process ends between folding and deciding: what it folded is turned then
// by whoever turns next.
const Turner = "turn"

// arrival is what a turn has to look at.
type arrival struct {
	after, until int64 // positions
	touched      []id.Customer
	facts        int // folded now
}

// arrived folds the facts that arrived and returns everybody whose state changed
// since the last turn that came to its end.
func (f *Flow) arrived(ctx context.Context) (a arrival, err error) {
	if a.after, err = f.log.Cursor(ctx, Turner); err != nil {
		return a, fmt.Errorf("read the turn's cursor: %w", err)
	}
	done, facts, err := f.foldAll(ctx)
	if err != nil {
		return a, err
	}
	if done.changed == nil {
		done.changed = map[id.Customer]bool{}
	}
	if err := f.foldedBefore(ctx, a.after, done); err != nil {
		return a, err
	}
	a.until, a.facts, a.touched = done.until, facts, slices.Sorted(maps.Keys(done.changed))
	return a, nil
}

// finish notes that what arrived was looked at.
func (f *Flow) finish(ctx context.Context, a arrival) error {
	if a.until == a.after {
		return nil
	}
	if err := f.log.SetCursor(ctx, Turner, a.until); err != nil {
		return fmt.Errorf("move the turn's cursor: %w", err)
	}
	if ix := f.Index(); ix != nil && ix.Position().Fact == a.after {
		ix.Reach(index.Position{Fact: a.until, Day: ix.Position().Day})
	}
	return nil
}

// foldedBefore adds to done whom the facts after a position changed that were
// folded before it, by another process.
func (f *Flow) foldedBefore(ctx context.Context, after int64, done folded) error {
	for after < done.after {
		page, err := f.log.FactsAfter(ctx, after, int(min(foldPage, done.after-after)))
		if err != nil {
			return fmt.Errorf("read facts after %d: %w", after, err)
		}
		if len(page) == 0 {
			return nil
		}
		if err := f.concerned(ctx, page, done.changed); err != nil {
			return err
		}
		after = page[len(page)-1].Seq
	}
	return nil
}

// concerned adds those who answer for whom the facts are about, and those whom
// a merge or its undoing leaves behind.
func (f *Flow) concerned(ctx context.Context, page []event.Fact, into map[id.Customer]bool) error {
	named := map[id.Customer]bool{}
	for i := range page {
		if page[i].Subject.Type != event.AboutCustomer || page[i].Kind.Concluded() {
			continue
		}
		who := id.Customer(page[i].Subject.ID)
		named[who] = true
		other, err := otherOf(page[i])
		if err != nil {
			return err
		}
		if other != 0 {
			named[other], into[who] = true, true
		}
	}
	merges, err := f.states.MergesOf(ctx, slices.Sorted(maps.Keys(named)))
	if err != nil {
		return fmt.Errorf("look up merged customers: %w", err)
	}
	for who := range named {
		into[endOf(merges, who)] = true
	}
	return nil
}
