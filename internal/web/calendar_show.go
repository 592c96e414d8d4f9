package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
)

func (v *visit) calendarShow() error {
	by := CalendarBy(cmp.Or(v.r.URL.Query().Get("by"), string(ByAudience)))
	if !slices.Contains(by.All(), by) {
		return fault.New(fault.NotFound, "calendar: no such rows")
	}
	found, err := v.Calendars.ComingDays(v.r.Context(), v.seat.Scope, by)
	if building(err) {
		return v.showTouch("calendar_wait", nil)
	}
	if err != nil {
		return err
	}
	page := calendarPage{ComingView: found}
	if len(found.Unforeseen) > 0 {
		w, err := v.speaker()
		if err != nil {
			return err
		}
		for _, u := range found.Unforeseen {
			page.Unforeseen = append(page.Unforeseen, unforeseenRow{u, w.Trigger(&u.Process)})
		}
	}
	return v.showTouch("calendar", page)
}

// calendarPage is the calendar with processes in words.
type calendarPage struct {
	ComingView
	Unforeseen []unforeseenRow
}

type unforeseenRow struct {
	Unforeseen
	Trigger string
}

// building tells whether the calendar is added up for the first time.
func building(err error) bool {
	key := fault.KeyOf(err)
	return key == "error.calendar_building" || key == "error.audience_building"
}

// Link returns where a cell of a row leads.
func (r CalendarRow) Link(day time.Time) string {
	q := url.Values{"day": {day.Format(time.DateOnly)}}
	if r.Audience != 0 {
		q.Set("audience", strconv.FormatInt(r.Audience, 10))
	}
	if r.Store != 0 {
		q.Set("store", id.Text(r.Store))
	}
	return "/touch/calendar/day?" + q.Encode()
}

// Total returns how many there are over all days.
func (v ComingView) Total() (n int) {
	for _, cell := range v.Rows[0].Cells {
		n += cell.N
	}
	return n
}

// Busiest returns the day on which most customers receive something.
func (v ComingView) Busiest() (busiest struct {
	Day time.Time
	N   int
}) {
	for i, cell := range v.Rows[0].Cells {
		if cell.N > busiest.N {
			busiest.Day, busiest.N = v.Days[i], cell.N
		}
	}
	return busiest
}

// Some tells whether any of the numbers is above 0.
func (v ComingView) Some(counts []int) bool {
	return slices.ContainsFunc(counts, func(n int) bool { return n > 0 })
}

func (v *visit) calendarDay() error {
	query := v.r.URL.Query()
	q := CalendarQuery{}
	var err error
	if q.Day, err = time.ParseInLocation(time.DateOnly, query.Get("day"), v.Zone); err != nil {
		return fault.New(fault.NotFound, "calendar: no such day")
	}
	if text := query.Get("audience"); text != "" {
		if q.Audience, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fault.New(fault.NotFound, "calendar: no such audience")
		}
	}
	if text := query.Get("store"); text != "" {
		store, ok := id.Parse[id.Store](text)
		if !ok {
			return fault.New(fault.NotFound, "calendar: no such store")
		}
		q.Store = store
	}
	found, err := v.Calendars.ComingDay(v.r.Context(), v.seat.Scope, q)
	if building(err) {
		return v.showTouch("calendar_wait", nil)
	}
	if err != nil {
		return err
	}
	return v.showTouch("calendar_day", found)
}

func (v *visit) calendarProcess() error {
	name := v.r.PathValue("name")
	found, err := v.Calendars.ProcessMeets(v.r.Context(), v.seat.Scope, name)
	if building(err) {
		return v.showTouch("calendar_wait", nil)
	}
	if err != nil {
		return err
	}
	return v.showTouch("calendar_process", struct {
		ProcessMeeting
		Name string
	}{found, name})
}

// batchMeeting is what else reaches the customers of a batch, nil while that is
// added up.
func (v *visit) batchMeeting(batch int64) (*Meeting, error) {
	found, err := v.Calendars.BatchMeets(v.r.Context(), v.seat.Scope, batch)
	if building(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for what else reaches a batch: %w", err)
	}
	return &found, nil
}

// Link returns where something that comes is decided about, "" for nowhere.
func (c Coming) Link() string {
	switch {
	case c.Post != 0:
		return "/touch/posts/" + id.Text(c.Post)
	case c.Process != "" && c.Batches == 0:
		return "/sop/" + url.PathEscape(c.Process)
	case c.Kind == ComesWaiting && c.Batches == 1:
		return "/touch/batches/" + id.Text(c.Batch)
	case c.Kind == ComesWaiting:
		return "/touch?" + url.Values{"purpose": {string(c.Purpose)}}.Encode()
	case c.Kind == ComesApproved && c.Batches == 1:
		return "/touch/batches/" + id.Text(c.Batch)
	case c.Kind == ComesOut:
		return "/touch/tasks"
	}
	return ""
}

// processText returns a text of a process in the language of the page.
func (l *locale) processText(t sop.Text) string { return t.In(l.process()) }
