package desk

import (
	"cmp"
	"context"
	"slices"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// addDates adds the steps of processes that begin on dates of the calendar for which
// not everybody has entered yet, for those of them who fit today.
func (m *calendarMaker) addDates(ctx context.Context) error {
	for _, p := range m.processes {
		doc := &p.Document
		if p.State != flow.ProcessActive || doc.Subject != sop.OfCustomer || len(doc.Trigger.Dates) == 0 {
			continue
		}
		dates, err := m.datesToCome(ctx, p)
		if err != nil {
			return err
		}
		for _, date := range dates {
			crowd, err := m.entering(doc)
			if err != nil {
				return err
			}
			m.addDate(p, date.Day, m.index.Crowd(func(yield func(id.Customer) bool) {
				for c := range crowd.IDs() {
					if !date.Entered(int64(c)) && !yield(c) {
						return
					}
				}
			}))
		}
	}
	return nil
}

// datesToCome returns the dates of a process with steps on days of the calendar for which
// not everybody has entered: those ahead, and today's until the day is opened.
func (m *calendarMaker) datesToCome(ctx context.Context, p *flow.Process) ([]flow.DateToCome, error) {
	today := sop.DayOf(m.today)
	return p.DatesToCome(ctx, m.DB.Progress, flow.Ahead{Today: today, Last: today.Plus(web.CalendarDays + p.Document.Lead() - 1), Zone: m.Zone})
}

// entering returns who would enter a process by its rule today.
func (m *calendarMaker) entering(doc *sop.Process) (*index.Crowd, error) {
	rule := everybody
	if doc.Trigger.Rule != nil {
		rule = &doc.Trigger.Rule.Rule
	}
	return m.index.Evaluate(rule, org.All(), m.index.Position().Day)
}

func (m *calendarMaker) addDate(p *flow.Process, date sop.Day, crowd *index.Crowd) {
	m.addDatedCrowd(p, date, crowd)
	doc := &p.Document
	for i := range doc.Steps {
		s := &doc.Steps[i]
		at := s.At.From(date.Start(m.Zone), m.Zone)
		day, ok := m.dayOf(at)
		if ok && s.Lane == "" && s.Channel.Reaches() && !at.Before(m.today) && crowd.Len() > 0 {
			coming := comingStep(doc, s, at)
			if coming.Kind = web.ComesDate; s.Service {
				coming.Kind = web.ComesService
			}
			coming.N, coming.Expected = crowd.Len(), true
			m.dated = append(m.dated, comingCrowd{Coming: coming, day: day, crowd: crowd})
		}
	}
}

// addOwnDates adds the steps of those who will enter a process by a date of their own
// on the days after today, and today until the index has passed to it: whose date is
// nearer has entered. The audience index answers who has a date on a day.
func (m *calendarMaker) addOwnDates(context.Context) error {
	for _, p := range m.processes {
		doc := &p.Document
		if p.State != flow.ProcessActive || doc.Subject != sop.OfCustomer || doc.Trigger.Date == "" {
			continue
		}
		fit, err := m.entering(doc)
		if err != nil {
			return err
		}
		on := &audience.Rule{Ask: &audience.Condition{Field: string(doc.Trigger.Date), Is: audience.Next, Values: []audience.Value{{Number: 1}}}}
		first := 1
		if m.index.Position().Day < event.At(m.today).Day() {
			first = 0
		}
		for day := first; day < web.CalendarDays; day++ {
			date := sop.DayOf(m.today).Plus(day + doc.Lead())
			crowd, err := m.index.Evaluate(on, org.All(), event.At(date.Start(m.Zone)).Day())
			if err != nil {
				return err
			}
			m.addDate(p, date, crowd.And(fit))
		}
	}
	return nil
}

// usualDays is over how many days before today the calendar counts who entered, at most:
// what was before a process was put to work, or paused, is not usual.
const usualDays = 28

// unforeseen returns the processes that customers enter by what happens to them, and
// how many entered on a usual day.
func (m *calendarMaker) unforeseen(ctx context.Context) (list []web.Unforeseen, err error) {
	today := event.At(m.today).Day()
	for _, p := range m.processes {
		if p.State != flow.ProcessActive || p.Document.Subject != sop.OfCustomer || !byWhatHappens(&p.Document.Trigger) {
			continue
		}
		from := max(today-usualDays, event.At(p.Began).Day())
		u := web.Unforeseen{Process: p.Document, Days: int(max(0, today-from))}
		if u.Days > 0 {
			entered, err := m.entered(ctx, p.Number, from, today-1)
			if err != nil {
				return nil, err
			}
			u.Usual = float64(entered) / float64(u.Days)
		}
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b web.Unforeseen) int {
		return cmp.Or(cmp.Compare(b.Usual, a.Usual), cmp.Compare(a.Process.Name, b.Process.Name))
	})
	return list, nil
}

// entered counts who entered a process on some days, both included.
func (m *calendarMaker) entered(ctx context.Context, process, from, to int64) (n int, err error) {
	sums, err := m.DB.StepSums(ctx, storage.StepSumQuery{Scope: org.All(), Process: process, From: from, To: to, ByArm: true, Of: storage.OfRuns})
	for _, s := range sums {
		if s.Figure == sop.RunEntered && !s.Held {
			n += s.N
		}
	}
	return n, err
}

func byWhatHappens(t *sop.Trigger) bool {
	return t.Date == "" && len(t.Dates) == 0 && (t.Fact != "" || t.Audience != "" || t.Rule != nil)
}
