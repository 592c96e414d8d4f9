package web

import (
	"net/url"
	"slices"
	"time"

	"siyu/internal/clock"
)

type duePage struct {
	valuePage
	Rows    []dueRow
	Due     int // customers
	Next    string
	Columns int
	Cycles  CyclesView
	Now     time.Time
}

// dueRow is a product line that a customer should have bought again by today.
type dueRow struct {
	CustomerRow
	Line string
	Days int // past the due date
}

const dueRows = 50 // fills a screen twice

// valueDue lists what customers should have bought again by today, latest due first.
func (v *visit) valueDue() error {
	ctx := v.r.Context()
	scope, store := v.narrowed()
	page := duePage{valuePage: valuePage{Tab: "due", Store: store, Query: url.Values{}}, Columns: 7, Now: v.now}
	tomorrow := clock.Day(v.now, v.Zone).AddDate(0, 0, 1)
	query := CustomerQuery{DueBefore: tomorrow, Related: true, Sort: SortFresh, After: v.r.URL.Query().Get("after"), Limit: dueRows}
	found, err := v.Customers.Customers(ctx, scope, query)
	if err != nil {
		return err
	}
	lines, err := v.Directory.Lines(ctx)
	if err != nil {
		return err
	}
	days := v.calendar(v.lang)
	for _, c := range found.Rows {
		for _, due := range c.dueBefore(tomorrow) {
			page.Rows = append(page.Rows, dueRow{CustomerRow: c, Line: lines[due.Line], Days: days.days(due.At)})
		}
	}
	if page.Due = found.Total; found.Next != "" {
		more := url.Values{"after": {found.Next}}
		if store != 0 {
			more.Set("store", v.r.URL.Query().Get("store"))
		}
		page.Next = "/value/due?" + more.Encode()
	}
	if v.partial() {
		return v.part("value_due", "rows", page)
	}
	if page.Stores, err = v.Directory.Stores(ctx, v.seat.Scope); err != nil {
		return err
	}
	if page.Cycles, err = v.Value.Cycles(ctx, v.seat.Scope); err != nil {
		return err
	}
	return v.show("value_due", Page{Title: v.lang.text("worth.title"), Menu: "value", Data: page})
}

// dueBefore returns what is due before a time; at least the customer's date as last
// understood, should models have been learned since.
func (c *CustomerRow) dueBefore(end time.Time) []LineDue {
	if list := slices.DeleteFunc(slices.Clone(c.Due), func(d LineDue) bool { return !d.At.Before(end) }); len(list) > 0 {
		return list
	}
	return []LineDue{{Line: c.DueLine, At: c.NextDue}}
}
