package reading

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
)

// Path is where tracked links lead, with the token behind it.
const Path = "/o/"

// SurveyPath is where links of surveys lead on to, with the same token.
const SurveyPath = "/survey/"

// Book is what the door reads and writes.
type Book interface {
	// Piece returns the piece of a code; ok is false where there is none. It
	// does not ask a database for what this process has sent.
	Piece(ctx context.Context, code id.Code) (p content.Piece, ok bool, err error)
	// Counting tells whether anything is counted now.
	Counting() bool
	// Reads tells whether the customer may be counted now.
	Reads(ctx context.Context, customer id.Customer) (bool, error)
	// AddOpening stores an opening before it returns.
	AddOpening(ctx context.Context, opened event.Fact) error
	// AddMassOpening counts one before it returns.
	AddMassOpening(ctx context.Context, sent content.Sent, at time.Time) error
}

// Patience is how long whoever opens a link usually waits for the opening to be
// stored.
const Patience = 700 * time.Millisecond

// Door opens tracked links. It is safe for concurrent use.
type Door struct {
	Tokens Tokens
	Book   Book
	Clock  clock.Clock
	Log    *slog.Logger
	// Patience is how long whoever opens a link waits for the opening to be
	// stored.
	Patience time.Duration
	lost     atomic.Int64
}

// ServeHTTP stores the opening, if it counts, and leads on to the address that
// was stored for the piece, or to the page of this installation that asks a survey, and
// to no other. Whoever opens the link gets there
// also where storing takes too long or fails.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	sent, ok := d.Tokens.Read(strings.TrimPrefix(r.URL.Path, Path))
	if !ok {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), d.Patience)
	defer cancel()
	piece, ok, err := d.Book.Piece(ctx, sent.Piece)
	switch {
	case err != nil:
		d.Log.Error("a tracked link cannot be looked up", "error", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	case !ok || piece.Kind != content.Survey && !leads(piece.Address):
		http.NotFound(w, r)
		return
	}
	to := piece.Address
	if piece.Kind == content.Survey {
		to = SurveyPath + strings.TrimPrefix(r.URL.Path, Path)
	}
	if byPerson(r) && d.Book.Counting() {
		d.count(ctx, sent)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex")
	http.Redirect(w, r, to, http.StatusFound)
}

// count stores one opening. What is not known to be stored in time counts as
// lost; the opening of who went away meanwhile is none.
func (d *Door) count(ctx context.Context, sent content.Sent) {
	stored := make(chan error, 1)
	go func() { stored <- d.store(ctx, sent) }() // a write that has begun is not broken off
	var err error
	select {
	case err = <-stored:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	d.lost.Add(1)
	d.Log.Error("an opening was not stored", "error", err)
}

func (d *Door) store(ctx context.Context, sent content.Sent) error {
	now := d.Clock.Now()
	if !sent.One() {
		return d.Book.AddMassOpening(ctx, sent, now)
	}
	if may, err := d.Book.Reads(ctx, sent.Customer); err != nil || !may {
		return err
	}
	opened, err := Opened(sent, now)
	if err != nil {
		return err
	}
	return d.Book.AddOpening(ctx, opened)
}

// Answered returns the fact that the customer of a message answered its survey: the
// same fact whatever the score, so that the first answer stands.
func Answered(sent content.Sent, score int, at time.Time) (event.Fact, error) {
	return event.New(event.Customer(sent.Customer), at, event.FromReading, id.Hash("answered", id.Text(sent.Touch)),
		event.SurveyAnswered{Survey: sent.Piece, Score: score, Touch: sent.Touch, Staff: sent.Staff})
}

// Opened returns the fact that somebody opened the link of a message to one
// customer: the same fact all business day.
func Opened(sent content.Sent, at time.Time) (event.Fact, error) {
	key := id.Hash("opened", id.Text(sent.Touch), strconv.FormatInt(event.At(at).Day(), 10))
	return event.New(event.Customer(sent.Customer), at, event.FromReading, key,
		event.ContentOpened{Content: sent.Piece, Touch: sent.Touch, Staff: sent.Staff})
}

// TakeLost returns how many openings could not be stored since it was asked
// last.
func (d *Door) TakeLost() int64 { return d.lost.Swap(0) }

// AddLost gives back what TakeLost returned and could not be kept.
func (d *Door) AddLost(n int64) { d.lost.Add(n) }

// leads tells whether a browser may be sent to the address.
func leads(address string) bool {
	to, err := url.Parse(address)
	return err == nil && (to.Scheme == "https" || to.Scheme == "http") && to.Host != ""
}

// machines are parts of what programs call themselves that fetch a page without
// anybody reading it: previews, crawlers, checks. How the programs of WeChat and
// WeCom call themselves is not published; those that say nothing are left out
// too.
var machines = []string{"bot", "spider", "crawl", "preview", "slurp", "fetch", "scan", "monitor", "headless", "curl", "wget", "python", "java/", "okhttp",
	"go-http-client", "facebookexternalhit", "qq-url-manager", "sogou web", "bytespider"}

// byPerson tells whether a request looks like that of somebody who reads.
func byPerson(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	for _, name := range []string{"Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"} {
		if said := strings.ToLower(r.Header.Get(name)); strings.Contains(said, "prefetch") || strings.Contains(said, "preview") {
			return false
		}
	}
	agent := strings.ToLower(r.UserAgent())
	for _, m := range machines {
		if strings.Contains(agent, m) {
			return false
		}
	}
	return agent != ""
}
