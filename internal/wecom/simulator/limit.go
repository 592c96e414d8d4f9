package simulator

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Limits bound how often the API may be called. 0 means the platform's value,
// a negative number no limit.
type Limits struct {
	PerMinute int           `json:"per_minute"` // per API, 10,000
	PerHour   int           `json:"per_hour"`   // per API, 150,000
	Parallel  int           `json:"parallel"`   // calls at a time; the platform does not publish it, 0 is no limit
	Latency   time.Duration `json:"latency"`    // real time every call takes
	// PerAPI replaces PerMinute for single paths.
	PerAPI  map[string]int `json:"per_api"`
	Faulty  int            `json:"faulty"`   // wrong gettoken calls per hour and address, 2,000
	Tags    int            `json:"tags"`     // corp tags, 3,000
	OnPair  int            `json:"on_pair"`  // tags of one member and customer, 3,000
	InScope int            `json:"in_scope"` // members groupchat/list answers for without owner_filter, 1,000
}

// The platform's values.
const (
	standardPerMinute = 10_000
	standardPerHour   = 150_000
	standardFaulty    = 2_000
	standardTags      = 3_000
	standardOnPair    = 3_000
	standardInScope   = 1_000
	debugPerMinute    = 5
)

// standardPerAPI are the calls with limits of their own, per minute.
func standardPerAPI() map[string]int {
	return map[string]int{
		"/cgi-bin/externalcontact/add_moment_task": 10,
		"/cgi-bin/media/upload":                    5000,
		"/cgi-bin/msgaudit/get_permit_user_list":   1000,
		"/cgi-bin/msgaudit/check_single_agree":     2500,
		"/cgi-bin/msgaudit/check_room_agree":       1500,
	}
}

// standardHourly are the calls with a limit of their own per hour.
func standardHourly() map[string]int {
	return map[string]int{"/cgi-bin/get_jsapi_ticket": 400, "/cgi-bin/ticket/get": 100}
}

type limiter struct {
	limits  Limits
	perAPI  map[string]int
	perHour map[string]int
	windows map[string]*window
}

// gate holds what applies before a call gets the platform's lock.
type gate struct{ inFlight, parallel, latency atomic.Int64 }

// window counts calls of one kind in one fixed span of the platform's time.
type window struct {
	starts  time.Time
	calls   int
	blocked time.Time
}

func newLimiter(l Limits) limiter {
	l.PerMinute = orNumber(l.PerMinute, standardPerMinute)
	l.PerHour = orNumber(l.PerHour, standardPerHour)
	l.Faulty = orNumber(l.Faulty, standardFaulty)
	l.Tags = orNumber(l.Tags, standardTags)
	l.OnPair = orNumber(l.OnPair, standardOnPair)
	l.InScope = orNumber(l.InScope, standardInScope)
	made := limiter{limits: l, perAPI: standardPerAPI(), perHour: standardHourly(), windows: map[string]*window{}}
	for path, n := range l.PerAPI {
		made.perAPI[path] = n
	}
	return made
}

// SetLimits replaces the limits and forgets what was counted.
func (p *Platform) SetLimits(l Limits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limiter = newLimiter(l)
	p.gate.set(l)
}

func (g *gate) set(l Limits) {
	g.parallel.Store(int64(l.Parallel))
	g.latency.Store(int64(l.Latency))
}

func (g *gate) enter() bool {
	n, most := g.inFlight.Add(1), g.parallel.Load()
	if most > 0 && n > most {
		g.inFlight.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() { g.inFlight.Add(-1) }

func (g *gate) linger(ctx context.Context) error {
	latency := time.Duration(g.latency.Load())
	if latency <= 0 {
		return nil
	}
	t := time.NewTimer(latency)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// count admits one more call of the API or says it is over its limit; over
// the minute's limit blocks for 60 s, over the hour's for 60 minutes.
func (l *limiter) count(path string, debug bool, now time.Time) error {
	minute, hour := l.limits.PerMinute, l.limits.PerHour
	if n, ok := l.perAPI[path]; ok {
		minute = n
	}
	if n, ok := l.perHour[path]; ok {
		hour = n
	}
	ok := l.admit("minute "+path, minute, time.Minute, now) && l.admit("hour "+path, hour, time.Hour, now)
	if ok && debug {
		ok = l.admit("debug "+path, debugPerMinute, time.Minute, now)
	}
	if !ok {
		return refuse(codeTooManyCalls, fmt.Sprintf("api freq out of limit: %s", path))
	}
	return nil
}

func (l *limiter) admit(key string, most int, span time.Duration, now time.Time) bool {
	if most < 0 {
		return true
	}
	w := l.window(key, span, now)
	if now.Before(w.blocked) {
		return false
	}
	if w.calls++; w.calls > most {
		w.blocked = now.Add(span)
		return false
	}
	return true
}

func (l *limiter) window(key string, span time.Duration, now time.Time) *window {
	w := l.windows[key]
	if w == nil {
		w = &window{}
		l.windows[key] = w
	}
	if start := now.Truncate(span); !start.Equal(w.starts) {
		w.starts, w.calls = start, 0
	}
	return w
}

// faulty counts a wrong gettoken call; too many lock the address for an hour.
func (l *limiter) faulty(ip string, now time.Time) {
	l.admit("faulty "+ip, l.limits.Faulty, time.Hour, now)
}

func (l *limiter) locked(ip string, now time.Time) bool {
	w := l.windows["faulty "+ip]
	return w != nil && now.Before(w.blocked)
}
