package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Customers = (*Desk)(nil)

// nameHits bounds how many customers a name search looks at.
const nameHits = 2000

// Customers implements web.Customers.
func (d *Desk) Customers(ctx context.Context, scope org.Scope, q web.CustomerQuery) (web.CustomerPage, error) {
	page, err := d.listed(ctx, scope, q)
	if err != nil {
		return web.CustomerPage{}, err
	}
	rows, err := d.rows(ctx, page.Customers)
	return web.CustomerPage{Rows: rows, Next: page.Next, Total: page.Total}, err
}

// listed returns the ids of one page of the list.
func (d *Desk) listed(ctx context.Context, scope org.Scope, q web.CustomerQuery) (storage.CustomerPage, error) {
	query := storage.CustomerQuery{
		Scope: scope, Limiting: q.Limiting, Stage: q.Stage, Store: q.Store, Staff: q.Staff, DueBefore: q.DueBefore, Refuses: q.Refused, Related: q.Related,
		Sort: storage.CustomerSort(q.Sort), After: q.After, Limit: q.Limit,
	}
	if q.Name != "" {
		found, err := d.Names.FindCustomers(ctx, q.Name, nameHits)
		if err != nil {
			return storage.CustomerPage{}, err
		}
		if query.Among, err = d.answering(ctx, found); err != nil {
			return storage.CustomerPage{}, err
		}
	}
	return d.DB.ListCustomers(ctx, query)
}

// answering replaces merged ids by who answers for them. It is never nil: a
// search without a hit finds nobody, not everybody.
func (d *Desk) answering(ctx context.Context, customers []id.Customer) ([]id.Customer, error) {
	to, err := d.DB.Canonical(ctx, customers)
	if err != nil {
		return nil, err
	}
	all := make([]id.Customer, 0, len(customers))
	for _, c := range customers {
		if canonical, merged := to[c]; merged {
			c = canonical
		}
		all = append(all, c)
	}
	return all, nil
}

func (d *Desk) rows(ctx context.Context, customers []id.Customer) ([]web.CustomerRow, error) {
	states, err := d.DB.LoadCustomers(ctx, customers)
	if err != nil {
		return nil, err
	}
	known, err := d.known(ctx, customers)
	if err != nil {
		return nil, err
	}
	names, err := d.customerNames(ctx, customers)
	if err != nil {
		return nil, err
	}
	staff, err := d.staffNames(ctx, ownersOf(states))
	if err != nil {
		return nil, err
	}
	rows := make([]web.CustomerRow, len(states))
	for i := range states {
		c := &states[i]
		owner := newest(c)
		k := known[c.ID]
		rows[i] = web.CustomerRow{
			ID: c.ID, Name: names[c.ID], Store: d.Brand.StoreName(d.Brand.StoreOf(owner)), Staff: staff[owner],
			Stage: k.Stage, Left: lifecycle.RelationLost(c) != 0, Limiting: k.Limiting, Repurchase: k.Repurchase, Value: k.Value, NextDue: k.NextDue, DueLine: k.DueLine, Due: d.dueOf(c),
			Orders: c.Orders.Count, LastOrder: c.Orders.Last.Time(), Turnover: c.Orders.Net(), LastTouch: c.Touches.Last.Time(),
			Month: d.touchesSince(c, d.monthStart()), Refused: c.RefusesMarketing(), Since: c.FirstSeen.Time(),
		}
	}
	return rows, nil
}

func (d *Desk) known(ctx context.Context, customers []id.Customer) (map[id.Customer]insight.Customer, error) {
	list, err := d.DB.LoadInsights(ctx, customers)
	if err != nil {
		return nil, err
	}
	known := make(map[id.Customer]insight.Customer, len(list))
	for _, k := range list {
		known[k.ID] = k
	}
	return known, nil
}

func (d *Desk) monthStart() time.Time {
	y, m, _ := d.Clock.Now().In(d.Zone).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, d.Zone)
}

func (d *Desk) touchesSince(c *profile.Customer, since time.Time) (n int) {
	for _, t := range c.Touches.Recent {
		if t.At >= event.At(since) {
			n++
		}
	}
	return n
}

// newest returns the member of the most recent active relation, 0 for none.
func newest(c *profile.Customer) id.Staff {
	if staff := c.Staff(); len(staff) > 0 {
		return staff[len(staff)-1]
	}
	return 0
}

func ownersOf(states []profile.Customer) []id.Staff {
	var staff []id.Staff
	for i := range states {
		if s := newest(&states[i]); s != 0 && !slices.Contains(staff, s) {
			staff = append(staff, s)
		}
	}
	return staff
}

// ValueCurve implements web.Customers.
func (d *Desk) ValueCurve(ctx context.Context, scope org.Scope, c id.Customer) (web.ValueCurve, error) {
	state, err := d.visible(ctx, scope, c)
	if err != nil {
		return web.ValueCurve{}, err
	}
	known, err := d.known(ctx, []id.Customer{state.ID})
	k := known[state.ID]
	if err != nil || k.Value.Unit == "" || k.Value.Evidence == insight.NotMeasurable {
		return web.ValueCurve{}, err
	}
	return web.ValueCurve{Basis: k.Basis(), Points: scaled(d.Curve(state, d.Clock.Now()), k.Value)}, nil
}

// scaled brings a curve of turnover to the measure of an estimate, which it
// reaches at its end.
func scaled(points []web.ValuePoint, end insight.Estimate) []web.ValuePoint {
	last := points[len(points)-1]
	share := func(is, of float64) float64 {
		if of <= 0 {
			return 0
		}
		return is / of
	}
	value, low, high := share(end.Value, last.Value), share(end.Low, last.Low), share(end.High, last.High)
	for i := range points {
		p := &points[i]
		p.Value, p.Low, p.High = p.Value*value, p.Low*low, p.High*high
	}
	return points
}

// visible returns the state of the customer that answers for c, fault.NotFound
// where the scope does not cover any of its relations and its member has nothing to do
// for the customer.
func (d *Desk) visible(ctx context.Context, scope org.Scope, c id.Customer) (*profile.Customer, error) {
	who, err := d.answering(ctx, []id.Customer{c})
	if err != nil {
		return nil, err
	}
	states, err := d.DB.LoadCustomers(ctx, who)
	if err != nil {
		return nil, fmt.Errorf("load customer: %w", err)
	}
	state := &states[0]
	if state.FirstSeen == 0 {
		return nil, notFound("customer")
	}
	if scope.Everything {
		return state, nil
	}
	for _, r := range state.Relations {
		if d.covers(scope, r.Staff) {
			return state, nil
		}
	}
	if held, err := d.holds(ctx, scope.Staff, state.ID); held || err != nil {
		return state, err
	}
	return nil, notFound("customer")
}
