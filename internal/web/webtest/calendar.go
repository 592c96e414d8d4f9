package webtest

import (
	"context"
	"errors"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

func (b *Brand) addingUp() error {
	if b.AddingUp {
		return fault.WithKey(fault.Conflict, "error.calendar_building", errors.New("calendar: being added up"))
	}
	return b.Fail
}

// coming is what reaches customers on every third day.
func (b *Brand) coming(day int) []web.Coming {
	if day%3 != 0 || len(b.customers) == 0 {
		return nil
	}
	at := b.now.AddDate(0, 0, day)
	step := web.Coming{Kind: web.ComesStep, Process: WelcomeProcess, Title: sop.Text{ZH: b.text("新客 0-7-30"), EN: b.text("New customer 0-7-30")}, Step: sop.Text{ZH: b.text("第七天回访"), EN: b.text("Day 7")},
		Purpose: event.Serve, Channel: event.OneToOne, At: at, N: 40}
	all := []web.Coming{step}
	if day == 0 {
		all = append(all, web.Coming{Kind: web.ComesWaiting, Purpose: event.Remind, Channel: event.MassSend, Batch: 1000, Batches: 1, At: at, N: 180},
			web.Coming{Kind: web.ComesApproved, Purpose: event.Ask, Channel: event.MassSend, Batch: 1001, Batches: 3, At: at, N: 12},
			web.Coming{Kind: web.ComesOut, Purpose: event.Serve, Channel: event.OneToOne, At: at, N: 9})
	}
	return all
}

func (b *Brand) calendarRow(r web.CalendarRow, size int) web.CalendarRow {
	r.Size = size
	for day := range web.CalendarDays {
		n := 0
		for _, c := range b.coming(day) {
			n += min(c.N, size)
		}
		cell := web.CalendarCell{N: n}
		if n > 0 {
			cell.Shade = 1 + day%6
		}
		for _, p := range b.comingPosts(day) {
			cell.Seen = max(cell.Seen, min(p.N, size))
		}
		r.Cells = append(r.Cells, cell)
	}
	return r
}

// ComingDays implements web.Calendars.
func (b *Brand) ComingDays(_ context.Context, scope org.Scope, by web.CalendarBy) (web.ComingView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := web.ComingView{By: by, AsOf: b.now.Add(-time.Minute), Rows: []web.CalendarRow{b.calendarRow(web.CalendarRow{}, len(b.customers))}}
	for day := range web.CalendarDays {
		v.Days, v.Twice, v.Over, v.Ahead = append(v.Days, b.now.AddDate(0, 0, day)), append(v.Twice, 7*len(b.coming(day))), append(v.Over, day%2), append(v.Ahead, 300*day)
		v.Posts = append(v.Posts, len(b.comingPosts(day)))
	}
	if len(b.customers) > 0 {
		v.Unforeseen = b.unforeseen(scope)
	}
	if by == web.ByStores {
		for _, s := range b.stores {
			if scope.Sees(s.ID) {
				v.Rows = append(v.Rows, b.calendarRow(web.CalendarRow{Store: s.ID, Name: s.Name}, 25))
			}
		}
		return v, b.addingUp()
	}
	if len(b.customers) > 0 {
		v.Rows = append(v.Rows, b.calendarRow(web.CalendarRow{Audience: 2, Name: b.text("沉睡的老客")}, 90))
		v.More = 3
	}
	return v, b.addingUp()
}

// ComingDay implements web.Calendars.
func (b *Brand) ComingDay(_ context.Context, scope org.Scope, q web.CalendarQuery) (v web.CalendarDay, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	day := int(q.Day.Sub(time.Date(b.now.Year(), b.now.Month(), b.now.Day(), 0, 0, 0, 0, b.now.Location())).Hours() / 24)
	if day < 0 || day >= web.CalendarDays || q.Store != 0 && !scope.Sees(q.Store) || q.Audience > 9 {
		return v, fault.New(fault.NotFound, "calendar: no such cell")
	}
	v.CalendarRow = b.calendarRow(web.CalendarRow{Audience: q.Audience, Store: q.Store, Name: b.text("沉睡的老客")}, 90)
	v.Day, v.AsOf, v.Coming = q.Day, b.now, b.coming(day)
	if len(v.Coming) > 1 {
		v.Twice, v.Over, v.Pairs = 31, 4, b.pairs()
	}
	if v.Posts = b.comingPosts(day); len(v.Posts) > 0 {
		v.Seen = b.seenToo()
	}
	return v, b.addingUp()
}

func (b *Brand) pairs() []web.Pair {
	all := b.coming(0)
	return []web.Pair{{First: all[2], Second: all[1], Both: 31, Withheld: 31}, {First: all[3], Second: all[0], Both: 5}}
}

// comingPosts is what goes into groups and Moments today and tomorrow.
func (b *Brand) comingPosts(day int) []web.Coming {
	if day > 1 || len(b.customers) == 0 {
		return nil
	}
	at := b.now.AddDate(0, 0, day)
	return []web.Coming{{Kind: web.ComesWaiting, Purpose: event.Serve, Channel: event.GroupPost, At: at, Post: 77, Says: b.text("周四会员日，群里见"), Targets: 3, N: 210},
		{Kind: web.ComesDate, Process: WelcomeProcess, Title: sop.Text{ZH: b.text("新客 0-7-30"), EN: b.text("New customer 0-7-30")}, Step: sop.Text{ZH: b.text("朋友圈"), EN: b.text("Post in Moments")},
			Purpose: event.Serve, Channel: event.Moments, At: at, Targets: 1, N: 40, Expected: true}}
}

func (b *Brand) seenToo() []web.Pair {
	posts := b.comingPosts(0)
	if len(posts) == 0 {
		return nil
	}
	return []web.Pair{{First: b.coming(0)[1], Second: posts[0], Both: 23}}
}

func (b *Brand) unforeseen(scope org.Scope) []web.Unforeseen {
	u := web.Unforeseen{Process: sop.Process{Name: WelcomeProcess, Title: sop.Text{ZH: b.text("新客 0-7-30"), EN: b.text("New customer 0-7-30")}, Trigger: sop.Trigger{Fact: event.KindRelationAdded}}}
	if scope.Everything {
		u.Days, u.Usual = 28, 12.4
	}
	return []web.Unforeseen{u}
}

// BatchMeets implements web.Calendars.
func (b *Brand) BatchMeets(context.Context, org.Scope, int64) (web.Meeting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return web.Meeting{Customers: 180, Pairs: b.pairs(), Over: 4, Week: b.settings.PerWeek, Seen: b.seenToo()}, b.addingUp()
}

// ProcessMeets implements web.Calendars.
func (b *Brand) ProcessMeets(_ context.Context, _ org.Scope, name string) (web.ProcessMeeting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := web.ProcessMeeting{Title: sop.Text{ZH: b.text("新客 0-7-30"), EN: b.text("New customer 0-7-30")}, AsOf: b.now}
	if name == WelcomeProcess || name == DraftSend {
		v.Known, v.Meeting, v.Days = true, web.Meeting{Customers: 900, Pairs: b.pairs(), Over: 4, Week: 2, Seen: b.seenToo()}, []time.Time{b.now, b.now.AddDate(0, 0, 7)}
	}
	return v, b.addingUp()
}
