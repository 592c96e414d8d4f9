package flow

import (
	"context"
	"errors"
	"slices"
	"sync"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
)

// catalogue is the audiences in use, made ready for many customers.
type catalogue struct {
	mu    sync.Mutex
	stamp int64
	known bool
	order []*readyAudience // each after those that it names
	by    map[int64]*readyAudience
}

// readyAudience is an audience with what its answer hangs on, also through the
// audiences that it names.
type readyAudience struct {
	Audience
	matcher       audience.Matcher
	columns, refs map[int]bool
}

// inUse returns the audiences in use.
func (f *Flow) inUse(ctx context.Context) (order []*readyAudience, by map[int64]*readyAudience, err error) {
	c := &f.catalogue
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp, err := f.audiences.AudiencesStamp(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.known && stamp == c.stamp {
		return c.order, c.by, nil
	}
	list, err := f.audiences.Audiences(ctx)
	if err != nil {
		return nil, nil, err
	}
	c.take(list)
	c.stamp, c.known = stamp, true
	return c.order, c.by, nil
}

// take leaves out audiences that cannot be asked: they stay as they were until
// somebody mends their rules.
func (c *catalogue) take(list []Audience) {
	c.order, _ = inOrder(list)
	c.by = map[int64]*readyAudience{}
	for _, a := range c.order {
		c.by[a.Number] = a
		a.reach(c.by)
	}
}

// Broken returns which of the audiences cannot be asked, and why: rules that
// audience.Check refuses, and rules that lead back to themselves, as two nodes
// can store them at the same moment.
func Broken(list []Audience) map[int64]error {
	_, broken := inOrder(list)
	return broken
}

// inOrder returns the audiences that can be asked, each after those that it
// names, and why the others cannot.
func inOrder(list []Audience) (order []*readyAudience, broken map[int64]error) {
	broken = map[int64]error{}
	ready, reads := map[int64]*readyAudience{}, map[int64][]int64{}
	for _, a := range list {
		m, err := audience.Compile(&a.Rule)
		if err != nil {
			broken[a.Number] = err
			continue
		}
		ready[a.Number] = &readyAudience{Audience: a, matcher: m}
		reads[a.Number] = audience.ReadsOf(&a.Rule).Audiences
	}
	for {
		numbers, err := audience.Order(reads)
		circle, is := errors.AsType[*audience.Cycle](err)
		if !is {
			for _, number := range numbers {
				order = append(order, ready[number])
			}
			return order, broken
		}
		for _, number := range circle.Audiences {
			broken[number] = err
			delete(reads, number)
		}
	}
}

func (a *readyAudience) reach(by map[int64]*readyAudience) {
	a.columns, a.refs = map[int]bool{}, map[int]bool{}
	reads := audience.ReadsOf(&a.Rule)
	for _, c := range reads.Columns {
		a.columns[c] = true
	}
	for _, r := range reads.Refs {
		a.refs[r] = true
	}
	for _, number := range reads.Audiences {
		if named := by[number]; named != nil && named.Kind == Dynamic {
			for c := range named.columns {
				a.columns[c] = true
			}
			for r := range named.refs {
				a.refs[r] = true
			}
		}
	}
}

// concerns tells whether what changed of a customer can change the answer.
func (a *readyAudience) concerns(c *index.Changed) bool {
	return c.New || slices.ContainsFunc(c.Columns, func(i int) bool { return a.columns[i] }) || slices.ContainsFunc(c.Refs, func(i int) bool { return a.refs[i] })
}
