package webtest

import (
	"context"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Today implements web.Today.
func (b *Brand) Today(_ context.Context, scope org.Scope) (web.TodayView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil || len(b.customers) == 0 {
		return web.TodayView{}, b.Fail
	}
	view := web.TodayView{
		AsOf: b.now, Related: 20000, Links: b.links(scope), LinkFloor: b.settings.LinkFloor,
		Figures: []web.Figure{
			{Key: web.FigureKept, Value: .914, Base: 213, Measurable: true, Low: .86, High: .94},
			{Key: web.FigureDeleted, Value: 47, Base: 20000, Measurable: true, Low: 12, High: 29},
			{Key: web.FigureRepurchased, Value: .382, Base: 1840, Measurable: true, Low: .33, High: .41, Untouched: &web.Contrast{Value: .349, Effect: .033, Low: .008, High: .059}},
			{Key: web.FigureLinked, Value: .72, Base: 9120, Measurable: true, Low: .68, High: .75},
		},
		Plan: b.plan(),
		Alerts: []web.Alert{
			{Kind: web.AlertBulkDeletion, Count: 38, Usual: .2, Staff: b.staff[5].ID, Name: b.staff[5].Name, Since: b.now.Add(-2 * time.Hour), Loss: 1},
			{Kind: web.AlertLosing, Count: 14, Usual: 2.4, Name: b.text("朝阳店"), Since: b.now.Add(-3 * time.Hour), Loss: 2, Seen: true},
			{Kind: web.AlertDeletedUs, Count: 47, Usual: 20, Since: b.now.Add(-20 * time.Hour)},
			{Kind: web.AlertInDoubt, Count: 2, Since: b.now.Add(-90 * time.Minute)},
			{Kind: web.AlertOrdersStale, Source: "keruyun", Count: 1, Since: b.now.Add(-30 * time.Hour)},
			{Kind: web.AlertLinkRate, Count: 2},
		},
		Intake:  web.Intake{Added: 64, Low: 40, High: 90, Half: 5, Staff: 45, Capacity: 1150},
		Holdout: web.Holdout{On: true, Customers: 1012, Share: .05, ByGroup: 31, ByMoments: 12, ByStaff: 4},
	}
	if b.Parted && scope.Everything {
		view.Alerts = append(view.Alerts, web.Alert{Kind: web.AlertForecast, Count: 902, Usual: 1407, Since: b.now.AddDate(0, 0, -3)})
	}
	for i, s := range b.stores {
		if !scope.Sees(s.ID) || i > 4 {
			continue
		}
		e := web.Execution{Store: s.ID, Name: s.Name, Staff: 4, Due: 142 - 20*i, Done: 90 - 7*i, OnTime: 72 - 5*i, Open: 52 - 13*i, UrgedAt: b.urged[s.ID]}
		view.Execution = append(view.Execution, e)
	}
	if scope.Everything {
		view.Execution = append(view.Execution, web.Execution{Staff: 1, Due: 3, Done: 2, OnTime: 2, Open: 1, UrgedAt: b.urged[0]})
	}
	return view, nil
}

func (b *Brand) plan() web.PlanSummary {
	row := func(part insight.Part, purpose event.Purpose, channel event.Channel, customers int, gain float64) web.PlanRow {
		return web.PlanRow{Limiting: part, Purpose: purpose, Channel: channel, Customers: customers, Contacts: customers, Gain: estimate(gain, .3, insight.Fen), Waiting: len(b.batches)}
	}
	return web.PlanSummary{
		Day: clockDay(b.now), Exists: true, Contacts: 1286, Withheld: 4903, Gain: estimate(940000, .45, insight.Fen), Budget: 11690, Bottleneck: b.stores[0].Name,
		Hour: estimate(4200, 0, insight.Fen), HourStore: b.stores[0].Name, Reaches: .987,
		Rows: []web.PlanRow{
			row(insight.Exposure, event.Remind, event.OneToOne, 612, 521000),
			row(insight.Trust, event.Serve, event.OneToOne, 286, 223000),
			row(insight.Need, event.Ask, event.MassSend, 388, 196000),
		},
		Because: []web.LeftAlone{
			{Because: decision.BecauseBudgetWeek, Customers: 2118}, {Because: decision.BecauseHoldout, Customers: 1012},
			{Because: decision.BecauseNothing, Customers: 940}, {Because: decision.BecauseRefused, Customers: 676},
			{Because: decision.BecauseComplaint, Customers: 96}, {Because: decision.BecauseQuiet, Customers: 61},
		},
	}
}

func clockDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// LinkRates implements web.Today.
func (b *Brand) LinkRates(_ context.Context, scope org.Scope) ([]web.LinkRate, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.links(scope), b.Fail
}

func (b *Brand) links(scope org.Scope) []web.LinkRate {
	var rates []web.LinkRate
	for i, s := range b.stores {
		if scope.Sees(s.ID) {
			rates = append(rates, web.LinkRate{Store: s.ID, Name: s.Name, Source: "keruyun", Orders: 760, Linked: 408 + 22*i})
		}
	}
	return rates
}

// Reasons implements web.Today.
func (b *Brand) Reasons(context.Context, org.Scope) ([]web.LeftAlone, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil || len(b.customers) == 0 {
		return nil, b.Fail
	}
	return b.plan().Because, nil
}

// winner is a step that a customer got three days ago, a batch that waits, or what is over.
func (b *Brand) winner(because decision.Because) *web.Winner {
	switch {
	case !slices.Contains(web.Winners(), because):
		return nil
	case because == decision.BecauseInDoubt:
		return &web.Winner{Over: true}
	case because == decision.BecausePending:
		return &web.Winner{Underway: true, Coming: web.Coming{Kind: web.ComesWaiting, Purpose: event.Remind, Channel: event.MassSend, Batch: 1000, Batches: 1, At: b.now.Add(-time.Hour), Says: b.text("春茶到店了")}}
	}
	return &web.Winner{More: 1, Coming: web.Coming{Process: WelcomeProcess, Title: sop.Text{ZH: b.text("新客 0-7-30"), EN: b.text("New customer 0-7-30")}, Step: sop.Text{ZH: b.text("第七天回访"), EN: b.text("Day 7")},
		Purpose: event.Serve, Channel: event.OneToOne, At: b.now.AddDate(0, 0, -3)}}
}

// Withheld implements web.Today.
func (b *Brand) Withheld(_ context.Context, scope org.Scope, q web.WithheldQuery) (web.WithheldPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var page web.WithheldPage
	for i, c := range b.customers {
		if q.After == "" && i >= 10 {
			page.Next = "10"
			break
		}
		if (q.After != "") == (i >= 10) && b.sees(scope, b.holder[c.ID]) {
			page.Customers = append(page.Customers, web.WithheldCustomer{
				Customer: c.ID, Name: c.Name, Store: c.Store,
				Withheld: decision.Withheld{Because: q.Because, Limiting: c.Limiting, Gain: float64(100 + i*10)}, Won: b.winner(q.Because),
			})
		}
	}
	return page, b.Fail
}
