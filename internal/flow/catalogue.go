package flow

import (
	"context"
	"fmt"
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
	if err := c.take(list); err != nil {
		return nil, nil, err
	}
	c.stamp, c.known = stamp, true
	return c.order, c.by, nil
}

func (c *catalogue) take(list []Audience) error {
	c.order, c.by = nil, map[int64]*readyAudience{}
	reads := map[int64][]int64{}
	for _, a := range list {
		m, err := audience.Compile(&a.Rule)
		if err != nil {
			return fmt.Errorf("audience %d: %w", a.Number, err)
		}
		c.by[a.Number] = &readyAudience{Audience: a, matcher: m}
		reads[a.Number] = audience.ReadsOf(&a.Rule).Audiences
	}
	order, err := audience.Order(reads)
	if err != nil {
		return fmt.Errorf("put audiences in order: %w", err)
	}
	for _, number := range order {
		a := c.by[number]
		a.reach(c.by)
		c.order = append(c.order, a)
	}
	return nil
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
