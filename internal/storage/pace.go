package storage

import (
	"sync"
	"sync/atomic"
	"time"

	"siyu/internal/clock"
)

// Background work steps back while callbacks arrive: after each stretch of
// work it rests that long again for every restPer callbacks a second, at most
// longestRest times, so that a night goes on under any load. At 10,000 a second
// a worker keeps a ninth of its time.
const (
	restPer     = 1250.0
	longestRest = 8.0
	fewArrive   = 200.0 // a second; fewer feel no night
	// worthRest is the shortest work to rest from: sleeping costs a switch.
	worthRest = 2 * time.Millisecond
	// rateOver is over how long callbacks are counted.
	rateOver = 25 * time.Millisecond
)

// arrivals counts callbacks.
type arrivals struct {
	count   atomic.Int64
	mu      sync.Mutex
	since   time.Time
	counted int64
	rate    float64
}

// aSecond returns how many arrive, over the last 25 ms or somewhat longer.
func (a *arrivals) aSecond(now time.Time) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if passed := now.Sub(a.since); passed >= rateOver {
		count := a.count.Load()
		a.rate = float64(count-a.counted) / passed.Seconds()
		a.since, a.counted = now, count
	}
	return a.rate
}

// restFrom rests from work that took so long, if callbacks arrive.
func (a *arrivals) restFrom(worked time.Duration) {
	if rest := restAfter(worked, a.aSecond(clock.System{}.Now())); rest > 0 {
		time.Sleep(rest)
	}
}

// restAfter returns how long work of such a length is followed by a rest while
// callbacks arrive at a rate.
func restAfter(worked time.Duration, aSecond float64) time.Duration {
	if aSecond < fewArrive {
		return 0
	}
	return time.Duration(float64(worked) * min(longestRest, aSecond/restPer))
}

// Pace returns a function for one worker in the background, to be called
// every few milliseconds: while callbacks arrive it rests in proportion to the
// work since its last call.
func (db *DB) Pace() func() {
	began := clock.System{}.Now()
	return func() {
		worked := clock.System{}.Now().Sub(began)
		if worked < worthRest {
			return
		}
		db.arrivals.restFrom(worked)
		began = clock.System{}.Now()
	}
}

// Calm tells whether no callback arrives at the moment, so that a transaction
// may take a tenth of a second. On PostgreSQL another node may be receiving:
// there it is never calm.
func (db *DB) Calm() bool {
	return db.dialect == SQLite && db.arrivals.aSecond(clock.System{}.Now()) == 0
}
