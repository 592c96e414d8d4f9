package flow

import (
	"cmp"
	"slices"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/measurement/effect"
	"siyu/internal/profile"
)

// dayDraw is a day on which the lot had a say whether a contact happens.
type dayDraw struct {
	day     event.Instant
	purpose event.Purpose
	later   bool
}

// waits returns the contacts whose day was drawn, each from the first day on which
// it was proposed after a contact in person: from then until the next one it is the
// same draw. Who waits has a run of days of that reason, who does not an action.
func (m *measuring) waits(c *profile.Customer, withheld []Proposal) []effect.Wait {
	var list []effect.Wait
	since := event.Instant(-1) // the last contact before the draw before
	for _, d := range m.dayDraws(c, withheld) {
		last := lastContactBefore(c, d.day)
		fresh := last != since
		since = last
		lever := leverOf(d.purpose)
		if !fresh || lever < 0 || d.day < m.from || d.day >= m.until {
			continue
		}
		follow, promises := m.follow(c, span{d.day, effect.WaitDays, lever})
		list = append(list, effect.Wait{Follow: follow, Week: int(d.day.Day() / measureEvery), Later: d.later,
			Lever: lever, Promise: promises[lever], Threat: m.assumer.Risk(m.world, c, d.day)})
	}
	return list
}

// dayDraws returns them in order.
func (m *measuring) dayDraws(c *profile.Customer, withheld []Proposal) []dayDraw {
	var list []dayDraw
	for _, p := range withheld {
		if p.Because == decision.BecauseLater {
			list = append(list, dayDraw{p.Since, p.Purpose, true})
		}
	}
	for _, p := range m.contacts[c.ID] {
		if decision.DrewDay(p.Alternatives) {
			list = append(list, dayDraw{p.Day, p.Purpose, false})
		}
	}
	slices.SortStableFunc(list, func(a, b dayDraw) int { return cmp.Compare(a.day, b.day) })
	return list
}

func lastContactBefore(c *profile.Customer, day event.Instant) event.Instant {
	for i := len(c.Touches.Recent) - 1; i >= 0; i-- {
		if t := c.Touches.Recent[i]; t.At < day && decision.InPerson(t.Channel) {
			return t.At
		}
	}
	return 0
}
