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
		c.Limits = &Limits{Rate: m.rate, Parallel: 4, LongestWait: time.Hour}
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
	c, _ := newClient(t, p.URL, func(c *Config) { c.Wait = RealWait })
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

func TestLessUrgentCallsLeaveTheBurstToTheUrgent(t *testing.T) {
	now := clock.NewVirtual(noon)
	p := NewPace(Limits{Rate: Rate{PerMinute: 1000, PerHour: 100_000}, Parallel: 1}, now, hasty(now))
	spend := func(priority Priority) (n int) {
		for p.take("x", priority) <= 0 {
			n++
		}
		return n
	}
	statistics, syncs, tasks, welcomes := spend(StatisticsLast), spend(SyncThen), spend(TaskNext), spend(WelcomeFirst)
	if statistics < 20 || syncs < 20 || tasks < 20 || welcomes < 20 || statistics+syncs+tasks+welcomes > 100 {
		t.Errorf("burst of 100 went %d %d %d %d", statistics, syncs, tasks, welcomes)
	}
}
