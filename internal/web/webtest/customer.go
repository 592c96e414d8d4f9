package webtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Customers implements web.Customers.
func (b *Brand) Customers(_ context.Context, scope org.Scope, q web.CustomerQuery) (web.CustomerPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil {
		return web.CustomerPage{}, b.Fail
	}
	found := slices.DeleteFunc(slices.Clone(b.customers), func(c web.CustomerRow) bool { return !b.matches(scope, q, c) })
	switch q.Sort {
	case web.SortDue:
		slices.SortStableFunc(found, func(a, b web.CustomerRow) int { return a.NextDue.Compare(b.NextDue) })
	case web.SortFresh:
		slices.SortStableFunc(found, func(a, b web.CustomerRow) int { return b.NextDue.Compare(a.NextDue) })
	}
	page := web.CustomerPage{Total: len(found)}
	start, _ := strconv.Atoi(q.After)
	end := min(len(found), start+q.Limit)
	page.Rows = found[min(start, len(found)):end]
	if end < len(found) {
		page.Next = strconv.Itoa(end)
	}
	return page, nil
}

func (b *Brand) matches(scope org.Scope, q web.CustomerQuery, c web.CustomerRow) bool {
	switch {
	case !b.sees(scope, b.holder[c.ID]), q.Limiting != "" && c.Limiting != q.Limiting, q.Name != "" && !strings.Contains(c.Name, q.Name):
		return false
	case q.Stage != "" && c.Stage != q.Stage:
		return false
	case q.Staff != 0 && b.holder[c.ID] != q.Staff, q.Store != 0 && c.Store != b.storeName(q.Store):
		return false
	case !q.DueBefore.IsZero() && (c.NextDue.IsZero() || !c.NextDue.Before(q.DueBefore)):
		return false
	}
	return q.Refused == nil || *q.Refused == !b.refused[c.ID].IsZero()
}

func (b *Brand) row(scope org.Scope, customer id.Customer) (web.CustomerRow, error) {
	for _, c := range b.customers {
		if c.ID == customer && b.sees(scope, b.holder[c.ID]) {
			return c, b.Fail
		}
	}
	return web.CustomerRow{}, fault.New(fault.NotFound, "customer: unknown")
}

// Someone returns the address of the n-th customer of the brand.
func (b *Brand) Someone(n int) string { return "/customers/" + id.Text(b.customers[n].ID) }

// Customer implements web.Customers.
func (b *Brand) Customer(_ context.Context, scope org.Scope, customer id.Customer) (web.CustomerView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row, err := b.row(scope, customer)
	if err != nil {
		return web.CustomerView{}, err
	}
	view := web.CustomerView{
		ID: row.ID, Name: row.Name, Store: row.Store, Known: b.known(row), Horizon: 30, Refused: b.refused[customer], RefusedBy: OwnerAccount,
		Rank: web.Ranks{
			Need: web.Rank{Less: .82, More: .18, Known: true}, Trust: web.Rank{Less: .76, More: .2, Known: true}, Exposure: web.Rank{Less: .12, More: .88, Known: true},
		},
		Bulk: web.BulkView{Orders: row.Orders / 12, From: 98_000, Largest: 128_000},
		Due:  []web.LineDue{{Line: line(0), At: b.now.AddDate(0, 0, 4), Days: 24, Gaps: 3}, {Line: line(1), At: b.now.AddDate(0, 0, 19), Days: 35}},
		Owners: []web.Owner{
			{Staff: b.holder[customer], Name: row.Staff, Store: row.Store, Since: row.Since},
			{Staff: 9, Name: b.text("店长"), Store: row.Store, Since: row.Since.AddDate(0, 0, -90), Until: row.Since, End: event.ByTransfer},
		},
		Groups:    []web.GroupOf{{ID: b.groupOf(b.holder[customer]), Name: b.text("望京茶友"), Since: row.Since}},
		Orders:    web.OrderSummary{Count: row.Orders, First: row.Since, Last: row.LastOrder, Turnover: row.Turnover, LinkRate: .72, LinkFloor: .6},
		Budget:    []web.BudgetLine{{Window: "week", Used: 1, Limit: 2}, {Window: "month", Used: 1, Limit: 4}, {Window: "wecom", Used: 1, Limit: 31}},
		Described: web.Description{BirthMonth: 5, BirthDay: 20, City: b.text("杭州"), Level: b.text("金卡"), Campaign: b.text("春茶节"), Tags: []string{b.text("绿茶")}},
		Referral: web.ReferralView{Share: .2, Days: 30, By: &web.Referred{}, Since: row.Since, Stayed: row.Since.AddDate(0, 0, 30), Given: estimate(4200, .4, insight.Fen),
			Brought: []web.Brought{{Referred: web.Referred{ID: row.ID, Name: row.Name}, At: row.Since.AddDate(0, 1, 0), Value: estimate(8800, .4, insight.Fen)}}, Received: estimate(8800, .4, insight.Fen)},
		Identity: []web.Identity{{Kind: event.ByExternalUserID, Corp: "ww1", Mask: "wm…9Qz", At: row.Since}, {Kind: event.ByPhone, Mask: "138****1234", At: row.Since}},
		Likely:   []web.LikelySame{{Customer: b.customers[10].ID, Name: b.customers[10].Name, Store: row.Store, Evidence: event.ByPhone}},
		Tags:     b.tags.on[customer], TagChoices: b.tags.groups,
		Rapport: b.rapport[customer].Rapport, RapportAt: b.rapport[customer].At,
		Surveys: []web.SurveySaid{{Title: b.text("到店服务怎么样？"), Score: 5, At: b.now.AddDate(0, 0, -12)}},
	}
	for _, t := range b.tasks {
		if t.Customer == customer && t.Calls() && t.State == web.TaskOpen {
			view.Asked = append(view.Asked, web.Asked{Task: t, Staff: row.Staff})
		}
	}
	if b.merged[customer] {
		view.Likely, view.Merged = nil, []web.Merged{{From: b.customers[1].ID, Name: b.customers[1].Name, Evidence: event.ByPhone, At: b.now}}
	}
	if !view.Refused.IsZero() {
		view.Withheld = &decision.Withheld{Because: decision.BecauseRefused, Gain: 680}
		return view, nil
	}
	if b.Waits {
		view.Withheld, view.Won = &decision.Withheld{Because: decision.BecausePending, Gain: 680}, b.winner(decision.BecausePending)
		return view, nil
	}
	view.Next = b.next(row)
	return view, nil
}

func (b *Brand) next(row web.CustomerRow) *web.NextAction {
	return &web.NextAction{
		Action: decision.Action{
			Customer: row.ID, Purpose: event.Remind, Channel: event.OneToOne, Limiting: insight.Exposure, Gain: estimate(680, .4, insight.Fen),
			Because: []insight.Reason{{Key: "need.due", Number: 1.1, Line: line(0)}}, From: b.now, Until: b.now.Add(4 * time.Hour),
		},
		StaffName: row.Staff, State: web.ActionWaiting,
		Text: b.text("小满，冷泡的话建议试试茉莉绿，4 克茶 500 毫升凉水冷藏 6 小时，不苦。"),
	}
}

func (b *Brand) known(row web.CustomerRow) insight.Customer {
	part := func(value float64, because ...insight.Reason) insight.Estimate {
		e := estimate(value, 0, insight.Eta)
		e.Low, e.High, e.Because = value-.2, value+.22, because
		return e
	}
	k := insight.Customer{
		ID: row.ID, AsOf: b.now, Base: -1.1, Repurchase: row.Repurchase, Value: row.Value, Margin: 1, Limiting: row.Limiting, NextDue: row.NextDue, DueLine: row.DueLine, Fatigue: .009, Loss: .004, LossGrade: insight.Assumed, Stage: row.Stage,
		Need:     part(.58, insight.Reason{Key: "need.due", Weight: .41, Number: 1.1, Line: line(0)}, insight.Reason{Key: "need.asked", Weight: .17, Number: 3, Line: line(0)}),
		Trust:    part(.44, insight.Reason{Key: "trust.started_talk", Weight: .29, Number: 9}, insight.Reason{Key: "trust.referred", Weight: .15, Number: 2}),
		Exposure: part(-.61, insight.Reason{Key: "exposure.memory", Weight: -.52, Number: 46}, insight.Reason{Key: "exposure.crowded", Weight: -.09, Number: 3}),
		Alive:    estimate(.87, .05, insight.Probability), Expected: estimate(4.2, .3, insight.Orders),
		Levers: []insight.Lever{
			{Part: insight.Exposure, Gain: 680, GainLow: 210, GainHigh: 1250, LastingLow: 40, Lasting: 310, LastingHigh: 990, Cost: 80, Grade: insight.Assumed},
			{Part: insight.Need, Gain: 140, GainLow: 20, GainHigh: 300, Cost: 80, Grade: insight.PartlyMeasured},
		},
	}
	if row.Stage == insight.Mature || row.Stage == insight.Growing {
		k.StageUntil = b.now.AddDate(0, 0, 33)
	}
	if row.Limiting == insight.Unknown {
		k.Trust.Evidence = insight.Prior
	}
	if row.Repurchase.Evidence == insight.NotMeasurable {
		k.Need.Evidence, k.Expected.Evidence, k.Alive.Evidence = insight.NotMeasurable, insight.NotMeasurable, insight.NotMeasurable
	}
	return k
}

// groupOf returns the first group of a member of staff.
func (b *Brand) groupOf(staff id.Staff) id.Group {
	return b.groups[slices.IndexFunc(b.staff, func(s web.StaffName) bool { return s.ID == staff })].ID
}

// Timeline implements web.Customers.
func (b *Brand) Timeline(_ context.Context, scope org.Scope, q web.TimelineQuery) (web.TimelinePage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row, err := b.row(scope, q.Customer)
	if err != nil {
		return web.TimelinePage{}, err
	}
	at := func(days int) time.Time { return b.now.AddDate(0, 0, -days) }
	if q.Records {
		return web.TimelinePage{Entries: []web.TimelineEntry{{At: at(12), Kind: event.KindRelationTagged, Staff: row.Staff}, {At: at(412), Kind: event.KindCustomerIdentified}}}, nil
	}
	if q.After != "" {
		return web.TimelinePage{Entries: []web.TimelineEntry{{At: at(412), Kind: event.KindRelationAdded, Staff: row.Staff}}}, nil
	}
	return web.TimelinePage{Next: "older", Entries: append(slices.Clone(b.notes[q.Customer]),
		web.TimelineEntry{At: at(3), Kind: event.KindNeedExpressed, Detail: "asked", Lines: []id.Line{line(0)}, Note: b.text("冷泡用哪款不苦？"), Staff: row.Staff},
		web.TimelineEntry{At: at(41), Kind: event.KindOrderPaid, Amount: 9600, Shop: "keruyun", Store: row.Store, Lines: []id.Line{line(0)}},
		web.TimelineEntry{At: at(46), Kind: event.KindTouchDelivered, Channel: event.MassSend, Purpose: event.Ask, Staff: row.Staff},
		web.TimelineEntry{At: at(52), Kind: event.KindMassReceived, Channel: event.MassElsewhere, Purpose: event.Promote, Staff: row.Staff},
		web.TimelineEntry{At: at(60), Kind: event.KindGroupJoined, Group: b.text("望京茶友")},
		web.TimelineEntry{At: at(63), Kind: event.KindComplaintOpened, Staff: row.Staff, Note: b.text("包装压坏")},
		web.TimelineEntry{At: at(70), Kind: event.KindRelationEnded, By: string(event.ByCustomer), Staff: row.Staff},
	)}, nil
}

// ValueCurve implements web.Customers.
func (b *Brand) ValueCurve(_ context.Context, scope org.Scope, customer id.Customer) (curve web.ValueCurve, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row, err := b.row(scope, customer)
	if err != nil || row.Value.Evidence == insight.NotMeasurable {
		return curve, err
	}
	curve.Basis = insight.OfMargin
	for weeks := 0; weeks <= 52; weeks += 13 {
		part := float64(weeks) / 52
		curve.Points = append(curve.Points, web.ValuePoint{Weeks: weeks, Value: row.Value.Value * part, Low: row.Value.Low * part, High: row.Value.High * part})
	}
	return curve, nil
}

// Record implements web.Records.
func (b *Brand) Record(_ context.Context, by web.Asker, r web.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.row(by.Scope, r.Customer); err != nil {
		return err
	}
	kinds := map[web.RecordKind]event.Kind{
		web.RecordNote: web.KindNote, web.RecordNeed: event.KindNeedExpressed,
		web.RecordComplaint: event.KindComplaintOpened, web.RecordSolved: event.KindComplaintClosed,
	}
	b.notes[r.Customer] = append(b.notes[r.Customer], web.TimelineEntry{At: b.now, Kind: kinds[r.Kind], Detail: "asked", Note: r.Note, By: by.Account})
	b.did(by, "record."+string(r.Kind), id.Text(r.Customer))
	return nil
}

// judgement is how a member found a customer to be.
type judgement struct {
	Rapport event.Rapport
	At      time.Time
}

// Judge implements web.Records.
func (b *Brand) Judge(_ context.Context, by web.Asker, customer id.Customer, rapport event.Rapport) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.row(by.Scope, customer); err != nil {
		return err
	}
	b.rapport[customer] = judgement{rapport, b.now}
	for i := range b.tasks {
		if b.tasks[i].Customer == customer {
			b.tasks[i].Rapport = rapport
		}
	}
	b.did(by, "rapport.judged", id.Text(customer))
	return nil
}

// Judged returns how the n-th customer was judged last.
func (b *Brand) Judged(n int) event.Rapport {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rapport[b.customers[n].ID].Rapport
}

// SetMarketing implements web.Records.
func (b *Brand) SetMarketing(_ context.Context, by web.Asker, customer id.Customer, allowed bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.row(by.Scope, customer); err != nil {
		return err
	}
	delete(b.refused, customer)
	if !allowed {
		b.refused[customer] = b.now
	}
	b.did(by, map[bool]string{true: "marketing.allowed", false: "marketing.refused"}[allowed], id.Text(customer))
	return nil
}

// Merge implements web.Records.
func (b *Brand) Merge(_ context.Context, by web.Asker, _, into id.Customer) error {
	return b.join(by, into, true)
}

// Unmerge implements web.Records.
func (b *Brand) Unmerge(_ context.Context, by web.Asker, c, _ id.Customer) error {
	return b.join(by, c, false)
}

func (b *Brand) join(by web.Asker, c id.Customer, merged bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.row(by.Scope, c); err != nil {
		return err
	}
	b.merged[c] = merged
	b.did(by, "customer.merged", fmt.Sprint(merged))
	return nil
}
