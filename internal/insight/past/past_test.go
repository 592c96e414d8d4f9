package past_test

import (
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

const day = event.Instant(past.Day)

func ordered(days ...int) *profile.Customer {
	c := &profile.Customer{ID: 1}
	for _, d := range days {
		at := event.Instant(d)*day + day/2
		c.Orders.Recent = append(c.Orders.Recent, profile.Order{ID: id.Order(d), At: at, Amount: 1000})
		c.Orders.Count++
		c.Orders.Days++
		c.Orders.Last = at
	}
	if len(days) > 0 {
		c.Orders.First = c.Orders.Recent[0].At
	}
	return c
}

func at(c *profile.Customer, d int) past.View {
	moment := past.StartOf(past.DayOf(event.Instant(d) * day))
	return past.View{Customer: c, At: moment, Orders: moment}
}

func TestOrdersOfLaterDaysDoNotExist(t *testing.T) {
	c := ordered(100, 130, 160, 190)
	for _, want := range []struct{ on, days int }{{90, 0}, {101, 1}, {131, 2}, {191, 4}} {
		if got := at(c, want.on).Purchases().Days; got != want.days {
			t.Errorf("on day %d: %d days with orders, want %d", want.on, got, want.days)
		}
	}
	s, ok := at(c, 161).Summary()
	if !ok || s.Frequency != 2 || s.Recency != 60./7 || s.Age != 60./7 || s.Monetary != 1000 {
		t.Errorf("summary %+v, %v", s, ok)
	}
	if _, ok := at(c, 99).Summary(); ok {
		t.Error("a summary before the first order")
	}
}

func TestOrdersThatAreNoLongerKeptStillCount(t *testing.T) {
	c := ordered(100, 130, 160, 190)
	c.Orders.Recent = c.Orders.Recent[2:]
	if p := at(c, 200).Purchases(); p.Days != 4 || p.First != 100*day+day/2 || p.Last != 190*day+day/2 {
		t.Errorf("%+v", p)
	}
	if p := at(c, 170).Purchases(); p.Days != 3 {
		t.Errorf("a month earlier %d days", p.Days)
	}
}

func TestOrdersOfOneDayAreOneAndRefundedOnesAreNone(t *testing.T) {
	c := ordered(100, 130)
	c.Orders.Recent = append(c.Orders.Recent,
		profile.Order{ID: 1, At: 130*day + day*5/9, Amount: 500},
		profile.Order{ID: 2, At: 150*day + day/2, Amount: 900, Refunded: 900})
	s, _ := at(c, 160).Summary()
	if s.Frequency != 1 || s.Monetary != 1500 || s.Recency != 30./7 {
		t.Errorf("%+v", s)
	}
	if past.BoughtBetween(c, 140*day, 160*day) {
		t.Error("a refunded order is a purchase")
	}
	if !past.BoughtBetween(c, 120*day, 140*day) {
		t.Error("a purchase is missing")
	}
}

func TestARelationIsSeenWhileItLasts(t *testing.T) {
	c := &profile.Customer{ID: 1, FirstSeen: 10 * day, Relations: []profile.Relation{
		{Staff: 1, Since: 10 * day, Until: 50 * day, End: event.ByCustomer, AddWay: 3}, {Staff: 2, Since: 80 * day, Half: true}}}
	for _, want := range []struct {
		on      int
		related bool
		deleted int
	}{{5, false, 0}, {20, true, 0}, {60, false, 1}, {90, false, 1}} {
		v := at(c, want.on)
		if v.Related() != want.related || v.Deleted() != want.deleted {
			t.Errorf("on day %d: related %v, deleted %d", want.on, v.Related(), v.Deleted())
		}
	}
	if since, way := at(c, 90).Since(); since != 10*day || way != 3 {
		t.Errorf("since %d by way %d", since, way)
	}
}

func TestASampleIsEvenBoundedAndAlwaysTheSame(t *testing.T) {
	draw := func() []int64 {
		s := past.NewSample[int64](1000)
		for i := range int64(50_000) {
			s.Add(i, i)
		}
		return s.Kept()
	}
	one, two := draw(), draw()
	if len(one) > 1000 || len(one) < 400 || len(one) != len(two) {
		t.Fatalf("%d and %d kept", len(one), len(two))
	}
	sum := 0.0
	for i, v := range one {
		if v != two[i] {
			t.Fatal("two samples differ")
		}
		sum += float64(v) / float64(len(one))
	}
	if sum < 22_500 || sum > 27_500 {
		t.Errorf("the mean of the kept ids is %v", sum)
	}
	small := past.NewSample[int64](10)
	for i := range int64(10) {
		small.Add(i, i)
	}
	if len(small.Kept()) != 10 {
		t.Error("a stream that fits is not kept whole")
	}
}

func TestWhoEndedTheLastRelationHasLeft(t *testing.T) {
	c := &profile.Customer{Relations: []profile.Relation{{Staff: 1, Since: 10 * day, Until: 40 * day, End: event.ByCustomer}, {Staff: 2, Since: 20 * day, Until: 60 * day, End: event.ByStaff}}}
	for _, x := range []struct {
		on   int
		left event.Instant
	}{{5, 0}, {30, 0}, {50, 0}, {70, 60 * day}} {
		if got, left := at(c, x.on).Left(); got != x.left || left != (x.left != 0) {
			t.Errorf("on day %d: left on day %d, %v", x.on, got/day, left)
		}
	}
	if _, left := at(ordered(3), 70).Left(); left {
		t.Error("who never was a contact has left")
	}
}
