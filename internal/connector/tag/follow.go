package tag

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Crowd is who is in an audience.
type Crowd interface {
	// IDs yields them, each once, in any order.
	IDs() iter.Seq[id.Customer]
	// Has tells whether a customer is among them.
	Has(who id.Customer) bool
}

// follower is a customer who carries a tag because of its audience.
type follower struct {
	who   id.Customer
	again bool // not on all relations
	stays bool
}

// Follow prepares work that makes the carriers of a tag those of an audience:
// members who do not carry it get it, also on relations that began later; those
// who carry it because of the audience and left it lose it. Who was given the tag
// by a person and never was a member keeps it. Only differences are stored.
// A tag that follows already is fault.Conflict until that work is finished.
func (b *Bulk) Follow(ctx context.Context, w Work, members Crowd) (Work, error) {
	w.Follows, w.State, w.Begun, w.By = true, Preparing, b.Clock.Now(), event.ByRule
	w, err := b.Works.BeginTagWork(ctx, w)
	if err != nil {
		return w, err
	}
	var followers []follower // 16 bytes each: ten million take 160 MB for the length of this call
	err = b.Works.EachTagFollower(ctx, w.Tag, func(who id.Customer, again bool) error {
		followers = append(followers, follower{who: who, again: again})
		return nil
	})
	if err != nil {
		return w, err
	}
	p := preparation{works: b.Works, work: w.ID}
	for who := range members.IDs() {
		at, follows := slices.BinarySearchFunc(followers, who, func(f follower, who id.Customer) int { return cmp.Compare(f.who, who) })
		if follows {
			followers[at].stays = true
		}
		if follows && !followers[at].again {
			continue
		}
		if err := p.add(ctx, Target{Customer: who}); err != nil {
			return w, err
		}
	}
	followers = slices.DeleteFunc(followers, func(f follower) bool { return f.stays })
	for some := range slices.Chunk(followers, targetsTogether) {
		if err := b.leave(ctx, &p, members, some); err != nil {
			return w, err
		}
	}
	return p.open(ctx)
}

// leave lists those who lose the tag. Who was merged stays as long as whoever
// answers for them is a member: their relations are the same.
func (b *Bulk) leave(ctx context.Context, p *preparation, members Crowd, some []follower) error {
	ids := make([]id.Customer, len(some))
	for i, f := range some {
		ids[i] = f.who
	}
	answering, err := b.People.Answering(ctx, ids)
	if err != nil {
		return fmt.Errorf("look up who answers for followers: %w", err)
	}
	for _, who := range ids {
		if heir, merged := answering[who]; merged && members.Has(heir) {
			continue
		}
		if err := p.add(ctx, Target{who, true}); err != nil {
			return err
		}
	}
	return nil
}
