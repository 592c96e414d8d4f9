package lifecycle

import (
	"time"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/past"
	"siyu/internal/stats/btyd"
)

// Rule is the cut points in force: those that are set stand in place of those that
// were learned.
type Rule struct {
	Learned *Cuts
	Set     *Settings
}

// Of returns the cut points in force for a line, 0 for the brand as a whole, and where
// they come from.
func (r Rule) Of(line id.Line) (p Point, from From) {
	if len(r.Set.Points) > 0 {
		if set, found := r.Set.Of(line); found {
			return set, FromSetting
		}
	}
	c := r.Learned.Of(line)
	if len(r.Set.Points) > 0 && (c.From == FromBrand || c.Line == 0) {
		if set, found := r.Set.Of(0); found {
			return Point{Line: line, Declining: set.Declining, Lost: set.Lost}, FromBrand
		}
	}
	if from = c.From; c.Line != line {
		from = FromBrand
	}
	return Point{Line: line, Declining: c.Declining, Lost: c.Lost}, from
}

// Place returns the stage of a customer, and from when on passing time alone changes
// it; zero: never. Of several lines the one that is given up last decides. Where orders
// do not lead to their buyers only what was seen counts: a mature customer within the
// rhythm would be no less with the orders that are missing, and nothing is said of the
// others, least of all that they are lost.
func (r Rule) Place(v past.View, measurable bool) (insight.Stage, time.Time) {
	p := v.Purchases()
	if p.Days == 0 {
		if measurable {
			return insight.Introduced, time.Time{}
		}
		return insight.Unmeasurable, time.Time{}
	}
	declining, lost := r.ends(v, past.DayOf(p.Last))
	until := lastDay(v)
	behind := past.DayOf(v.At) - until // days of which orders are not known yet
	at := func(day btyd.Day) time.Time { return past.StartOf(day + behind).Time() }
	stage := insight.Mature
	switch {
	case p.Days >= r.Set.MatureFrom():
	case p.Days > 1:
		stage = insight.Growing
	default:
		stage = insight.Introduced
	}
	switch {
	case !measurable && (until >= declining || stage != insight.Mature):
		return insight.Unmeasurable, time.Time{}
	case until >= lost:
		return insight.Lost, time.Time{}
	case until >= declining:
		return insight.Declining, at(lost)
	}
	return stage, at(declining)
}

// ends returns the first days on which a customer is declining, and lost, without
// another order.
func (r Rule) ends(v past.View, last btyd.Day) (declining, lost btyd.Day) {
	orders, known, before := v.Bought(), false, id.Line(0)
	for i := len(orders) - 1; i >= 0; i-- {
		o := &orders[i]
		if o.Net() <= 0 {
			continue
		}
		for k := range max(1, len(o.Lines)) {
			var line id.Line
			if len(o.Lines) > 0 {
				line = o.Lines[k]
			}
			if known && line == before { // a later order of it counted
				continue
			}
			p, _ := r.Of(line)
			day := past.DayOf(o.At)
			declining, lost = max(declining, day+btyd.Day(p.Declining)+1), max(lost, day+btyd.Day(p.Lost)+1)
			known, before = true, line
		}
	}
	if !known { // what was bought is too long ago to be kept
		p, _ := r.Of(0)
		return last + btyd.Day(p.Declining) + 1, last + btyd.Day(p.Lost) + 1
	}
	return declining, lost
}
