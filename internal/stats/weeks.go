// Package stats and the packages under it are mathematics that knows no
// customer: every argument is a number, and nothing here reads a clock.
package stats

import "time"

// Weeks is a span of time in weeks, the unit of every rate and age in the
// purchase models.
type Weeks float64

// Week is the span one Weeks stands for.
const Week = 7 * 24 * time.Hour

// WeeksIn returns the length of d in weeks.
func WeeksIn(d time.Duration) Weeks { return Weeks(d.Hours() / Week.Hours()) }

// WeeksOfDays returns n days in weeks. Equal n give equal results, so that
// customers can be grouped by them.
func WeeksOfDays(n int) Weeks { return Weeks(float64(n) / 7) }
