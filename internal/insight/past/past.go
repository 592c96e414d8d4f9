// Package past looks at a customer as known at some moment: whatever the state
// says of later days does not exist. Models learn from past moments and speak
// about the present through the same eyes.
//
// Two things cannot be seen as they were: an order that was refunded in full
// later never was a purchase, and of the longest histories only the recent
// entries are kept.
package past

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/profile"
	"siyu/internal/stats/btyd"
)

// Day is the length of a day in milliseconds, the unit of event.Instant.
const Day = 24 * 60 * 60 * 1000

// DayOf returns the business day of an instant.
func DayOf(at event.Instant) btyd.Day { return btyd.Day(at.Day()) }

// View is a customer at a moment.
type View struct {
	Customer *profile.Customer
	At       event.Instant // what is seen happened before
	Orders   event.Instant // orders are known until here, at most At
}

// Days returns how many days before the view something happened.
func (v View) Days(at event.Instant) float64 { return float64(v.At-at) / Day }

// Faded returns what is left of 1 after the days since at, at the half-life.
func (v View) Faded(at event.Instant, halfLife float64) float64 {
	return math.Exp2(-v.Days(at) / halfLife)
}

// Related tells whether some member of staff had the customer.
func (v View) Related() bool {
	for i := range v.Customer.Relations {
		r := &v.Customer.Relations[i]
		if r.Since != 0 && r.Since < v.At && !r.Half && (r.Until == 0 || r.Until >= v.At) {
			return true
		}
	}
	return false
}

// Left returns when the last relation ended of a customer whom nobody has any more; false
// of who can be reached, and of who never was.
func (v View) Left() (at event.Instant, left bool) {
	if v.Related() {
		return 0, false
	}
	for i := range v.Customer.Relations {
		r := &v.Customer.Relations[i]
		if r.Since != 0 && r.Since < v.At && r.Until != 0 && r.Until < v.At {
			at, left = max(at, r.Until), true
		}
	}
	return at, left
}

// Since returns when the first relation began, and the way it came about; for
// a customer without relations when the customer was first seen, and 0.
func (v View) Since() (since event.Instant, way int) {
	since = v.Customer.FirstSeen
	found := false
	for i := range v.Customer.Relations {
		r := &v.Customer.Relations[i]
		if r.Since != 0 && r.Since < v.At && (!found || r.Since < since) {
			since, way, found = r.Since, r.AddWay, true
		}
	}
	return since, way
}

// Deleted returns how many members of staff the customer had deleted.
func (v View) Deleted() int {
	n := 0
	for i := range v.Customer.Relations {
		r := &v.Customer.Relations[i]
		if r.End == event.ByCustomer && r.Until != 0 && r.Until < v.At {
			n++
		}
	}
	return n
}

// InGroup tells whether the customer was in a group of the brand.
func (v View) InGroup() bool {
	for _, m := range v.Customer.Groups {
		if m.Since < v.At && (m.Until == 0 || m.Until >= v.At) {
			return true
		}
	}
	return false
}

// Touches returns the kept messages of the brand, oldest first.
func (v View) Touches() []profile.Touch {
	return before(v.Customer.Touches.Recent, v.At, func(one *profile.Touch) event.Instant { return one.At })
}

// Answered tells whether the touch had been answered.
func (v View) Answered(t profile.Touch) bool { return t.Answered != 0 && t.Answered < v.At }

// Talk returns the kept days with talk, oldest first.
func (v View) Talk() []profile.TalkDay {
	return before(v.Customer.Talk.Days, v.At, func(one *profile.TalkDay) event.Instant { return one.At })
}

// Needs returns what the customer had asked for or looked at, oldest first.
func (v View) Needs() []profile.Need {
	return before(v.Customer.Needs, v.At, func(one *profile.Need) event.Instant { return one.At })
}

// Surveys returns the answers the customer had given, oldest first.
func (v View) Surveys() []profile.SurveyAnswer {
	return before(v.Customer.Surveys, v.At, func(one *profile.SurveyAnswer) event.Instant { return one.At })
}

// Judged returns how members had found the customer to be, oldest first.
func (v View) Judged() []profile.Judgement {
	return before(v.Customer.Judged, v.At, func(one *profile.Judgement) event.Instant { return one.At })
}

// Complaints returns the complaints opened, oldest first. Open tells whether
// one still was.
func (v View) Complaints() []profile.Complaint {
	return before(v.Customer.Complaints, v.At, func(one *profile.Complaint) event.Instant { return one.Opened })
}

// Open tells whether the complaint was not closed yet.
func (v View) Open(c profile.Complaint) bool { return c.Closed == 0 || c.Closed >= v.At }

// Before returns the marks (reactions) that had happened.
func (v View) Before(marks []event.Instant) []event.Instant {
	return before(marks, v.At, func(one *event.Instant) event.Instant { return *one })
}

// before returns those that had happened before a moment, of all in their order.
func before[T any](all []T, moment event.Instant, at func(*T) event.Instant) []T {
	n := len(all)
	for n > 0 && at(&all[n-1]) >= moment {
		n--
	}
	return all[:n]
}

// Referrals returns whom the customer had brought, as far as they had stayed.
func (v View) Referrals() []profile.Referral {
	all := v.Customer.Referrals
	n := len(all)
	for n > 0 && all[n-1].At >= v.At {
		n--
	}
	return all[:n]
}

// Bought returns the kept orders, oldest first. Those with Net() <= 0 were
// refunded in full and are no purchases.
func (v View) Bought() []profile.Order {
	all := v.Customer.Orders.Recent
	n := len(all)
	for n > 0 && all[n-1].At >= v.Orders {
		n--
	}
	return all[:n]
}

// Purchases sums up the orders known by the view.
type Purchases struct {
	Days        int // distinct days with an order
	First, Last event.Instant
}

// Purchases returns the sum of all orders, also of those not kept.
func (v View) Purchases() Purchases {
	all := &v.Customer.Orders
	kept := v.Bought()
	p := Purchases{Days: all.Days - daysIn(all.Recent[len(kept):], kept), First: all.First}
	if p.Days <= 0 || p.First == 0 || p.First >= v.Orders {
		return Purchases{}
	}
	p.Last = p.First
	for i := len(kept) - 1; i >= 0; i-- {
		if kept[i].Net() > 0 {
			p.Last = kept[i].At
			break
		}
	}
	return p
}

// daysIn returns the distinct days of later orders that had no order before.
func daysIn(later, before []profile.Order) int {
	n, latest := 0, btyd.Day(math.MinInt32)
	for i := len(before) - 1; i >= 0 && latest == math.MinInt32; i-- {
		if before[i].Net() > 0 {
			latest = DayOf(before[i].At)
		}
	}
	for i := range later {
		if later[i].Net() <= 0 {
			continue
		}
		if d := DayOf(later[i].At); d != latest {
			n, latest = n+1, d
		}
	}
	return n
}

// BoughtBetween tells whether an order was placed from one instant on and
// before another, as the customer's whole state knows it.
func BoughtBetween(c *profile.Customer, from, to event.Instant) bool {
	for i := len(c.Orders.Recent) - 1; i >= 0; i-- {
		o := &c.Orders.Recent[i]
		if o.At < from {
			return false
		}
		if o.At < to && o.Net() > 0 {
			return true
		}
	}
	return false
}

// OrdersBetween returns on how many distinct days from one instant on and
// before another orders were placed, as the customer's whole state knows it.
func OrdersBetween(c *profile.Customer, from, to event.Instant) int {
	n := len(c.Orders.Recent)
	for n > 0 && c.Orders.Recent[n-1].At >= to {
		n--
	}
	first := n
	for first > 0 && c.Orders.Recent[first-1].At >= from {
		first--
	}
	return daysIn(c.Orders.Recent[first:n], nil)
}

// StartOf returns the instant at which a business day begins.
func StartOf(day btyd.Day) event.Instant { return event.StartOfDay(int64(day)) }
