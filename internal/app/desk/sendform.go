package desk

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"siyu/internal/audience"
	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/org"
	"siyu/internal/web"
)

// theStep is the name of the one step of a one-off message.
const theStep = "send"

// oneOffDocument makes a process of what a person wrote, about customers of a scope. It
// has no name yet.
func (d *Desk) oneOffDocument(ctx context.Context, scope org.Scope, f web.OneOffForm) (p sop.Process, err error) {
	flaws := web.OneOffFlaws(f)
	files, err := d.namedFiles(ctx, f.Files)
	if err != nil {
		return p, err
	}
	rule, name, err := d.oneOffAudience(ctx, f.Audience)
	if fault.CodeOf(err) == fault.NotFound {
		flaws.Add("audience", "error.send_audience")
	} else if err != nil {
		return p, err
	}
	at := d.oneOffMoment(f, flaws)
	if err := flaws.Err(); err != nil {
		return p, err
	}
	executor := f.Executor
	p = sop.Process{
		Title: sop.Text{ZH: cmp.Or(f.Title, name+" "+at.In(d.Zone).Format(time.DateOnly))}, Language: sop.Chinese, Subject: sop.OfCustomer, Clock: sop.Calendar, Again: sop.Once,
		Trigger: sop.Trigger{Rule: &sop.Rule{Rule: web.OneOffRule(rule, scope)}}, OneOff: &sop.OneOff{Audience: int(f.Audience), Now: f.Now, Days: f.Days},
	}
	if !scope.Everything {
		executor = sop.ByOwner // a customer of the store has an owner there, and may know others elsewhere
		for _, s := range scope.Stores {
			p.OneOff.Stores = append(p.OneOff.Stores, int(s))
		}
	}
	p.Executor = executor
	for _, s := range f.Stops {
		p.Stop = append(p.Stop, sop.Stop{Name: string(s), If: sop.Condition{Did: s}})
	}
	if f.GoalDays > 0 {
		p.Goal = &sop.Goal{If: sop.Condition{Did: sop.Bought}, Within: sop.Span(time.Duration(f.GoalDays) * 24 * time.Hour)}
	}
	p.Steps = []sop.Step{oneOffStep(f, files)}
	d.setMoment(&p, at)
	return p, nil
}

func oneOffStep(f web.OneOffForm, files []content.File) sop.Step {
	s := sop.Step{Name: theStep, Channel: f.Channel, Purpose: f.Purpose, Late: sop.Postpone}
	if f.Channel == sop.Task {
		s.Purpose = ""
	}
	if f.Channel != sop.Mass {
		s.Minutes = float64(f.Minutes)
	}
	for _, text := range f.Texts {
		s.Content = append(s.Content, sop.Variant{Text: sop.Text{ZH: text}, Link: f.Link, Files: content.FilesText(files)})
	}
	return s
}

// oneOffAudience returns the rule of an audience and its name. Who is in a frozen one
// is told by the audience itself.
func (d *Desk) oneOffAudience(ctx context.Context, number int64) (rule audience.Rule, name string, err error) {
	a, err := d.audienceInUse(ctx, number)
	if err != nil {
		return rule, "", err
	}
	if a.Kind == flow.Frozen {
		return audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: number}}}}, a.Name, nil
	}
	return a.Rule, a.Name, nil
}

// oneOffMoment returns when a form wants it to happen.
func (d *Desk) oneOffMoment(f web.OneOffForm, flaws web.Flaws) time.Time {
	now := d.Clock.Now()
	switch {
	case f.Now:
		return d.nextMoment(now)
	case f.At.IsZero():
		flaws.Add("at", "error.post_at")
	case f.At.Before(now.Add(-time.Minute)), f.At.After(now.AddDate(0, 0, mostAhead)):
		flaws.Add("at", "error.post_time")
	case d.Brand.Documents().Rules.Quiet(f.At.In(d.Zone)):
		flaws.Add("at", "error.send_quiet")
	}
	return f.At
}

// nextMoment returns the next moment in which members work, a whole minute.
func (d *Desk) nextMoment(now time.Time) time.Time {
	now = now.In(d.Zone).Truncate(time.Minute)
	rules := d.Brand.Documents().Rules
	day := clock.Day(now, d.Zone)
	if from, until := rules.Window(day, now); from.Before(until) {
		return from
	}
	tomorrow := day.AddDate(0, 0, 1)
	from, _ := rules.Window(tomorrow, tomorrow)
	return from
}

// setMoment lets a one-off message begin at a moment and last for its business days, of
// which the first counts where some of it is left.
func (d *Desk) setMoment(p *sop.Process, at time.Time) {
	at = at.In(d.Zone).Truncate(time.Minute)
	day := clock.Day(at, d.Zone)
	rules := d.Brand.Documents().Rules
	_, until := rules.Window(day.AddDate(0, 0, p.OneOff.Days-1), at)
	const least = time.Hour // less is no time to confirm anything
	if until.Sub(at) < least {
		_, until = rules.Window(day.AddDate(0, 0, p.OneOff.Days), at)
	}
	p.Trigger.Dates = []sop.Day{sop.DayOf(at)}
	p.Steps = append([]sop.Step(nil), p.Steps...)
	s := &p.Steps[0]
	s.At = sop.Offset{Timed: true, Clock: time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute}
	s.Within = sop.Span(until.Sub(at).Truncate(time.Minute))
}

// OneOffForm implements web.OneOffs.
func (d *Desk) OneOffForm(ctx context.Context, by web.Asker, name string) (f web.OneOffForm, err error) {
	p, err := d.oneOff(ctx, by.Scope, name)
	if err != nil {
		return f, err
	}
	if p.State != flow.ProcessDraft {
		return f, fault.WithKey(fault.Conflict, "error.send_state", fmt.Errorf("%s is %s and is not written any more", name, p.State))
	}
	doc, step := &p.Document, &p.Document.Steps[0]
	f = web.OneOffForm{Name: name, Version: p.Version, Title: doc.Title.In(sop.Chinese), Audience: int64(doc.OneOff.Audience), Channel: step.Channel, Purpose: step.Purpose,
		Link: step.Content[0].Link, Now: doc.OneOff.Now, Days: doc.OneOff.Days, Executor: doc.Executor, Minutes: int(step.Minutes)}
	if !f.Now {
		f.At, _ = doc.OneOffAt(d.Zone)
	}
	for i := range step.Content {
		f.Texts = append(f.Texts, step.Content[i].Text.In(doc.Speaks()))
	}
	for i := range doc.Stop {
		f.Stops = append(f.Stops, doc.Stop[i].If.Did)
	}
	if doc.Goal != nil {
		f.GoalDays = int(time.Duration(doc.Goal.Within) / (24 * time.Hour))
	}
	f.Files, err = d.namedFiles(ctx, content.FilesOf(step.Content[0].Files))
	return f, err
}
