package wecom

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/clock"
)

// meter is the platform's own limiter of one API: 45009 above the limit in a
// window, then a block.
type meter struct {
	mu      sync.Mutex
	clock   clock.Clock
	rate    Rate
	calls   []time.Time
	blocked time.Time
	refused int
}

func (m *meter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	if now.Before(m.blocked) {
		m.refused++
		fmt.Fprint(w, `{"errcode":45009,"errmsg":"api freq out of limit"}`)
		return
	}
	m.calls = slices.DeleteFunc(m.calls, func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	minute := 0
	for _, t := range m.calls {
		if now.Sub(t) < time.Minute {
			minute++
		}
	}
	if minute >= m.rate.PerMinute || len(m.calls) >= m.rate.PerHour {
		m.blocked = now.Add(time.Minute)
		if len(m.calls) >= m.rate.PerHour {
			m.blocked = now.Add(time.Hour)
		}
		m.refused++
		fmt.Fprint(w, `{"errcode":45009,"errmsg":"api freq out of limit"}`)
		return
	}
	m.calls = append(m.calls, now)
	fmt.Fprint(w, `{"errcode":0,"follow_user":[]}`)
}

func TestCallsBeyondThePlatformsLimitsWaitAndAreNeverRefused(t *testing.T) {
	now := clock.NewVirtual(noon)
	m := &meter{clock: now, rate: Rate{PerMinute: 50, PerHour: 400}}
	p := newPlatform(t, m.ServeHTTP)
	c, _ := newClient(t, p.URL, func(c *Config) {
		c.Clock, c.Wait = now, hasty(now)
		c.Limits = &Limits{Rate: m.rate, Parallel: 4, LongestWait: 2 * time.Hour}
	})
	for i := range 900 {
		if _, err := c.FollowUsers(t.Context()); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if m.refused != 0 {
		t.Errorf("%d refused", m.refused)
	}
	if took := now.Now().Sub(noon); took > 3*time.Hour {
		t.Errorf("900 calls at 400 an hour took %v", took)
	}
}

func TestARefusedAPIStopsForAMinuteThenForAnHourWhileOthersGoOn(t *testing.T) {
	now := clock.NewVirtual(noon)
	var limited atomic.Int64
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/externalcontact/get_follow_user_list" {
			limited.Add(1)
			fmt.Fprint(w, `{"errcode":45009,"errmsg":"api freq out of limit"}`)
			return
		}
		fmt.Fprint(w, `{"errcode":0}`)
	})
	c, _ := newClient(t, p.URL, func(c *Config) { c.Clock, c.Wait = now, hasty(now) })
	for range 100 {
		if _, err := c.FollowUsers(t.Context()); !IsCode(err, CodeRateLimit) || OutcomeOf(err) != NoEffect {
			t.Fatal(err)
		}
		if _, err := c.CallbackIPs(t.Context()); err != nil {
			t.Fatalf("another API: %v", err)
		}
	}
	if limited.Load() != 2 || now.Now().Sub(noon) != minutePause {
		t.Errorf("%d calls in %v, expected one, a minute's pause, and one more", limited.Load(), now.Now().Sub(noon))
	}
	now.Set(now.Now().Add(hourPause))
	if _, err := c.FollowUsers(t.Context()); !IsCode(err, CodeRateLimit) || limited.Load() != 3 {
		t.Errorf("after the hour: %d calls, %v", limited.Load(), err)
	}
}

func TestAWelcomeWithADeadlineDoesNotWaitForALimitInVain(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":45009,"errmsg":"api freq out of limit"}`))
	c, now := newClient(t, p.URL, nil)
	ctx, cancel := context.WithTimeout(t.Context(), WelcomeLife)
	defer cancel()
	err := c.SendWelcome(ctx, "code", Content{Text: &Text{"hello"}})
	if !IsCode(err, CodeRateLimit) || now.Now().After(noon.Add(WelcomeLife)) {
		t.Errorf("at %v: %v", now.Now().Sub(noon), err)
	}
}

func TestConcurrencyRefusalsLowerTheParallelismAndSuccessRestoresIt(t *testing.T) {
	var inside, most atomic.Int64
	p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n > 3 {
			fmt.Fprint(w, `{"errcode":45033,"errmsg":"concurrency"}`)
			return
		}
		fmt.Fprint(w, `{"errcode":0}`)
	})
	c, _ := newClient(t, p.URL, func(c *Config) { c.Wait = clock.WaitBy(clock.System{}) })
	var calls sync.WaitGroup
	for range 60 {
		calls.Go(func() {
			if _, err := c.CallbackIPs(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if most.Load() > int64(DefaultLimits().Parallel) {
		t.Errorf("%d in flight", most.Load())
	}
	c.pace.gate.halve()
	for range growAfter * c.pace.gate.ceiling {
		c.pace.gate.grow()
	}
	if c.pace.gate.limit != c.pace.gate.ceiling {
		t.Errorf("parallelism stays at %d of %d", c.pace.gate.limit, c.pace.gate.ceiling)
	}
}

func TestUrgentCallsPassThoseThatWait(t *testing.T) {
	g := newGate(1)
	if err := g.enter(t.Context(), SyncThen); err != nil {
		t.Fatal(err)
	}
	order := make(chan Priority, 3)
	var waiting sync.WaitGroup
	for i, p := range []Priority{StatisticsLast, SyncThen, WelcomeFirst} {
		waiting.Go(func() {
			if err := g.enter(t.Context(), p); err != nil {
				t.Error(err)
			}
			order <- p
			g.leave()
		})
		for g.queued() != i+1 {
			time.Sleep(time.Millisecond)
		}
	}
	g.leave()
	waiting.Wait()
	if first, second, third := <-order, <-order, <-order; first != WelcomeFirst || second != SyncThen || third != StatisticsLast {
		t.Errorf("order %v %v %v", first, second, third)
	}
}

func (g *gate) queued() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, q := range g.waiting {
		n += len(q)
	}
	return n
}

func TestGivingUpTheQueueKeepsTheCountRight(t *testing.T) {
	g := newGate(2)
	var callers sync.WaitGroup
	for i := range 400 {
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*100*time.Microsecond)
			defer cancel()
			if g.enter(ctx, Priority(i%int(priorities))) == nil {
				g.leave()
			}
		})
	}
	callers.Wait()
	if g.inside != 0 || g.queued() != 0 {
		t.Errorf("%d inside, %d queued after all have gone", g.inside, g.queued())
	}
}

func TestLessUrgentCallsLeaveARestToTheUrgent(t *testing.T) {
	now := clock.NewVirtual(noon)
	p := NewPace(Limits{Rate: Rate{PerMinute: 100, PerHour: 100_000}, Parallel: 1}, now, hasty(now))
	spend := func(priority Priority) (n int) {
		for p.take("x", priority) <= 0 {
			n++
		}
		return n
	}
	if a, b, c, d := spend(StatisticsLast), spend(SyncThen), spend(TaskNext), spend(WelcomeFirst); a != 50 || b != 25 || c != 15 || d != 10 {
		t.Errorf("a limit of 100 went %d %d %d %d", a, b, c, d)
	}
	if delay := p.take("x", WelcomeFirst); delay < minutePause || delay > minutePause+time.Second {
		t.Errorf("a full minute makes wait %v", delay)
	}
}

// Whatever the moments of the calls, no minute holds more than the limit, and
// a call is never held back longer than the window.
func TestNoWindowOfAnyPhaseExceedsTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		w, now := newWindow(limit, time.Minute), noon
		var calls []time.Time
		for _, pause := range rapid.SliceOfN(rapid.Int64Range(0, 40_000), 1, 200).Draw(t, "pauses") {
			now = now.Add(time.Duration(pause) * time.Millisecond)
			delay := w.delay(now, WelcomeFirst)
			if delay > minutePause+time.Second {
				t.Fatalf("held back %v", delay)
			}
			if now = now.Add(delay); w.delay(now, WelcomeFirst) > 0 {
				t.Fatal("still held back after the wait")
			}
			w.use()
			calls = append(calls, now)
			if n := len(calls); n > limit && now.Sub(calls[n-1-limit]) <= time.Minute {
				t.Fatalf("%d calls within %v", limit+1, now.Sub(calls[n-1-limit]))
			}
		}
	})
}

func TestMoreMomentsThanAMinuteTakesMoveAClockThatStands(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"errcode":0,"jobid":"j"}`) })
	c, now := newClient(t, p.URL, func(c *Config) { c.Wait = nil })
	began := now.Now()
	for range 12 {
		if _, err := c.AddMoment(t.Context(), MomentTask{Text: &Text{Content: "hello"}}); err != nil {
			t.Fatal(err)
		}
	}
	if passed := now.Now().Sub(began); passed < 30*time.Second || passed > 2*time.Minute {
		t.Errorf("twelve moments took %v of the clock, of which a minute lets ten out", passed)
	}
}
