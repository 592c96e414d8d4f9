package reading

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

var (
	noon     = time.Date(2026, 5, 5, 12, 0, 0, 0, clock.Shanghai)
	guide    = content.Piece{Code: 7, Name: "serve.1", Kind: content.Article, Title: "How to brew", Address: "https://shop.example/brew?a=1#b"}
	toOne    = content.Sent{Piece: 7, Staff: 5, Touch: 900, Customer: 31}
	toMany   = content.Sent{Piece: 7, Staff: 5, Dispatch: 77}
	byWechat = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 MicroMessenger/8.0.49"
)

// shelf is a book that remembers what was stored.
type shelf struct {
	mu      sync.Mutex
	off     bool
	refuses bool
	fails   error
	busy    bool // waits until the opening's time is over, as a queue does
	stuck   chan struct{}
	opened  []event.Fact
	mass    int
}

func (s *shelf) Piece(_ context.Context, code id.Code) (content.Piece, bool, error) {
	switch code {
	case guide.Code:
		return guide, true, nil
	case 8:
		return content.Piece{Code: 8, Address: "javascript:alert(1)"}, true, nil
	case 6:
		return content.Piece{Code: 6, Kind: content.Survey, Title: "How was it?"}, true, nil
	case 9:
		return content.Piece{}, false, errors.New("no database")
	}
	return content.Piece{}, false, nil
}

func (s *shelf) Counting() bool { return !s.off }

func (s *shelf) Reads(ctx context.Context, _ id.Customer) (bool, error) {
	if s.busy {
		<-ctx.Done()
		return false, ctx.Err()
	}
	return !s.refuses, s.fails
}

func (s *shelf) AddOpening(_ context.Context, opened event.Fact) error {
	if s.stuck != nil {
		<-s.stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.opened, func(f event.Fact) bool { return f.Subject == opened.Subject && f.Key == opened.Key }) {
		s.opened = append(s.opened, opened)
	}
	return nil
}

func (s *shelf) AddMassOpening(context.Context, content.Sent, time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mass++
	return s.fails
}

func tokens(t testing.TB, first byte) Tokens {
	t.Helper()
	key, err := vault.NewKey(append([]byte{first}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	return NewTokens(key)
}

type doorway struct {
	*testing.T
	*Door
	shelf *shelf
	clock *clock.Virtual
}

func open(t *testing.T) *doorway {
	s, c := &shelf{}, clock.NewVirtual(noon)
	return &doorway{t, &Door{Tokens: tokens(t, 1), Book: s, Clock: c, Log: slog.New(slog.DiscardHandler), Patience: Patience}, s, c}
}

// ask asks for the link of a message; headers come in pairs.
func (d *doorway) ask(method string, sent content.Sent, headers ...string) *http.Response {
	return d.askFor(method, Path+d.Tokens.Write(sent), headers...)
}

func (d *doorway) askFor(method, path string, headers ...string) *http.Response {
	d.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("User-Agent", byWechat)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result()
}

func (d *doorway) leads(answer *http.Response) {
	d.Helper()
	if answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != guide.Address {
		d.Errorf("%s to %q", answer.Status, answer.Header.Get("Location"))
	}
	if answer.Header.Get("Set-Cookie") != "" || answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
		d.Errorf("headers %v", answer.Header)
	}
}

func TestAnOpeningCountsOnceADayAndLeadsOn(t *testing.T) {
	d := open(t)
	for range 3 {
		d.leads(d.ask("GET", toOne))
	}
	d.clock.Set(noon.AddDate(0, 0, 1))
	d.leads(d.ask("GET", toOne))
	other := toOne
	other.Touch = 901
	d.leads(d.ask("GET", other))
	if len(d.shelf.opened) != 3 {
		t.Fatalf("%d openings", len(d.shelf.opened))
	}
	f := d.shelf.opened[0]
	body, err := event.Read[event.ContentOpened](f)
	if err != nil || body != (event.ContentOpened{Content: 7, Touch: 900, Staff: 5}) || f.Subject != event.Customer(31) || f.Source != event.FromReading {
		t.Errorf("%+v, %+v, %v", f, body, err)
	}
	d.leads(d.ask("GET", toMany))
	d.leads(d.ask("GET", toMany))
	if d.shelf.mass != 2 {
		t.Errorf("%d openings of a mass message", d.shelf.mass)
	}
}

func TestTheLinkOfASurveyLeadsToItsPageWithTheSameToken(t *testing.T) {
	d := open(t)
	asked := toOne
	asked.Piece = 6
	token := d.Tokens.Write(asked)
	answer := d.askFor("GET", Path+token)
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusFound || to != SurveyPath+token || len(d.shelf.opened) != 1 {
		t.Errorf("%s to %q, %d openings", answer.Status, to, len(d.shelf.opened))
	}
	first, err := Answered(asked, 5, noon)
	again, failed := Answered(asked, 1, noon.Add(time.Hour))
	if err != nil || failed != nil || first.Key != again.Key || first.Subject != event.Customer(31) {
		t.Errorf("another answer is another fact: %v, %v", err, failed)
	}
}

func TestMachinesDoNotCount(t *testing.T) {
	d := open(t)
	d.leads(d.ask("HEAD", toOne))
	for _, agent := range []string{"", "Googlebot/2.1", "WeComLinkPreview/1.0", "curl/8.0", "Go-http-client/1.1", "Sogou web spider/4.0", "QQ-URL-Manager"} {
		d.leads(d.ask("GET", toOne, "User-Agent", agent))
		d.leads(d.ask("GET", toMany, "User-Agent", agent))
	}
	d.leads(d.ask("GET", toOne, "Sec-Purpose", "prefetch;prerender"))
	d.leads(d.ask("GET", toOne, "X-Moz", "prefetch"))
	if len(d.shelf.opened) != 0 || d.shelf.mass != 0 {
		t.Errorf("%d and %d openings by machines", len(d.shelf.opened), d.shelf.mass)
	}
}

func TestWhoIsNotToBeCountedIsLedOnAllTheSame(t *testing.T) {
	d := open(t)
	d.shelf.refuses = true
	d.leads(d.ask("GET", toOne))
	d.shelf.refuses, d.shelf.off = false, true
	d.leads(d.ask("GET", toOne))
	d.leads(d.ask("GET", toMany))
	if len(d.shelf.opened) != 0 || d.shelf.mass != 0 || d.TakeLost() != 0 {
		t.Errorf("%d and %d openings", len(d.shelf.opened), d.shelf.mass)
	}
}

func TestTheDoorLeadsNowhereElse(t *testing.T) {
	d := open(t)
	good := Path + d.Tokens.Write(toOne)
	d.leads(d.askFor("GET", good+"?siyu=abc&url=https://evil.example&to=//evil.example"))
	stranger := tokens(t, 2).Write(toOne)
	for name, path := range map[string]string{
		"nothing": Path, "a made-up token": Path + "abc", "a token of another key": Path + stranger, "a longer token": good + "A", "a shorter token": good[:len(good)-1],
		"a path behind it": good + "/x", "an address": Path + "https://evil.example", "a long text": Path + strings.Repeat("A", 5000),
		"a piece without an address": Path + d.Tokens.Write(content.Sent{Piece: 8, Touch: 1, Customer: 2}), "an unknown piece": Path + d.Tokens.Write(content.Sent{Piece: 99, Dispatch: 1}),
	} {
		if got := d.askFor("GET", path); got.StatusCode != http.StatusNotFound || got.Header.Get("Location") != "" {
			t.Errorf("%s: %s to %q", name, got.Status, got.Header.Get("Location"))
		}
	}
	if got := d.ask("POST", toOne); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", got.Status)
	}
	if got := d.ask("GET", content.Sent{Piece: 9, Dispatch: 1}); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without a database: %s", got.Status)
	}
}

func TestNobodyWaitsForABusyDatabase(t *testing.T) {
	for name, spoil := range map[string]func(*shelf){
		"it fails":          func(s *shelf) { s.fails = errors.New("disk full") },
		"its queue is long": func(s *shelf) { s.busy = true },
		"its disk hangs":    func(s *shelf) { s.stuck = make(chan struct{}) },
	} {
		d := open(t)
		spoil(d.shelf)
		began := time.Now()
		d.leads(d.ask("GET", toOne))
		if took := time.Since(began); took > Patience+5*time.Second {
			t.Errorf("%s: the reader waited %s", name, took)
		}
		if lost := d.TakeLost(); lost != 1 || d.TakeLost() != 0 {
			t.Errorf("%s: %d lost", name, lost)
		}
		d.AddLost(1)
		if d.TakeLost() != 1 {
			t.Errorf("%s: what could not be kept is forgotten", name)
		}
		if d.shelf.stuck != nil {
			close(d.shelf.stuck)
		}
	}
}

func TestATokenSaysNothingWithoutTheKey(t *testing.T) {
	own := tokens(t, 1)
	for _, sent := range []content.Sent{toOne, toMany, {Piece: -1, Staff: -2, Touch: -3, Customer: -4}} {
		a, b := own.Write(sent), own.Write(sent)
		if a == b {
			t.Error("two tokens of a message are equal")
		}
		for _, token := range []string{a, b} {
			if got, ok := own.Read(token); !ok || got != sent {
				t.Errorf("%+v is read as %+v", sent, got)
			}
			if _, ok := tokens(t, 2).Read(token); ok || len(token) > 90 {
				t.Errorf("another installation reads %s", token)
			}
		}
	}
}

// FuzzDoor asks for anything: only what Write wrote leads anywhere, and nobody
// writes it who lacks the key.
func FuzzDoor(f *testing.F) {
	own := tokens(f, 1)
	good := own.Write(toOne)
	raw, _ := base64.RawURLEncoding.DecodeString(good)
	for _, seed := range []string{"", "a", good, own.Write(toMany), good + "=", strings.ToLower(good), base64.StdEncoding.EncodeToString(raw), "..%2f", "\x00", "https://evil.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		sent, ok := own.Read(token)
		if ok && sent != toOne && sent != toMany {
			t.Fatalf("%q is read as %+v", token, sent)
		}
		d := &Door{Tokens: own, Book: &shelf{off: true}, Clock: clock.NewVirtual(noon), Log: slog.New(slog.DiscardHandler), Patience: Patience}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = Path + token
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if at := w.Result().Header.Get("Location"); at != "" && at != guide.Address || !ok && at != "" {
			t.Fatalf("%q leads to %q", token, at)
		}
	})
}
