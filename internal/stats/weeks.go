// Package stats and the packages under it are mathematics that knows no
// customer: every argument is a number, and nothing here reads a clock.
package stats

// Weeks is a span of time in weeks, the unit of every rate and age in the
// purchase models.
type Weeks float64

// WeeksOfDays returns n days in weeks. Equal n give equal results, so that
// customers can be grouped by them.
func WeeksOfDays(n int) Weeks { return Weeks(float64(n) / 7) }
