package app

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// counted stores that a shop system brought so many orders on each of the days before
// monday, the newest first.
func (h *house) counted(shop string, perDay ...int64) {
	h.t.Helper()
	var list []flow.Counter
	for back, n := range perDay {
		day := flow.DayOf(event.At(monday.AddDate(0, 0, -1-back)))
		list = append(list, flow.Counter{Name: flow.CountOrders, Part: shop, Store: 1, Day: day, Delta: n})
	}
	must(h.t, h.db.SetCounters(h.t.Context(), list))
}

func TestACustomerOfAShopWhoseOrdersStoppedComingIsKnownThatFar(t *testing.T) {
	h := openHouse(t)
	h.counted("youzan", 20, 20, 20, 20)
	h.counted("keruyun", 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9)
	h.counted("weimob", 0, 0, 1) // so few that two days without one say nothing
	w, err := h.world(t.Context(), monday)
	must(t, err)
	known := func(shops ...string) time.Time {
		c := profile.Customer{}
		for _, shop := range shops {
			c.Orders.Recent = append(c.Orders.Recent, profile.Order{Shop: shop})
		}
		return w.OrdersKnownOf(&c)
	}
	today := clock.Day(monday, clock.Shanghai)
	for _, one := range []struct {
		shops []string
		want  time.Time
	}{
		{nil, today}, {[]string{"youzan"}, today}, {[]string{"weimob", "youzan"}, today},
		{[]string{"keruyun"}, today.AddDate(0, 0, -2)}, {[]string{"youzan", "keruyun"}, today.AddDate(0, 0, -2)},
	} {
		if got := known(one.shops...); !got.Equal(one.want) {
			t.Errorf("orders at %v are known until %v, want %v", one.shops, got, one.want)
		}
	}
	if late := w.LateShops; len(late) != 1 {
		t.Errorf("late: %v", late)
	}
}

func TestRemindersThatWaitAreTakenBackWhenOrdersStopComing(t *testing.T) {
	h := openHouse(t)
	const here, there = id.Customer(200), id.Customer(300)
	h.tell(append(h.related(here, monday.AddDate(0, 0, -5)), h.related(there, monday.AddDate(0, 0, -5))...)...)
	bought := func(shop string, who id.Customer, number int64, at time.Time) {
		h.tell(h.fact(event.Customer(who), at, event.OrderPaid{Order: id.Order(number), Shop: shop, Store: 3, Amount: 9900}))
	}
	for n := range int64(20) {
		bought("youzan", here, 2*n, monday.Add(-time.Hour).AddDate(0, 0, -int(n)))
		bought("keruyun", there, 2*n+1, monday.Add(-time.Hour).AddDate(0, 0, -int(n)))
	}
	var tasks []delivery.StaffTask
	var touches []delivery.Touch
	for _, who := range []id.Customer{here, there} {
		key := delivery.TouchKey{Customer: who, Run: "plan/2026-11-02", Channel: event.OneToOne}
		touches = append(touches, delivery.Touch{ID: key.ID(), TouchKey: key, Staff: guide, Purpose: event.Remind, State: delivery.Underway, At: h.clock.Now()})
		tasks = append(tasks, delivery.StaffTask{ID: key.ID(), Staff: guide, Customer: who, Purpose: event.Remind, Text: "-",
			From: h.clock.Now(), Until: monday.AddDate(0, 0, 8), State: delivery.Due, Since: h.clock.Now()})
	}
	must(t, second(h.db.AddStaffTasks(t.Context(), tasks, touches)))
	taken := func() (list []id.Customer) {
		h.t.Helper()
		must(t, h.endTasks(t.Context()))
		found, err := h.db.StaffTasks(t.Context(), delivery.TaskQuery{States: []delivery.StaffTaskState{delivery.Taken}, Scope: org.All()})
		must(t, err)
		for _, one := range found {
			if one.Because != string(decision.BecauseStale) {
				t.Errorf("taken because %s", one.Because)
			}
			list = append(list, one.Customer)
		}
		return list
	}
	if list := taken(); len(list) != 0 {
		t.Fatalf("orders are of today, and %v were taken back", list)
	}
	for day := range 5 { // one shop system falls silent
		h.clock.Set(monday.AddDate(0, 0, day+1))
		bought("youzan", here, int64(100+day), h.clock.Now().Add(-time.Hour))
	}
	if list := taken(); !slices.Equal(list, []id.Customer{there}) {
		t.Errorf("one of two shop systems is silent, taken back: %v", list)
	}
	waits, err := h.db.Underway(t.Context(), flow.Whom{List: []id.Customer{here, there}})
	must(t, err)
	if _, pending := waits[there]; pending || len(waits) != 1 {
		t.Errorf("who cannot be planned anew: %v", waits)
	}
	h.clock.Set(h.clock.Now().Add(40 * time.Hour))
	if list := taken(); len(list) != 2 {
		t.Errorf("no orders for a day and more, taken back: %v", list)
	}
}
