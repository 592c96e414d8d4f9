package app

import (
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/flow"
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
