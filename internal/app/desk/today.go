package desk

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Today = (*Desk)(nil)

// Today implements web.Today.
func (d *Desk) Today(ctx context.Context, scope org.Scope) (web.TodayView, error) {
	asOf, err := d.DB.NewestFact(ctx)
	if err != nil {
		return web.TodayView{}, err
	}
	related, err := d.DB.CountRelatedIn(ctx, scope)
	if err != nil {
		return web.TodayView{}, err
	}
	links, err := d.LinkRates(ctx, scope)
	if err != nil {
		return web.TodayView{}, err
	}
	v := web.TodayView{AsOf: asOf, Related: related, Links: links, LinkFloor: d.Brand.Documents().General.LinkFloor}
	for _, fill := range []func(context.Context, org.Scope, *web.TodayView) error{
		d.addFigures, d.addPlan, d.addExecution, d.addIntake, d.addHoldout, d.addAlerts,
	} {
		if err := fill(ctx, scope, &v); err != nil {
			return v, err
		}
	}
	return v, nil
}

// addPlan sums up the stored counts of the day's plan.
func (d *Desk) addPlan(ctx context.Context, scope org.Scope, v *web.TodayView) error {
	counts, err := d.DB.PlanSums(ctx, d.today(), stores(scope))
	if err != nil {
		return err
	}
	p := &v.Plan
	p.Day, p.Exists = d.today(), len(counts) > 0
	p.Gain.Unit = insight.Fen
	rows := map[flow.PlanKey]*web.PlanRow{}
	for _, c := range counts {
		if c.Because != "" {
			p.Withheld += c.Customers
			continue
		}
		p.Contacts += c.Customers
		p.Gain.Value, p.Gain.Low, p.Gain.High = p.Gain.Value+c.Gain, p.Gain.Low+c.Low, p.Gain.High+c.High
		addRow(rows, c)
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, *r)
	}
	slices.SortFunc(p.Rows, func(a, b web.PlanRow) int {
		return cmp.Or(cmp.Compare(b.Gain.Value, a.Gain.Value), cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Channel, b.Channel))
	})
	p.Because = reasonsOf(counts)
	mayBeTouched := v.Related
	for _, left := range p.Because {
		if left.Because == decision.BecauseRefused || left.Because == decision.BecauseHoldout {
			mayBeTouched -= left.Customers
		}
	}
	p.Budget = mayBeTouched * d.Brand.Documents().Rules.Budget.Day
	bottleneck, err := d.DB.MostForgone(ctx, d.today(), decision.BecauseCapacity, stores(scope))
	if err != nil {
		return err
	}
	p.Bottleneck = d.Brand.StoreName(bottleneck)
	if err := d.addHour(ctx, scope, p); err != nil {
		return err
	}
	return d.addWaiting(ctx, scope, p)
}

// addHour looks for where one more hour of the day's contacts would gain most, and how
// near the night's plan comes to the best.
func (d *Desk) addHour(ctx context.Context, scope org.Scope, p *web.PlanSummary) error {
	prices, err := flow.PricesOf(ctx, d.DB, d.today())
	if err != nil || prices == nil {
		return err
	}
	if scope.Everything && prices.Bound.Most > 0 {
		p.Reaches = math.Floor(100*(1-prices.Bound.Gap())+1e-6) / 100 // at least: not rounded up
	}
	p.Hour.Unit = insight.Fen
	own := stores(scope)
	for _, s := range d.Brand.Org().Staff {
		worth := prices.Staff[s.ID].Hour
		if worth > p.Hour.Value && (own == nil || slices.Contains(own, s.Store)) {
			p.Hour.Value, p.HourStore = worth, d.Brand.StoreName(s.Store)
		}
	}
	p.Hour.Low, p.Hour.High = p.Hour.Value, p.Hour.Value
	return nil
}

// reasonsOf adds customers left alone up by reason, most frequent first.
func reasonsOf(counts []flow.PlanCount) []web.LeftAlone {
	alone := map[decision.Because]int{}
	for _, c := range counts {
		if c.Because != "" {
			alone[c.Because] += c.Customers
		}
	}
	var list []web.LeftAlone
	for because, n := range alone {
		list = append(list, web.LeftAlone{Because: because, Customers: n})
	}
	slices.SortFunc(list, func(a, b web.LeftAlone) int {
		return cmp.Or(cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.Because, b.Because))
	})
	return list
}

func addRow(rows map[flow.PlanKey]*web.PlanRow, c flow.PlanCount) {
	key := flow.PlanKey{Limiting: c.Limiting, Purpose: c.Purpose, Channel: c.Channel}
	r := rows[key]
	if r == nil {
		r = &web.PlanRow{Limiting: c.Limiting, Purpose: c.Purpose, Channel: c.Channel, Gain: insight.Estimate{Unit: insight.Fen}}
		rows[key] = r
	}
	r.Customers += c.Customers
	r.Contacts += c.Customers
	r.Gain.Value, r.Gain.Low, r.Gain.High = r.Gain.Value+c.Gain, r.Gain.Low+c.Low, r.Gain.High+c.High
}

// addWaiting counts what of each row still waits for approval.
func (d *Desk) addWaiting(ctx context.Context, scope org.Scope, p *web.PlanSummary) error {
	waiting, err := d.DB.WaitingCustomers(ctx, scope, d.Clock.Now())
	for i := range p.Rows {
		if p.Rows[i].Channel == event.MassSend {
			p.Rows[i].Waiting = waiting[p.Rows[i].Purpose]
		}
	}
	return err
}

// Reasons implements web.Today.
func (d *Desk) Reasons(ctx context.Context, scope org.Scope) ([]web.LeftAlone, error) {
	counts, err := d.DB.PlanSums(ctx, d.today(), stores(scope))
	return reasonsOf(counts), err
}

// Withheld implements web.Today.
func (d *Desk) Withheld(ctx context.Context, scope org.Scope, q web.WithheldQuery) (web.WithheldPage, error) {
	var after *decision.Withheld
	if q.After != "" {
		store, customer, _ := strings.Cut(q.After, ".")
		s, err := strconv.ParseInt(store, 36, 64) // 0: headquarters' own
		c, ok := id.Parse[id.Customer](customer)
		if err != nil || !ok {
			return web.WithheldPage{}, notFound("page")
		}
		after = &decision.Withheld{Store: id.Store(s), Customer: c}
	}
	list, err := d.DB.WithheldNow(ctx, q.Because, stores(scope), after, q.Limit+1)
	if err != nil {
		return web.WithheldPage{}, err
	}
	var page web.WithheldPage
	if len(list) > q.Limit {
		list = list[:q.Limit]
		page.Next = id.Text(list[q.Limit-1].Store) + "." + id.Text(list[q.Limit-1].Customer)
	}
	customers := make([]id.Customer, len(list))
	for i, w := range list {
		customers[i] = w.Customer
	}
	names, err := d.customerNames(ctx, customers)
	if err != nil {
		return page, err
	}
	won, err := d.winners(ctx, q.Because, customers, names)
	if err != nil {
		return page, err
	}
	for _, w := range list {
		page.Customers = append(page.Customers, web.WithheldCustomer{Customer: w.Customer, Name: names[w.Customer], Won: won[w.Customer], Store: d.Brand.StoreName(w.Store), Withheld: w})
	}
	return page, nil
}

// LinkRates implements web.Today.
func (d *Desk) LinkRates(ctx context.Context, scope org.Scope) ([]web.LinkRate, error) {
	now := d.Clock.Now()
	counters, err := d.DB.DayCounters(ctx, []string{flow.CountOrders, flow.CountOrdersLinked},
		flow.DayOf(event.At(now.AddDate(0, 0, -30))), flow.DayOf(event.At(now)))
	if err != nil {
		return nil, err
	}
	type source struct {
		store id.Store
		shop  string
	}
	rates := map[source]*web.LinkRate{}
	for _, c := range counters {
		if !scope.Sees(c.Store) {
			continue
		}
		key := source{c.Store, c.Part}
		if rates[key] == nil {
			rates[key] = &web.LinkRate{Store: c.Store, Name: d.Brand.StoreName(c.Store), Source: c.Part}
		}
		if c.Name == flow.CountOrders {
			rates[key].Orders += int(c.Delta)
		} else {
			rates[key].Linked += int(c.Delta)
		}
	}
	var list []web.LinkRate
	for _, r := range rates {
		if r.Orders > 0 {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(a, b web.LinkRate) int {
		return cmp.Or(cmp.Compare(a.Linked*b.Orders, b.Linked*a.Orders), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Source, b.Source))
	})
	return list, nil
}

// addExecution sums members up by store.
func (d *Desk) addExecution(ctx context.Context, scope org.Scope, v *web.TodayView) error {
	done, err := d.executed(ctx)
	if err != nil {
		return err
	}
	before, err := d.urges(ctx)
	if err != nil {
		return err
	}
	byStore := map[id.Store]*web.Execution{}
	for _, e := range done {
		store := d.Brand.StoreOf(e.Staff)
		if !scope.Sees(store) {
			continue
		}
		x := byStore[store]
		if x == nil {
			x = &web.Execution{Store: store, Name: d.Brand.StoreName(store)}
			byStore[store] = x
		}
		x.Staff++
		x.Due, x.Done, x.OnTime, x.Open = x.Due+e.Due, x.Done+e.Done, x.OnTime+e.OnTime, x.Open+e.Open
		x.UrgedAt = latest(x.UrgedAt, before.last(e.Staff))
	}
	for _, x := range byStore {
		v.Execution = append(v.Execution, *x)
	}
	slices.SortFunc(v.Execution, func(a, b web.Execution) int { return cmp.Or(cmp.Compare(b.Open, a.Open), cmp.Compare(a.Name, b.Name)) })
	return nil
}

// firstContacts is how many new customers a member can greet and get to know
// in a day beside the daily list.
const firstContacts = 30

func (d *Desk) addIntake(ctx context.Context, scope org.Scope, v *web.TodayView) error {
	days, err := d.daily(ctx, scope, 28, flow.CountAdded)
	if err != nil {
		return err
	}
	v.Intake.Added = int(days[len(days)-1])
	now := d.Clock.Now()
	share := float64(now.Sub(d.today())) / float64(24*time.Hour)
	v.Intake.Low, v.Intake.High = band(days[:len(days)-1])
	v.Intake.Low, v.Intake.High = math.Floor(v.Intake.Low*share), math.Ceil(v.Intake.High*share)
	for _, s := range d.Brand.Org().Staff {
		if s.Active && s.Contact && d.covers(scope, s.ID) {
			v.Intake.Staff++
			v.Intake.Capacity += firstContacts
		}
	}
	return nil
}

// addHoldout reads what the last night counted.
func (d *Desk) addHoldout(ctx context.Context, _ org.Scope, v *web.TodayView) error {
	rules := d.Brand.Documents().Rules.Holdout
	v.Holdout.Share = rules.ShareOf(v.Related)
	v.Holdout.On = v.Holdout.Share > 0
	var n decision.Contamination
	if _, err := d.DB.Setting(ctx, ContaminationDoc, &n); err != nil {
		return err
	}
	v.Holdout.Customers, v.Holdout.ByGroup, v.Holdout.ByMoments, v.Holdout.ByStaff = n.Held, n.Groups, n.Moments, n.Served
	return nil
}

// ContaminationDoc names the document in which the night leaves its count of
// held-out customers who were reached.
const ContaminationDoc = "contamination"

func (d *Desk) addAlerts(ctx context.Context, scope org.Scope, v *web.TodayView) error {
	doubtful, err := d.DB.Dispatches(ctx, delivery.Query{States: []delivery.State{delivery.InDoubt}, Scope: scope, Limit: 1000})
	if err != nil {
		return err
	}
	if len(doubtful) > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertInDoubt, Count: len(doubtful), Since: doubtful[0].Since})
	}
	if err := d.addLosses(ctx, scope, v); err != nil {
		return err
	}
	for _, f := range v.Figures {
		if f.Key == web.FigureDeleted && f.High > 0 && f.Value > f.High {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertDeletedUs, Count: int(f.Value), Usual: (f.Low + f.High) / 2, Since: d.today().AddDate(0, 0, -1)})
		}
	}
	waiting, err := d.DB.CountWaiting(ctx, scope, d.Clock.Now())
	if err != nil {
		return err
	}
	if waiting.Approvals > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertApproval, Count: waiting.Approvals})
	}
	if waiting.Posts > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertPosts, Count: waiting.Posts})
	}
	if !scope.Everything {
		return nil
	}
	return d.addHouseAlerts(ctx, v)
}

// addHouseAlerts adds what only headquarters can mend.
func (d *Desk) addHouseAlerts(ctx context.Context, v *web.TodayView) error {
	if err := d.addHalted(ctx, v); err != nil {
		return err
	}
	if _, aside, err := d.DB.CountLetters(ctx); err != nil {
		return err
	} else if aside > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertDeadLetters, Count: aside})
	}
	watch, err := NewestWatch(ctx, d.DB)
	if err != nil {
		return err
	}
	if j, ok := watch.Newest(); ok && j.Parted() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertForecast, Count: j.Actual, Usual: math.Round(j.Expected), Since: j.Until})
	}
	return d.addOrderAlerts(ctx, v)
}

// everyShop is all shop systems, "shop.all" in the locale files.
const everyShop = "all"

// addStaleOrders tells of all orders or, where others come, of the shop systems whose
// orders stopped coming.
func (d *Desk) addStaleOrders(ctx context.Context, v *web.TodayView) error {
	now, most := d.Clock.Now(), d.Brand.Documents().Rules.OrderMaxAge
	orders, err := d.Orders(ctx, now)
	if err != nil || orders.AsOf.IsZero() {
		return err
	}
	if now.Sub(orders.AsOf) > most {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertOrdersStale, Source: everyShop, Count: 1, Since: orders.AsOf})
		return nil
	}
	for _, shop := range slices.Sorted(maps.Keys(orders.Late)) {
		if asOf := orders.Late[shop]; now.Sub(asOf) > most {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertOrdersStale, Source: shop, Count: 1, Since: asOf})
		}
	}
	return nil
}

func (d *Desk) addOrderAlerts(ctx context.Context, v *web.TodayView) error {
	if err := d.addStaleOrders(ctx, v); err != nil {
		return err
	}
	below := map[id.Store]bool{}
	for _, r := range v.Links {
		if float64(r.Linked) < v.LinkFloor*float64(r.Orders) {
			below[r.Store] = true
		}
	}
	if len(below) > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertLinkRate, Count: len(below)})
	}
	for _, left := range v.Plan.Because {
		if left.Because == decision.BecauseMaterial {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.AlertNoMaterial, Count: left.Customers})
		}
	}
	return nil
}

// Badges implements web.Directory.
func (d *Desk) Badges(ctx context.Context, scope org.Scope) (web.Badges, error) {
	waiting, err := d.DB.CountWaiting(ctx, scope, d.Clock.Now())
	return web.Badges{Approvals: waiting.Approvals, InDoubt: waiting.InDoubt, Posts: waiting.Posts, Tasks: waiting.Open}, err
}
