package web

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

type todayPage struct {
	TodayView
	Now     time.Time
	Figures []figureView
	Alerts  []alertView
	Stores  []StoreName
	Store   id.Store
	Links   []LinkRate // below the floor, lowest first
}

// figureView is a figure with its place in the own history said in words.
type figureView struct {
	Figure
	Band    band
	History bool   // what is usual is known
	Place   string // "above", "below", "usual"
	Off     bool   // outside the usual on the side that needs attention
	Count   bool   // a count, not a share
}

type alertView struct {
	Alert
	Grave bool
	Link  string // where to act, "" where the reader may not
}

// worstStores is how many stores with open tasks Today names; the rest stand
// under Touch.
const worstStores = 6

func (v *visit) todayShow() error {
	ctx := v.r.Context()
	stores, err := v.Directory.Stores(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	scope, store := v.narrowed()
	today, err := v.Today.Today(ctx, scope)
	if err != nil {
		return err
	}
	today.Execution = today.Execution[:min(len(today.Execution), worstStores)]
	page := todayPage{TodayView: today, Now: v.now, Stores: stores, Store: store, Links: below(today.Links, today.LinkFloor)}
	for _, f := range today.Figures {
		page.Figures = append(page.Figures, figureOf(f))
	}
	waiting, err := v.approvalsWaiting()
	if err != nil {
		return err
	}
	for _, a := range append(today.Alerts, waiting...) {
		page.Alerts = append(page.Alerts, alertOf(a, v.seat))
	}
	return v.show("today", Page{Title: v.lang.text("today.title"), Menu: "today", Data: page})
}

// approvalsWaiting returns the processes and one-off messages that the reader may approve.
func (v *visit) approvalsWaiting() (alerts []Alert, err error) {
	if !decider(v.seat) {
		return nil, nil
	}
	w, err := v.speaker()
	if err != nil {
		return nil, err
	}
	waiting, err := v.Processes.ProcessesWaiting(v.r.Context(), v.asker())
	for i := range waiting {
		p := &waiting[i]
		a := Alert{Kind: AlertProcess, Count: p.Version, Name: titleOf(w, &p.Document), Page: "/sop/" + p.Document.Name + "#pending"}
		if p.Document.OneOff != nil {
			a.Kind, a.Page = AlertOneOff, "/sends/"+p.Document.Name
		}
		if p.May {
			alerts = append(alerts, a)
		}
	}
	return alerts, err
}

// narrowed returns the scope for the store chosen on the page, never wider
// than the seat's own.
func (v *visit) narrowed() (org.Scope, id.Store) {
	store, ok := id.Parse[id.Store](v.r.URL.Query().Get("store"))
	if !ok || !v.seat.Scope.Sees(store) {
		return v.seat.Scope, 0
	}
	return org.Scope{Stores: []id.Store{store}, Staff: v.seat.Scope.Staff}, store
}

func below(links []LinkRate, floor float64) []LinkRate {
	return slices.DeleteFunc(slices.Clone(links), func(l LinkRate) bool { return l.Rate() >= floor })
}

// Rate returns the share of orders that belong to a known customer.
func (l LinkRate) Rate() float64 { return ratio(l.Linked, l.Orders) }

func figureOf(f Figure) figureView {
	v := figureView{Figure: f, Count: f.Key == FigureDeleted, History: f.High > 0, Place: "usual"}
	ceiling := 1.0
	if v.Count {
		ceiling = math.Inf(1)
	}
	v.Band = bandOf(f.Value, f.Low, f.High, 0, ceiling)
	if !v.History || !f.Measurable {
		return v
	}
	switch {
	case f.Value > f.High:
		v.Place, v.Off = "above", f.Key == FigureDeleted
	case f.Value < f.Low:
		v.Place, v.Off = "below", f.Key != FigureDeleted
	}
	return v
}

func alertOf(a Alert, reader Seat) alertView {
	v := alertView{Alert: a}
	switch a.Kind {
	case AlertApproval:
		v.Link = "/touch"
	case AlertPosts:
		v.Link = "/touch/posts"
	case AlertProcess, AlertOneOff:
		v.Link = a.Page
	case AlertHalted:
		v.Link, v.Grave = "/touch/stopped", true
	case AlertInDoubt:
		v.Link = "/touch/doubt"
	case AlertBulkDeletion, AlertLosing:
		v.Link, v.Grave = "/losses/"+id.Text(a.Loss), !a.Seen
	case AlertDeletedUs:
		v.Link, v.Grave = "/customers?sort=recent", true
	case AlertOrdersStale:
		v.Link = "/settings/imports"
	case AlertDeadLetters:
		v.Link = "/settings/connection"
	case AlertConnection:
		v.Link, v.Grave = "/settings/connection", true
	case AlertLinkRate:
		v.Link = "/today/links"
	case AlertNoMaterial:
		v.Link = "/settings/texts"
	case AlertForecast:
		v.Link = "/value/card"
	}
	switch {
	case strings.HasPrefix(v.Link, "/settings/connection") && !owner(reader), strings.HasPrefix(v.Link, "/settings") && !lead(reader):
		v.Link = ""
	}
	return v
}

func withheldLink(because decision.Because) string {
	return "/today/withheld?because=" + url.QueryEscape(string(because))
}

// BudgetShare returns which part of today's allowed contacts the plan spends.
func (p PlanSummary) BudgetShare() float64 { return ratio(p.Contacts, p.Budget) }

// OnTimeShare returns which part of due tasks was done in time.
func (e Execution) OnTimeShare() float64 { return ratio(e.OnTime, e.Due) }

// OnTimeShare returns which part of due tasks was done in time.
func (e StaffExecution) OnTimeShare() float64 { return ratio(e.OnTime, e.Due) }

// Touched returns how many held-out customers were reached nevertheless.
func (h Holdout) Touched() int { return h.ByGroup + h.ByMoments + h.ByStaff }

type linksPage struct {
	Links []LinkRate
	Floor float64
}

func (v *visit) todayLinks() error {
	ctx := v.r.Context()
	links, err := v.Today.LinkRates(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	brand, err := v.Brand.Brand(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	page := linksPage{Links: links, Floor: brand.LinkFloor}
	return v.show("links", Page{Title: v.lang.text("links.title"), Menu: "today", Data: page})
}

type withheldPage struct {
	Because decision.Because
	Reasons []LeftAlone
	Rows    []WithheldCustomer
	Writes  bool // the reader may write texts
	Wins    bool // a message to the same customer stands behind the reason
	Next    string
	Columns int
}

const withheldRows = 50 // fills a screen twice

func (v *visit) todayWithheld() error {
	ctx, query := v.r.Context(), v.r.URL.Query()
	page := withheldPage{Because: decision.Because(query.Get("because")), Writes: lead(v.seat), Columns: 4}
	if _, known := v.lang.lookup("because." + string(page.Because)); page.Because != "" && !known {
		return fault.WithKey(fault.NotFound, "error.no_reason", fmt.Errorf("no reason %q", page.Because))
	}
	if !v.partial() {
		reasons, err := v.Today.Reasons(ctx, v.seat.Scope)
		if err != nil {
			return err
		}
		page.Reasons = reasons
		if page.Because == "" && len(page.Reasons) > 0 {
			page.Because = page.Reasons[0].Because
		}
	}
	if page.Wins = slices.Contains(Winners(), page.Because); page.Wins {
		page.Columns++
	}
	rows, err := v.Today.Withheld(ctx, v.seat.Scope, WithheldQuery{Because: page.Because, After: query.Get("after"), Limit: withheldRows})
	if err != nil {
		return err
	}
	page.Rows = rows.Customers
	if rows.Next != "" {
		page.Next = withheldLink(page.Because) + "&after=" + url.QueryEscape(rows.Next)
	}
	if v.partial() {
		return v.part("withheld", "rows", page)
	}
	return v.show("withheld", Page{Title: v.lang.text("withheld.title"), Menu: "today", Data: page})
}
