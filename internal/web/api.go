package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"siyu/internal/audience"
	"siyu/internal/fault"
)

// APIRoot is where the API's addresses begin.
const APIRoot = "/api/v1"

// maxBody bounds what a program may send at a time: the longest rule there can
// be is far below.
const maxBody = 1 << 20

// call is one request of a program on its way through the API.
type call struct {
	*Console
	w    http.ResponseWriter
	r    *http.Request
	seat Seat
	lang *locale // of messages
}

// api answers programs. It reads keys from the header Authorization alone: a
// cookie opens nothing here, so that no other site can use a browser for it.
func (c *Console) api() http.Handler {
	mux := http.NewServeMux()
	for _, e := range Endpoints() {
		mux.Handle(e.Method+" "+APIRoot+e.Path, c.called(e))
	}
	mux.Handle("GET "+APIRoot+"/openapi.json", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, OpenAPI())
	}))
	mux.Handle(APIRoot+"/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(&call{Console: c, w: w, r: r, lang: c.langOf(r)}).fail(fault.New(fault.NotFound, "no endpoint"))
	}))
	return mux
}

func (c *Console) called(e Endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one := &call{Console: c, w: w, r: r, lang: c.langOf(r)}
		if err := one.enter(); err != nil {
			one.fail(err)
			return
		}
		if !e.May(one.seat) {
			one.fail(fault.New(fault.Denied, "a key of role %s may not call %s", one.seat.Role, e.Name))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		out, err := e.do(one)
		if err != nil {
			one.fail(err)
			return
		}
		answerJSON(w, e.status(), out)
	})
}

// langOf returns the language a program asks for; programs that ask for none
// are answered in English.
func (c *Console) langOf(r *http.Request) *locale {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language"))), "zh") {
		return c.locales[chinese]
	}
	return c.locales[english]
}

var errNoKey = errors.New("the request carries no key that works")

// later is the refusal of a program that asks too often.
type later struct{ seconds int }

func (l later) Error() string { return fmt.Sprintf("too many requests, again in %d s", l.seconds) }

// enter finds out whose key the request carries. Keys that do not work are
// counted by address, so that trying them is slow; others by themselves.
func (c *call) enter() error {
	secret, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	if !ok || secret == "" {
		return errNoKey
	}
	now, from := c.Clock.Now(), "from "+address(c.r)
	if wait := c.pace.wait(from, now); wait > 0 {
		return tooOften(wait)
	}
	seat, err := c.Keys.KeySeat(c.r.Context(), secret)
	if fault.CodeOf(err) == fault.Denied {
		c.pace.take(from, now)
		return errNoKey
	}
	if err != nil {
		return err
	}
	if wait := c.pace.take(seat.Account, now); wait > 0 {
		return tooOften(wait)
	}
	c.seat = seat
	return nil
}

func tooOften(seconds float64) error { return later{max(1, int(math.Ceil(seconds)))} }

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (c *call) asker() Asker { return Asker{Account: c.seat.Account, Scope: c.seat.Scope} }

// misuse is a request that does not say what an endpoint takes, with the member
// that is wrong and a sentence for people.
type misuse struct {
	path, key string
	pairs     []any
}

func (m misuse) Error() string { return fmt.Sprintf("%s: %s", m.path, m.key) }

func misused(path, key string, pairs ...any) error {
	return fault.WithKey(fault.Invalid, key, misuse{path, key, pairs})
}

// read decodes the body, which must be one JSON value of known members.
func (c *call) read(into any) error {
	body, err := io.ReadAll(c.r.Body)
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return unread(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return misused("", "api.error.body", "Why", "something follows the document")
	}
	return nil
}

// unread says why a body is not what an endpoint takes, without names of types.
func unread(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		embedded := func(name string) bool { return strings.HasPrefix(name, "api") }
		path := slices.DeleteFunc(strings.Split(kind.Field, "."), embedded)
		return misused(strings.Join(path, "."), "api.error.kind", "Kind", kind.Value)
	}
	return misused("", "api.error.body", "Why", strings.TrimPrefix(err.Error(), "json: "))
}

// whole reads a whole number of the address; usual where it is not there.
func (c *call) whole(name string, usual, most int) (int, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, misused(name, "api.error.range", "Most", strconv.Itoa(most))
	}
	return n, nil
}

// wrongRule is a flawed rule that stands under a name in the body.
type wrongRule struct {
	of  string
	err error
}

func (w wrongRule) Error() string { return w.of + ": " + w.err.Error() }
func (w wrongRule) Unwrap() error { return w.err }

// apiError is what every refusal answers.
type apiError struct {
	Error apiRefusal `json:"error"`
}

type apiRefusal struct {
	Code    string    `json:"code" enum:"invalid,unauthorized,forbidden,not_found,conflict,too_large,too_many,upstream,internal" doc:"what went wrong, for programs"`
	Message string    `json:"message" doc:"the same for people, in Chinese where Accept-Language begins with zh, else in English"`
	At      *apiPlace `json:"at,omitempty" doc:"where the first thing that is wrong stands"`
	Flaws   []apiFlaw `json:"flaws,omitempty" doc:"everything that is wrong with a rule"`
}

type apiFlaw struct {
	Mistake string   `json:"mistake" doc:"which mistake, for programs"`
	Message string   `json:"message" doc:"the same for people"`
	At      apiPlace `json:"at" doc:"where it stands"`
}

type apiPlace struct {
	Of   string `json:"of,omitempty" doc:"member of the body that holds the rule, where there are two"`
	Path string `json:"path" doc:"the part of the rule, such as all[2].any[0] or all[1].values[0], or the member of the body; empty: the whole"`
	From *int   `json:"from,omitempty" doc:"first character of the part in the sentence, from 0"`
	To   *int   `json:"to,omitempty" doc:"the character behind it"`
}

// fail answers with what went wrong; the cause goes to the log only where
// somebody has to mend it.
func (c *call) fail(err error) {
	if c.r.Context().Err() != nil {
		return
	}
	status, code := refusalOf(err)
	if status >= http.StatusInternalServerError {
		c.Log.Error("api failed", "method", c.r.Method, "pattern", c.r.Pattern, "code", fault.CodeOf(err), "error", err)
	}
	var wait later
	switch {
	case errors.As(err, &wait):
		c.w.Header().Set("Retry-After", strconv.Itoa(wait.seconds))
	case status == http.StatusUnauthorized:
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="siyu"`)
	}
	answerJSON(c.w, status, apiError{c.said(code, err)})
}

// refusalOf returns how a refusal is numbered and called.
func refusalOf(err error) (status int, code string) {
	var tooBig *http.MaxBytesError
	var wait later
	switch {
	case errors.As(err, &tooBig):
		return http.StatusRequestEntityTooLarge, "too_large"
	case errors.As(err, &wait):
		return http.StatusTooManyRequests, "too_many"
	case errors.Is(err, errNoKey):
		return http.StatusUnauthorized, "unauthorized"
	}
	status = statusOf(fault.CodeOf(err))
	if status == http.StatusForbidden {
		return status, "forbidden"
	}
	return status, string(fault.CodeOf(err))
}

func (c *call) said(code string, err error) apiRefusal {
	refusal := apiRefusal{Code: code, Message: c.message(code, err)}
	var wrong misuse
	if errors.As(err, &wrong) {
		refusal.At = &apiPlace{Path: wrong.path}
	}
	var rule wrongRule
	_ = errors.As(err, &rule) // most rules stand alone
	for _, f := range audience.FlawsOf(err) {
		at := apiPlace{Of: rule.of, Path: f.Path}
		if f.From >= 0 {
			at.From, at.To = &f.From, &f.To
		}
		refusal.Flaws = append(refusal.Flaws, apiFlaw{string(f.Mistake), c.lang.flaw(f), at})
	}
	if len(refusal.Flaws) > 0 {
		refusal.At, refusal.Message = &refusal.Flaws[0].At, refusal.Flaws[0].Message
	}
	return refusal
}

func (c *call) message(code string, err error) string {
	var wrong misuse
	var wait later
	switch {
	case errors.As(err, &wrong):
		return c.lang.text(wrong.key, wrong.pairs...)
	case errors.As(err, &wait):
		return c.lang.text("api.error.too_many", "Seconds", strconv.Itoa(wait.seconds))
	case fault.KeyOf(err) == "":
		return c.lang.word("api_error", code)
	}
	return c.lang.fault(err)
}

// flaw says one thing that is wrong with a rule.
func (l *locale) flaw(f audience.Flaw) string {
	var pairs []any
	for name, value := range l.words.Explain(f) {
		pairs = append(pairs, name, value)
	}
	return l.text(f.Key(), pairs...)
}

func answerJSON(w http.ResponseWriter, status int, document any) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		http.Error(w, "write answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // a client that went away has nobody left to tell
}
