package wecom

import (
	"context"
	"slices"
	"sync"
)

// growAfter is how many successes earn back one call in flight.
const growAfter = 100

// gate bounds the calls in flight and lets the most urgent in first.
type gate struct {
	mu        sync.Mutex
	limit     int // now
	ceiling   int
	inside    int
	successes int
	waiting   [priorities][]chan struct{}
}

func newGate(ceiling int) *gate {
	ceiling = max(ceiling, 1)
	return &gate{limit: ceiling, ceiling: ceiling}
}

func (g *gate) enter(ctx context.Context, priority Priority) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.inside < g.limit {
		g.inside++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting[priority] = append(g.waiting[priority], turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.giveUp(priority, turn)
		return ctx.Err()
	}
}

// giveUp leaves the queue, or passes on a turn that came at the same moment.
func (g *gate) giveUp(priority Priority, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.waiting[priority], turn); at >= 0 {
		g.waiting[priority] = slices.Delete(g.waiting[priority], at, at+1)
		return
	}
	g.inside--
	g.admitWaiting()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.admitWaiting()
}

func (g *gate) admitWaiting() {
	for p := range g.waiting {
		for g.inside < g.limit && len(g.waiting[p]) > 0 {
			close(g.waiting[p][0])
			g.waiting[p] = g.waiting[p][1:]
			g.inside++
		}
	}
}

// halve answers 45033.
func (g *gate) halve() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit, g.successes = max(g.limit/2, 1), 0
}

// grow counts a success and slowly returns to the ceiling.
func (g *gate) grow() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit == g.ceiling {
		return
	}
	if g.successes++; g.successes >= growAfter {
		g.limit, g.successes = g.limit+1, 0
		g.admitWaiting()
	}
}
