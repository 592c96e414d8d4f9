package flow

import (
	"cmp"
	"slices"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

// contact is one that reached a customer in person.
type contact struct {
	at    event.Instant
	lever int // in the order of effect.Levers; below 0: none
}

// contactsBetween returns, in order, the contacts in person that reached a customer
// from the span's day on and before an end: those the brand gave, and days on which
// a member began to write by hand.
func contactsBetween(c *profile.Customer, s span, end event.Instant) []contact {
	var list []contact
	given := map[int64]bool{}
	for _, t := range c.Touches.Recent {
		if t.At >= s.day && t.At < end && decision.InPerson(t.Channel) {
			list = append(list, contact{t.At, leverOf(t.Purpose)})
			given[t.At.Day()] = true
		}
	}
	for i, d := range c.Talk.Days {
		if d.At >= s.day && d.At < end && !given[d.At.Day()] && begun(c.Talk.Days[:i+1]) {
			list = append(list, contact{d.At, s.byHand})
		}
	}
	slices.SortStableFunc(list, func(a, b contact) int { return cmp.Compare(a.at, b.at) })
	return list
}

// answerDays is for how many days what a member writes may answer the customer.
const answerDays = 2

// begun tells whether on the last of the days a member wrote without having been
// asked.
func begun(days []profile.TalkDay) bool {
	today := &days[len(days)-1]
	if today.Out == 0 {
		return false
	}
	return !slices.ContainsFunc(days, func(d profile.TalkDay) bool { return d.In > 0 && d.At >= today.At-(answerDays+1)*past.Day })
}
