package decision

import (
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// laterDays is by how many days a contact whose day is drawn waits at most: with
// today that makes a week, so that no weekday is drawn more often than others.
const laterDays = 6

// dayDrawn tells whether the day of a contact is among what is drawn. Serving
// never waits, not even where only the lot decides between it and something else.
func (p *Planner) dayDrawn(options purposeSet) bool {
	_, serving := purposeOf(insight.Trust)
	return p.Settings.Explore.TimingShare > 0 && options != 0 && options&serving == 0
}

// waits tells whether the lot puts the contact on a later day. For TimingShare of
// contacts the day is drawn: the day on which the contact is first proposed or one
// of the laterDays after it, all alike. They are open on one weekday alone, which
// is drawn once from one contact in person until the next: planning again, today or
// tomorrow, draws the same, and from any day on every wait is equally likely. Who
// finds no room on that day waits for the next such day.
func (p *Planner) waits(c Case, would proposal) bool {
	phase, drawn := p.drawnDay(c, would)
	return drawn && (int(event.At(p.Day).Day())+phase)%(laterDays+1) != 0
}

// drawnDay returns on which day of seven the contact is open, where that is drawn.
func (p *Planner) drawnDay(c Case, would proposal) (phase int, drawn bool) {
	if !p.dayDrawn(would.options) {
		return 0, false
	}
	l := newLot(p.timing^mix(uint64(lastContact(c.Profile))), int64(c.Profile.ID))
	if l.uniform() >= p.Settings.Explore.TimingShare {
		return 0, false
	}
	return l.below(laterDays + 1), true
}

// lastContact returns when the customer last heard from the brand in person, 0
// if never.
func lastContact(c *profile.Customer) event.Instant {
	for i := len(c.Touches.Recent) - 1; i >= 0; i-- {
		if t := c.Touches.Recent[i]; InPerson(t.Channel) {
			return t.At
		}
	}
	return 0
}

// InPerson tells whether a message by the channel is addressed to its customer and
// planned, so that the next one's day is drawn anew.
func InPerson(c event.Channel) bool { return c == event.OneToOne || c == event.MassSend }

// dayChance returns the probability with which the lot leaves a day open to a
// contact, whichever day that is.
func (p *Planner) dayChance(options purposeSet) float64 {
	if !p.dayDrawn(options) {
		return 1
	}
	const later = float64(laterDays) / (laterDays + 1)
	return 1 - later*p.Settings.Explore.TimingShare
}

// dayNames names the days that can be drawn, as alternatives are stored.
func dayNames() []string {
	names := make([]string, laterDays+1)
	for i := range names {
		names[i] = fmt.Sprintf("day+%d", i)
	}
	return names
}

// DrewDay tells whether a stored action's day was among what was drawn.
func DrewDay(alternatives []string) bool {
	return len(alternatives) > 0 && alternatives[len(alternatives)-1] == dayNames()[laterDays]
}

// slot returns from when until when a contact may happen. A staff task ends with
// the working day, a WeCom task may wait WindowDays.
func (p *Planner) slot(channel event.Channel) (from, until time.Time) {
	from, until = p.Settings.Window(p.Day, p.Now)
	if channel == event.MassSend {
		y, m, d := p.Day.Date()
		last := time.Date(y, m, d+p.Settings.WindowDays-1, 0, 0, 0, 0, p.Day.Location())
		until = clockTime(last, p.Settings.QuietFrom)
	}
	return from, until
}
