package web

import (
	"net/url"
	"time"

	"siyu/internal/clock"
)

type duePage struct {
	valuePage
	Rows    []dueRow
	Overdue int // customers
	Next    string
	Columns int
	Cycles  CyclesView
	Now     time.Time
}

// dueRow is a customer past the due date.
type dueRow struct {
	CustomerRow
	Line string
	Days int // past the due date
}

const dueRows = 50 // fills a screen twice

// valueDue lists customers who are past their due date, most valuable first.
func (v *visit) valueDue() error {
	ctx := v.r.Context()
	scope, store := v.narrowed()
	page := duePage{valuePage: valuePage{Tab: "due", Store: store, Query: url.Values{}}, Columns: 7, Now: v.now}
	query := CustomerQuery{DueBefore: clock.Day(v.now, v.Zone), Related: true, Sort: SortValue, After: v.r.URL.Query().Get("after"), Limit: dueRows}
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
		page.Rows = append(page.Rows, dueRow{CustomerRow: c, Line: lines[c.DueLine], Days: days.days(c.NextDue)})
	}
	if page.Overdue = found.Total; found.Next != "" {
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
