// Package clock is the only source of time. The business day begins at
// midnight in the brand's zone, whose rules are compiled in.
package clock

import (
	"context"
	"sync"
	"time"
	_ "time/tzdata" // the zone must exist on machines without a zone database
)

// Clock tells the time. Production uses System, tests and the demo Virtual.
type Clock interface{ Now() time.Time }

// System is the machine's clock.
type System struct{}

// Now returns the current time.
func (System) Now() time.Time { return time.Now() }

// Virtual is a clock that moves only when it is told to. It is safe for
// concurrent use.
type Virtual struct {
	mu  sync.RWMutex
	now time.Time
}

// NewVirtual returns a clock that stands at now.
func NewVirtual(now time.Time) *Virtual { return &Virtual{now: now} }

// Now returns the time the clock stands at.
func (v *Virtual) Now() time.Time {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.now
}

// Set moves the clock to now. It never moves it backwards.
func (v *Virtual) Set(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.After(v.now) {
		v.now = now
	}
}

// WaitBy returns how to wait by a clock: in real time by the machine's, by moving it on
// by a Virtual one, since nothing else would. The wait ends with the context, whose
// error it then returns.
func WaitBy(c Clock) func(ctx context.Context, d time.Duration) error {
	if v, ok := c.(*Virtual); ok {
		return v.pass
	}
	return sleep
}

func (v *Virtual) pass(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v.Set(v.Now().Add(d))
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Shanghai is the default business zone.
var Shanghai = mustLoad("Asia/Shanghai")

func mustLoad(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic("embedded time zone " + name + " is missing: " + err.Error())
	}
	return l
}

// Day returns the start of t's business day in the zone.
func Day(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}
