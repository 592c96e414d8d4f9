package wecom

import (
	"context"
	"fmt"
	"sync"
	"time"

	"siyu/internal/clock"
)

// Priority orders calls that compete for the platform's limits.
type Priority int

// Priorities, most urgent first.
const (
	WelcomeFirst Priority = iota // a welcome has 20 seconds
	TaskNext                     // staff or customers wait for it
	SyncThen                     // backfill and reconciliation
	StatisticsLast
	priorities
)

// Rate is how many calls of one API the platform takes.
type Rate struct{ PerMinute, PerHour int }

// Limits are the platform's limits for one corp. Several nodes divide them.
type Limits struct {
	Rate     Rate            // of every API without an entry in PerCall
	PerCall  map[string]Rate // by path below /cgi-bin/
	Parallel int             // calls in flight
	// LongestWait bounds how long a call waits for a limit before it gives up
	// with a NoEffect error, so that a caller with other work can do it.
	LongestWait time.Duration
}

// DefaultLimits are those of the platform's page 90454 (2023), the moment
// task limit of 10 a minute, and ten calls in flight: the threshold of 45033
// is not published.
func DefaultLimits() Limits {
	return Limits{
		Rate:        Rate{PerMinute: 10_000, PerHour: 150_000},
		PerCall:     map[string]Rate{"externalcontact/add_moment_task": {PerMinute: 10, PerHour: 600}},
		Parallel:    10,
		LongestWait: 2 * time.Minute,
	}
}

// Wait blocks for d or until the context ends, whose error it then returns.
type Wait func(ctx context.Context, d time.Duration) error

const (
	minutePause = time.Minute // the platform's block after a minute limit
	hourPause   = time.Hour   // and after an hour limit
)

// Pace keeps the calls of one corp below the platform's limits: it shapes the
// rate of every API, bounds the calls in flight, and stops an API that
// answered 45009. Clients of one corp share a Pace.
type Pace struct {
	limits Limits
	clock  clock.Clock
	wait   Wait
	gate   *gate

	mu   sync.Mutex
	apis map[string]*apiPace
}

type apiPace struct {
	minute, hour *window
	pausedUntil  time.Time
	pausedAt     time.Time
	pause        time.Duration // the last one, zero after a success
}

// NewPace returns a Pace on a clock; wait must wait by that clock.
func NewPace(limits Limits, now clock.Clock, wait Wait) *Pace {
	return &Pace{limits: limits, clock: now, wait: wait, gate: newGate(limits.Parallel), apis: map[string]*apiPace{}}
}

// admit waits until the call may be made and returns the function that must
// be called when it is over.
func (p *Pace) admit(ctx context.Context, call string, priority Priority) (release func(), err error) {
	if err := p.allow(ctx, call, priority); err != nil {
		return nil, err
	}
	for {
		if err := p.gate.enter(ctx, priority); err != nil {
			return nil, ended(call, err)
		}
		if p.pauseOf(call) <= 0 {
			return p.gate.leave, nil
		}
		p.gate.leave() // the API was stopped while we stood in line
		if err := p.allow(ctx, call, priority); err != nil {
			return nil, err
		}
	}
}

// allow waits for the API's allowance and uses one call of it.
func (p *Pace) allow(ctx context.Context, call string, priority Priority) error {
	waited := time.Duration(0)
	for {
		delay := p.take(call, priority)
		if delay <= 0 {
			return nil
		}
		if waited += delay; waited > p.limits.LongestWait || exceeds(ctx, delay) {
			return &Error{Call: call, Code: CodeRateLimit, Outcome: NoEffect,
				Message: fmt.Sprintf("not called: the limit of this API is used up for %s", delay.Round(time.Second))}
		}
		if err := p.wait(ctx, delay); err != nil {
			return ended(call, err)
		}
	}
}

func (p *Pace) pauseOf(call string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.api(call).pausedUntil.Sub(p.clock.Now())
}

// exceeds tells that the context ends before a wait does. Contexts know real
// time only, whatever the clock.
func exceeds(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && wait > deadline.Sub(clock.System{}.Now())
}

func ended(call string, err error) *Error {
	return &Error{Call: call, Message: "not called: " + err.Error(), Outcome: NoEffect, cause: contextCause(err)}
}

// take uses one call of the API's allowance, or returns how long to wait.
func (p *Pace) take(call string, priority Priority) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, api := p.clock.Now(), p.api(call)
	if delay := api.pausedUntil.Sub(now); delay > 0 {
		return delay
	}
	if delay := max(api.minute.delay(now, priority), api.hour.delay(now, priority)); delay > 0 {
		return delay
	}
	api.minute.use()
	api.hour.use()
	return 0
}

func (p *Pace) api(call string) *apiPace {
	api := p.apis[call]
	if api == nil {
		rate, ok := p.limits.PerCall[call]
		if !ok {
			rate = p.limits.Rate
		}
		api = &apiPace{minute: newWindow(rate.PerMinute, time.Minute), hour: newWindow(rate.PerHour, time.Hour)}
		p.apis[call] = api
	}
	return api
}

// limited stops the API for a minute, or for an hour if it is refused again
// right after the minute. started is when the refused call began: calls that
// were already under way say nothing new.
func (p *Pace) limited(call string, started time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	api, now := p.api(call), p.clock.Now()
	if !api.pausedAt.IsZero() && !started.After(api.pausedAt) {
		return
	}
	api.pause = map[bool]time.Duration{false: minutePause, true: hourPause}[api.pause > 0]
	api.pausedAt, api.pausedUntil = now, now.Add(api.pause)
}

func (p *Pace) succeeded(call string) {
	p.gate.grow()
	p.mu.Lock()
	defer p.mu.Unlock()
	if api := p.apis[call]; api != nil {
		api.pause = 0
	}
}
