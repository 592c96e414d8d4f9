package storage

import (
	"slices"
	"sync"

	"siyu/internal/event"
)

// tail is the end of the log in memory: who reads what has just been appended
// need not ask the database for it. Only the one process that may write a
// SQLite file can know that nothing follows.
type tail struct {
	mu    sync.Mutex
	facts []event.Fact // without gaps
}

// mostTail bounds the tail: about 8 MB of orders.
const mostTail = 20_000

// push adds facts that were committed under the positions they have.
func (t *tail) push(facts []event.Fact) {
	if len(facts) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.facts); n > 0 {
		switch last := t.facts[n-1].Seq; {
		case facts[0].Seq <= last:
			return // overtaken by a later commit
		case facts[0].Seq > last+1:
			t.facts = nil
		}
	}
	if len(t.facts)+len(facts) > 2*mostTail {
		t.facts = append(make([]event.Fact, 0, 2*mostTail), t.facts[max(0, len(t.facts)-mostTail):]...)
	}
	for _, f := range facts {
		f.At, f.Received = event.At(f.At).Time(), event.At(f.Received).Time() // as they come back from the database
		t.facts = append(t.facts, f)
	}
}

// after returns up to limit facts behind a position; ok is false where the
// tail does not reach back so far.
func (t *tail) after(seq int64, limit int) (facts []event.Fact, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.facts) == 0 || seq+1 < t.facts[0].Seq {
		return nil, false
	}
	skip := min(seq+1-t.facts[0].Seq, int64(len(t.facts)))
	rest := t.facts[skip:]
	return slices.Clone(rest[:min(limit, len(rest))]), true
}
