package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

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
		if b.Gain == (delivery.Gain{}) { // no plan made it
			batch.Gain.Evidence = insight.NotMeasurable
		}
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
	if v.Files, err = d.namedFiles(ctx, content.FilesOf(x.Files)); err != nil {
		return v, err
	}
	touches, err := d.DB.TouchesOf(ctx, x.ID)
	if err != nil {
		return v, err
	}
	touches = slices.DeleteFunc(touches, func(t delivery.Touch) bool { return t.State != delivery.Underway })
	customers := make([]id.Customer, len(touches))
	for i := range touches {
		customers[i] = touches[i].Customer
	}
	v.Customers = len(customers)
	if len(touches) > 0 {
		if v.Process, err = d.batchStep(ctx, &touches[0]); err != nil {
			return v, err
		}
	}
	actions, err := d.batchActions(ctx, x.Day, touches)
	if err != nil {
		return v, err
	}
	addGain(&v.Gain, touches, actions)
	if err := d.addQuota(ctx, &v, customers); err != nil {
		return v, err
	}
	return v, d.addSamples(ctx, &v, touches[:min(len(touches), samples)], actions)
}

// batchActions returns the actions of the plan behind touches, by number; what no plan
// made has none.
func (d *Desk) batchActions(ctx context.Context, day time.Time, touches []delivery.Touch) (map[int64]decision.Action, error) {
	customers := make([]id.Customer, len(touches))
	of := make(map[int64]bool, len(touches))
	for i := range touches {
		customers[i], of[touches[i].Action] = touches[i].Customer, true
	}
	plan, err := d.DB.PlanOf(ctx, day, customers)
	actions := make(map[int64]decision.Action, len(plan.Actions))
	for _, a := range plan.Actions {
		if of[a.ID] {
			actions[a.ID] = a
		}
	}
	return actions, err
}

// addGain adds up what the plan expects of a batch.
func addGain(g *insight.Estimate, touches []delivery.Touch, actions map[int64]decision.Action) {
	if len(actions) == 0 {
		g.Evidence = insight.NotMeasurable
	}
	for i := range touches {
		a, planned := actions[touches[i].Action]
		if !planned {
			continue
		}
		g.Value, g.Low, g.High = g.Value+a.Gain.Value, g.Low+a.Gain.Low, g.High+a.Gain.High
		g.AsOf, g.Model, g.Evidence = a.Gain.AsOf, a.Gain.Model, a.Gain.Evidence
	}
}

// addSamples shows the text to some customers as they will see it.
func (d *Desk) addSamples(ctx context.Context, v *web.BatchView, touches []delivery.Touch, actions map[int64]decision.Action) error {
	customers := make([]id.Customer, len(touches))
	for i := range touches {
		customers[i] = touches[i].Customer
	}
	names, err := d.customerNames(ctx, customers)
	for i, c := range customers {
		sample := web.Sample{Customer: c, Name: names[c], Gain: insight.Estimate{Evidence: insight.NotMeasurable}, Text: content.Fill(v.Text, names[c], v.Staff)}
		if a, planned := actions[touches[i].Action]; planned {
			sample.Because, sample.Gain = a.Because, a.Gain
		}
		v.Samples = append(v.Samples, sample)
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
			contacts += given[s.ID].Hands()
			capacity += cmp.Or(s.Capacity, rules.Capacity)
		}
	}
	tomorrow := today.AddDate(0, 0, 1)
	return []web.Quota{
		{Name: "confirm_day", Used: used, Limit: limit, Until: tomorrow},
		{Name: "one_to_one_day", Used: contacts, Limit: capacity, Until: tomorrow},
	}, nil
}
