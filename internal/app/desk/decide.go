package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
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

// urgePause is how long a member is left alone after being urged.
const urgePause = 4 * time.Hour

// urges remembers who was urged when. A restart forgets it: one reminder too
// many does less harm than one too few.
type urges struct {
	mu sync.Mutex
	at map[id.Staff]time.Time
}

func (d *Desk) urgedAt(s id.Staff) time.Time {
	d.urged.mu.Lock()
	defer d.urged.mu.Unlock()
	return d.urged.at[s]
}

// mayUrge tells whether the member may be urged now, and notes it if so.
func (d *Desk) mayUrge(s id.Staff) bool {
	d.urged.mu.Lock()
	defer d.urged.mu.Unlock()
	now := d.Clock.Now()
	if now.Sub(d.urged.at[s]) < urgePause {
		return false
	}
	if d.urged.at == nil {
		d.urged.at = map[id.Staff]time.Time{}
	}
	d.urged.at[s] = now
	return true
}

// UrgeStore implements web.Decisions.
func (d *Desk) UrgeStore(ctx context.Context, by web.Asker, store id.Store) (staff int, err error) {
	if !by.Scope.Sees(store) {
		return 0, notFound("store")
	}
	for _, s := range d.Brand.Org().Staff {
		if s.Store != store || !s.Active {
			continue
		}
		n, err := d.urge(ctx, by, s.ID)
		if err != nil {
			return staff, err
		}
		staff += n
	}
	return staff, d.audit(ctx, by, "touch.urged_store", id.Text(store))
}

// UrgeStaff implements web.Decisions.
func (d *Desk) UrgeStaff(ctx context.Context, by web.Asker, staff id.Staff) (reminded int, err error) {
	if !d.covers(by.Scope, staff) {
		return 0, notFound("member of staff")
	}
	if reminded, err = d.urge(ctx, by, staff); err != nil {
		return 0, err
	}
	return reminded, d.audit(ctx, by, "touch.urged", id.Text(staff))
}

// urge reminds a member of open tasks: WeCom's own reminder for each mass send,
// and one message from the app.
func (d *Desk) urge(ctx context.Context, by web.Asker, staff id.Staff) (int, error) {
	open, err := d.DB.Dispatches(ctx, delivery.Query{Tasks: []delivery.TaskState{delivery.Open}, Staff: staff, Scope: by.Scope})
	if err != nil {
		return 0, err
	}
	tasks, err := d.DB.StaffTasks(ctx, delivery.TaskQuery{Staff: staff, States: []delivery.StaffTaskState{delivery.Due}, FromBefore: d.Clock.Now(), Scope: by.Scope})
	if err != nil {
		return 0, err
	}
	tasks = slices.DeleteFunc(tasks, func(t delivery.StaffTask) bool { return t.Result == delivery.Said })
	posts, err := d.DB.PostSends(ctx, delivery.PostQuery{Tasks: []delivery.TaskState{delivery.Open}, Member: staff, Scope: org.All()})
	if err != nil {
		return 0, err
	}
	steps, err := d.DB.StepTasks(ctx, storage.StepTaskQuery{Staff: staff, Scope: org.All(), Begun: d.Clock.Now(), Limit: maxTasks})
	if err != nil {
		return 0, err
	}
	waiting := len(open) + len(tasks) + len(posts) + len(steps)
	if waiting == 0 || !d.mayUrge(staff) {
		return 0, nil
	}
	if err := d.urgePosts(ctx, posts); err != nil {
		return 0, err
	}
	for _, x := range open {
		err := d.Gate().Urge(ctx, x.ID)
		if err != nil && fault.CodeOf(err) != fault.Forbidden { // WeCom's own reminders are used up; the app's message still goes
			return 0, err
		}
	}
	return 1, d.Urge(ctx, staff, waiting)
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
	for _, x := range dispatches {
		if x.Task == delivery.Open || !x.TaskSince.Before(day) {
			task, err := d.massTask(ctx, x)
			if err != nil {
				return list, err
			}
			list.Tasks = append(list.Tasks, task)
		}
	}
	posts, err := d.postTasks(ctx, scope.Staff)
	if err != nil {
		return list, err
	}
	list.Tasks = append(list.Tasks, posts...)
	byHand, err := d.handTasks(ctx, scope.Staff, list.Staff, day)
	list.Tasks = append(list.Tasks, byHand...)
	slices.SortStableFunc(list.Tasks, func(a, b web.Task) int {
		return flagged(a.State != web.TaskOpen) - flagged(b.State != web.TaskOpen)
	})
	for _, t := range list.Tasks {
		if t.State == web.TaskDone || t.State == web.TaskSaid {
			list.Done++
		}
	}
	list.Total = len(list.Tasks)
	list.Tasks = list.Tasks[:min(len(list.Tasks), maxTasks)]
	return list, err
}

func (d *Desk) massTask(ctx context.Context, x delivery.Dispatch) (web.Task, error) {
	touches, err := d.DB.TouchesOf(ctx, x.ID)
	t := web.Task{ID: x.ID, Count: len(touches), Channel: event.MassSend, Purpose: x.Purpose, Limiting: limitingOf(x.Purpose),
		Text: x.Text, Urged: len(x.Urged) > 0, Until: x.Until, State: web.TaskOpen}
	if x.Task == delivery.Confirmed {
		t.State = web.TaskDone
	}
	return t, err
}

func (d *Desk) handTasks(ctx context.Context, staff id.Staff, called string, day time.Time) ([]web.Task, error) {
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
			Limiting: limitingOf(t.Purpose), Text: content.Fill(t.Text, names[t.Customer], called), Link: links[t.ID], Files: content.FilesOf(t.Files), Until: t.Until, State: stateOf(&t),
			Urged: d.urgedAt(staff).After(day)}
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
	steps, err := d.stepTasks(ctx, staff, called)
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
	slices.SortStableFunc(all, func(a, b web.Task) int {
		return flagged(a.State != web.TaskOpen) - flagged(b.State != web.TaskOpen)
	})
	return all, err
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

func stateOf(t *delivery.StaffTask) web.TaskState {
	if t.Result == delivery.Said && t.State == delivery.Due {
		return web.TaskSaid
	}
	switch t.State {
	case delivery.DoneState:
		return web.TaskDone
	case delivery.Postponed:
		return web.TaskPostponed
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
