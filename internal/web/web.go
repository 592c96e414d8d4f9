package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// Options are what the console needs besides its ports.
type Options struct {
	Clock  clock.Clock
	Zone   *time.Location // of the brand, in which days begin and times are shown
	Log    *slog.Logger   // one line per failed request, without personal data
	Secure bool           // the console is reached by https: cookies say so
}

// Console serves the pages.
type Console struct {
	Ports
	Options
	locales map[string]*locale
	pages   map[string]*pages // by language
	assets  *assets
	pace    *pacing // of programs
	routes  *http.ServeMux
	handler http.Handler
}

// New returns the console. It fails where the frame of pages or a locale file is wrong.
func New(ports Ports, options Options) (*Console, error) {
	c := &Console{Ports: ports, Options: options, pace: newPacing()}
	var err error
	if c.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	if c.locales, err = locales(); err != nil {
		return nil, fmt.Errorf("load locales: %w", err)
	}
	c.pages = map[string]*pages{}
	for tag, l := range c.locales {
		if c.pages[tag], err = c.pagesIn(l); err != nil {
			return nil, fmt.Errorf("parse the frame of pages: %w", err)
		}
	}
	c.handler = c.routed()
	return c, nil
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

func (c *Console) routed() http.Handler {
	mux := http.NewServeMux()
	for _, route := range Routes() {
		mux.Handle(route.Pattern, c.guarded(route))
	}
	mux.Handle("GET /asset/", c.assets)
	mux.HandleFunc("GET /favicon.ico", c.assets.icon)
	mux.Handle(APIRoot+"/", c.api())
	mux.Handle("/", c.guarded(Route{Pattern: "/", May: anyone, do: (*visit).nowhere}))
	c.routes = mux
	return secured(compressed(http.NewCrossOriginProtection().Handler(mux)), c.Secure)
}

// visit is one request on its way through the console.
type visit struct {
	*Console
	w    http.ResponseWriter
	r    *http.Request
	seat Seat // zero on public pages
	lang *locale
	now  time.Time
	// status is what render answers with, 0 for 200.
	status int
}

// guarded runs a route for those who may, and answers for those who may not
// and for what went wrong.
func (c *Console) guarded(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Console: c, w: w, r: r, lang: c.localeOf(r), now: c.Clock.Now()}
		seat, err := c.seatOf(r)
		switch {
		case err == nil:
			v.seat = seat
		case fault.CodeOf(err) != fault.Denied:
			v.fail(err)
			return
		}
		if !route.May(v.seat) {
			v.refuse()
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, route.limit())
		err = route.do(v)
		if fault.CodeOf(err) == fault.NotFound {
			if above := v.above(); above != "" {
				v.redirect(above)
				return
			}
		}
		if err != nil {
			v.fail(err)
		}
	})
}

func (c *Console) seatOf(r *http.Request) (Seat, error) {
	cookie, err := r.Cookie(SessionCookie)
	if err != nil {
		return Seat{}, nil //nolint:nilerr // without a cookie it is a stranger
	}
	return c.Accounts.Seat(r.Context(), cookie.Value)
}

// refuse sends strangers to the login, those inside WeCom to WeCom's, and
// tells the others that the page is
// not theirs.
func (v *visit) refuse() {
	if v.seat.Account != "" {
		v.fail(fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("role %s may not open %s", v.seat.Role, v.r.URL.Path)))
		return
	}
	if v.partial() {
		v.w.Header().Set("HX-Redirect", "/login")
		v.w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if v.inWeCom() && v.r.Method == http.MethodGet {
		v.redirect("/enter?to=" + url.QueryEscape(v.r.URL.RequestURI()))
		return
	}
	v.redirect("/login")
}

// fail answers with what went wrong, in words for people; the cause goes to
// the log only where somebody has to mend it.
func (v *visit) fail(err error) {
	code := fault.CodeOf(err)
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		code, err = fault.Invalid, fault.WithKey(fault.Invalid, "error.too_big", err)
	}
	if v.r.Context().Err() != nil {
		return
	}
	if code == fault.Internal || code == fault.Upstream {
		v.Log.Error("page failed", "method", v.r.Method, "pattern", v.r.Pattern, "code", code, "error", err)
	}
	text := v.lang.fault(err)
	if v.partial() {
		http.Error(v.w, text, statusOf(code))
		return
	}
	v.status = statusOf(code)
	page := Page{Title: v.lang.text("error.title"), Data: errorPage{Status: v.status, Text: text}}
	if err := v.show("error", page); err != nil {
		v.Log.Error("error page failed", "error", err)
		http.Error(v.w, text, v.status)
	}
}

type errorPage struct {
	Status int
	Text   string
}

func (v *visit) nowhere() error { return fault.New(fault.NotFound, "no page at %s", v.r.URL.Path) }

// above returns the page above the address of a form, "" for other addresses. Who opens
// one - by another language or loading again what a form answered - is led there.
func (v *visit) above() string {
	at := v.r.URL.Path
	form := v.served(http.MethodPost, at)
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead || form == "" || form == v.served(http.MethodGet, at) {
		return ""
	}
	for at = path.Dir(at); at != "/" && v.served(http.MethodGet, at) == ""; {
		at = path.Dir(at)
	}
	return at
}

// served returns the path pattern by which the console answers requests of a method, ""
// where it has none.
func (c *Console) served(method, at string) string {
	_, pattern := c.routes.Handler(&http.Request{Method: method, URL: &url.URL{Path: at}})
	which, of, _ := strings.Cut(pattern, " ")
	if which != method {
		return ""
	}
	return of
}

func statusOf(code fault.Code) int {
	switch code {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Denied, fault.Forbidden:
		return http.StatusForbidden
	case fault.Upstream:
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

// partial tells whether htmx asks for a piece of a page.
func (v *visit) partial() bool {
	return v.r.Header.Get("HX-Request") == "true" && v.r.Header.Get("HX-History-Restore-Request") != "true"
}

// redirect sends the browser to an address of the console.
func (v *visit) redirect(to string) {
	if v.partial() {
		v.w.Header().Set("HX-Redirect", to)
		v.w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

func (v *visit) asker() Asker {
	return Asker{Account: v.seat.Account, Role: v.seat.Role, Scope: v.seat.Scope}
}
