package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// platform is a WeCom that gives out tokens and answers with what a test
// says.
type platform struct {
	*httptest.Server
	tokens  atomic.Int64 // gettoken calls so far
	calls   atomic.Int64 // others
	invalid atomic.Int64 // tokens up to this number are expired
	refuse  atomic.Int64 // errcode of gettoken
	answer  func(w http.ResponseWriter, r *http.Request)
}

func newPlatform(t testing.TB, answer http.HandlerFunc) *platform {
	t.Helper()
	p := &platform{answer: answer}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	p.Config.ErrorLog = nil
	t.Cleanup(p.Close)
	return p
}

func (p *platform) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/cgi-bin/gettoken" {
		n := p.tokens.Add(1)
		if code := p.refuse.Load(); code != 0 {
			fmt.Fprintf(w, `{"errcode":%d,"errmsg":"invalid credential"}`, code)
			return
		}
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","access_token":"TOKEN%d","expires_in":7200}`, n)
		return
	}
	p.calls.Add(1)
	var n int64
	if _, err := fmt.Sscanf(r.URL.Query().Get("access_token"), "TOKEN%d", &n); err != nil || n <= p.invalid.Load() {
		fmt.Fprint(w, `{"errcode":42001,"errmsg":"access_token expired, hint: [1], from ip: 1.2.3.4"}`)
		return
	}
	if r.Header.Get("Idempotency-Key") != "" || r.Header.Get("X-Idempotency-Key") != "" {
		fmt.Fprint(w, `{"errcode":40035,"errmsg":"a header would make net/http repeat the call"}`)
		return
	}
	p.answer(w, r)
}

func saying(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// hasty waits by moving a virtual clock.
func hasty(c *clock.Virtual) Wait {
	return func(ctx context.Context, d time.Duration) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.Set(c.Now().Add(d))
		return nil
	}
}

const testSecret = Secret("SUPERSECRET+/=123")

func newClient(t testing.TB, base string, change func(*Config)) (*Client, *clock.Virtual) {
	t.Helper()
	now := clock.NewVirtual(noon)
	config := Config{BaseURL: base, Corp: testCorp, Secret: testSecret, AgentID: 7, Clock: now, Wait: hasty(now)}
	if change != nil {
		change(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c, now
}

func TestACallFetchesOneTokenAndUsesItUntilItExpires(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":0,"errmsg":"ok","follow_user":["a","b"]}`))
	c, now := newClient(t, p.URL, nil)
	for range 3 {
		if got, err := c.FollowUsers(t.Context()); err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
	}
	if p.tokens.Load() != 1 {
		t.Errorf("%d tokens for three calls", p.tokens.Load())
	}
	now.Set(now.Now().Add(7200*time.Second - tokenMargin))
	if _, err := c.FollowUsers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.tokens.Load() != 2 {
		t.Errorf("%d tokens after the margin before expiry", p.tokens.Load())
	}
}

func TestAnExpiredTokenIsRefreshedOnceForAllAndNobodyNotices(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":0,"errmsg":"ok","follow_user":["a"]}`))
	c, _ := newClient(t, p.URL, nil)
	const rounds = 50
	for range rounds {
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if _, err := c.FollowUsers(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		p.invalid.Store(p.tokens.Load())
	}
	if n := p.tokens.Load(); n > rounds {
		t.Errorf("%d tokens for %d invalidations", n, rounds-1)
	}
}

func TestATokenThatStaysInvalidEndsAfterOneRefresh(t *testing.T) {
	p := newPlatform(t, saying(`{}`))
	p.invalid.Store(1 << 40)
	c, _ := newClient(t, p.URL, nil)
	_, err := c.FollowUsers(t.Context())
	if !IsCode(err, CodeTokenExpired) || OutcomeOf(err) != NoEffect || p.tokens.Load() != 2 || p.calls.Load() != 2 {
		t.Errorf("%v after %d tokens and %d calls", err, p.tokens.Load(), p.calls.Load())
	}
}

func TestARefusedSecretIsNotHammered(t *testing.T) {
	p := newPlatform(t, saying(`{}`))
	p.refuse.Store(CodeBadSecret)
	c, now := newClient(t, p.URL, nil)
	for end := now.Now().Add(time.Hour); now.Now().Before(end); now.Set(now.Now().Add(100 * time.Millisecond)) {
		if _, err := c.FollowUsers(t.Context()); ReactionOf(err) != FixSettings {
			t.Fatal(err)
		}
	}
	if n := p.tokens.Load(); n < 5 || n > 60 {
		t.Errorf("%d gettoken calls in an hour of 36,000 attempts", n)
	}
	p.refuse.Store(0)
	now.Set(now.Now().Add(longestRefusal))
	p.answer = saying(`{"errcode":0}`)
	if _, err := c.FollowUsers(t.Context()); err != nil {
		t.Errorf("after the secret was put right: %v", err)
	}
}

func TestWhatACallDidIsKnownOrSaidToBeInDoubt(t *testing.T) {
	breakOff := func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	for name, try := range map[string]struct {
		answer http.HandlerFunc
		want   Outcome
		calls  int64 // of an effect, which must not be repeated in doubt
	}{
		"accepted":          {saying(`{"errcode":0,"errmsg":"ok","msgid":"m1"}`), Done, 1},
		"refused":           {saying(`{"errcode":40096,"errmsg":"bad"}`), NoEffect, 1},
		"busy":              {saying(`{"errcode":-1,"errmsg":"system busy"}`), InDoubt, 1},
		"version conflict":  {saying(`{"errcode":6000,"errmsg":"conflict"}`), NoEffect, 1},
		"too many at once":  {saying(`{"errcode":45033,"errmsg":"concurrency"}`), NoEffect, attempts},
		"server error":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, InDoubt, 1},
		"broken connection": {breakOff, InDoubt, 1},
		"half an answer":    {saying(`{"errcode":0,"msg`), InDoubt, 1},
		"no errcode":        {saying(`{"msgid":"m1"}`), InDoubt, 1},
		"empty":             {saying(``), InDoubt, 1},
		"a page":            {saying(`<html>login</html>`), InDoubt, 1},
		"short body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"errcode":0}`)
		}, InDoubt, 1},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, InDoubt, 1},
		"odd type": {saying(`{"errcode":0,"msgid":{"a":1}}`), InDoubt, 1},
	} {
		p := newPlatform(t, try.answer)
		c, _ := newClient(t, p.URL, nil)
		_, err := c.AddMassSend(t.Context(), MassSend{To: ToCustomers, CustomerIDs: []string{"wm1"}})
		if OutcomeOf(err) != try.want || p.calls.Load() != try.calls {
			t.Errorf("%s: %s after %d calls, want %s after %d: %v", name, OutcomeOf(err), p.calls.Load(), try.want, try.calls, err)
		}
	}
}

func TestACallThatNeverLeftHadNoEffect(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":0}`))
	c, _ := newClient(t, p.URL, nil)
	if _, err := c.FollowUsers(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Close()
	c.http.CloseIdleConnections() // a request on a connection that dies may have arrived
	if _, err := c.AddMassSend(t.Context(), MassSend{}); OutcomeOf(err) != NoEffect || ReactionOf(err) != TryLater {
		t.Errorf("dial refused: %s, %v", OutcomeOf(err), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.AddMassSend(ctx, MassSend{})
	if OutcomeOf(err) != NoEffect || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %s, %v", OutcomeOf(err), err)
	}
}

func TestACallCancelledWhileThePlatformThinksIsInDoubt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := newPlatform(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		stall(nil, r)
	})
	c, _ := newClient(t, p.URL, nil)
	_, err := c.AddMassSend(ctx, MassSend{})
	if OutcomeOf(err) != InDoubt || !errors.Is(err, context.Canceled) || p.calls.Load() != 1 {
		t.Errorf("%s after %d calls: %v", OutcomeOf(err), p.calls.Load(), err)
	}
}

func TestReadsAreRepeatedWithBackOff(t *testing.T) {
	var n atomic.Int64
	p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) {
		case 1:
			fmt.Fprint(w, `{"errcode":-1,"errmsg":"system busy"}`)
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		case 3:
			fmt.Fprint(w, `{"errc`)
		default:
			fmt.Fprint(w, `{"errcode":0,"follow_user":["a"]}`)
		}
	})
	c, now := newClient(t, p.URL, nil)
	if got, err := c.FollowUsers(t.Context()); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if waited := now.Now().Sub(noon); waited < 2*time.Second || waited > 5*time.Second {
		t.Errorf("waited %v in all, expected .2 + .8 + 3.2 s less up to half", waited)
	}
	p.answer = saying(`{"errcode":-1,"errmsg":"system busy"}`)
	if _, err := c.FollowUsers(t.Context()); err == nil || p.calls.Load() != 4+attempts {
		t.Errorf("%d calls, %v", p.calls.Load()-4, err)
	}
}

// Canaries stand in every place a secret can be; no error may sing.
func TestNoErrorEverHoldsASecret(t *testing.T) {
	const token = "TOKEN1"
	echo := func(w http.ResponseWriter, r *http.Request) {
		text, _ := json.Marshal("you sent " + r.URL.String() + " with " + r.URL.Query().Get("access_token"))
		fmt.Fprintf(w, `{"errcode":40058,"errmsg":%s}`, text)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"echo": echo,
		"status": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, r.URL)
		},
		"break":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage":  func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
		"slow":     stall,
	} {
		p := newPlatform(t, answer)
		impatient := func(config *Config) {
			config.HTTP = NewHTTP()
			config.HTTP.Timeout = 200 * time.Millisecond
		}
		c, _ := newClient(t, p.URL, impatient)
		_, err := c.AddMassSend(t.Context(), MassSend{})
		checkSilent(t, name, err, token)
	}
	for name, base := range map[string]string{"nobody listens": "http://127.0.0.1:1", "no such host": "http://siyu.invalid"} {
		c, _ := newClient(t, base, nil)
		_, err := c.FollowUsers(t.Context())
		checkSilent(t, name, err, token)
	}
	c, _ := newClient(t, "http://127.0.0.1:1", func(config *Config) { config.HTTP = &http.Client{Transport: talkative{}} })
	_, err := c.FollowUsers(t.Context())
	checkSilent(t, "talkative transport", err, token)
}

// stall answers nothing until the client leaves, which the server notices only
// after reading the body.
func stall(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

type talkative struct{}

func (talkative) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("cannot reach %s", r.URL)
}

func checkSilent(t *testing.T, name string, err error, token string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", name)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, form := range []string{fmt.Sprint(e), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e)} {
			for _, canary := range []string{string(testSecret), "SUPERSECRET", token} {
				if strings.Contains(form, canary) {
					t.Errorf("%s: %q holds %q", name, form, canary)
				}
			}
		}
	}
}

func TestSecretsPrintAsStars(t *testing.T) {
	s := struct {
		Key   Secret
		Token Token
	}{testSecret, Token{Value: testSecret}}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s.Key, s.Key), string(text)} {
		if strings.Contains(form, "SUPERSECRET") || !strings.Contains(form, hidden) {
			t.Errorf("printed %s", form)
		}
	}
}

func TestErrorsCarryAFaultForTheEdges(t *testing.T) {
	p := newPlatform(t, saying(`{"errcode":60020,"errmsg":"not allow to access from your ip"}`))
	c, _ := newClient(t, p.URL, nil)
	_, err := c.FollowUsers(t.Context())
	if fault.CodeOf(err) != fault.Upstream || fault.KeyOf(err) != "wecom.fix_settings" {
		t.Errorf("code %s, key %s", fault.CodeOf(err), fault.KeyOf(err))
	}
}

func TestAClientNeedsAHostACorpAndASecret(t *testing.T) {
	for name, config := range map[string]Config{
		"no corp":   {Secret: "s"},
		"no secret": {Corp: "c"},
		"no host":   {Corp: "c", Secret: "s", BaseURL: "qyapi"},
		"no web":    {Corp: "c", Secret: "s", BaseURL: "ftp://host"},
	} {
		if _, err := New(config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
