package flow

import (
	"cmp"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
)

// The figures that are counted day by day while folding, so that no page ever
// counts rows. Part is given in brackets where a figure is divided.
const (
	CountAdded          = "relations_added"  // [channel state]
	CountLostToCustomer = "lost_to_customer" // customers who deleted a member of staff
	CountLostToStaff    = "lost_to_staff"    // relations ended by staff
	CountOrders         = "orders"           // [shop]
	CountOrdersLinked   = "orders_linked"    // [shop] of a customer WeCom knows
	CountTurnover       = "turnover"         // fen
	CountTouches        = "touches"          // [channel]
	CountConfirmed      = "tasks_confirmed"  //
	CountInbound        = "messages_in"      // from customers, one to one
	CountComplaints     = "complaints"
	CountLostEarly      = "lost_early" // relations that the customer ended within two days, on the day they began
	CountDue            = "due"        // [held, treated] customers whose next order fell due
	CountDueBought      = "due_bought" // [held, treated] of them, those who bought within 30 days, on the day they fell due
)

// DayOf returns the start of the business day.
func DayOf(at event.Instant) event.Instant { return event.StartOfDay(at.Day()) }

type figure struct {
	name, part string
	store      id.Store
	day        event.Instant
}

// tally adds up figures.
type tally map[figure]int64

func (t tally) add(name, part string, store id.Store, at event.Instant, delta int64) {
	t[figure{name, part, store, DayOf(at)}] += delta
}

// fact counts what one fact says by itself. Bodies that cannot be read are
// reported when they are folded.
func (t tally) fact(f event.Fact, storeOf func(id.Staff) id.Store) {
	at := event.At(f.At)
	switch f.Kind {
	case event.KindRelationAdded:
		if b, err := event.Read[event.RelationAdded](f); err == nil && !b.Half {
			t.add(CountAdded, b.State, storeOf(b.Staff), at, 1)
		}
	case event.KindRelationEnded:
		if b, err := event.Read[event.RelationEnded](f); err == nil {
			switch b.By {
			case event.ByCustomer:
				t.add(CountLostToCustomer, "", storeOf(b.Staff), at, 1)
			case event.ByStaff:
				t.add(CountLostToStaff, "", storeOf(b.Staff), at, 1)
			}
		}
	case event.KindOrderPaid:
		if b, err := event.Read[event.OrderPaid](f); err == nil {
			t.paid(f, b)
		}
	case event.KindOrderCorrected:
		if b, err := event.Read[event.OrderCorrected](f); err == nil {
			t.add(CountTurnover, "", b.Store, at, int64(b.Amount-b.Was))
		}
	case event.KindOrderLinked:
		if b, err := event.Read[event.OrderLinked](f); err == nil {
			t.add(CountTurnover, "", id.Store(f.Subject.ID), at, -int64(b.Amount))
			t.add(CountOrders, b.Shop, id.Store(f.Subject.ID), at, -1)
		}
	case event.KindTouchDelivered:
		if b, err := event.Read[event.TouchDelivered](f); err == nil {
			t.add(CountTouches, string(b.Channel), storeOf(b.Staff), at, 1)
			t.sent(b, storeOf(b.Staff), at)
		}
	case event.KindTaskConfirmed:
		t.add(CountConfirmed, "", storeOf(id.Staff(f.Subject.ID)), at, 1)
	case event.KindMessageExchanged:
		if b, err := event.Read[event.MessageExchanged](f); err == nil && b.Inbound && b.Group == 0 {
			t.add(CountInbound, "", storeOf(b.Staff), at, 1)
		}
	case event.KindComplaintOpened:
		if b, err := event.Read[event.ComplaintOpened](f); err == nil {
			t.add(CountComplaints, "", storeOf(b.Staff), at, 1)
		}
	case event.KindSurveyAnswered:
		if b, err := event.Read[event.SurveyAnswered](f); err == nil {
			t.add(CountAnswers, PartOfScore(b.Survey, b.Score), storeOf(b.Staff), at, 1)
		}
	}
}

// paid counts an order that was paid.
func (t tally) paid(f event.Fact, b event.OrderPaid) {
	at := event.At(f.At)
	t.add(CountTurnover, "", b.Store, at, int64(b.Amount))
	if f.Subject.Type == event.AboutStore {
		t.add(CountOrders, b.Shop, b.Store, at, 1)
	}
}

func (t tally) list() []Counter {
	counters := make([]Counter, 0, len(t))
	for f, delta := range t {
		if delta != 0 {
			counters = append(counters, Counter{Name: f.name, Part: f.part, Store: f.store, Day: f.day, Delta: delta})
		}
	}
	slices.SortFunc(counters, func(a, b Counter) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Store, b.Store), cmp.Compare(a.Part, b.Part))
	})
	return counters
}
