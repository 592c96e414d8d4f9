package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// fill sets every field of v that is zero, so that a field which the database
// forgets is noticed.
func fill(v any) {
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		f := s.Field(i)
		if !f.IsZero() {
			continue
		}
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(noon.Add(time.Duration(i) * time.Millisecond)))
			continue
		case []time.Time:
			f.Set(reflect.ValueOf([]time.Time{noon, noon.Add(time.Hour)}))
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString("word " + fmt.Sprint(i))
		case reflect.Int, reflect.Int64:
			f.SetInt(int64(i + 100))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Array:
			f.Index(0).SetUint(9)
		case reflect.Struct:
			fill(f.Addr().Interface())
		default:
			panic("no sample for a field of kind " + f.Kind().String())
		}
	}
}

func draft(dispatch int64, customers ...id.Customer) delivery.Draft {
	d := delivery.Draft{Dispatch: delivery.Dispatch{ID: dispatch, State: delivery.Planned, Task: delivery.Open, CancelFor: delivery.Objection, Staff: 5, Store: 7, Day: noon, From: noon}}
	fill(&d.Dispatch)
	d.Dispatch.Words = 0 // is not kept
	for _, c := range customers {
		d.Touches = append(d.Touches, touch(c, dispatch, event.MassSend))
	}
	return d
}

func touch(c id.Customer, dispatch int64, channel event.Channel) delivery.Touch {
	key := delivery.TouchKey{Customer: c, Run: fmt.Sprint("plan/", dispatch), Step: 1, Occurrence: 2, Channel: channel}
	return delivery.Touch{ID: key.ID(), TouchKey: key, Dispatch: dispatch, Staff: 5, Purpose: event.Ask, Action: 6, State: delivery.Underway, Because: "-", At: noon}
}

func dispatchesComeBackWhole(t *testing.T, ctx context.Context, db *storage.DB) {
	a, b := draft(10, 1, 2), draft(11, 3)
	equal(t, "touches", must[int](t)(db.AddDispatches(ctx, []delivery.Draft{a, b})), 3)
	again := draft(12)
	again.Touches = append(a.Touches[:1:1], b.Touches...)
	equal(t, "touches of a plan that is known", must[int](t)(db.AddDispatches(ctx, []delivery.Draft{a, again})), 0)
	list := must[[]delivery.Dispatch](t)(db.Dispatches(ctx, delivery.Query{Scope: org.All()}))
	equal(t, "it is part of a send", list[0].Send != 0 && list[0].Send == list[1].Send, true)
	a.Dispatch.Send = list[0].Send
	if len(list) != 2 || !reflect.DeepEqual(list[0], a.Dispatch) {
		t.Fatalf("got %+v\nwant %+v", list, a.Dispatch)
	}
	touches := must[[]delivery.Touch](t)(db.TouchesOf(ctx, 11))
	if !reflect.DeepEqual(touches, b.Touches) {
		t.Fatalf("got %+v\nwant %+v", touches, b.Touches)
	}
}

func dispatchesAreFound(t *testing.T, ctx context.Context, db *storage.DB) {
	planned, open, doubt := draft(10, 1), draft(11, 2), draft(12, 3)
	planned.Dispatch.Task, planned.Dispatch.NotBefore = delivery.NoTask, noon.Add(time.Hour)
	open.Dispatch.State, open.Dispatch.MsgID, open.Dispatch.Store, open.Dispatch.Staff = delivery.Accepted, "msg \"1\"", 8, 6
	doubt.Dispatch.State, doubt.Dispatch.Task, doubt.Dispatch.Day = delivery.InDoubt, delivery.NoTask, noon.AddDate(0, 0, 1)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{planned, open, doubt}))
	ok(t, db.CommitFold(ctx, flow.Fold{Reader: "fold", Cursor: 1, Aliases: []flow.Alias{{Customer: 20, Canonical: 3}, {Customer: 21, Canonical: 3}}}))
	finds(t, map[string]finding[delivery.Query]{
		"all":                      {delivery.Query{}, "[10 11 12]"},
		"by state or task":         {delivery.Query{States: []delivery.State{delivery.InDoubt}, Tasks: []delivery.TaskState{delivery.Open}}, "[11 12]"},
		"of a corp":                {delivery.Query{Corp: "another"}, "[]"},
		"of a member":              {delivery.Query{Staff: 6}, "[11]"},
		"of a day":                 {delivery.Query{Day: noon.AddDate(0, 0, 1)}, "[12]"},
		"ready early":              {delivery.Query{States: []delivery.State{delivery.Planned}, ReadyAt: noon}, "[]"},
		"ready":                    {delivery.Query{States: []delivery.State{delivery.Planned}, ReadyAt: noon.Add(time.Hour)}, "[10]"},
		"of a customer":            {delivery.Query{Customers: []id.Customer{1, 99}}, "[10]"},
		"of who answers":           {delivery.Query{Customers: []id.Customer{20}}, "[12]"},
		"of nobody":                {delivery.Query{Customers: []id.Customer{}}, "[]"},
		"by WeCom's name":          {delivery.Query{MsgIDs: []string{"msg \"1\""}}, "[11]"},
		"in the scope of a store":  {delivery.Query{Scope: org.Scope{Stores: []id.Store{8}}}, "[11]"},
		"in the scope of a member": {delivery.Query{Scope: org.Scope{Staff: 6, Stores: []id.Store{7}}}, "[11]"},
		"after":                    {delivery.Query{After: 10, Limit: 1}, "[11]"},
	}, func(q delivery.Query) []int64 {
		q.Scope = within(q.Scope)
		return numbers(must[[]delivery.Dispatch](t)(db.Dispatches(ctx, q)), func(d delivery.Dispatch) int64 { return d.ID })
	})
	equal(t, "with the zero scope", len(must[[]delivery.Dispatch](t)(db.Dispatches(ctx, delivery.Query{}))), 0)
}

func changesAreAllOrNothing(t *testing.T, ctx context.Context, db *storage.DB) {
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{draft(10, 1, 2)}))
	refused := errors.New("not now")
	err := db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error {
		r.Dispatch.State, r.Touches[0].State = delivery.Calling, delivery.Failed
		return refused
	})
	equal(t, "error of the change", err, refused)
	equal(t, "state", must[[]delivery.Dispatch](t)(db.Dispatches(ctx, delivery.Query{Scope: org.All()}))[0].State, delivery.Planned)
	if err := db.ChangeDispatch(ctx, 99, func(*delivery.Record) error { return nil }); fault.CodeOf(err) != fault.NotFound {
		t.Fatalf("an unknown dispatch: %v", err)
	}
	successor := draft(13).Dispatch
	ok(t, db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error {
		r.Dispatch.State, r.Successor = delivery.Accepted, &successor
		r.Touches[1].Dispatch = successor.ID
		return nil
	}))
	equal(t, "touches left", len(must[[]delivery.Touch](t)(db.TouchesOf(ctx, 10))), 1)
	equal(t, "touches moved", len(must[[]delivery.Touch](t)(db.TouchesOf(ctx, 13))), 1)
}

func openingsAskAgain(t *testing.T, ctx context.Context, db *storage.DB) {
	ok(t, db.CommitFold(ctx, flow.Fold{Customers: []profile.Customer{state(1), state(2), state(3)}, Aliases: []flow.Alias{{Customer: 4, Canonical: 3}}, Reader: "fold", Cursor: 0}))
	earlier, doubt, calling := draft(20, 1), draft(21, 2), draft(22, 4)
	earlier.Touches[0].State, earlier.Touches[0].At = delivery.Delivered, noon.AddDate(0, 0, -3)
	doubt.Dispatch.State, doubt.Dispatch.Called, doubt.Dispatch.Task = delivery.InDoubt, noon.Add(-time.Hour), delivery.NoTask
	calling.Dispatch.State, calling.Dispatch.Called, calling.Dispatch.Staff = delivery.Calling, noon, 6
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{earlier, doubt, calling, draft(10, 1, 2, 3, 9)}))
	ok(t, db.AssignHoldout(ctx, map[id.Customer]bool{4: true, 1: false}, noon))
	objection, err := event.New(event.Customer(1), noon, event.FromConsole, id.Hash("objects"), event.MarketingRefused{By: "customer"})
	ok(t, err)
	must[int](t)(db.AppendFacts(ctx, []event.Fact{objection}))
	ok(t, db.Freeze(ctx, noon))
	ok(t, db.SaveInsights(ctx, []flow.InsightRow{{Customer: insight.Customer{ID: 3, Limiting: insight.Trust}, Related: true}}))

	var o delivery.Opening
	ok(t, db.OpenDispatch(ctx, 10, noon.Add(-12*time.Hour), func(opening delivery.Opening) error { o = opening; return nil }))
	equal(t, "frozen", o.Frozen, true)
	equal(t, "confirmations: one in doubt, one that waits to take the place of another", o.Confirmations, 2)
	by := map[id.Customer]decision.Standing{}
	for i, touch := range o.Touches {
		by[touch.Customer] = o.Standings[i]
	}
	equal(t, "an objection that is not folded yet", by[1].Profile.RefusesMarketing(), true)
	equal(t, "contacts", fmt.Sprint(by[1].Contacts), fmt.Sprint([]decision.Contact{{At: event.At(noon.AddDate(0, 0, -3)), Channel: event.MassSend}}))
	equal(t, "in doubt", by[2].InDoubt, true)
	equal(t, "contact in doubt", fmt.Sprint(by[2].Contacts), fmt.Sprint([]decision.Contact{{At: event.At(noon.Add(-time.Hour)), Channel: event.MassSend}}))
	equal(t, "held by an alias", by[3].Held, true)
	equal(t, "contacts of an alias", len(by[3].Contacts), 1)
	equal(t, "what limits", by[3].Limiting, insight.Trust)
	equal(t, "what limits who is not understood", by[1].Limiting, "")
	equal(t, "unknown", by[9].Profile == nil, true)
	equal(t, "not held", by[1].Held || by[2].Held || by[9].Held, false)
}

func mergesNotYetFoldedAreFollowed(t *testing.T, ctx context.Context, db *storage.DB) {
	refuser := state(2)
	refuser.Refused = event.At(noon)
	ok(t, db.CommitFold(ctx, flow.Fold{Customers: []profile.Customer{state(1), refuser}, Reader: "fold", Cursor: 0}))
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{draft(10, 1)}))
	merged, err := event.New(event.Customer(1), noon, event.FromConsole, id.Hash("merge"), event.CustomerMerged{Into: 2})
	ok(t, err)
	must[int](t)(db.AppendFacts(ctx, []event.Fact{merged}))
	ok(t, db.OpenDispatch(ctx, 10, noon, func(o delivery.Opening) error {
		equal(t, "who answers", o.Standings[0].Profile.ID, 2)
		equal(t, "refuses", o.Standings[0].Profile.RefusesMarketing(), true)
		return nil
	}))
}

func staffTasksComeBackWhole(t *testing.T, ctx context.Context, db *storage.DB) {
	touches := []delivery.Touch{touch(1, 0, event.OneToOne), touch(2, 0, event.OneToOne)}
	tasks := make([]delivery.StaffTask, 2)
	for i := range tasks {
		tasks[i] = delivery.StaffTask{ID: touches[i].ID, Customer: touches[i].Customer, State: delivery.Due, Staff: 5, Store: 7, From: noon, Until: noon.Add(time.Hour)}
		fill(&tasks[i])
	}
	equal(t, "added", must[int](t)(db.AddStaffTasks(ctx, tasks, touches)), 2)
	equal(t, "added again", must[int](t)(db.AddStaffTasks(ctx, tasks, touches)), 0)
	find := func(q delivery.TaskQuery) []delivery.StaffTask {
		t.Helper()
		return must[[]delivery.StaffTask](t)(db.StaffTasks(ctx, q))
	}
	found := find(delivery.TaskQuery{Scope: org.All(), Customers: []id.Customer{2}})
	if len(found) != 1 || !reflect.DeepEqual(found[0], tasks[1]) {
		t.Fatalf("got %+v\nwant %+v", found, tasks[1])
	}
	ok(t, db.ChangeStaffTask(ctx, tasks[0].ID, func(task *delivery.StaffTask, touch *delivery.Touch) error {
		task.State, touch.State = delivery.DoneState, delivery.Delivered
		return nil
	}))
	equal(t, "due", len(find(delivery.TaskQuery{Scope: org.All(), States: []delivery.StaffTaskState{delivery.Due}})), 1)
	equal(t, "underway to a customer", len(find(delivery.TaskQuery{Scope: org.All(), Customers: []id.Customer{1}})), 0)
	equal(t, "of another member", len(find(delivery.TaskQuery{Scope: org.All(), Staff: 6})), 0)
	equal(t, "begun", len(find(delivery.TaskQuery{Scope: org.All(), FromBefore: noon})), 2)
	equal(t, "ended", len(find(delivery.TaskQuery{Scope: org.All(), UntilBefore: noon.Add(time.Hour)})), 0)
	equal(t, "out of scope", len(find(delivery.TaskQuery{Scope: org.Scope{Stores: []id.Store{8}}})), 0)
	equal(t, "by its number", len(find(delivery.TaskQuery{Scope: org.All(), Task: tasks[1].ID})), 1)
	equal(t, "for another purpose", len(find(delivery.TaskQuery{Scope: org.All(), Purpose: "other"})), 0)
	equal(t, "with the same words", len(find(delivery.TaskQuery{Scope: org.All(), Text: tasks[0].Text, Purpose: tasks[0].Purpose})), 2)
	equal(t, "with other words", len(find(delivery.TaskQuery{Scope: org.All(), Text: "other"})), 0)
	equal(t, "not answered", len(find(delivery.TaskQuery{Scope: org.All(), Unsaid: true})), 1)
	both := []int64{tasks[0].ID, tasks[1].ID}
	refused := errors.New("refused")
	err := db.ChangeStaffTasks(ctx, both, func(task *delivery.StaffTask, _ *delivery.Touch) error {
		task.Because = "changed"
		if task.State == delivery.Due {
			return refused
		}
		return nil
	})
	if !errors.Is(err, refused) || slices.ContainsFunc(find(delivery.TaskQuery{Scope: org.All()}), func(t delivery.StaffTask) bool { return t.Because == "changed" }) {
		t.Errorf("a change that one of two refuses: %v", err)
	}
	ok(t, db.ChangeStaffTasks(ctx, both, func(task *delivery.StaffTask, touch *delivery.Touch) error {
		if task.ID != touch.ID {
			t.Errorf("task %d has touch %d", task.ID, touch.ID)
		}
		task.Because = "changed"
		return nil
	}))
	equal(t, "both are changed", find(delivery.TaskQuery{Scope: org.All()})[0].Because+find(delivery.TaskQuery{Scope: org.All()})[1].Because, "changedchanged")
	if err := db.ChangeStaffTasks(ctx, []int64{tasks[0].ID, 99}, nil); fault.CodeOf(err) != fault.NotFound {
		t.Fatalf("one of two is unknown: %v", err)
	}
	if err := db.ChangeStaffTask(ctx, 99, nil); fault.CodeOf(err) != fault.NotFound {
		t.Fatalf("an unknown task: %v", err)
	}
	equal(t, "underway", fmt.Sprint(must[map[id.Customer]bool](t)(db.Underway(ctx, flow.Whom{List: []id.Customer{1, 2, 3}}))), "map[2:false]")
	equal(t, "underway of everybody between", fmt.Sprint(must[map[id.Customer]bool](t)(db.Underway(ctx, flow.Whom{First: 2, Last: 3}))), "map[2:false]")
}

func onlyNewTasksAreAdded(t *testing.T, ctx context.Context, db *storage.DB) {
	taskOf := func(to delivery.Touch) delivery.StaffTask {
		task := delivery.StaffTask{ID: to.ID, Customer: to.Customer, State: delivery.Due, Staff: 5, Store: 7, From: noon, Until: noon.Add(time.Hour)}
		fill(&task)
		return task
	}
	known, fresh := touch(1, 0, event.OneToOne), touch(2, 0, event.OneToOne)
	taken := known
	taken.ID = 9005
	equal(t, "added", must[int](t)(db.AddStaffTasks(ctx, []delivery.StaffTask{taskOf(known)}, []delivery.Touch{known})), 1)
	equal(t, "added of a known one, one whose touch is taken and a new one", must[int](t)(db.AddStaffTasks(ctx,
		[]delivery.StaffTask{taskOf(known), taskOf(taken), taskOf(fresh)}, []delivery.Touch{known, taken, fresh})), 1)
	equal(t, "tasks", len(must[[]delivery.StaffTask](t)(db.StaffTasks(ctx, delivery.TaskQuery{Scope: org.All()}))), 2)
	equal(t, "problems", fmt.Sprint(must[[]string](t)(db.Check(ctx))), "[]")
}

func fencesGrowAndTheFreezeIsKept(t *testing.T, ctx context.Context, db *storage.DB) {
	equal(t, "first fence", must[int64](t)(db.NextFence(ctx, "a")), 1)
	equal(t, "second fence", must[int64](t)(db.NextFence(ctx, "a")), 2)
	equal(t, "fence of another node", must[int64](t)(db.NextFence(ctx, "b")), 1)
	ok(t, db.Freeze(ctx, noon))
	equal(t, "frozen", must[time.Time](t)(db.Frozen(ctx)), noon)
	ok(t, db.Freeze(ctx, time.Time{}))
	equal(t, "thawed", must[time.Time](t)(db.Frozen(ctx)).IsZero(), true)
}
