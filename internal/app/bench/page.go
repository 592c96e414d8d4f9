package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"siyu/internal/account"
	"siyu/internal/id"
	"siyu/internal/web"
)

// Page is how long one page of the console takes over HTTP.
type Page struct {
	Address string  `json:"address"`
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`
	Max     float64 `json:"max_ms"`
	Bytes   int     `json:"bytes"`
}

// Pages is what was measured of each page.
type Pages struct {
	Figures
	Pages []Page `json:"pages"`
}

// pageRounds is how often each page is asked for.
const pageRounds = 100

// Read asks for pages of the console, logged in as its owner, one after the
// other, in the afternoon after a night.
func Read(ctx context.Context, o Options) (result Pages, err error) {
	g, err := prepare(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	result.Engine, result.Customers = o.Engine, o.Customers
	if _, err := g.Night(ctx); err != nil {
		return result, err
	}
	g.clock.Set(g.clock.Now().Add(10 * time.Hour))
	v, err := g.visit(ctx)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, v.server.Close()) }()
	forgetPeak()
	began := started()
	var all times
	for _, page := range v.pages(o.Customers) {
		measured, took, err := v.measure(ctx, page)
		if err != nil {
			return result, err
		}
		o.say("%s: p50 %.0f ms, p95 %.0f ms, slowest %.0f ms", page.name, measured.P50, measured.P95, measured.Max)
		result.Pages, all = append(result.Pages, measured), append(all, took...)
	}
	result.take(all)
	result.Seconds, result.RSS = began.passed().Seconds(), resident(ownProcess)
	result.Rate = float64(len(all)) / result.Seconds
	return result, nil
}

// visit is somebody who looks at the console.
type visit struct {
	server  *http.Server
	address string
	session string
}

// visit serves the console on loopback and logs its owner in.
func (g *ground) visit(ctx context.Context) (*visit, error) {
	handler, err := g.Handler()
	if err != nil {
		return nil, err
	}
	const name, password = "owner", "a long password for a bench"
	token, err := g.Accounts().FirstLink(ctx)
	if err != nil {
		return nil, err
	}
	if err := g.Accounts().SetUp(ctx, token, name, password); err != nil {
		return nil, err
	}
	session, err := g.Accounts().LogIn(ctx, account.Login{Account: name, Password: password, From: "127.0.0.1"})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	v := &visit{server: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}, address: "http://" + listener.Addr().String(), session: session}
	go func() { _ = v.server.Serve(listener) }() // it ends when it is closed
	return v, nil
}

// asked is a page and the address of each round.
type asked struct {
	name string
	path func(round int) string
	form url.Values // sent by POST, as the page's script does; nil: GET
}

func (v *visit) pages(customers int) []asked {
	always := func(path string) asked { return asked{name: path, path: func(int) string { return path }} }
	return []asked{
		always("/today"), always("/customers"), always("/customers?sort=due"), always("/touch"), always("/groups"), always("/value"), always("/value/groups?by=store"), always("/value/due"),
		{name: "/customers/{id}", path: func(round int) string { return "/customers/" + id.Text(customerID(round*(customers/pageRounds))) }},
		always("/audiences"),
		{name: "/audiences/look", path: func(int) string { return "/audiences/look" }, form: fourConditions()},
	}
}

// fourConditions is the form of a rule: growing or mature, bought twice in 90
// days, worth more than 20 yuan, due within 30 days.
func fourConditions() url.Values {
	form := url.Values{"part": {"0"}, "join.0": {"all"}}
	for i, c := range []struct {
		field, window, is string
		values            []string
	}{
		{"stage", "", "in", []string{strconv.Itoa(growing), strconv.Itoa(mature)}}, {"orders", "90", ">=", []string{"2"}}, {"value", "", ">", []string{"20"}}, {"due", "", "next", []string{"30"}},
	} {
		path := fmt.Sprintf("0.%d", i)
		form.Add("part", path)
		form["was."+path], form["field."+path], form["is."+path] = []string{c.field}, []string{c.field}, []string{c.is}
		form["window."+path], form["value."+path] = []string{c.window}, c.values
	}
	return form
}

// measure asks for a page often. The first answer, which fills caches, is not
// counted.
func (v *visit) measure(ctx context.Context, page asked) (measured Page, all times, err error) {
	measured.Address = page.name
	for round := range pageRounds + 1 {
		began := started()
		n, err := v.ask(ctx, page, round%pageRounds)
		if err != nil {
			return measured, nil, err
		}
		if round > 0 {
			all = append(all, began.passed())
		}
		measured.Bytes = n
	}
	measured.P50, measured.P95, measured.Max = all.at(.50), all.at(.95), all.at(1)
	return measured, all, nil
}

func (v *visit) ask(ctx context.Context, page asked, round int) (size int, err error) {
	path := page.path(round)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.address+path, nil)
	if page.form != nil {
		r, err = http.NewRequestWithContext(ctx, http.MethodPost, v.address+path, strings.NewReader(page.form.Encode()))
	}
	if err != nil {
		return 0, err
	}
	if page.form != nil {
		for name, value := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": v.address, "Sec-Fetch-Site": "same-origin", "HX-Request": "true"} {
			r.Header.Set(name, value)
		}
	}
	r.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: v.session})
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, fmt.Errorf("ask for %s: %w", path, err)
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("ask for %s: status %d", path, answer.StatusCode)
	}
	return int(n), err
}
