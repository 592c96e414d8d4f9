package flow

import (
	"context"
	"fmt"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Replayed says what folding the log again found.
type Replayed struct {
	Facts       int64 // up to the fold's cursor
	Customers   int
	Differences int // states that are not what their facts say
}

// Verify folds every customer's, group's and member's facts again, up to the
// fold's cursor, and compares with what is stored. It changes nothing.
func (f *Flow) Verify(ctx context.Context) (Replayed, error) {
	until, err := f.log.Cursor(ctx, Reader)
	if err != nil {
		return Replayed{}, fmt.Errorf("read the fold's cursor: %w", err)
	}
	r := Replayed{Facts: until}
	const chunk = 200 // customers whose facts are in memory at a time
	err = f.states.EachCustomer(ctx, chunk, func(states []profile.Customer) error {
		ids := make([]id.Customer, len(states))
		for i := range states {
			ids[i] = states[i].ID
		}
		aliases, err := f.states.AliasesOf(ctx, ids)
		if err != nil {
			return fmt.Errorf("look up aliases: %w", err)
		}
		for i := range states {
			again, err := f.replay(ctx, ids[i], aliases[ids[i]], until)
			if err != nil {
				return err
			}
			again.MergedInto = 0 // only those who answer for themselves are visited
			r.Customers++
			if !same(again, &states[i]) {
				r.Differences++
			}
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	n, err := f.verifyOthers(ctx, until)
	r.Differences += n
	return r, err
}

// verifyOthers folds groups and staff, which are few, in one pass over the log.
func (f *Flow) verifyOthers(ctx context.Context, until int64) (differences int, err error) {
	groups, staff := map[id.Group]*profile.Group{}, map[id.Staff]*profile.Staff{}
	_, err = f.log.Each(ctx, 0, func(fact event.Fact) error {
		if fact.Seq > until {
			return nil
		}
		if fact.Subject.Type == event.AboutStaff {
			return get(staff, id.Staff(fact.Subject.ID), func(s *profile.Staff, k id.Staff) { s.ID = k }).Apply(fact)
		}
		group, err := profile.GroupOf(fact)
		if err != nil || group == 0 {
			return err
		}
		return get(groups, group, func(g *profile.Group, k id.Group) { g.ID = k }).Apply(fact)
	})
	if err != nil {
		return 0, err
	}
	storedGroups, err := f.others.LoadGroups(ctx, keys(groups))
	if err != nil {
		return 0, fmt.Errorf("load groups: %w", err)
	}
	for i := range storedGroups {
		if !same(groups[storedGroups[i].ID], &storedGroups[i]) {
			differences++
		}
	}
	storedStaff, err := f.others.LoadStaff(ctx, keys(staff))
	if err != nil {
		return 0, fmt.Errorf("load staff: %w", err)
	}
	for i := range storedStaff {
		if !same(staff[storedStaff[i].ID], &storedStaff[i]) {
			differences++
		}
	}
	return differences, nil
}

func get[K comparable, V any](m map[K]*V, key K, name func(*V, K)) *V {
	v := m[key]
	if v == nil {
		v = new(V)
		name(v, key)
		m[key] = v
	}
	return v
}

func keys[K comparable, V any](m map[K]V) []K {
	list := make([]K, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}

// same compares by what is printed: a list that is empty and one that was
// never made mean the same, and nothing in a state is a pointer.
func same[T any](a, b *T) bool { return fmt.Sprintf("%+v", *a) == fmt.Sprintf("%+v", *b) }
