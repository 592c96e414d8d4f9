package sop

import "siyu/internal/audience"

// Upcoming returns the dates of a calendar process for which subjects should have
// entered on a day: those whose first step may be due by then, and whose last one
// has not passed.
func (p *Process) Upcoming(today Day) []Day {
	first, last := 0, 0
	for i := range p.Steps {
		first, last = min(first, p.Steps[i].At.Days), max(last, p.Steps[i].At.Days)
	}
	var dates []Day
	for _, d := range p.Trigger.Dates {
		if !today.Before(d.Plus(first)) && !d.Plus(last).Before(today) {
			dates = append(dates, d)
		}
	}
	for offset := -last; offset <= -first && len(p.Trigger.Weekdays) > 0; offset++ {
		d := today.Plus(offset)
		for _, w := range p.Trigger.Weekdays {
			if w == WeekdayOf(d.Weekday()) {
				dates = append(dates, d)
			}
		}
	}
	return dates
}

// EntryRule returns the rule of the audience whose entering begins runs; ok is
// false where a fact, a stored audience or a date of the calendar does. Customers
// enter on the day of the first step that falls before their date.
func (p *Process) EntryRule() (rule audience.Rule, ok bool) {
	t := &p.Trigger
	switch {
	case t.Date != "":
		ask := audience.Rule{Ask: &audience.Condition{Field: string(t.Date), Is: audience.Next, Values: []audience.Value{{Number: int64(p.Lead() + 1)}}}}
		if t.Rule == nil {
			return ask, true
		}
		return audience.Normal(audience.Rule{All: []audience.Rule{ask, t.Rule.Rule}}), true
	case t.Rule != nil && !t.Selects():
		return t.Rule.Rule, true
	}
	return audience.Rule{}, false
}
