package wecom

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
)

// DefaultBaseURL is the platform. Tests and the demo use a simulator's.
const DefaultBaseURL = "https://qyapi.weixin.qq.com"

// Config says which app of which corp a Client speaks for. Only Corp and
// Secret are required.
type Config struct {
	BaseURL string // DefaultBaseURL if empty
	Corp    id.Corp
	Secret  Secret
	AgentID int64        // needed only for messages to staff
	HTTP    *http.Client // with time-outs; NewHTTP() if nil
	Tokens  TokenStore   // shared by the nodes; in memory if nil
	Clock   clock.Clock  // System if nil
	Wait    Wait         // must wait by Clock; clock.WaitBy(Clock) if nil
	Limits  *Limits      // DefaultLimits if nil
}

// Client calls the API for one app. It is safe for concurrent use. Every call
// takes a context, refreshes an expired token once, stays below the rate
// limits, and repeats what may be repeated; every error is an *Error, or a
// context's.
type Client struct {
	config Config
	http   *http.Client
	pace   *Pace
	tokens *tokens
	// tickets sign the pages of the app.
	tickets tickets
}

// New returns a Client. It makes no call.
func New(config Config) (*Client, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	config.BaseURL = strings.TrimRight(config.BaseURL, "/")
	if base, err := url.Parse(config.BaseURL); err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, errors.New("wecom client: the base URL must be http(s)://host")
	}
	if config.Corp == "" || config.Secret == "" {
		return nil, errors.New("wecom client: corp and secret must not be empty")
	}
	if config.Clock == nil {
		config.Clock = clock.System{}
	}
	if config.Wait == nil {
		config.Wait = clock.WaitBy(config.Clock)
	}
	if config.Limits == nil {
		limits := DefaultLimits()
		config.Limits = &limits
	}
	if config.Tokens == nil {
		config.Tokens = NewMemoryTokens(config.Clock)
	}
	if config.HTTP == nil {
		config.HTTP = NewHTTP()
	}
	return assemble(config, NewPace(*config.Limits, config.Clock, config.Wait)), nil
}

func assemble(config Config, pace *Pace) *Client {
	// A redirect would carry the token, as URL or as Referer, to wherever it points.
	direct := *config.HTTP
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Client{config: config, http: &direct, pace: pace}
	c.tokens = newTokens(tokenKey(config.Corp, config.Secret), config.Tokens, config.Clock, config.Wait)
	c.tokens.fetch = c.fetchToken
	return c
}

// WithApp returns a Client for another app of the same corp. The two share
// the connection pool, the token store and the corp's rate limits.
func (c *Client) WithApp(secret Secret, agentID int64) *Client {
	config := c.config
	config.Secret, config.AgentID = secret, agentID
	return assemble(config, c.pace)
}

// Corp returns the corp the client speaks for.
func (c *Client) Corp() id.Corp { return c.config.Corp }

// The default transport's time-outs. The platform answers in well under a
// second; an upload of 20 MB over a slow line is what needs the longest.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 15 * time.Second
	callTimeout   = time.Minute
	idleTimeout   = 90 * time.Second
	idlePerHost   = 32
)

// NewHTTP returns an HTTP client with time-outs for every phase of a call.
func NewHTTP() *http.Client {
	return &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: answerTimeout,
			IdleConnTimeout:       idleTimeout,
			MaxIdleConns:          idlePerHost,
			MaxIdleConnsPerHost:   idlePerHost,
			ForceAttemptHTTP2:     true,
		},
	}
}

type priorityKey struct{}

// WithPriority returns a context whose calls have this priority instead of
// the one their API usually has.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// request is one API call, apart from the token.
type request struct {
	method   string
	path     string // below /cgi-bin/
	query    url.Values
	body     any // JSON, or *upload
	priority Priority
	// repeatable: making the call twice has the effect of making it once.
	repeatable bool
}

// get reads something.
func get[T any, P answerOf[T]](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return call[T, P](ctx, c, request{method: http.MethodGet, path: path, query: query, priority: SyncThen, repeatable: true})
}

// read reads something with a JSON body.
func read[T any, P answerOf[T]](ctx context.Context, c *Client, path string, body any) (T, error) {
	return call[T, P](ctx, c, request{method: http.MethodPost, path: path, body: body, priority: SyncThen, repeatable: true})
}

// set writes absolute values: making the call twice is making it once.
func set[T any, P answerOf[T]](ctx context.Context, c *Client, path string, body any) (T, error) {
	return call[T, P](ctx, c, request{method: http.MethodPost, path: path, body: body, priority: TaskNext, repeatable: true})
}

// effect makes something happen each time it is called. It is repeated only
// when the first call certainly had no effect.
func effect[T any, P answerOf[T]](ctx context.Context, c *Client, path string, body any) (T, error) {
	return call[T, P](ctx, c, request{method: http.MethodPost, path: path, body: body, priority: TaskNext})
}

const (
	attempts       = 4 // the first and three repetitions
	firstBackoff   = 200 * time.Millisecond
	backoffFactor  = 4
	backoffSpread  = 0.5 // of the wait is random, so nodes do not march in step
	tokenRenewals  = 1
	limitedRetries = 2 // once after the minute's pause, once after the hour's
)

// call makes the call, repeating it as far as that is safe.
func call[T any, P answerOf[T]](ctx context.Context, c *Client, req request) (T, error) {
	if p, ok := ctx.Value(priorityKey{}).(Priority); ok {
		req.priority = p
	}
	state := retrying{backoff: firstBackoff}
	for {
		var got T
		err := c.once(ctx, req, &state, P(&got))
		if err == nil {
			return got, nil
		}
		delay, again := state.next(req, err)
		if !again || ctx.Err() != nil {
			return got, err
		}
		if delay > 0 && c.config.Wait(ctx, delay) != nil {
			return got, err
		}
	}
}

// once makes the call once, with the limits and the token it needs.
func (c *Client) once(ctx context.Context, req request, state *retrying, into answered) error {
	token, err := c.tokens.get(ctx, state.rejected)
	if err != nil {
		return err
	}
	release, err := c.pace.admit(ctx, req.path, req.priority)
	if err != nil {
		state.gaveUp = true
		return err
	}
	defer release()
	state.token = token.Version
	started := c.config.Clock.Now()
	err = c.exchange(ctx, req, token, into)
	switch {
	case err == nil:
		c.pace.succeeded(req.path)
	case IsCode(err, CodeRateLimit):
		c.pace.limited(req.path, started)
	case IsCode(err, CodeConcurrency):
		c.pace.gate.halve()
	}
	return err
}

// retrying is what a call remembers from one attempt to the next.
type retrying struct {
	token    int64 // version used by the last attempt
	rejected int64 // newest version the platform rejected
	renewals int
	limited  int
	busy     int
	backoff  time.Duration
	gaveUp   bool // the limits would keep us longer than we may wait
}

// next says whether to make the call again, and after how long.
func (r *retrying) next(req request, err error) (time.Duration, bool) {
	e, ok := errors.AsType[*Error](err)
	if !ok || r.gaveUp || e.Call == callGetToken {
		return 0, false
	}
	switch {
	case e.Code == CodeBadToken || e.Code == CodeTokenExpired || e.Code == CodeBadSecret:
		r.renewals++
		r.rejected = r.token
		return 0, r.renewals <= tokenRenewals
	case e.Code == CodeRateLimit:
		r.limited++ // the pace makes the next attempt wait
		return 0, r.limited <= limitedRetries
	case e.Code == CodeConcurrency, e.Code == 0 && e.Outcome == NoEffect:
		return r.later()
	case e.Code == CodeBusy, e.Code == CodeVersionConflict, e.Code == CodeWelcomeElsewhere, e.Outcome == InDoubt:
		if !req.repeatable {
			return 0, false
		}
		return r.later()
	default:
		return 0, false
	}
}

func (r *retrying) later() (time.Duration, bool) {
	r.busy++
	wait := time.Duration(float64(r.backoff) * (1 - backoffSpread*rand.Float64())) //nolint:gosec // spreads load
	r.backoff *= backoffFactor
	return wait, r.busy < attempts
}
