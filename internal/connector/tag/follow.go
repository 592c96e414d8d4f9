package tag

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Follow prepares work that makes the carriers of a tag those of an audience:
// members who do not carry it get it, those who carry it because of the
// audience and left it lose it. Who was given the tag by a person and never was
// a member keeps it.
// members may come in any order and are read once; only differences are stored.
// A tag that follows already is fault.Conflict until that work is finished.
func (b *Bulk) Follow(ctx context.Context, w Work, members iter.Seq2[id.Customer, error]) (Work, error) {
	w.Follows, w.State, w.Begun, w.By = true, Preparing, b.Clock.Now(), event.ByRule
	w, err := b.Works.BeginTagWork(ctx, w)
	if err != nil {
		return w, err
	}
	var followers []id.Customer // 8 bytes each: ten million take 80 MB for the length of this call
	err = b.Works.EachTagFollower(ctx, w.Tag, func(c id.Customer) error {
		followers = append(followers, c)
		return nil
	})
	if err != nil {
		return w, err
	}
	stay := make([]bool, len(followers))
	p := preparation{works: b.Works, work: w.ID}
	for c, err := range members {
		if err != nil {
			return w, fmt.Errorf("read who belongs to the audience: %w", err)
		}
		if i, follows := slices.BinarySearch(followers, c); follows {
			stay[i] = true
		} else if err := p.add(ctx, Target{Customer: c}); err != nil {
			return w, err
		}
	}
	for i, c := range followers {
		if !stay[i] {
			if err := p.add(ctx, Target{c, true}); err != nil {
				return w, err
			}
		}
	}
	return p.open(ctx)
}
