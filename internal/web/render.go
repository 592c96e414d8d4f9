package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

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

// parseTemplates parses every page once for each language, so that a template
// calls for its texts without naming the language.
func (c *Console) parseTemplates() (map[string]map[string]*template.Template, error) {
	all := map[string]map[string]*template.Template{}
	pages, err := fs.Glob(templateFiles, "template/page/*.html")
	if err != nil {
		return nil, err
	}
	for tag, l := range c.locales {
		frame, err := template.New("frame.html").Funcs(c.funcs(l)).ParseFS(templateFiles, "template/*.html")
		if err != nil {
			return nil, err
		}
		all[tag] = map[string]*template.Template{}
		for _, file := range pages {
			page, err := frame.Clone()
			if err != nil {
				return nil, err
			}
			if _, err := page.ParseFS(templateFiles, file); err != nil {
				return nil, err
			}
			all[tag][strings.TrimSuffix(path.Base(file), ".html")] = page
		}
	}
	return all, nil
}

func (c *Console) funcs(l *locale) template.FuncMap {
	days := c.calendar(l)
	return template.FuncMap{
		"t": l.text, "in": func(t sop.Text) string { return t.In(l.process()) }, "word": l.word, "language": func() string { return l.tag },
		"count": l.count, "number": l.number, "share": l.share, "percent": l.percent, "signed": l.signed, "points": l.points,
		"yuan": l.yuan, "estimated": l.estimated, "estimate": l.estimate, "interval": l.interval,
		"day": days.day, "weekday": days.weekday, "clock": days.clock, "ago": days.ago, "span": days.span,
		"daytime": daytime, "asset": c.assets.url, "reason": days.reason,
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
	t, ok := v.templates[v.lang.tag][page]
	if !ok {
		return fmt.Errorf("no template %q", page)
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
