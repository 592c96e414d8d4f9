package web

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/measurement/promise"
)

// PromisesView is what plans promised and what came of it, of weeks that are long enough
// ago.
type PromisesView struct {
	Until time.Time     // plans before this day are in it; zero: none yet
	Rows  []promise.Row // newest week first, then by purpose
}

type promisesPage struct {
	valuePage
	Until    time.Time
	Days     int // after a contact, for which orders are counted
	Whole    promiseRow
	Purposes []promiseRow
	Weeks    []promiseRow
}

// promiseRow is a line of the page.
type promiseRow struct {
	Week    time.Time
	Purpose event.Purpose
	promise.Row
	promise.Kept
}

// Corrected returns which share of the raw sum correction left.
func (r promiseRow) Corrected() float64 {
	if r.Raw == 0 {
		return 1
	}
	return r.Row.Promised / r.Raw
}

// Came returns what came of what was promised, fen.
func (r promiseRow) Came() float64 { return r.Ratio * r.Row.Promised }

// CameLow and CameHigh bound it.
func (r promiseRow) CameLow() float64  { return r.Low * r.Row.Promised }
func (r promiseRow) CameHigh() float64 { return r.High * r.Row.Promised }

// promiseSum adds rows up.
func promiseSum(rows []promise.Row) (sum promiseRow) {
	for _, r := range rows {
		sum.Done, sum.Row.Promised, sum.Raw = sum.Done+r.Done, sum.Row.Promised+r.Promised, sum.Raw+r.Raw
	}
	sum.Kept = promise.KeptOf(rows)
	return sum
}

// mostPromiseRows is how many lines by week the page shows: half a year.
const mostPromiseRows = 26 * 3

func (v *visit) valuePromises() error {
	found, err := v.Value.Promises(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	page := promisesPage{valuePage: valuePage{Tab: "promises"}, Until: found.Until, Days: promise.Days, Whole: promiseSum(found.Rows)}
	for _, purpose := range []event.Purpose{event.Serve, event.Ask, event.Remind} {
		var own []promise.Row
		for _, r := range found.Rows {
			if r.Purpose == purpose {
				own = append(own, r)
			}
		}
		if len(own) > 0 {
			row := promiseSum(own)
			row.Purpose = purpose
			page.Purposes = append(page.Purposes, row)
		}
	}
	for _, r := range found.Rows[:min(len(found.Rows), mostPromiseRows)] {
		row := promiseSum([]promise.Row{r})
		row.Purpose = r.Purpose
		row.Week, _ = time.ParseInLocation(time.DateOnly, r.Week, v.Zone)
		page.Weeks = append(page.Weeks, row)
	}
	return v.show("value_promises", Page{Title: v.lang.text("worth.title"), Menu: "value", Data: page})
}
