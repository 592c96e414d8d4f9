package cohort

import (
	"fmt"
	"time"

	"siyu/internal/event"
)

// Month is a calendar month of the business zone: twelve times the year plus
// the month counted from 0.
type Month int

// Earlier is the cohort of everybody before the months that are told apart.
const Earlier Month = 0

// Months is how many months are told apart, the present one included: two
// years show a season twice.
const Months = 24

// Text returns the month as "2026-03".
func (m Month) Text() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

// Ends returns the instant at which the month is over.
func (m Month) Ends() event.Instant { return event.StartOfDay((m + 1).firstDay()) }

// firstDay returns the number of the month's first day since 1970.
func (m Month) firstDay() int64 {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay
}

const secondsOfDay = 24 * 60 * 60

// MonthOf returns the month of an instant.
func MonthOf(at event.Instant) Month {
	t := time.Unix(at.Day()*secondsOfDay, 0).UTC()
	return Month(t.Year()*12 + int(t.Month()) - 1)
}

// calendar finds the place of an instant among the months that are told apart
// without computing dates: a night asks it several times for everybody.
type calendar struct {
	first Month // whose place is 1
	from  int64 // its first day
	place []uint8
}

func newCalendar(now event.Instant) calendar {
	last := MonthOf(now)
	c := calendar{first: last - Months + 1}
	c.from = c.first.firstDay()
	c.place = make([]uint8, (last+1).firstDay()-c.from)
	for m := c.first; m <= last; m++ {
		for day := m.firstDay(); day < (m + 1).firstDay(); day++ {
			c.place[day-c.from] = uint8(m - c.first + 1)
		}
	}
	return c
}

// of returns 1 for the first month, and so on, and 0 for earlier ones. What is
// later than now counts as now.
func (c *calendar) of(at event.Instant) int {
	day := at.Day() - c.from
	switch {
	case day < 0:
		return 0
	case day >= int64(len(c.place)):
		return Months
	}
	return int(c.place[day])
}

// placeOf returns the place of a month that month returned.
func (c *calendar) placeOf(m Month) int {
	if m == Earlier {
		return 0
	}
	return int(m-c.first) + 1
}

// month returns the month at a place.
func (c *calendar) month(place int) Month {
	if place == 0 {
		return Earlier
	}
	return c.first + Month(place) - 1
}
