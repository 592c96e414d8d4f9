package web

import (
	"math"
	"time"

	"siyu/internal/id"
	"siyu/internal/insight"
)

// reason writes one cause of an estimate as a sentence that is true now: what
// was counted in days as of the estimate is told by the day on which it was.
func (c calendar) reason(lines map[id.Line]string, asOf time.Time, r insight.Reason) string {
	line := lines[r.Line]
	if line == "" {
		line = c.text("line.any")
	}
	days := c.daysSince(asOf, r.Number)
	said, ok := c.lookup("reason."+r.Key+variant(r, days),
		"Number", c.number(r.Number), "N", counted(r, days), "Share", c.under(r.Number), "Ago", c.when(days), "Line", line, "Way", c.word("add_way", int(r.Number)))
	if !ok {
		return r.Key
	}
	if r.Key == "need.due" && r.Number < 1 && r.Weight > 0 { // not over yet, but within the time that is looked ahead
		return c.text("when.soon", "Said", said)
	}
	return said
}

// variant returns the end of the key of a sentence that a number asks for.
func variant(r insight.Reason, days int) string {
	const over = 1.05 // cycles: from here on it is not just now
	switch r.Key {
	case "need.due":
		switch {
		case r.Number < 1:
			return ".before"
		case r.Number < over:
			return ".now"
		}
	case "need.never_bought_long":
		if days > 1 {
			return ".days"
		}
	case "need.orders_unlinked", "trust.answers":
		if math.Round(r.Number) == 0 {
			return ".none"
		}
	}
	return ""
}

// counted returns the number that chooses between one and many.
func counted(r insight.Reason, days int) int {
	switch r.Key {
	case "need.never_bought_long", "trust.never_talked", "trust.young_archive":
		return days
	}
	return int(math.Round(r.Number))
}

// daysSince counts business days from a number of days before an estimate was
// made until now.
func (c calendar) daysSince(asOf time.Time, number float64) int {
	if asOf.IsZero() {
		asOf = c.now()
	}
	return max(0, c.days(asOf.Add(-time.Duration(number*float64(24*time.Hour)))))
}

// when writes a day by its distance: today, yesterday, 3 days ago.
func (c calendar) when(days int) string {
	switch days {
	case 0:
		return c.text("when.today")
	case 1:
		return c.text("when.yesterday")
	}
	return c.text("when.days_ago", "N", days)
}

// under writes a share of something that is not over yet.
func (l *locale) under(share float64) string {
	const nearly = .99
	if share <= 0 {
		return l.percent(0)
	}
	return l.chance(min(share, nearly))
}
