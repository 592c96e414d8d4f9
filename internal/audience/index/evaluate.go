package index

import (
	"runtime"
	"sync"
	"sync/atomic"

	"siyu/internal/audience"
	"siyu/internal/org"
)

// Evaluate returns the customers for whom the rule holds on a business day and
// whom the asker may see. Audiences that the rule names are who was put there
// with SetMembers, nobody where nothing was. Its errors are those of
// audience.Check.
func (ix *Index) Evaluate(rule *audience.Rule, scope org.Scope, today int64) (*Crowd, error) {
	crowd := &Crowd{index: ix, parts: make([]set, ix.extent())}
	var n atomic.Int64
	err := ix.each(question{rule, scope, today, len(crowd.parts)}, func(at int, m *mask) {
		part := setOf(m)
		crowd.parts[at] = part
		n.Add(int64(part.count()))
	})
	crowd.n = int(n.Load())
	return crowd, err
}

// Count returns how many Evaluate would return, without keeping who.
func (ix *Index) Count(rule *audience.Rule, scope org.Scope, today int64) (int, error) {
	var n atomic.Int64
	err := ix.each(question{rule, scope, today, ix.extent()}, func(_ int, m *mask) { n.Add(int64(m.count())) })
	return int(n.Load()), err
}

type question struct {
	rule   *audience.Rule
	scope  org.Scope
	today  int64
	blocks int
}

// extent returns how many blocks there are.
func (ix *Index) extent() int {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return len(ix.blocks)
}

// each tells of every block, in any order and several at a time, for whom the
// rule holds.
func (ix *Index) each(q question, tell func(at int, m *mask)) error {
	if err := audience.Check(q.rule); err != nil {
		return err
	}
	ix.inParallel(q.blocks, func(next func() (int, bool)) {
		var m mask
		var plan test
		var r reader
		made := -1
		for at, more := next(); more; at, more = next() {
			ix.mu.RLock()
			if made != ix.changes {
				plan, made = ix.plan(q.rule, q.scope, q.today), ix.changes
			}
			r.block, r.at = ix.blocks[at], at
			m = r.block.live
			plan.narrow(&r, &m)
			ix.mu.RUnlock()
			tell(at, &m)
		}
	})
	return nil
}

// inParallel lets as many workers as there are processors take numbers below n
// until none is left.
func (ix *Index) inParallel(n int, work func(next func() (int, bool))) {
	var taken atomic.Int64
	next := func() (int, bool) {
		at := int(taken.Add(1)) - 1
		return at, at < n
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		workers.Go(func() { work(next) })
	}
	work(next)
	workers.Wait()
}
