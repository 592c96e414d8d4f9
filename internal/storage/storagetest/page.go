package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// waitingDraft is a draft that waits for approval.
func waitingDraft(dispatch int64, gain float64, customers ...id.Customer) delivery.Draft {
	d := draft(dispatch, customers...)
	d.Dispatch.ApprovedBy, d.Dispatch.Purpose, d.Dispatch.Until = "", event.Ask, noon.Add(time.Hour)
	d.Gain = delivery.Gain{Value: gain, Low: gain / 2, High: 2 * gain}
	return d
}

func batchesKnowTheirGain(t *testing.T, ctx context.Context, db *storage.DB) {
	action := decision.Action{ID: 6, Customer: 2, Day: noon, Staff: 5, Store: 7, Channel: event.MassSend, Purpose: event.Ask, Gain: insight.Estimate{Value: 300, Low: 100, High: 500}}
	ok(t, db.SavePlan(ctx, partOf(decision.Plan{Day: noon, Actions: []decision.Action{action}})))
	other := waitingDraft(12, 900, 4)
	other.Dispatch.Store, other.Dispatch.Purpose = 8, event.Serve
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{waitingDraft(10, 700, 1, 2), waitingDraft(11, 700, 3), other, draft(13, 5)}))
	batches := func(q storage.BatchQuery) string {
		t.Helper()
		if q.Scope.Stores == nil {
			q.Scope = org.All()
		}
		list := must[[]storage.Batch](t)(db.Batches(ctx, q))
		text := ""
		for _, b := range list {
			text += fmt.Sprint(b.Dispatch, ":", b.Customers, "=", b.Gain.Value, " ")
		}
		return text
	}
	equal(t, "highest gain first", batches(storage.BatchQuery{}), "12:1=900 11:1=700 10:2=700 ")
	equal(t, "first page", batches(storage.BatchQuery{Limit: 2}), "12:1=900 11:1=700 ")
	equal(t, "next page", batches(storage.BatchQuery{After: &storage.Batch{Dispatch: 11, Gain: delivery.Gain{Value: 700}}}), "10:2=700 ")
	equal(t, "of a purpose", batches(storage.BatchQuery{Purposes: []event.Purpose{event.Serve}}), "12:1=900 ")
	equal(t, "of a store", batches(storage.BatchQuery{Scope: org.Scope{Stores: []id.Store{8}}}), "12:1=900 ")
	equal(t, "over", batches(storage.BatchQuery{EndAfter: noon.Add(time.Hour)}), "")
	equal(t, "customers", fmt.Sprint(must[map[event.Purpose]int](t)(db.WaitingCustomers(ctx, org.All(), noon))), "map[ask:3 serve:1]")
	equal(t, "approvals", must[storage.Waiting](t)(db.CountWaiting(ctx, org.All(), noon)).Approvals, 3)

	ok(t, db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error {
		for i := range r.Touches {
			if r.Touches[i].Customer == 1 {
				r.Touches[i].State = delivery.Withdrawn
			}
		}
		return nil
	}))
	equal(t, "without a customer who dropped out", batches(storage.BatchQuery{}), "12:1=900 11:1=700 10:1=300 ")
	ok(t, db.ChangeDispatch(ctx, 12, func(r *delivery.Record) error { r.Dispatch.ApprovedBy = "lin"; return nil }))
	ok(t, db.ChangeDispatch(ctx, 11, func(r *delivery.Record) error {
		next := r.Dispatch
		next.ID = 21
		r.Dispatch.State, r.Touches[0].Dispatch, r.Successor = delivery.Dropped, 21, &next
		return nil
	}))
	equal(t, "without the approved, and moved", batches(storage.BatchQuery{}), "10:1=300 21:1=0 ")
	equal(t, "problems", fmt.Sprint(must[[]string](t)(db.Check(ctx))), "[]")
}

func executionIsCounted(t *testing.T, ctx context.Context, db *storage.DB) {
	given := draft(10, 1)
	given.Dispatch.State, given.Dispatch.Until = delivery.Calling, noon.Add(2*time.Hour)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{given}))
	change := func(task delivery.TaskState, since time.Time) {
		t.Helper()
		ok(t, db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error {
			r.Dispatch.State, r.Dispatch.Task, r.Dispatch.TaskSince = delivery.Accepted, task, since
			return nil
		}))
	}
	touches := []delivery.Touch{touch(1, 0, event.OneToOne), touch(2, 0, event.OneToOne)}
	tasks := make([]delivery.StaffTask, 2)
	for i := range tasks {
		tasks[i] = delivery.StaffTask{ID: touches[i].ID, Customer: touches[i].Customer, State: delivery.Due, Staff: 5, Store: 7, From: noon, Until: noon.Add(time.Hour)}
		fill(&tasks[i])
	}
	must[int](t)(db.AddStaffTasks(ctx, tasks, touches))
	execution := func() string {
		t.Helper()
		equal(t, "problems", fmt.Sprint(must[[]string](t)(db.Check(ctx))), "[]")
		return fmt.Sprint(must[[]storage.Execution](t)(db.Execution(ctx, noon.AddDate(0, 0, -7), noon)))
	}
	equal(t, "before WeCom has it", execution(), "[{5 2 0 0 2}]")
	change(delivery.Open, noon)
	equal(t, "open", execution(), "[{5 3 0 0 3}]")
	change(delivery.Sending, noon)
	change(delivery.Confirmed, noon.Add(3*time.Hour))
	equal(t, "confirmed late", execution(), "[{5 3 1 0 2}]")
	finish := func(task int64, state delivery.StaffTaskState) {
		t.Helper()
		ok(t, db.ChangeStaffTask(ctx, task, func(s *delivery.StaffTask, _ *delivery.Touch) error {
			s.State, s.Since = state, noon.Add(time.Hour)
			return nil
		}))
	}
	finish(tasks[0].ID, delivery.DoneState)
	equal(t, "done in time", execution(), "[{5 3 2 1 1}]")
	finish(tasks[1].ID, delivery.Taken)
	change(delivery.Cancelled, noon)
	equal(t, "taken back", execution(), "[{5 1 1 1 0}]")
	equal(t, "of another week", len(must[[]storage.Execution](t)(db.Execution(ctx, noon.AddDate(0, 0, -14), noon.AddDate(0, 0, -7)))), 0)
}

func openTasksAreListed(t *testing.T, ctx context.Context, db *storage.DB) {
	var tasks []delivery.StaffTask
	var touches []delivery.Touch
	for i, c := range []struct {
		staff id.Staff
		store id.Store
		ends  time.Duration
	}{{5, 7, 2}, {5, 7, 2}, {6, 8, 1}, {5, 7, 3}} {
		to := touch(id.Customer(i+1), 0, event.OneToOne)
		task := delivery.StaffTask{ID: to.ID, Customer: to.Customer, State: delivery.Due, Staff: c.staff, Store: c.store, Purpose: event.Ask, Text: []string{"hello", "hello", "hello", "other"}[i], From: noon, Until: noon.Add(c.ends * time.Hour)}
		fill(&task)
		tasks, touches = append(tasks, task), append(touches, to)
	}
	must[int](t)(db.AddStaffTasks(ctx, tasks, touches))
	lists := func(q storage.ContactQuery) string {
		t.Helper()
		text := ""
		for _, l := range must[[]storage.ContactList](t)(db.ContactLists(ctx, q)) {
			text += fmt.Sprint(l.Staff, "/", l.Store, "x", l.Customers, " ")
		}
		return text
	}
	equal(t, "not begun", lists(storage.ContactQuery{Scope: org.All(), Begun: noon.Add(-time.Hour)}), "")
	equal(t, "those that end first", lists(storage.ContactQuery{Scope: org.All(), Begun: noon}), "6/8x1 5/7x2 5/7x1 ")
	equal(t, "of a store", lists(storage.ContactQuery{Scope: org.Scope{Stores: []id.Store{8}}, Begun: noon}), "6/8x1 ")
	first := must[[]storage.ContactList](t)(db.ContactLists(ctx, storage.ContactQuery{Scope: org.All(), Begun: noon, Limit: 2}))
	equal(t, "the next page", lists(storage.ContactQuery{Scope: org.All(), Begun: noon, After: &first[1]}), "5/7x1 ")
	words := func(scope org.Scope) (text string) {
		for _, w := range must[[]storage.ContactWords](t)(db.ContactWords(ctx, scope, 10)) {
			text += fmt.Sprint(w.Text, "x", w.Customers, "/", w.Staff, " ")
		}
		return text
	}
	equal(t, "what is to be said", words(org.All()), "hellox3/2 otherx1/1 ")
	equal(t, "in a store", words(org.Scope{Stores: []id.Store{8}}), "hellox1/1 ")
	equal(t, "open for a member", must[storage.Waiting](t)(db.CountWaiting(ctx, org.Scope{Staff: 5}, noon)).Open, 3)

	a, b := draft(10, 1), draft(11, 2)
	a.Dispatch.State, a.Dispatch.Until = delivery.Accepted, noon.Add(2*time.Hour)
	b.Dispatch.State, b.Dispatch.Until = delivery.Accepted, noon.Add(time.Hour)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{a, b}))
	open := must[[]delivery.Dispatch](t)(db.OpenDispatches(ctx, org.All(), nil, 10))
	equal(t, "open mass sends", fmt.Sprint(open[0].ID, open[1].ID), "11 10")
	equal(t, "after the first", len(must[[]delivery.Dispatch](t)(db.OpenDispatches(ctx, org.All(), &open[0], 10))), 1)
}

func daysAreCountedAnew(t *testing.T, ctx context.Context, db *storage.DB) {
	day := flow.DayOf(event.At(noon))
	const length = event.Instant(24 * 60 * 60 * 1000)
	fold := func(cursor int64, c ...flow.Counter) {
		t.Helper()
		ok(t, db.CommitFold(ctx, flow.Fold{Reader: "fold", Began: cursor - 1, Cursor: cursor, Counters: c}))
	}
	totals := func() string {
		t.Helper()
		return fmt.Sprint(must[[]int64](t)(db.DailyTotals(ctx, "orders", day-length, day)))
	}
	fold(1, flow.Counter{Name: "orders", Part: "youzan", Store: 7, Day: day, Delta: 2}, flow.Counter{Name: "orders", Part: "pos", Store: 8, Day: day, Delta: 3})
	equal(t, "total", totals(), "[0 5]")
	fold(2, flow.Counter{Name: "orders", Part: "youzan", Store: 7, Day: day - length, Delta: 4}, flow.Counter{Name: "adds", Store: 7, Day: day, Delta: 1})
	equal(t, "after another fold", totals(), "[4 5]")
	ok(t, db.SetCounters(ctx, []flow.Counter{{Name: "orders", Part: "pos", Store: 8, Day: day, Delta: 1}}))
	equal(t, "after a figure was set", totals(), "[4 3]")
	counters := must[[]flow.Counter](t)(db.DayCounters(ctx, []string{"orders", "adds"}, day, day))
	equal(t, "as they are read without memory", fmt.Sprint(counters), fmt.Sprint(must[[]flow.Counter](t)(db.Counters(ctx, []string{"orders", "adds"}, day, day))))
	ok(t, db.ResetFold(ctx, "fold"))
	equal(t, "after a reset", totals(), "[0 0]")
}

func plansAreSummedUp(t *testing.T, ctx context.Context, db *storage.DB) {
	count := func(store id.Store, because decision.Because, n int, gain float64) flow.PlanCount {
		return flow.PlanCount{PlanKey: flow.PlanKey{Day: noon, Store: store, Because: because}, Customers: n, Gain: gain}
	}
	ok(t, db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: noon}, Counts: []flow.PlanCount{
		count(7, "", 2, 10), count(8, "", 3, 20), count(7, decision.BecauseCapacity, 1, 5), count(8, decision.BecauseCapacity, 1, 9),
	}}))
	sums := func(stores []id.Store) string {
		t.Helper()
		text := ""
		for _, s := range must[[]flow.PlanCount](t)(db.PlanSums(ctx, noon, stores)) {
			text += fmt.Sprint(s.Because, s.Customers, "=", s.Gain, " ")
		}
		return text
	}
	equal(t, "all stores", sums(nil), "5=30 staff_capacity2=14 ")
	equal(t, "one store", sums([]id.Store{7}), "2=10 staff_capacity1=5 ")
	equal(t, "no store", sums([]id.Store{}), "")
	ok(t, db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: noon}, Counts: []flow.PlanCount{count(7, "", 1, 4)}}))
	equal(t, "one store, once more is planned", sums([]id.Store{7}), "3=14 staff_capacity1=5 ")
	ok(t, db.TakeBack(ctx, flow.TakenBack{Day: noon}, []flow.PlanCount{count(7, "", -1, -4)}))
	equal(t, "one store, that taken back", sums([]id.Store{7}), "2=10 staff_capacity1=5 ")
	equal(t, "who forgoes most", must[id.Store](t)(db.MostForgone(ctx, noon, decision.BecauseCapacity, nil)), id.Store(8))
	equal(t, "of one store", must[id.Store](t)(db.MostForgone(ctx, noon, decision.BecauseCapacity, []id.Store{7})), id.Store(7))
	equal(t, "for a reason that none has", must[id.Store](t)(db.MostForgone(ctx, noon, decision.BecauseQuiet, nil)), id.Store(0))
}

func forgottenInsightsLeaveTheLists(t *testing.T, ctx context.Context, db *storage.DB) {
	rows := []flow.InsightRow{known(1), known(2), known(3)}
	ok(t, db.SaveInsights(ctx, rows))
	says := func() string {
		t.Helper()
		related := must[int](t)(db.CountRelated(ctx))
		page := must[storage.CustomerPage](t)(db.ListCustomers(ctx, storage.CustomerQuery{Scope: org.All(), Sort: storage.ByValue, Limit: 5}))
		return fmt.Sprint(related, page.Total, page.Customers, len(must[[]insight.Customer](t)(db.LoadInsights(ctx, []id.Customer{1, 2, 3}))))
	}
	equal(t, "before", says(), "3 3 [3 2 1] 3")
	ok(t, db.ForgetInsights(ctx, []id.Customer{1, 99}))
	equal(t, "without the first", says(), "2 2 [3 2] 2")
	ok(t, db.SaveInsights(ctx, rows[:2]))
	equal(t, "with it again", says(), "3 3 [3 2 1] 3")
	ok(t, db.ForgetInsights(ctx, []id.Customer{3, 2, 1}))
	equal(t, "without anybody", says(), "0 0 [] 0")
}
