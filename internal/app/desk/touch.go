package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Touches = (*Desk)(nil)

// pageSize is how many dispatches a page of Touch shows.
const pageSize = 50

// Batches implements web.Touches. A batch is a dispatch that waits for a
// person.
func (d *Desk) Batches(ctx context.Context, scope org.Scope, q web.BatchQuery) (page web.BatchPage, err error) {
	query := storage.BatchQuery{Scope: scope, Purposes: purposesOf(q), EndAfter: d.Clock.Now(), Limit: pageSize + 1}
	if query.After, err = parseBatchCursor(q.After); err != nil {
		return page, err
	}
	waiting, err := d.DB.Batches(ctx, query)
	if err != nil {
		return page, err
	}
	if len(waiting) > pageSize {
		waiting = waiting[:pageSize]
		page.Next = batchCursor(waiting[pageSize-1])
	}
	page.Batches, err = d.batches(ctx, waiting)
	return page, err
}

// purposesOf returns the purposes that the query lets through, nil for all.
func purposesOf(q web.BatchQuery) []event.Purpose {
	if q.Limiting == "" && q.Purpose == "" {
		return nil
	}
	through := []event.Purpose{}
	for _, p := range event.Purposes() {
		if (q.Limiting == "" || limitingOf(p) == q.Limiting) && (q.Purpose == "" || p == q.Purpose) {
			through = append(through, p)
		}
	}
	return through
}

func batchCursor(b storage.Batch) string {
	return strconv.FormatUint(math.Float64bits(b.Gain.Value), 36) + "." + id.Text(b.Dispatch)
}

func parseBatchCursor(text string) (*storage.Batch, error) {
	if text == "" {
		return nil, nil
	}
	gain, dispatch, _ := strings.Cut(text, ".")
	bits, err := strconv.ParseUint(gain, 36, 64)
	number, err2 := strconv.ParseInt(dispatch, 36, 64)
	if err != nil || err2 != nil || math.IsNaN(math.Float64frombits(bits)) {
		return nil, notFound("page")
	}
	return &storage.Batch{Dispatch: number, Gain: delivery.Gain{Value: math.Float64frombits(bits)}}, nil
}

func (d *Desk) batches(ctx context.Context, waiting []storage.Batch) ([]web.Batch, error) {
	list := make([]int64, len(waiting))
	for i, b := range waiting {
		list[i] = b.Dispatch
	}
	dispatches, err := d.DB.DispatchesNamed(ctx, list)
	if err != nil {
		return nil, err
	}
	names, err := d.staffNames(ctx, staffOf(dispatches))
	if err != nil {
		return nil, err
	}
	approved, err := d.approvedBy(ctx, list)
	if err != nil {
		return nil, err
	}
	batches := make([]web.Batch, 0, len(waiting))
	for _, b := range waiting {
		at := slices.IndexFunc(dispatches, func(x delivery.Dispatch) bool { return x.ID == b.Dispatch })
		if at < 0 {
			continue // dropped since
		}
		batch := d.batch(dispatches[at], names)
		batch.Customers, batch.Approved = b.Customers, approved[b.Dispatch]
		batch.Gain.Value, batch.Gain.Low, batch.Gain.High = b.Gain.Value, b.Gain.Low, b.Gain.High
		batches = append(batches, batch)
	}
	return batches, nil
}

// batch is a batch without its numbers.
func (d *Desk) batch(x delivery.Dispatch, names map[id.Staff]string) web.Batch {
	return web.Batch{ID: x.ID, Store: d.Brand.StoreName(x.Store), Staff: names[x.Staff], Purpose: x.Purpose, Channel: event.MassSend,
		Limiting: limitingOf(x.Purpose), Text: x.Text, From: x.From, Until: x.Until, Gain: insight.Estimate{Unit: insight.Fen}}
}

// limitingOf returns the part a purpose works on; each purpose has one.
func limitingOf(p event.Purpose) insight.Part {
	switch p {
	case event.Serve:
		return insight.Trust
	case event.Ask:
		return insight.Need
	case event.Remind, event.Promote:
		return insight.Exposure
	}
	return insight.None
}

func staffOf(dispatches []delivery.Dispatch) []id.Staff {
	var staff []id.Staff
	for _, x := range dispatches {
		if !slices.Contains(staff, x.Staff) {
			staff = append(staff, x.Staff)
		}
	}
	return staff
}

// samples is how many customers a batch shows.
const samples = 20

// Batch implements web.Touches.
func (d *Desk) Batch(ctx context.Context, scope org.Scope, batch int64) (web.BatchView, error) {
	x, err := d.dispatch(ctx, scope, batch)
	if err != nil {
		return web.BatchView{}, err
	}
	staff, err := d.staffNames(ctx, []id.Staff{x.Staff})
	if err != nil {
		return web.BatchView{}, err
	}
	v := web.BatchView{Batch: d.batch(x, staff), Title: x.Title, Link: x.Link, Counted: x.Content != 0}
	if v.Opened, err = d.DB.DispatchOpenings(ctx, x.ID); err != nil {
		return v, err
	}
	touches, err := d.DB.TouchesOf(ctx, x.ID)
	if err != nil {
		return v, err
	}
	var customers []id.Customer
	for _, t := range touches {
		if t.State == delivery.Underway {
			customers = append(customers, t.Customer)
		}
	}
	plan, err := d.DB.PlanOf(ctx, x.Day, customers)
	if err != nil {
		return v, err
	}
	v.Customers = len(customers)
	for _, a := range plan.Actions {
		v.Gain.Value, v.Gain.Low, v.Gain.High = v.Gain.Value+a.Gain.Value, v.Gain.Low+a.Gain.Low, v.Gain.High+a.Gain.High
		v.Gain.AsOf, v.Gain.Model, v.Gain.Evidence = a.Gain.AsOf, a.Gain.Model, a.Gain.Evidence
	}
	if err := d.addQuota(ctx, &v, customers); err != nil {
		return v, err
	}
	return v, d.addSamples(ctx, &v, plan.Actions[:min(len(plan.Actions), samples)])
}

func (d *Desk) addSamples(ctx context.Context, v *web.BatchView, actions []decision.Action) error {
	customers := make([]id.Customer, len(actions))
	for i, a := range actions {
		customers[i] = a.Customer
	}
	names, err := d.customerNames(ctx, customers)
	for _, a := range actions {
		v.Samples = append(v.Samples, web.Sample{Customer: a.Customer, Name: names[a.Customer], Because: a.Because, Gain: a.Gain,
			Text: content.Fill(v.Text, names[a.Customer], v.Staff)})
	}
	return err
}

// dispatch returns one dispatch within the scope.
func (d *Desk) dispatch(ctx context.Context, scope org.Scope, dispatch int64) (delivery.Dispatch, error) {
	found, err := d.DB.Dispatches(ctx, delivery.Query{Scope: scope, After: dispatch - 1, Limit: 1})
	if err != nil {
		return delivery.Dispatch{}, err
	}
	if len(found) == 0 || found[0].ID != dispatch {
		return delivery.Dispatch{}, notFound("dispatch")
	}
	return found[0], nil
}

// reach counts the customers of each dispatch.
func (d *Desk) reach(ctx context.Context, dispatches []delivery.Dispatch) (map[int64]int, error) {
	list := make([]int64, len(dispatches))
	for i, x := range dispatches {
		list[i] = x.ID
	}
	return d.DB.CountTouches(ctx, list)
}

// InDoubt implements web.Touches.
func (d *Desk) InDoubt(ctx context.Context, scope org.Scope) ([]web.Doubt, error) {
	doubtful, err := d.DB.Dispatches(ctx, delivery.Query{States: []delivery.State{delivery.InDoubt}, Scope: scope, Limit: 100})
	if err != nil {
		return nil, err
	}
	names, err := d.staffNames(ctx, staffOf(doubtful))
	if err != nil {
		return nil, err
	}
	reach, err := d.reach(ctx, doubtful)
	if err != nil {
		return nil, err
	}
	var list []web.Doubt
	for _, x := range doubtful {
		list = append(list, web.Doubt{Dispatch: x.ID, Staff: names[x.Staff], Store: d.Brand.StoreName(x.Store), Purpose: x.Purpose,
			Channel: event.MassSend, Customers: reach[x.ID], CalledAt: x.Called, CheckedAt: x.Read, Evidence: x.Because, Text: x.Text})
	}
	slices.SortFunc(list, func(a, b web.Doubt) int { return a.CalledAt.Compare(b.CalledAt) })
	return list, nil
}

// Quotas implements web.Touches.
func (d *Desk) Quotas(ctx context.Context, scope org.Scope) ([]web.Quota, error) {
	rules, today := d.Brand.Documents().Rules, d.today()
	given, err := d.DB.Load(ctx, today)
	if err != nil {
		return nil, err
	}
	used, limit, contacts, capacity := 0, 0, 0, 0
	for _, s := range d.Brand.Org().Staff {
		if s.Active && s.Contact && d.covers(scope, s.ID) {
			used += given[s.ID].Confirmations
			limit += rules.MaxConfirmations
			contacts += given[s.ID].OneToOne
			capacity += cmp.Or(s.Capacity, rules.Capacity)
		}
	}
	tomorrow := today.AddDate(0, 0, 1)
	return []web.Quota{
		{Name: "confirm_day", Used: used, Limit: limit, Until: tomorrow},
		{Name: "one_to_one_day", Used: contacts, Limit: capacity, Until: tomorrow},
	}, nil
}
