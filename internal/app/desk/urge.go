package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// urgeLimit is how often a member may be urged, and with the member each task: three
// times a day, as WeCom limits its own reminders, and not twice within half a working
// day.
func urgeLimit() storage.UrgeLimit {
	return storage.UrgeLimit{Most: delivery.UrgeLimit, Span: delivery.UrgeSpan, Pause: 4 * time.Hour}
}

// urged is when members were urged within executionWindow, oldest first.
type urged map[id.Staff][]time.Time

// urges reads when members were urged; no members ask for all of them.
func (d *Desk) urges(ctx context.Context, staff ...id.Staff) (urged, error) {
	return d.DB.Urges(ctx, d.Clock.Now().Add(-executionWindow), staff...)
}

// last returns when a member was urged last, zero if not.
func (u urged) last(s id.Staff) time.Time {
	if n := len(u[s]); n > 0 {
		return u[s][n-1]
	}
	return time.Time{}
}

// within returns how often a member was urged in the last day, and when the member
// may be urged again: zero if now.
func (u urged) within(s id.Staff, now time.Time) (times int, again time.Time) {
	if next := urgeLimit().Next(u[s], now); next.After(now) {
		again = next
	}
	return len(urgeLimit().Within(u[s], now)), again
}

// urgedFor tells whether what a member has had since a time was urged by the last urge.
func urgedFor(last, since time.Time) bool { return !last.IsZero() && !since.After(last) }

var (
	errUrgedEnough = fault.WithKey(fault.Forbidden, "error.urged_enough", errors.New("urged three times within 24 hours"))
	errUrgedLately = fault.WithKey(fault.Forbidden, "error.urged_lately", errors.New("urged less than four hours ago"))
)

// UrgeStore implements web.Decisions.
func (d *Desk) UrgeStore(ctx context.Context, by web.Asker, store id.Store) (staff int, err error) {
	staff, refused, err := d.urgeStore(ctx, by, store)
	if err == nil && staff == 0 {
		err = refused
	}
	return staff, err
}

// urgeStore urges a store's members and returns how many, and why the last of those was
// refused who may not be urged now.
func (d *Desk) urgeStore(ctx context.Context, by web.Asker, store id.Store) (staff int, refused, err error) {
	if !by.Scope.Sees(store) {
		return 0, nil, notFound("store")
	}
	var failed []error
	for _, s := range d.Brand.Org().Staff {
		if s.Store != store || !s.Active {
			continue
		}
		n, err := d.urge(ctx, by, s.ID)
		staff += n
		if fault.CodeOf(err) == fault.Forbidden {
			refused = err
		} else {
			failed = append(failed, err)
		}
	}
	return staff, refused, errors.Join(append(failed, d.audit(ctx, by, "touch.urged_store", id.Text(store)))...)
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

// urge reminds a member of open tasks: WeCom's own reminder for each mass send, and one
// message of the app. It returns how many members were reminded.
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
	if waiting == 0 {
		return 0, nil
	}
	if err := d.addUrge(ctx, storage.Urge{Staff: staff, At: d.Clock.Now(), Account: by.Account, Tasks: waiting}); err != nil {
		return 0, err
	}
	failed := []error{d.urgePosts(ctx, posts)}
	for _, x := range open {
		if err := d.Gate().Urge(ctx, x.ID); fault.CodeOf(err) != fault.Forbidden { // else WeCom's own reminders are used up
			failed = append(failed, err)
		}
	}
	return 1, errors.Join(append(failed, d.Urge(ctx, staff, waiting))...) // the app's message goes in any case
}

// addUrge keeps an urge before it is made: one too few is better than one too many.
func (d *Desk) addUrge(ctx context.Context, u storage.Urge) error {
	added, err := d.DB.AddUrge(ctx, u, urgeLimit())
	if err != nil || added {
		return err
	}
	before, err := d.urges(ctx, u.Staff)
	if err != nil {
		return err
	}
	if times, _ := before.within(u.Staff, u.At); times >= urgeLimit().Most {
		return errUrgedEnough
	}
	return errUrgedLately
}
