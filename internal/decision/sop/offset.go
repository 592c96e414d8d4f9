package sop

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Offset is when a step falls, counted from the anchor of the run: so many days
// later at the same time of day, or at a time of day; or, within a day, so much
// later.
type Offset struct {
	Days  int           // negative: before
	Timed bool          // at the time of day Clock
	Clock time.Duration // after midnight, as a clock on the wall shows it
	After time.Duration // where Days is 0 and Timed is not set
}

// What an offset may measure.
const (
	maxDays  = 400
	maxAfter = 72 * time.Hour
)

// String returns the text form: "30m", "2h", "3d", "3d 10:00", "-7d 09:30".
func (o Offset) String() string {
	switch {
	case o.Timed:
		return fmt.Sprintf("%dd %s", o.Days, clockText(o.Clock))
	case o.Days != 0:
		return strconv.Itoa(o.Days) + "d"
	case o.After%time.Hour == 0 && o.After != 0:
		return strconv.Itoa(int(o.After/time.Hour)) + "h"
	}
	return strconv.Itoa(int(o.After/time.Minute)) + "m"
}

func clockText(clock time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(clock/time.Hour), int(clock%time.Hour/time.Minute))
}

// ParseOffset reads what String writes.
func ParseOffset(text string) (Offset, error) {
	bad := fmt.Errorf("offset %q: expected such as 30m, 2h, 3d, 3d 10:00 or -7d 09:30", text)
	first, clock, timed := strings.Cut(strings.TrimSpace(text), " ")
	n, unit, ok := count(first)
	if !ok || timed && unit != 'd' {
		return Offset{}, bad
	}
	switch unit {
	case 'm':
		return Offset{After: time.Duration(n) * time.Minute}, nil
	case 'h':
		return Offset{After: time.Duration(n) * time.Hour}, nil
	case 'd':
		if !timed {
			return Offset{Days: n}, nil
		}
		at, ok := parseClock(strings.TrimSpace(clock))
		if ok {
			return Offset{Days: n, Timed: true, Clock: at}, nil
		}
	}
	return Offset{}, bad
}

// count reads a number of at most five digits with its unit.
func count(text string) (n int, unit byte, ok bool) {
	if len(text) < 2 || len(text) > 7 {
		return 0, 0, false
	}
	n, err := strconv.Atoi(text[:len(text)-1])
	return n, text[len(text)-1], err == nil
}

func parseClock(text string) (time.Duration, bool) {
	hours, minutes, ok := strings.Cut(text, ":")
	h, err1 := strconv.Atoi(hours)
	m, err2 := strconv.Atoi(minutes)
	fits := ok && err1 == nil && err2 == nil && len(hours) == 2 && len(minutes) == 2 && h >= 0 && h < 24 && m >= 0 && m < 60
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, fits
}

// MarshalText implements encoding.TextMarshaler.
func (o Offset) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Offset) UnmarshalText(text []byte) (err error) {
	*o, err = ParseOffset(string(text))
	return err
}

// From returns when a step falls whose run is anchored there, by the clocks of
// the zone. A time of day that a clock change leaves out falls on the moment of
// the change, one that it repeats on the first of the two: a later time of day
// never falls earlier.
func (o Offset) From(anchor time.Time, zone *time.Location) time.Time {
	if o.Days == 0 && !o.Timed {
		return anchor.Add(o.After)
	}
	local := anchor.In(zone)
	y, m, d := local.Date()
	clock := o.Clock
	if !o.Timed {
		hour, minute, second := local.Clock()
		clock = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
	}
	return onTheWall(time.Date(y, m, d+o.Days, 0, 0, 0, 0, time.UTC).Add(clock), zone)
}

// onTheWall returns the first moment at which clocks of the zone show what a
// clock of UTC shows at wall, or the end of the gap it falls in.
func onTheWall(wall time.Time, zone *time.Location) time.Time {
	const day = 24 * time.Hour // no zone is as far from UTC
	_, before := wall.Add(-day).In(zone).Zone()
	_, after := wall.Add(day).In(zone).Zone()
	early, late := wall.Add(-time.Duration(before)*time.Second), wall.Add(-time.Duration(after)*time.Second)
	if late.Before(early) {
		early, late = late, early
	}
	for _, at := range []time.Time{early, late} {
		if shows(at, wall, zone) {
			return at.In(zone)
		}
	}
	change, _ := late.In(zone).ZoneBounds()
	return change.In(zone)
}

func shows(at, wall time.Time, zone *time.Location) bool {
	_, offset := at.In(zone).Zone()
	return at.Add(time.Duration(offset) * time.Second).Equal(wall)
}

// Span is a length of time in whole minutes: "90m", "4h", "30d". A day is 24
// hours.
type Span time.Duration

const day = 24 * time.Hour

// String returns the text form.
func (s Span) String() string {
	d := time.Duration(s)
	switch {
	case d != 0 && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d != 0 && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/time.Minute)) + "m"
}

// ParseSpan reads what String writes.
func ParseSpan(text string) (Span, error) {
	n, unit, ok := count(strings.TrimSpace(text))
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': day}
	if !ok || units[unit] == 0 {
		return 0, fmt.Errorf("span %q: expected such as 90m, 4h or 30d", text)
	}
	return Span(time.Duration(n) * units[unit]), nil
}

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSpan(string(text))
	return err
}

// Day is a date of the calendar.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf returns the date at a time in the time's own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// String returns the date as 2026-11-11.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Start returns when the date begins in a zone.
func (d Day) Start(zone *time.Location) time.Time {
	return onTheWall(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), zone)
}

// Plus returns the date so many days later.
func (d Day) Plus(days int) Day {
	return DayOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC))
}

// Before tells whether the date comes before another.
func (d Day) Before(o Day) bool { return d.String() < o.String() }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// MarshalText implements encoding.TextMarshaler.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("date %q: expected such as 2026-11-11", text)
	}
	*d = DayOf(t)
	return nil
}

// Weekday is a day of the week in three small letters.
type Weekday string

// Weekdays returns all of them, Monday first.
func Weekdays() []Weekday { return []Weekday{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

// WeekdayOf returns the word for a day of the week.
func WeekdayOf(d time.Weekday) Weekday { return Weekdays()[(int(d)+6)%7] }
