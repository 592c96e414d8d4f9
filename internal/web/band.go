package web

import (
	"fmt"
	"math"
)

// band is a number on a rail beside what is usual, as positions for an SVG:
// attributes, because the content policy forbids inline styles.
type band struct {
	From, Width string // of what is usual, "" if not known
	Mark        string // where the number stands
}

// bandOf places value and its usual range on a rail that leaves room on both
// sides. Limits the number can never pass (a share's 0 and 1) end the rail.
func bandOf(value, low, high, floor, ceiling float64) band {
	left, right := math.Min(value, low), math.Max(value, high)
	room := (right - left) * 0.35
	if room == 0 {
		room = math.Max(math.Abs(value)*0.2, 0.05)
	}
	left, right = math.Max(left-room, floor), math.Min(right+room, ceiling)
	at := func(v float64) float64 { return 100 * clamp((v-left)/(right-left), 0, 1) }
	b := band{Mark: percentage(clamp(at(value), 0.5, 99.5))}
	if high > low {
		b.From, b.Width = percentage(at(low)), percentage(at(high)-at(low))
	}
	return b
}

// bar is one part of a sum on a rail whose middle is zero.
type bar struct {
	From, Width string // of the filled bar
	Low, High   string // ends of the interval
}

// barOf places a part and its interval on a rail from -reach to +reach.
func barOf(value, low, high, reach float64) bar {
	at := func(v float64) float64 { return 50 + 50*clamp(v/reach, -1, 1) }
	from, to := math.Min(50, at(value)), math.Max(50, at(value))
	return bar{From: percentage(from), Width: percentage(to - from), Low: percentage(at(low)), High: percentage(at(high))}
}

func clamp(v, low, high float64) float64 {
	if math.IsNaN(v) {
		return low
	}
	return math.Max(low, math.Min(high, v))
}

func percentage(v float64) string { return fmt.Sprintf("%.2f%%", v) }

// ratio returns part of whole, 0 for an empty whole.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
