package web

import (
	"sync"
	"time"
)

// How often a key may ask: ten times a second as long as it likes, sixty times
// at once after a rest.
const (
	askedPerSecond = 10.0
	askedAtOnce    = 60.0
)

// mostPaced bounds how many askers are remembered. Who rested long enough is
// forgotten first.
const mostPaced = 10_000

// pacing counts how often each asks, on this node. It is safe for concurrent
// use.
type pacing struct {
	mu  sync.Mutex
	who map[string]allowance
}

// allowance is how many requests were left at a moment.
type allowance struct {
	left float64
	at   time.Time
}

func newPacing() *pacing { return &pacing{who: map[string]allowance{}} }

func (p *pacing) left(who string, now time.Time) float64 {
	a, known := p.who[who]
	if !known {
		return askedAtOnce
	}
	return min(askedAtOnce, a.left+askedPerSecond*max(0, now.Sub(a.at).Seconds()))
}

// wait returns in how many seconds who may ask again, 0 for now.
func (p *pacing) wait(who string, now time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, 1-p.left(who, now)) / askedPerSecond
}

// take counts one request and returns what wait does; then it was not counted.
func (p *pacing) take(who string, now time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.left(who, now)
	if left < 1 {
		return (1 - left) / askedPerSecond
	}
	if len(p.who) >= mostPaced {
		p.forget(now)
	}
	p.who[who] = allowance{left - 1, now}
	return 0
}

func (p *pacing) forget(now time.Time) {
	for who := range p.who {
		if p.left(who, now) == askedAtOnce {
			delete(p.who, who)
		}
	}
}
