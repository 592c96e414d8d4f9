package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"siyu/internal/decision/sop"
	"siyu/internal/id"
)

//go:embed template
var templateFiles embed.FS

// Page is what the frame around every page needs, and the page's own data.
type Page struct {
	Title  string
	Menu   string // which entry of the menu is lit
	Data   any
	Done   string // sentence about what just happened, "" for none
	Seat   Seat
	Badges Badges
	Path   string // where the language switch comes back to
	Other  string // language the switch offers
	Bare   bool   // no menu: nobody is logged in
}

// pages are the pages in one language. A page is parsed when it is first opened: all of
// them in both languages take some 100 MB, and few shops open all.
type pages struct {
	frame  *template.Template // stands around every page; never executed, so that it can be cloned
	mutex  sync.Mutex
	parsed map[string]*template.Template // by name
}

// pagesIn parses the frame with the texts of a language, so that a template calls for
// its texts without naming the language.
func (c *Console) pagesIn(l *locale) (*pages, error) {
	frame, err := template.New("frame.html").Option("missingkey=error").Funcs(c.funcs(l)).ParseFS(templateFiles, "template/*.html")
	return &pages{frame: frame, parsed: map[string]*template.Template{}}, err
}

// page returns the template of a page. It fails where there is none and where it is wrong.
func (p *pages) page(name string) (*template.Template, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if page, ok := p.parsed[name]; ok {
		return page, nil
	}
	page, err := p.frame.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone the frame of page %s: %w", name, err)
	}
	if _, err := page.ParseFS(templateFiles, "template/page/"+name+".html"); err != nil {
		return nil, fmt.Errorf("parse page %s: %w", name, err)
	}
	p.parsed[name] = page
	return page, nil
}

func (c *Console) funcs(l *locale) template.FuncMap {
	days := c.calendar(l)
	return template.FuncMap{
		"t": l.text, "in": func(t sop.Text) string { return t.In(l.process()) }, "word": l.word, "language": func() string { return l.tag },
		"count": l.count, "number": l.number, "share": l.share, "percent": l.percent, "signed": l.signed, "points": l.points,
		"yuan": l.yuan, "estimated": l.estimated, "estimate": l.estimate, "interval": l.interval,
		"day": days.day, "weekday": days.weekday, "clock": days.clock, "ago": days.ago, "span": days.span,
		"daytime": daytime, "asset": c.assets.url, "reason": days.reason, "limitHead": days.limitHead, "limitSay": days.limitSay,
		"massReason": l.massReason,
		"customerID": id.Text[id.Customer], "storeID": id.Text[id.Store], "staffID": id.Text[id.Staff],
		"groupID": id.Text[id.Group], "lineID": id.Text[id.Line], "number64": id.Text[int64],
		"numeric": numeric, "plain": plainPercent, "moved": l.moved, "hours": l.hours, "store": l.store, "answerer": l.answerer, "postReason": l.postReason, "place": l.place, "dial": dial,
		"fieldGroups": fieldGroups, "joins": joins, "testWord": l.testWord, "wordOf": l.wordOf, "fieldWord": l.fieldWord, "unitOf": unitOf, "shareName": l.shareName, "widthOf": widthOf, "took": took,
		"month": l.month, "quarter": l.quarter, "factor": factor, "lineName": l.lineName, "cutName": l.cutName, "models": l.models, "small": small, "thin": thin, "digits": digits, "rounded": l.rounded, "next": func(i int) int { return i + 1 }, "said": l.processText,
	}
}

// plainPercent writes a share as a number input holds it: 7.5.
func plainPercent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e4)/100, 'f', -1, 64)
}

// dial returns the address that rings a phone up: templates let through no tel: of
// their own, and nothing but digits gets into this one.
func dial(phone string) template.URL {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
	return template.URL("tel:" + digits)
}

// numeric tells whether a column of the customer list holds numbers.
func numeric(column string) bool {
	return slices.Contains([]string{"repurchase", "value", "orders", "turnover", "month"}, column)
}

func (c *Console) calendar(l *locale) calendar {
	return calendar{locale: l, zone: c.Zone, now: c.Clock.Now}
}

// show writes a whole page. It renders before the first byte leaves, so that a
// failing template never sends half a page.
func (v *visit) show(name string, p Page) error {
	p.Seat, p.Path, p.Bare = v.seat, v.r.URL.RequestURI(), v.seat.Account == ""
	p.Other = v.lang.other()
	if done := v.r.URL.Query().Get("done"); done != "" {
		if said, ok := v.lang.lookup("done." + done); ok {
			p.Done = said
		}
	}
	if !p.Bare {
		badges, err := v.Directory.Badges(v.r.Context(), v.seat.Scope)
		if err != nil {
			return fmt.Errorf("read badges: %w", err)
		}
		p.Badges = badges
	}
	return v.render(name, "frame.html", p)
}

// part writes a named piece of a page for htmx.
func (v *visit) part(page, name string, data any) error {
	return v.render(page, name, data)
}

func (v *visit) render(page, name string, data any) error {
	t, err := v.pages[v.lang.tag].page(page)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, name, data); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.status != 0 {
		v.w.WriteHeader(v.status)
	}
	_, _ = out.WriteTo(v.w) // a client that went away has nobody left to tell
	return nil
}
