package ltv

import (
	"time"

	"siyu/internal/stats/btyd"
)

// Festival is a stretch of days every year in which everybody buys more or less.
type Festival string

// The festivals. What parcels cannot reach before the new year is bought weeks
// ahead.
const (
	SpringRush Festival = "spring_rush" // three weeks to four days before the Spring Festival
	SpringRest Festival = "spring_rest" // three days before it to ten days after
	MidYear    Festival = "mid_year"    // 618: the first twenty days of June
	Doubles    Festival = "doubles"     // 11.11: from 24 October on
)

// Festivals returns all of them, in the order of the year.
func Festivals() [4]Festival { return [...]Festival{SpringRush, SpringRest, MidYear, Doubles} }

// believed is the log of the rate over that of the weeks around, as assumed of a
// brand of which nothing was seen: a quarter more, a third less, a third more, half
// more. It is an assumption, not a measurement, and worth as much as its deviation
// says.
func believed(f Festival) (log float64) {
	switch f {
	case SpringRush:
		return .22
	case SpringRest:
		return -.4
	case MidYear:
		return .29
	}
	return .4
}

// believedSpread is the standard deviation of that belief: brands that do not
// take part are one deviation away.
const believedSpread = .3

// newYears returns the first day of the lunar year, which is the Spring Festival,
// of 2010 and the years after it, as month x 100 + day, as tables of the Chinese
// calendar have it: the new moons after 20 January in China's zone.
func newYears() []int {
	return []int{
		214, 203, 123, 210, 131, 219, 208, 128, 216, 205, // 2010
		125, 212, 201, 122, 210, 129, 217, 206, 126, 213, // 2020
		203, 123, 211, 131, 219, 208, 128, 215, 204, 124, // 2030
		212, 201, 122, 210, 130, 217, 206, 126, 214, 202, // 2040
	}
}

const firstNewYear = 2010

func dayIn(year int, month time.Month, day int) btyd.Day {
	return btyd.DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// springFestival returns the day; ok is false for years no table is kept of.
func springFestival(year int) (day btyd.Day, ok bool) {
	days := newYears()
	if year < firstNewYear || year >= firstNewYear+len(days) {
		return 0, false
	}
	at := days[year-firstNewYear]
	return dayIn(year, time.Month(at/100), at%100), true
}

// in returns the festival's first and last day in a year.
func (f Festival) in(year int) (first, last btyd.Day, ok bool) {
	switch f {
	case MidYear:
		return dayIn(year, time.June, 1), dayIn(year, time.June, 20), true
	case Doubles:
		return dayIn(year, time.October, 24), dayIn(year, time.November, 11), true
	}
	day, ok := springFestival(year)
	if f == SpringRush {
		return day - 21, day - 4, ok
	}
	return day - 3, day + 10, ok
}

// festivalOf returns the festival a day belongs to; ok is false for the others.
func festivalOf(day btyd.Day) (f Festival, ok bool) {
	year := day.Time().Year()
	for _, f := range Festivals() {
		if first, last, known := f.in(year); known && day >= first && day <= last {
			return f, true
		}
	}
	return "", false
}
