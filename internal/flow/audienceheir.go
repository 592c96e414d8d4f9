package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/audience/index"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Heirs keeps frozen audiences true while people are joined and parted.
type Heirs interface {
	// FrozenOf returns in which frozen audiences the customers are, in any order.
	FrozenOf(ctx context.Context, customers []id.Customer) ([]FrozenMember, error)
	// SetHeirs puts customers into frozen audiences who answer for somebody in
	// them, and takes out who does no longer, in one transaction. Who is in one by
	// themselves stays in it.
	SetHeirs(ctx context.Context, come, gone []FrozenMember, at time.Time) error
}

// FrozenMember is a customer in a frozen audience.
type FrozenMember struct {
	Customer id.Customer
	Audience int64
	// Own tells whether the rule held of the customer. Otherwise it held of
	// somebody for whom the customer answers now.
	Own bool
}

// inherit puts who answers for somebody in a frozen audience into it, and takes
// them out when they no longer answer for anybody in it: who is parted from them
// is in it by themselves as before. It returns whose audiences changed.
func (f *Flow) inherit(ctx context.Context, now time.Time, states []profile.Customer) ([]id.Customer, error) {
	order, _, err := f.inUse(ctx)
	if err != nil || !slices.ContainsFunc(order, func(a *readyAudience) bool { return a.Kind == Frozen }) {
		return nil, err
	}
	answering, err := f.answering(ctx, states)
	if err != nil || len(answering) == 0 {
		return nil, err
	}
	come, gone, err := f.heirsOf(ctx, answering)
	if err != nil || len(come)+len(gone) == 0 {
		return nil, err
	}
	if err := f.heirs.SetHeirs(ctx, come, gone, now); err != nil {
		return nil, err
	}
	var changed []id.Customer
	for _, m := range slices.Concat(come, gone) {
		changed = append(changed, m.Customer)
	}
	slices.Sort(changed)
	return slices.Compact(changed), nil
}

// answering returns who of the customers, and who answers for them, may be in
// frozen audiences because of others.
func (f *Flow) answering(ctx context.Context, states []profile.Customer) ([]id.Customer, error) {
	var here, merges []id.Customer
	for i := range states {
		if merged(states[i]) {
			merges = append(merges, states[i].ID)
		} else {
			here = append(here, states[i].ID)
		}
	}
	into, err := f.states.MergesOf(ctx, merges)
	if err != nil {
		return nil, fmt.Errorf("look up merged customers: %w", err)
	}
	for _, c := range merges {
		here = append(here, endOf(into, c))
	}
	slices.Sort(here)
	return slices.Compact(here), nil
}

// heirsOf returns who has to come into frozen audiences, and go, of customers who
// answer for themselves.
func (f *Flow) heirsOf(ctx context.Context, answering []id.Customer) (come, gone []FrozenMember, err error) {
	aliases, err := f.states.AliasesOf(ctx, answering)
	if err != nil {
		return nil, nil, fmt.Errorf("look up aliases: %w", err)
	}
	var all []id.Customer
	heir := map[id.Customer]id.Customer{}
	for who, ids := range aliases {
		all = append(all, ids...)
		for _, one := range ids {
			heir[one] = who
		}
	}
	members, err := f.heirs.FrozenOf(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	type place struct {
		who      id.Customer
		audience int64
	}
	in, owed := map[place]bool{}, map[place]bool{} // in by themselves is true
	for _, m := range members {
		who := heir[m.Customer]
		if m.Customer == who {
			in[place{who, m.Audience}] = m.Own
		} else if m.Own {
			owed[place{who, m.Audience}] = true
		}
	}
	for p := range owed {
		if _, there := in[p]; !there {
			come = append(come, FrozenMember{Customer: p.who, Audience: p.audience})
		}
	}
	for p, own := range in {
		if !own && !owed[p] {
			gone = append(gone, FrozenMember{Customer: p.who, Audience: p.audience})
		}
	}
	return come, gone, nil
}

// thaw brings what the index knows of frozen audiences up to date for customers
// of whom stored tells in which audiences they are, and returns for whom it was
// something else.
func thaw(ix *index.Index, order []*readyAudience, customers []id.Customer, stored map[id.Customer][]int64) (news []id.Customer) {
	for _, one := range order {
		members := ix.Members(one.Number)
		if one.Kind != Frozen || members == nil {
			continue
		}
		var came, went []id.Customer
		for _, who := range customers {
			switch in := slices.Contains(stored[who], one.Number); {
			case in && !members.Has(who):
				came = append(came, who)
			case !in && members.Has(who):
				went = append(went, who)
			}
		}
		if len(came)+len(went) > 0 {
			ix.Enter(one.Number, came, went)
			news = append(append(news, came...), went...)
		}
	}
	return news
}

// thawAll is thaw after everybody's rows were put into the index.
func (f *Flow) thawAll(ctx context.Context, ix *index.Index, customers []id.Customer) error {
	order, _, err := f.inUse(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(customers, turnChunk) {
		stored, err := f.audiences.MembershipsOf(ctx, some)
		if err != nil {
			return err
		}
		thaw(ix, order, some, stored)
	}
	return nil
}
