package sop_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"siyu/internal/decision/sop"
)

func zoneOf(t interface{ Fatal(...any) }, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestOffsetsAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{"0m", "30m", "2h", "72h", "3d", "3d 10:00", "-7d 09:30", "0d 00:00", "0d 23:59"} {
		o, err := sop.ParseOffset(text)
		if err != nil || o.String() != text {
			t.Errorf("%q is read as %q: %v", text, o, err)
		}
	}
	for _, text := range []string{"", "d", "3", "3x", "3d 24:00", "3d 1:00", "2h 10:00", "99999999d", "3d10:00"} {
		if o, err := sop.ParseOffset(text); err == nil {
			t.Errorf("%q is read as %q", text, o)
		}
	}
}

func TestStepsFallByTheClockOnTheWall(t *testing.T) {
	berlin, shanghai := zoneOf(t, "Europe/Berlin"), zoneOf(t, "Asia/Shanghai")
	for _, c := range []struct {
		what, offset string
		anchor       time.Time
		zone         *time.Location
		want         string
	}{
		{"a time of day in China", "3d 10:00", time.Date(2026, 5, 1, 15, 4, 5, 0, shanghai), shanghai, "2026-05-04T10:00:00+08:00"},
		{"the same time of day", "2d", time.Date(2026, 5, 1, 15, 4, 5, 0, shanghai), shanghai, "2026-05-03T15:04:05+08:00"},
		{"hours count as they pass", "2h", time.Date(2026, 3, 29, 1, 30, 0, 0, berlin), berlin, "2026-03-29T04:30:00+02:00"},
		{"a day later over the change to summer time", "1d", time.Date(2026, 3, 28, 12, 0, 0, 0, berlin), berlin, "2026-03-29T12:00:00+02:00"},
		{"a time of day that is left out", "1d 02:30", time.Date(2026, 3, 28, 12, 0, 0, 0, berlin), berlin, "2026-03-29T03:00:00+02:00"},
		{"a time of day that comes twice", "1d 02:30", time.Date(2026, 10, 24, 12, 0, 0, 0, berlin), berlin, "2026-10-25T02:30:00+02:00"},
		{"before the date", "-3d 10:00", time.Date(2026, 11, 11, 0, 0, 0, 0, shanghai), shanghai, "2026-11-08T10:00:00+08:00"},
		{"over the end of a month", "1d 00:00", time.Date(2026, 2, 28, 9, 0, 0, 0, shanghai), shanghai, "2026-03-01T00:00:00+08:00"},
	} {
		o, err := sop.ParseOffset(c.offset)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.From(c.anchor, c.zone).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s after %s falls on %s, want %s", c.what, c.offset, c.anchor, got, c.want)
		}
	}
}

func TestLaterTimesOfDayNeverFallEarlier(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Pacific/Apia", "America/St_Johns"} {
		zones = append(zones, zoneOf(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		anchor := time.Unix(rapid.Int64Range(1_200_000_000, 1_900_000_000).Draw(t, "anchor"), 0)
		day := rapid.IntRange(-30, 400).Draw(t, "day")
		first := rapid.IntRange(0, 1438).Draw(t, "first")
		second := rapid.IntRange(first+1, 1439).Draw(t, "second")
		at := func(day, minute int) time.Time {
			return sop.Offset{Days: day, Timed: true, Clock: time.Duration(minute) * time.Minute}.From(anchor, zone)
		}
		a, b, next := at(day, first), at(day, second), at(day+1, first)
		if b.Before(a) || next.Before(b) && first == second {
			t.Fatalf("%d:%02d falls on %s, %d:%02d on %s", first/60, first%60, a, second/60, second%60, b)
		}
		hour, minute, _ := a.Clock()
		if y, m, d := a.Date(); hour*60+minute != first && (y != b.Year() || m != b.Month() || d != b.Day()) && day == 0 {
			t.Fatalf("%d:%02d falls on %s", first/60, first%60, a)
		}
	})
}
