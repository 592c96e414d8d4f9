package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Touches = (*Desk)(nil)

// pageSize is how many dispatches a page of Touch shows.
const pageSize = 50

// Batches implements web.Touches. A batch is a dispatch that waits for a
// person; its gain is the sum over its actions.
func (d *Desk) Batches(ctx context.Context, scope org.Scope, q web.BatchQuery) (web.BatchPage, error) {
	waiting, err := d.waiting(ctx, scope)
	if err != nil {
		return web.BatchPage{}, err
	}
	batches, err := d.batches(ctx, waiting)
	if err != nil {
		return web.BatchPage{}, err
	}
	batches = slices.DeleteFunc(batches, func(b web.Batch) bool {
		return q.Limiting != "" && b.Limiting != q.Limiting || q.Purpose != "" && b.Purpose != q.Purpose
	})
	slices.SortFunc(batches, func(a, b web.Batch) int {
		return cmp.Or(cmp.Compare(b.Gain.Value, a.Gain.Value), cmp.Compare(a.ID, b.ID))
	})
	from := 0
	if q.After != "" {
		if from, err = strconv.Atoi(q.After); err != nil || from < 0 || from > len(batches) {
			return web.BatchPage{}, notFound("page")
		}
	}
	until := min(len(batches), from+pageSize)
	page := web.BatchPage{Batches: batches[from:until]}
	if until < len(batches) {
		page.Next = strconv.Itoa(until)
	}
	return page, nil
}

// waiting returns the dispatches that wait for approval: at most three a
// member and day.
func (d *Desk) waiting(ctx context.Context, scope org.Scope) ([]delivery.Dispatch, error) {
	planned, err := d.DB.Dispatches(ctx, delivery.Query{States: []delivery.State{delivery.Planned}, Scope: scope, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	now := d.Clock.Now()
	return slices.DeleteFunc(planned, func(x delivery.Dispatch) bool { return x.ApprovedBy != "" || !now.Before(x.Until) }), nil
}

func (d *Desk) batches(ctx context.Context, dispatches []delivery.Dispatch) ([]web.Batch, error) {
	names, err := d.staffNames(ctx, staffOf(dispatches))
	if err != nil {
		return nil, err
	}
	batches := make([]web.Batch, 0, len(dispatches))
	for _, x := range dispatches {
		touches, err := d.DB.TouchesOf(ctx, x.ID)
		if err != nil {
			return nil, err
		}
		b := web.Batch{ID: x.ID, Store: d.Brand.StoreName(x.Store), Staff: names[x.Staff], Purpose: x.Purpose, Channel: event.MassSend,
			Limiting: limitingOf(x.Purpose), Text: x.Text, From: x.From, Until: x.Until}
		if b.Customers, b.Gain, err = d.gainOf(ctx, x, touches); err != nil {
			return nil, err
		}
		batches = append(batches, b)
	}
	return batches, nil
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

// gainOf adds up what the actions of a dispatch promise.
func (d *Desk) gainOf(ctx context.Context, x delivery.Dispatch, touches []delivery.Touch) (int, insight.Estimate, error) {
	gain := insight.Estimate{Unit: insight.Fen}
	var customers []id.Customer
	for _, t := range touches {
		if t.State == delivery.Underway {
			customers = append(customers, t.Customer)
		}
	}
	plan, err := d.DB.PlanOf(ctx, x.Day, customers)
	for _, a := range plan.Actions {
		gain.Value += a.Gain.Value
		gain.Low += a.Gain.Low
		gain.High += a.Gain.High
		gain.AsOf, gain.Model, gain.Evidence = a.Gain.AsOf, a.Gain.Model, a.Gain.Evidence
	}
	return len(customers), gain, err
}

// Batch implements web.Touches.
func (d *Desk) Batch(ctx context.Context, scope org.Scope, batch int64) (web.BatchView, error) {
	x, err := d.dispatch(ctx, scope, batch)
	if err != nil {
		return web.BatchView{}, err
	}
	batches, err := d.batches(ctx, []delivery.Dispatch{x})
	if err != nil {
		return web.BatchView{}, err
	}
	v := web.BatchView{Batch: batches[0]}
	touches, err := d.DB.TouchesOf(ctx, x.ID)
	if err != nil {
		return v, err
	}
	var customers []id.Customer
	for _, t := range touches[:min(len(touches), 20)] {
		customers = append(customers, t.Customer)
	}
	names, err := d.customerNames(ctx, customers)
	if err != nil {
		return v, err
	}
	plan, err := d.DB.PlanOf(ctx, x.Day, customers)
	if err != nil {
		return v, err
	}
	for _, a := range plan.Actions {
		v.Samples = append(v.Samples, web.Sample{Customer: a.Customer, Name: names[a.Customer], Because: a.Because, Gain: a.Gain,
			Text: content.Fill(x.Text, names[a.Customer], v.Staff)})
	}
	return v, nil
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

// Unconfirmed implements web.Touches.
func (d *Desk) Unconfirmed(ctx context.Context, scope org.Scope, after string) (web.TaskPage, error) {
	tasks, err := d.openTasks(ctx, scope)
	if err != nil {
		return web.TaskPage{}, err
	}
	slices.SortFunc(tasks, func(a, b web.OpenTask) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.ID, b.ID))
	})
	from := 0
	if after != "" {
		if from, err = strconv.Atoi(after); err != nil || from < 0 || from > len(tasks) {
			return web.TaskPage{}, notFound("page")
		}
	}
	until := min(len(tasks), from+pageSize)
	page := web.TaskPage{Tasks: tasks[from:until]}
	if until < len(tasks) {
		page.Next = strconv.Itoa(until)
	}
	return page, nil
}

func (d *Desk) openTasks(ctx context.Context, scope org.Scope) ([]web.OpenTask, error) {
	dispatches, err := d.DB.Dispatches(ctx, delivery.Query{Tasks: []delivery.TaskState{delivery.Open}, Scope: scope, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	byHand, err := d.DB.StaffTasks(ctx, delivery.TaskQuery{States: []delivery.StaffTaskState{delivery.Due, delivery.Postponed}, FromBefore: d.Clock.Now(), Scope: scope, Limit: 10_000})
	if err != nil {
		return nil, err
	}
	staff := staffOf(dispatches)
	for _, t := range byHand {
		if !slices.Contains(staff, t.Staff) {
			staff = append(staff, t.Staff)
		}
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return nil, err
	}
	reach, err := d.reach(ctx, dispatches)
	if err != nil {
		return nil, err
	}
	tasks := make([]web.OpenTask, 0, len(dispatches))
	for _, x := range dispatches {
		task := web.OpenTask{ID: x.ID, Staff: names[x.Staff], Store: d.Brand.StoreName(x.Store), Channel: event.MassSend, Purpose: x.Purpose,
			Customers: reach[x.ID], Since: x.TaskSince, Until: x.Until}
		if n := len(x.Urged); n > 0 {
			task.UrgedAt = x.Urged[n-1]
		}
		tasks = append(tasks, task)
	}
	return append(tasks, d.lists(byHand, names)...), nil
}

// lists sums contacts by hand up, in the order of their beginnings: one line
// for what a member has to do in one way until one time.
func (d *Desk) lists(byHand []delivery.StaffTask, names map[id.Staff]string) []web.OpenTask {
	type list struct {
		staff   id.Staff
		purpose event.Purpose
		until   time.Time
	}
	var tasks []web.OpenTask
	at := map[list]int{}
	for _, t := range byHand {
		key := list{t.Staff, t.Purpose, t.Until}
		i, known := at[key]
		if !known {
			i, at[key] = len(tasks), len(tasks)
			tasks = append(tasks, web.OpenTask{ID: t.ID, Staff: names[t.Staff], Store: d.Brand.StoreName(t.Store), Channel: event.OneToOne,
				Purpose: t.Purpose, Since: t.From, Until: t.Until})
		}
		tasks[i].Customers++
	}
	return tasks
}

// reach counts the customers of each dispatch.
func (d *Desk) reach(ctx context.Context, dispatches []delivery.Dispatch) (map[int64]int, error) {
	list := make([]int64, len(dispatches))
	for i, x := range dispatches {
		list[i] = x.ID
	}
	return d.DB.CountTouches(ctx, list)
}

// executionWindow is over how many days execution is judged.
const executionWindow = 7 * 24 * time.Hour

// Execution implements web.Touches.
func (d *Desk) Execution(ctx context.Context, scope org.Scope) ([]web.StaffExecution, error) {
	done, err := d.DB.Execution(ctx, d.Clock.Now().Add(-executionWindow), d.Clock.Now())
	if err != nil {
		return nil, err
	}
	var list []web.StaffExecution
	var staff []id.Staff
	for _, e := range done {
		if d.covers(scope, e.Staff) {
			list = append(list, web.StaffExecution{Staff: e.Staff, Store: d.Brand.StoreName(d.Brand.StoreOf(e.Staff)),
				Due: e.Due, Done: e.Done, OnTime: e.OnTime, Open: e.Open, UrgedAt: d.urgedAt(e.Staff)})
			staff = append(staff, e.Staff)
		}
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Name = names[list[i].Staff]
	}
	slices.SortFunc(list, func(a, b web.StaffExecution) int {
		return cmp.Or(cmp.Compare(b.Open, a.Open), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
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
