package storagetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

func urgesKeepTheirLimit(t *testing.T, ctx context.Context, db *storage.DB) {
	limit := storage.UrgeLimit{Most: 3, Span: 24 * time.Hour, Pause: 4 * time.Hour}
	for _, c := range []struct {
		staff id.Staff
		after time.Duration
		want  bool
	}{{5, 0, true}, {5, 0, false}, {6, time.Hour, true}, {5, 4*time.Hour - time.Minute, false}, {5, 4 * time.Hour, true}, {5, 9 * time.Hour, true},
		{5, 20 * time.Hour, false}, {5, 24 * time.Hour, true}, {5, 27 * time.Hour, false}} {
		got := must[bool](t)(db.AddUrge(ctx, storage.Urge{Staff: c.staff, At: noon.Add(c.after), Account: "lin", Tasks: 2}, limit))
		equal(t, fmt.Sprintf("urging %d after %s", c.staff, c.after), got, c.want)
	}
	at := func(hours ...int) (list []time.Time) {
		for _, h := range hours {
			list = append(list, noon.Add(time.Duration(h)*time.Hour))
		}
		return list
	}
	of := must[map[id.Staff][]time.Time](t)(db.Urges(ctx, noon.Add(-time.Hour), 5))
	if want := map[id.Staff][]time.Time{5: at(0, 4, 9, 24)}; !reflect.DeepEqual(of, want) {
		t.Errorf("urged %v, want %v", of, want)
	}
	all := must[map[id.Staff][]time.Time](t)(db.Urges(ctx, noon))
	if want := map[id.Staff][]time.Time{5: at(4, 9, 24), 6: at(1)}; !reflect.DeepEqual(all, want) {
		t.Errorf("urged since noon %v, want %v", all, want)
	}
	equal(t, "again", limit.Next(of[5], noon.Add(25*time.Hour)), noon.Add(28*time.Hour))
	equal(t, "at once", limit.Next(nil, noon), noon)
}

func tasksAreSeenOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	a, b := draft(10, 1), draft(11, 2)
	a.Dispatch.State, b.Dispatch.State = delivery.Accepted, delivery.Accepted
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{a, b}))
	to := touch(3, 0, event.OneToOne)
	task := delivery.StaffTask{ID: to.ID, Customer: 3, State: delivery.Due, Staff: 5, From: noon, Until: noon.Add(time.Hour)}
	fill(&task)
	must[int](t)(db.AddStaffTasks(ctx, []delivery.StaffTask{task}, []delivery.Touch{to}))
	unseen := func() storage.SeenSum {
		return must[map[id.Staff]storage.SeenSum](t)(db.SeenBy(ctx, []id.Staff{5, 6}, noon))[5]
	}
	equal(t, "before", unseen(), storage.SeenSum{Unseen: 3})
	mass, hand := storage.SeenTask{Staff: 5, Kind: storage.SeenMass, Task: 10}, storage.SeenTask{Staff: 5, Kind: storage.SeenHand, Task: to.ID}
	ok(t, db.See(ctx, []storage.SeenTask{mass, {Staff: 6, Kind: storage.SeenMass, Task: 11}}, noon))
	ok(t, db.See(ctx, []storage.SeenTask{mass, hand}, noon.Add(time.Minute)))
	ok(t, db.See(ctx, nil, noon))
	seen := must[map[storage.SeenTask]time.Time](t)(db.Seen(ctx, []storage.SeenTask{mass, hand, {Staff: 5, Kind: storage.SeenMass, Task: 11}}))
	if want := map[storage.SeenTask]time.Time{mass: noon, hand: noon.Add(time.Minute)}; !reflect.DeepEqual(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
	equal(t, "after", unseen(), storage.SeenSum{Last: noon.Add(time.Minute), Unseen: 1})
	ok(t, db.ForgetSeen(ctx, 5, noon.Add(time.Minute)))
	equal(t, "left", len(must[map[storage.SeenTask]time.Time](t)(db.Seen(ctx, []storage.SeenTask{mass, hand}))), 1)
}

func noticesAreClaimedOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	day := noon.Truncate(24 * time.Hour)
	notice := func(staff id.Staff, kind storage.NoticeKind, number int) storage.Notice {
		return storage.Notice{Day: day, Staff: staff, Kind: kind, Number: number, At: noon, State: storage.NoticeCalled}
	}
	first, second := notice(5, storage.NoticeDay, 0), notice(5, storage.NoticeNew, 1)
	if got := must[[]storage.Notice](t)(db.ClaimNotices(ctx, []storage.Notice{first})); !reflect.DeepEqual(got, []storage.Notice{first}) {
		t.Errorf("claimed %+v", got)
	}
	if got := must[[]storage.Notice](t)(db.ClaimNotices(ctx, []storage.Notice{first, second})); !reflect.DeepEqual(got, []storage.Notice{second}) {
		t.Errorf("claimed again %+v", got)
	}
	ok(t, db.EndNotices(ctx, []storage.Notice{first}, storage.NoticeSent))
	first.State = storage.NoticeSent
	if got := must[[]storage.Notice](t)(db.Notices(ctx, day)); !reflect.DeepEqual(got, []storage.Notice{first, second}) {
		t.Errorf("of the day %+v", got)
	}
	ok(t, db.UnclaimNotices(ctx, []storage.Notice{second}))
	equal(t, "after giving back", len(must[[]storage.Notice](t)(db.ClaimNotices(ctx, []storage.Notice{second}))), 1)
	ok(t, db.ForgetNotices(ctx, day))
	equal(t, "of the day", len(must[[]storage.Notice](t)(db.Notices(ctx, day))), 2)
	ok(t, db.ForgetNotices(ctx, day.AddDate(0, 0, 1)))
	equal(t, "of the day when it is forgotten", len(must[[]storage.Notice](t)(db.Notices(ctx, day))), 0)
}

func whoIsNotReachedIsKept(t *testing.T, ctx context.Context, db *storage.DB) {
	ok(t, db.KeepReached(ctx, []id.Staff{4}, []storage.Unreached{{Staff: 5, Since: noon, Because: storage.OutOfReach}}))
	ok(t, db.KeepReached(ctx, nil, []storage.Unreached{{Staff: 5, Since: noon.Add(time.Hour), Because: storage.OutOfReach}, {Staff: 6, Since: noon, Because: storage.Unlicensed}}))
	want := []storage.Unreached{{Staff: 5, Since: noon, Because: storage.OutOfReach}, {Staff: 6, Since: noon, Because: storage.Unlicensed}}
	if got := must[[]storage.Unreached](t)(db.Unreached(ctx)); !reflect.DeepEqual(got, want) {
		t.Errorf("unreached %+v", got)
	}
	ok(t, db.KeepReached(ctx, []id.Staff{4, 5}, nil))
	equal(t, "after one was reached", len(must[[]storage.Unreached](t)(db.Unreached(ctx))), 1)
}

func whatWaitsForMembersIsFound(t *testing.T, ctx context.Context, db *storage.DB) {
	open, over := draft(10, 1, 2), draft(11, 3)
	open.Dispatch.State, open.Dispatch.TaskSince, open.Dispatch.Until = delivery.Accepted, noon.Add(-time.Minute), noon.Add(time.Hour)
	over.Dispatch.State, over.Dispatch.Until = delivery.Accepted, noon.Add(-time.Hour)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{open, over}))
	for i, from := range []time.Duration{-2 * time.Hour, time.Hour} {
		to := touch(id.Customer(i+4), 0, event.OneToOne)
		to.Service = true
		task := delivery.StaffTask{ID: to.ID, Customer: to.Customer, State: delivery.Due, Staff: 6, From: noon.Add(from), Since: noon.Add(-time.Hour), Until: noon.Add(3 * time.Hour)}
		fill(&task)
		must[int](t)(db.AddStaffTasks(ctx, []delivery.StaffTask{task}, []delivery.Touch{to}))
	}
	want := []storage.StaffWait{{Staff: 5, Kind: storage.SeenMass, Since: noon.Add(-time.Minute), Until: noon.Add(time.Hour)},
		{Staff: 6, Kind: storage.SeenHand, Since: noon.Add(-time.Hour), Until: noon.Add(3 * time.Hour), Customer: 4, Touch: touch(4, 0, event.OneToOne).ID}}
	if got := must[[]storage.StaffWait](t)(db.StaffWaits(ctx, noon)); !reflect.DeepEqual(got, want) {
		t.Errorf("waits %+v, want %+v", got, want)
	}
	ok(t, db.ChangeDispatch(ctx, 10, func(r *delivery.Record) error {
		r.Touches[0].State = delivery.Withdrawn
		return nil
	}))
	equal(t, "customers of whom one was taken out", must[map[int64]int](t)(db.CountTouches(ctx, []int64{10}))[10], 1)
	asked := draft(12, 20, 21, 22)
	asked.Dispatch.Task, asked.Dispatch.ApprovedBy, asked.Dispatch.Until = delivery.NoTask, "", noon.Add(time.Hour)
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{asked}))
	equal(t, "to approve", must[storage.WaitingApprovals](t)(db.CountApprovals(ctx, org.All(), noon)), storage.WaitingApprovals{Sends: 1, Customers: 3})
	equal(t, "to approve later", must[storage.WaitingApprovals](t)(db.CountApprovals(ctx, org.All(), noon.Add(2*time.Hour))), storage.WaitingApprovals{})
}
