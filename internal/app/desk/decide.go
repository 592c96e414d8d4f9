package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var (
	_ web.Decisions = (*Desk)(nil)
	_ web.Tasks     = (*Desk)(nil)
)

// Reject implements web.Decisions.
func (d *Desk) Reject(ctx context.Context, by web.Asker, batch int64) error {
	if _, err := d.dispatch(ctx, by.Scope, batch); err != nil {
		return err
	}
	if err := d.Gate().Reject(ctx, by.Account, batch); err != nil {
		return err
	}
	return d.audit(ctx, by, "touch.rejected", strconv.FormatInt(batch, 10))
}

// TakeBack implements web.Decisions.
func (d *Desk) TakeBack(ctx context.Context, by web.Asker, dispatch int64) (stopped bool, err error) {
	if _, err := d.dispatch(ctx, by.Scope, dispatch); err != nil {
		return false, err
	}
	if stopped, err = d.Gate().TakeBack(ctx, by.Account, dispatch); err != nil {
		return false, err
	}
	return stopped, d.audit(ctx, by, "touch.taken_back", strconv.FormatInt(dispatch, 10))
}

// Resend implements web.Decisions.
func (d *Desk) Resend(ctx context.Context, by web.Asker, dispatch int64) error {
	if _, err := d.dispatch(ctx, by.Scope, dispatch); err != nil {
		return err
	}
	if _, err := d.Gate().Resend(ctx, by.Account, dispatch); err != nil {
		return err
	}
	return d.audit(ctx, by, "touch.resent", strconv.FormatInt(dispatch, 10))
}

// Drop implements web.Decisions.
func (d *Desk) Drop(ctx context.Context, by web.Asker, dispatch int64) error {
	if _, err := d.dispatch(ctx, by.Scope, dispatch); err != nil {
		return err
	}
	if err := d.Gate().Drop(ctx, by.Account, dispatch); err != nil {
		return err
	}
	return d.audit(ctx, by, "touch.dropped", strconv.FormatInt(dispatch, 10))
}

// maxTasks is what a member can look through on a phone.
const maxTasks = 60

// Tasks implements web.Tasks.
func (d *Desk) Tasks(ctx context.Context, scope org.Scope) (web.TaskList, error) {
	if scope.Staff == 0 {
		return web.TaskList{}, nil
	}
	names, err := d.staffNames(ctx, []id.Staff{scope.Staff})
	if err != nil {
		return web.TaskList{}, err
	}
	list := web.TaskList{Staff: names[scope.Staff], Store: d.Brand.StoreName(d.Brand.StoreOf(scope.Staff))}
	day := clock.Day(d.Clock.Now(), d.Zone)
	dispatches, err := d.DB.Dispatches(ctx, delivery.Query{
		Staff: scope.Staff, Tasks: []delivery.TaskState{delivery.Open, delivery.Confirmed}, UntilFrom: day, Scope: org.All(),
	})
	if err != nil {
		return list, err
	}
	before, err := d.urges(ctx, scope.Staff)
	if err != nil {
		return list, err
	}
	last := before.last(scope.Staff)
	var sends []delivery.Dispatch
	for _, x := range dispatches {
		if x.Task == delivery.Open || !x.TaskSince.Before(day) {
			sends = append(sends, x)
		}
	}
	if list.Tasks, err = d.massTasks(ctx, sends, last); err != nil {
		return list, err
	}
	posts, err := d.postTasks(ctx, scope.Staff, last)
	if err != nil {
		return list, err
	}
	list.Tasks = append(list.Tasks, posts...)
	byHand, err := d.handTasks(ctx, scope.Staff, list.Staff, day)
	list.Tasks = append(list.Tasks, byHand...)
	sortTasks(list.Tasks)
	for _, t := range list.Tasks {
		if t.State == web.TaskDone || t.State == web.TaskSaid {
			list.Done++
		}
	}
	list.Total = len(list.Tasks)
	list.Tasks = list.Tasks[:min(len(list.Tasks), maxTasks)]
	if err != nil {
		return list, err
	}
	return list, d.addRapport(ctx, list.Tasks)
}

// addRapport says how members found the customers of tasks to be.
func (d *Desk) addRapport(ctx context.Context, tasks []web.Task) error {
	var about []id.Customer
	for _, t := range tasks {
		if t.Customer != 0 {
			about = append(about, t.Customer)
		}
	}
	slices.Sort(about)
	states, err := d.DB.LoadCustomers(ctx, slices.Compact(about))
	if err != nil {
		return fmt.Errorf("load customers of tasks: %w", err)
	}
	judged := map[id.Customer]event.Rapport{}
	for i := range states {
		judged[states[i].ID], _ = states[i].Rapport()
	}
	for i := range tasks {
		tasks[i].Rapport = judged[tasks[i].Customer]
	}
	return nil
}

func (d *Desk) massTasks(ctx context.Context, sends []delivery.Dispatch, urged time.Time) ([]web.Task, error) {
	reach, err := d.reach(ctx, sends)
	tasks := make([]web.Task, len(sends))
	for i, x := range sends {
		tasks[i] = web.Task{ID: x.ID, Count: reach[x.ID], Channel: event.MassSend, Purpose: x.Purpose, Limiting: limitingOf(x.Purpose),
			Text: x.Text, Urged: urgedFor(urged, x.TaskSince), Until: x.Until, State: web.TaskOpen}
		if x.Task == delivery.Confirmed {
			tasks[i].State = web.TaskDone
		}
	}
	return tasks, err
}

// latest returns the later of two times.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (d *Desk) handTasks(ctx context.Context, staff id.Staff, called string, day time.Time) ([]web.Task, error) {
	before, err := d.urges(ctx, staff)
	if err != nil {
		return nil, err
	}
	rows, err := d.DB.StaffTasks(ctx, delivery.TaskQuery{Staff: staff, FromBefore: d.Clock.Now(), UntilFrom: day, Scope: org.All()})
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(t delivery.StaffTask) bool {
		open := t.State == delivery.Due || t.State == delivery.Postponed
		return !open && t.Since.Before(day) || t.State == delivery.Taken || t.State == delivery.Missed
	})
	customers := make([]id.Customer, len(rows))
	for i, t := range rows {
		customers[i] = t.Customer
	}
	names, err := d.customerNames(ctx, customers)
	if err != nil {
		return nil, err
	}
	because, err := d.behind(ctx, rows)
	if err != nil {
		return nil, err
	}
	links, err := d.taskLinks(ctx, rows)
	if err != nil {
		return nil, err
	}
	tasks := make([]web.Task, 0, len(rows))
	for _, t := range rows {
		task := web.Task{ID: t.ID, Customer: t.Customer, Name: names[t.Customer], Channel: event.OneToOne, Purpose: t.Purpose,
			Limiting: limitingOf(t.Purpose), Text: content.Fill(t.Text, names[t.Customer], called), Link: links[t.ID], Files: content.FilesOf(t.Files), Until: t.Until, PutOffs: t.PutOffs, State: stateOf(&t),
			Urged: urgedFor(before.last(staff), latest(t.From, t.Since))}
		task.Because, task.AsOf = because[t.Action].Because, because[t.Action].Gain.AsOf
		tasks = append(tasks, task)
	}
	if err := d.nameSteps(ctx, tasks, called); err != nil {
		return nil, err
	}
	if err := d.addPhones(ctx, staff, tasks); err != nil {
		return nil, err
	}
	if err := d.addInvited(ctx, rows, tasks); err != nil {
		return nil, err
	}
	steps, err := d.stepTasks(ctx, staff, called, before.last(staff))
	return append(tasks, steps...), err
}

// TasksWith implements web.Tasks.
func (d *Desk) TasksWith(ctx context.Context, scope org.Scope, c id.Customer) ([]web.Task, error) {
	names, err := d.staffNames(ctx, []id.Staff{scope.Staff})
	if err != nil {
		return nil, err
	}
	all, err := d.handTasks(ctx, scope.Staff, names[scope.Staff], d.today())
	all = slices.DeleteFunc(all, func(t web.Task) bool { return t.Customer != c })
	sortTasks(all)
	return all, err
}

// sortTasks puts open tasks first, urged ones on top, then pressing ones.
func sortTasks(tasks []web.Task) {
	slices.SortStableFunc(tasks, func(a, b web.Task) int {
		return cmp.Or(flagged(a.State != web.TaskOpen)-flagged(b.State != web.TaskOpen), flagged(!a.Urged)-flagged(!b.Urged), flagged(!a.Pressing)-flagged(!b.Pressing))
	})
}

// behind returns the actions behind tasks, by id.
func (d *Desk) behind(ctx context.Context, tasks []delivery.StaffTask) (map[int64]decision.Action, error) {
	days := map[time.Time][]id.Customer{}
	for _, t := range tasks {
		day := clock.Day(t.From, d.Zone)
		days[day] = append(days[day], t.Customer)
	}
	actions := make(map[int64]decision.Action, len(tasks))
	for day, customers := range days {
		plan, err := d.DB.PlanOf(ctx, day, customers)
		if err != nil {
			return nil, fmt.Errorf("read the actions behind tasks: %w", err)
		}
		for _, a := range plan.Actions {
			actions[a.ID] = a
		}
	}
	return actions, nil
}

// stateOf returns where a task of today stands: one that was put off until today is open
// again.
func stateOf(t *delivery.StaffTask) web.TaskState {
	if t.Result == delivery.Said && t.State == delivery.Due {
		return web.TaskSaid
	}
	switch t.State {
	case delivery.DoneState:
		return web.TaskDone
	case delivery.NoNeed:
		return web.TaskNoNeed
	}
	return web.TaskOpen
}

// Answer implements web.Tasks.
func (d *Desk) Answer(ctx context.Context, by web.Asker, a web.TaskAnswer) error {
	if a.Step != "" {
		return d.answerStep(ctx, by, a)
	}
	if err := d.answerContact(ctx, by, a); err != nil {
		return err
	}
	return d.Turn(ctx)
}
