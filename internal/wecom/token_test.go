package wecom

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"siyu/internal/clock"
)

func TestNodesThatShareAStoreRefreshOnce(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":0}`))
	now := clock.NewVirtual(noon)
	store := NewMemoryTokens(now)
	patient := func(ctx context.Context, _ time.Duration) error {
		return clock.WaitBy(clock.System{})(ctx, time.Millisecond)
	}
	nodes := make([]*Client, 3)
	for i := range nodes {
		nodes[i], _ = newClient(t, p.URL, func(c *Config) {
			c.Clock, c.Tokens, c.Wait = now, store, patient
			c.Limits = &Limits{Rate: Rate{PerMinute: 1e6, PerHour: 1e6}, Parallel: 10} // the clock stands still
		})
	}
	const rounds = 100
	for range rounds {
		var calls sync.WaitGroup
		for _, node := range nodes {
			for range 4 {
				calls.Go(func() {
					if _, err := node.FollowUsers(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		calls.Wait()
		p.invalid.Store(p.tokens.Load())
	}
	if n := p.tokens.Load(); n > rounds {
		t.Errorf("%d gettoken calls for %d invalidations", n, rounds-1)
	}
}

func TestALateWriterCannotOverwriteANewerToken(t *testing.T) {
	now := clock.NewVirtual(noon)
	store := NewMemoryTokens(now)
	lease := func(holder string) int64 {
		fence, err := store.Lease(t.Context(), "key", holder, leaseTime)
		if err != nil {
			t.Fatal(err)
		}
		return fence
	}
	slow := lease("slow")
	if slow == 0 || lease("fast") != 0 {
		t.Fatal("two hold one lease")
	}
	now.Set(now.Now().Add(leaseTime))
	fast := lease("fast")
	if fast <= slow {
		t.Fatalf("fence %d after %d", fast, slow)
	}
	if ok, err := store.Put(t.Context(), "key", Token{Value: "new", Version: fast}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := store.Put(t.Context(), "key", Token{Value: "old", Version: slow}); ok || err != nil {
		t.Fatal("the slow node's token was stored", err)
	}
	if got, err := store.Token(t.Context(), "key"); err != nil || got.Value != "new" {
		t.Errorf("stored %q version %d, %v", string(got.Value), got.Version, err)
	}
	if lease("third") == 0 {
		t.Error("storing did not end the lease")
	}
}

func TestADeadNodesLeaseRunsOut(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":0}`))
	now := clock.NewVirtual(noon)
	store := NewMemoryTokens(now)
	if fence, err := store.Lease(t.Context(), tokenKey(testCorp, testSecret), "dead", leaseTime); fence == 0 || err != nil {
		t.Fatal(fence, err)
	}
	c, _ := newClient(t, p.URL, func(c *Config) { c.Clock, c.Tokens, c.Wait = now, store, hasty(now) })
	if _, err := c.FollowUsers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if waited := now.Now().Sub(noon); waited < leaseTime || waited > leaseTime+time.Second {
		t.Errorf("waited %v", waited)
	}
}

func TestAShortTokenIsStillUsed(t *testing.T) {
	var fetched atomic.Int64
	now := clock.NewVirtual(noon)
	tk := newTokens("key", NewMemoryTokens(now), now, hasty(now))
	tk.fetch = func(context.Context) (Secret, time.Duration, error) {
		fetched.Add(1)
		return "short", 100 * time.Second, nil
	}
	for range 10 {
		if _, err := tk.get(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if fetched.Load() != 1 {
		t.Errorf("a token of 100 s was fetched %d times", fetched.Load())
	}
	now.Set(now.Now().Add(95 * time.Second))
	if _, err := tk.get(t.Context(), 0); err != nil || fetched.Load() != 2 {
		t.Errorf("in its last tenth it was not renewed: %d, %v", fetched.Load(), err)
	}
}

func TestTwoSecretsOfOneCorpHaveTwoTokens(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":0}`))
	c, _ := newClient(t, p.URL, nil)
	archive := c.WithApp("another secret", 0)
	for _, client := range []*Client{c, archive, c, archive} {
		if _, err := client.FollowUsers(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if p.tokens.Load() != 2 || c.tokens.key == archive.tokens.key {
		t.Errorf("%d tokens for two secrets", p.tokens.Load())
	}
	if tokenKey("a", "bc") == tokenKey("ab", "c") {
		t.Error("the fingerprint runs corp and secret together")
	}
}
