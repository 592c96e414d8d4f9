package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/storage"
)

func whatComesIsFoundByItsDay(t *testing.T, ctx context.Context, db *storage.DB) {
	run := func(c int64, subject sop.Subject, days int, held bool, state sop.RunState) sop.Run {
		return sop.Run{RunKey: sop.RunKey{Subject: subject, ID: c, Process: 3, Occurrence: int64(event.At(noon))}, Version: 1, State: state, Step: 2,
			DueAt: event.At(noon.AddDate(0, 0, days)), Entered: event.At(noon), Held: held}
	}
	runs := []sop.Run{run(1, sop.OfCustomer, 1, false, sop.Waiting), run(2, sop.OfCustomer, 20, false, sop.Waiting), run(3, sop.OfCustomer, 1, true, sop.Waiting),
		run(4, sop.OfGroup, 1, false, sop.Waiting), run(5, sop.OfCustomer, 1, false, sop.Watching), run(6, sop.OfCustomer, 1, false, sop.Ended)}
	must[int](t)(db.EnterRuns(ctx, flow.Entering{New: runs}))
	var due []string
	runs[0].Entered = 0 // is not read
	ok(t, db.EachRunDue(ctx, event.At(noon.AddDate(0, 0, 14)), func(r *sop.Run) { due = append(due, fmt.Sprint(*r == runs[0])) }))
	slices.Sort(due)
	equal(t, "due", fmt.Sprint(due), "[false true]") // the group's is the other one

	ok(t, db.AddPost(ctx, post(1, event.GroupPost), []delivery.PostDraft{postSend(10, 1, event.GroupPost, 100, 101), postSend(11, 1, event.GroupPost, 102), postSend(12, 1, event.GroupPost, 103)}))
	ok(t, db.ChangePost(ctx, 10, func(r *delivery.PostRecord) error { r.Targets[0].State = delivery.Delivered; return nil }))
	var targets []string
	ok(t, db.TargetsUnderway(ctx, []int64{10, 11}, func(send, target int64) { targets = append(targets, fmt.Sprint(send, "/", target)) }))
	equal(t, "targets underway", fmt.Sprint(targets), "[10/101 11/102]")

	some := draft(7, 1, 2)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{some}))
	ok(t, db.ChangeDispatch(ctx, 7, func(r *delivery.Record) error { r.Touches[0].State = delivery.Failed; return nil }))
	var customers []id.Customer
	ok(t, db.CustomersOfDispatches(ctx, []int64{7, 8}, func(dispatch int64, run string, c id.Customer) {
		equal(t, "dispatch", fmt.Sprint(dispatch, run), fmt.Sprint(7, some.Touches[0].Run))
		customers = append(customers, c)
	}))
	equal(t, "customers of dispatches", len(customers), 1)

	for c := id.Customer(11); c < 14; c++ {
		key := delivery.TouchKey{Customer: c, Run: "plan/2026-05-05", Channel: event.OneToOne}
		task := delivery.StaffTask{ID: key.ID(), Staff: 5, Customer: c, Purpose: event.Ask, From: noon, Until: noon.Add(time.Hour), State: delivery.Due, Since: noon}
		if c == 12 {
			task.State = delivery.DoneState
		}
		must[int](t)(db.AddStaffTasks(ctx, []delivery.StaffTask{task}, []delivery.Touch{{ID: key.ID(), TouchKey: key, Staff: 5, Purpose: event.Ask, State: delivery.Underway, At: noon}}))
	}
	var waiting []id.Customer
	ok(t, db.EachHandTask(ctx, noon.Add(-time.Hour), func(h storage.HandTask) { waiting = append(waiting, h.Customer) }))
	slices.Sort(waiting)
	equal(t, "by hand", fmt.Sprint(waiting), fmt.Sprint([]id.Customer{11, 13}))
	waiting = nil
	ok(t, db.EachHandTask(ctx, noon.AddDate(0, 0, 9), func(h storage.HandTask) { waiting = append(waiting, h.Customer) }))
	equal(t, "by hand once it is over", len(waiting), 0)
}
