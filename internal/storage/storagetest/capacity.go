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
	"siyu/internal/insight/capacity"
	"siyu/internal/storage"
)

func customersOfMembersReplaceEachOther(t *testing.T, ctx context.Context, db *storage.DB) {
	held, asOf, err := db.Held(ctx)
	ok(t, err)
	if len(held) != 0 || !asOf.IsZero() {
		t.Fatalf("before any night: %+v at %s", held, asOf)
	}
	ok(t, db.SetHeld(ctx, []capacity.Held{{Staff: 5, Kept: 10, Lost: 2, Buyers: 6, Again: 3}, {Staff: 6, Kept: 1}}, noon))
	held, asOf, err = db.Held(ctx)
	ok(t, err)
	equal(t, "after a night", fmt.Sprint(held, asOf.UTC()), "[{5 10 2 6 3} {6 1 0 0 0}] "+fmt.Sprint(noon))
	ok(t, db.SetHeld(ctx, []capacity.Held{{Staff: 6, Kept: 2, Lost: 1}}, noon.Add(24*time.Hour)))
	held, _, err = db.Held(ctx)
	ok(t, err)
	equal(t, "after another night", fmt.Sprint(held), "[{6 2 1 0 0}]")
}

func workIsCountedByPlace(t *testing.T, ctx context.Context, db *storage.DB) {
	count := func(store id.Store, because decision.Because, purpose event.Purpose, channel event.Channel, n int) flow.PlanCount {
		return flow.PlanCount{PlanKey: flow.PlanKey{Day: noon, Store: store, Because: because, Purpose: purpose, Channel: channel}, Customers: n}
	}
	ok(t, db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: noon}, Counts: []flow.PlanCount{
		count(7, "", event.Ask, event.OneToOne, 4), count(7, "", event.Ask, event.MassSend, 90), count(8, "", event.Serve, event.OneToOne, 3),
		count(7, decision.BecauseCapacity, event.Ask, event.OneToOne, 6), count(7, decision.BecauseNothing, "", "", 1000),
	}}))
	plan := func() string {
		t.Helper()
		text := ""
		for _, c := range must[[]flow.PlanCount](t)(db.PlanByStore(ctx, noon)) {
			text += fmt.Sprint(c.Store, c.Because, "/", c.Purpose, "x", c.Customers, " ")
		}
		return text
	}
	equal(t, "by hand, and what time forbids", plan(), "7/askx4 7staff_capacity/askx6 8/servex3 ")
	ok(t, db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: noon}, Counts: []flow.PlanCount{count(8, "", event.Serve, event.OneToOne, 2)}}))
	equal(t, "after more was planned", plan(), "7/askx4 7staff_capacity/askx6 8/servex5 ")

	var tasks []delivery.StaffTask
	var touches []delivery.Touch
	for i, c := range []struct {
		store   id.Store
		purpose event.Purpose
		starts  time.Duration
	}{{7, event.Ask, -24}, {7, event.Ask, 0}, {7, event.Invite, 0}, {8, event.Invite, -24}, {8, event.Invite, 48}} {
		to := touch(id.Customer(i+1), 0, event.OneToOne)
		task := delivery.StaffTask{ID: to.ID, Customer: to.Customer, State: delivery.Due, Staff: 5, Store: c.store, Purpose: c.purpose,
			From: noon.Add(c.starts * time.Hour), Until: noon.Add((c.starts + 9) * time.Hour)}
		fill(&task)
		tasks, touches = append(tasks, task), append(touches, to)
	}
	must[int](t)(db.AddStaffTasks(ctx, tasks, touches))
	equal(t, "left over, and invitations", waits(must[[]storage.Waits](t)(db.LeftOver(ctx, noon))), "7/ask=1 7/invite=1 8/invite=1 ")

	yesterday, today := draft(10, 1), draft(11, 2)
	for _, d := range []*delivery.Draft{&yesterday, &today} {
		d.Dispatch.State, d.Dispatch.Staff, d.Dispatch.Purpose = delivery.Accepted, 5, event.Remind
	}
	yesterday.Dispatch.Day, today.Dispatch.Day = noon.AddDate(0, 0, -1), noon
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{yesterday, today}))
	equal(t, "mass messages of days before", waits(must[[]storage.Waits](t)(db.MassSendsOf(ctx, noon))), "5/remind=1 ")
	equal(t, "steps of processes", len(must[[]flow.StepsGiven](t)(db.StepsGivenOn(ctx, noon))), 0)
}

func waits(list []storage.Waits) (text string) {
	for _, w := range list {
		text += fmt.Sprint(int64(w.Staff)+int64(w.Store), "/", w.Purpose, "=", w.N, " ")
	}
	return text
}
