package wecom

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"sync"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
)

// TokenKey names the token of one corp and one secret. It is a fingerprint:
// the secret cannot be had from it.
type TokenKey string

// tokenKey keeps 128 bits of the hash: enough to name a secret for ever.
func tokenKey(corp id.Corp, secret Secret) TokenKey {
	sum := id.Hash("wecom token", string(corp), string(secret))
	return TokenKey(hex.EncodeToString(sum[:16]))
}

// Token is an access token as nodes share it.
type Token struct {
	Value   Secret    // empty: there is none
	Version int64     // the fence under which it was stored; grows with every refresh
	Expires time.Time // already shortened by a safety margin
}

// TokenStore keeps tokens where all nodes see them, and lets one node at a
// time refresh one of them. Values must be stored sealed.
type TokenStore interface {
	// Token returns the stored token, the zero Token if there is none.
	Token(ctx context.Context, key TokenKey) (Token, error)
	// Lease makes holder the only one who may refresh key for ttl by the
	// store's own clock. It returns a fence greater than every fence and every
	// token version given out for key before, or 0 if somebody else holds the
	// lease.
	Lease(ctx context.Context, key TokenKey, holder string, ttl time.Duration) (fence int64, err error)
	// Put stores the token if token.Version is the newest fence given out for
	// key, and ends the lease. It reports whether it stored.
	Put(ctx context.Context, key TokenKey, token Token) (stored bool, err error)
	// Release ends the lease with this fence, if it is still the newest.
	Release(ctx context.Context, key TokenKey, fence int64) error
}

const (
	leaseTime = 20 * time.Second       // longer than a gettoken may take
	leasePoll = 100 * time.Millisecond // how often a node looks whether another has refreshed

	// A token is given up five minutes early, or a tenth of its life if that
	// is shorter: no call may start with a token that dies on the way.
	tokenMargin      = 5 * time.Minute
	tokenMarginShare = 10

	// After a failed gettoken the next attempt waits, twice as long each time:
	// fewer than 30 attempts in the first hour. The platform locks a corp out
	// after 2,000 faulty ones.
	firstRefusal   = time.Second
	longestRefusal = 5 * time.Minute
)

// tokens gives out the token of one client.
type tokens struct {
	key    TokenKey
	holder string
	store  TokenStore
	clock  clock.Clock
	wait   Wait
	fetch  func(context.Context) (Secret, time.Duration, error)

	turn chan struct{} // holds one element while nobody refreshes

	mu      sync.Mutex
	current Token
	circuit circuit
}

// circuit stops the node from asking for tokens that are being refused.
type circuit struct {
	until time.Time
	pause time.Duration
	err   error
}

func newTokens(key TokenKey, store TokenStore, now clock.Clock, wait Wait) *tokens {
	t := &tokens{key: key, holder: rand.Text(), store: store, clock: now, wait: wait, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// get returns a valid token newer than the version the platform rejected
// (0: none was rejected).
func (t *tokens) get(ctx context.Context, rejected int64) (Token, error) {
	if token, ok := t.known(rejected); ok {
		return token, nil
	}
	select {
	case <-t.turn:
		defer func() { t.turn <- struct{}{} }()
	case <-ctx.Done():
		return Token{}, ended(callGetToken, ctx.Err())
	}
	if token, ok := t.known(rejected); ok {
		return token, nil
	}
	token, err := t.refresh(ctx, rejected)
	if err != nil {
		return Token{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current = token
	return token, nil
}

func (t *tokens) known(rejected int64) (Token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current, t.valid(t.current, rejected)
}

func (t *tokens) valid(token Token, rejected int64) bool {
	return token.Value != "" && token.Version > rejected && t.clock.Now().Before(token.Expires)
}

// refresh takes the token another node has fetched, or fetches one while it
// alone holds the lease.
func (t *tokens) refresh(ctx context.Context, rejected int64) (Token, error) {
	for {
		token, fence, err := t.look(ctx, rejected)
		switch {
		case err != nil:
			return Token{}, &Error{Call: callGetToken, Message: "reading the token store failed", Outcome: NoEffect, cause: contextCause(err)}
		case token.Value != "":
			return token, nil
		case fence > 0:
			if token, err = t.fetchUnder(ctx, fence); err != nil || token.Value != "" {
				return token, err
			}
		default:
			if err := t.wait(ctx, leasePoll); err != nil {
				return Token{}, ended(callGetToken, err)
			}
		}
	}
}

// look returns a stored valid token, or else the lease's fence (0: not ours).
// It looks again under the lease: the one before may just have finished.
func (t *tokens) look(ctx context.Context, rejected int64) (token Token, fence int64, err error) {
	if token, err = t.store.Token(ctx, t.key); err != nil || t.valid(token, rejected) {
		return token, 0, err
	}
	if fence, err = t.store.Lease(ctx, t.key, t.holder, leaseTime); err != nil || fence == 0 {
		return Token{}, 0, err
	}
	if token, err = t.store.Token(ctx, t.key); err == nil && t.valid(token, rejected) {
		return token, 0, t.store.Release(ctx, t.key, fence)
	}
	return Token{}, fence, err
}

// fetchUnder returns the zero Token if somebody newer has overtaken us.
func (t *tokens) fetchUnder(ctx context.Context, fence int64) (Token, error) {
	value, life, err := t.fetchOnce(ctx)
	if err != nil {
		// The lease runs out by itself if this fails too; the first error counts.
		_ = t.store.Release(context.WithoutCancel(ctx), t.key, fence)
		return Token{}, err
	}
	token := Token{Value: value, Version: fence, Expires: t.clock.Now().Add(life - min(tokenMargin, life/tokenMarginShare))}
	stored, err := t.store.Put(ctx, t.key, token)
	if err != nil {
		return Token{}, &Error{Call: callGetToken, Message: "writing the token store failed", Outcome: NoEffect, cause: contextCause(err)}
	}
	if !stored {
		return Token{}, nil
	}
	return token, nil
}

// fetchOnce asks the platform unless the circuit is open.
func (t *tokens) fetchOnce(ctx context.Context) (Secret, time.Duration, error) {
	t.mu.Lock()
	open := t.circuit
	t.mu.Unlock()
	if t.clock.Now().Before(open.until) {
		return "", 0, open.err
	}
	value, life, err := t.fetch(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		t.circuit = circuit{}
	case ctx.Err() == nil: // a caller who gave up says nothing about the platform
		pause := max(firstRefusal, min(2*open.pause, longestRefusal))
		t.circuit = circuit{until: t.clock.Now().Add(pause), pause: pause, err: err}
	}
	return value, life, err
}

const callGetToken = "gettoken"

type tokenAnswer struct {
	answer
	AccessToken Secret `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// fetchToken makes one gettoken call. It is the only call without a token.
func (c *Client) fetchToken(ctx context.Context) (Secret, time.Duration, error) {
	var got tokenAnswer
	req := request{method: http.MethodGet, path: callGetToken, repeatable: true, priority: WelcomeFirst,
		query: url.Values{"corpid": {string(c.config.Corp)}, "corpsecret": {string(c.config.Secret)}}}
	if err := c.exchange(ctx, req, Token{}, &got); err != nil {
		return "", 0, err
	}
	if got.AccessToken == "" || got.ExpiresIn <= 0 {
		return "", 0, &Error{Call: callGetToken, Message: "the answer holds no token", Outcome: NoEffect}
	}
	return got.AccessToken, time.Duration(got.ExpiresIn) * time.Second, nil
}

// MemoryTokens is a TokenStore for one process.
type MemoryTokens struct {
	clock clock.Clock
	mu    sync.Mutex
	rows  map[TokenKey]*memoryToken
}

type memoryToken struct {
	token  Token
	holder string
	fence  int64
	until  time.Time
}

// NewMemoryTokens returns an empty store; leases run by now.
func NewMemoryTokens(now clock.Clock) *MemoryTokens {
	return &MemoryTokens{clock: now, rows: map[TokenKey]*memoryToken{}}
}

func (m *MemoryTokens) row(key TokenKey) *memoryToken {
	r := m.rows[key]
	if r == nil {
		r = new(memoryToken)
		m.rows[key] = r
	}
	return r
}

// Token implements TokenStore.
func (m *MemoryTokens) Token(_ context.Context, key TokenKey) (Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.row(key).token, nil
}

// Lease implements TokenStore.
func (m *MemoryTokens) Lease(_ context.Context, key TokenKey, holder string, ttl time.Duration) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, now := m.row(key), m.clock.Now()
	if r.holder != "" && r.holder != holder && now.Before(r.until) {
		return 0, nil
	}
	r.fence++
	r.holder, r.until = holder, now.Add(ttl)
	return r.fence, nil
}

// Put implements TokenStore.
func (m *MemoryTokens) Put(_ context.Context, key TokenKey, token Token) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.row(key)
	if token.Version != r.fence {
		return false, nil
	}
	r.token, r.holder = token, ""
	return true, nil
}

// Release implements TokenStore.
func (m *MemoryTokens) Release(_ context.Context, key TokenKey, fence int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.row(key); r.fence == fence {
		r.holder = ""
	}
	return nil
}
