package flow

import (
	"siyu/internal/event"
	"siyu/internal/id"
)

// FactFigures returns the names of the figures that facts alone determine, so
// that they can be counted again without folding.
func FactFigures() []string {
	return []string{CountAdded, CountLostToCustomer, CountLostToStaff, CountTurnover, CountTouches, CountConfirmed, CountInbound, CountComplaints, CountSent, CountSentMass, CountAnswers}
}

// FactKinds returns the kinds of facts that FactFigures count.
func FactKinds() []event.Kind {
	return []event.Kind{event.KindRelationAdded, event.KindRelationEnded, event.KindOrderPaid, event.KindOrderCorrected, event.KindOrderLinked,
		event.KindTouchDelivered, event.KindTaskConfirmed, event.KindMessageExchanged, event.KindComplaintOpened, event.KindSurveyAnswered}
}

// CountFact returns what one fact adds to FactFigures, without stores: to which
// store a member belongs changes.
func CountFact(f event.Fact) []Counter {
	t := tally{}
	t.fact(f, func(id.Staff) id.Store { return 0 })
	var counters []Counter
	for _, c := range t.list() {
		if c.Name != CountOrders { // who owns an order decides too
			c.Store = 0
			counters = append(counters, c)
		}
	}
	return counters
}
