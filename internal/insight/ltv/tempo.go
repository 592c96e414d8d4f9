package ltv

import (
	"slices"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Tempo turns time ahead of a day into usual time: a week of a festival that
// doubles orders is two weeks of the history that models were fitted on. A nil
// Tempo turns nothing.
type Tempo struct {
	Calendar Calendar `json:"calendar"`
	From     btyd.Day `json:"from"`  // the last day that is known
	Usual    float64  `json:"usual"` // mean factor of the days that are known
}

// NewTempo returns the tempo after a day, by orders up to and including it.
func NewTempo(log *btyd.Log, until btyd.Day) *Tempo { return tempoOf(NewCalendar(log, until), until) }

func tempoOf(c Calendar, until btyd.Day) *Tempo {
	return &Tempo{Calendar: c, From: until, Usual: c.Over(until-btyd.Day(max(1, c.Days)), until)}
}

// within returns the usual time in some weeks that begin a while after the day.
func (t *Tempo) within(after, weeks stats.Weeks) stats.Weeks {
	if t == nil {
		return weeks
	}
	return weeks * stats.Weeks(t.pace(t.From+btyd.Day(daysOf(after)), t.From+btyd.Day(daysOf(after+weeks))))
}

// courseYears is for how many years festivals are told apart: after that a year
// passes evenly.
const courseYears = 3

// course returns how usual time passes after the day, nil for no tempo.
func (t *Tempo) course() btyd.Course {
	if t == nil {
		return nil
	}
	end := t.From + courseYears*seasonYear
	edges := []btyd.Day{t.From, end}
	for year := t.From.Time().Year(); year <= end.Time().Year(); year++ {
		for _, f := range Festivals() {
			if first, last, known := f.in(year); known {
				edges = append(edges, first-1, last)
			}
		}
	}
	edges = slices.DeleteFunc(edges, func(day btyd.Day) bool { return day < t.From || day > end })
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var c btyd.Course
	usual := 0.
	for i, day := range edges {
		k := btyd.Knot{At: float64(stats.WeeksOfDays(int(day - t.From))), Usual: usual}
		if next := i + 1; next < len(edges) {
			k.Pace = t.pace(day, edges[next])
			usual += k.Pace * float64(stats.WeeksOfDays(int(edges[next]-day)))
		} else {
			k.Pace = t.pace(end-seasonYear, end)
		}
		c = append(c, k)
	}
	return c
}

// pace returns by how much the days after from up to and including to are
// busier than usual.
func (t *Tempo) pace(from, to btyd.Day) float64 {
	if t == nil {
		return 1
	}
	return t.Calendar.Over(from, to) / t.Usual
}
