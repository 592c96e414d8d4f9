package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// bookings is what facts begin and end.
type bookings struct {
	*Operator
	now      time.Time
	entering *Entering
	began    []trigger
	touched  map[id.Customer]bool // who answers for whom the facts are about
	runs     map[id.Customer][]sop.Run
	others   []otherFact // about groups and members
}

// trigger is a fact that begins a run.
type trigger struct {
	process *Process
	who     id.Customer
	at      time.Time
	// anchor is when offsets count from; zero: not yet known, because it is a date
	// of the customer's own.
	anchor time.Time
}

// read finds out whom facts concern and what they begin.
func (b *bookings) read(ctx context.Context, page []event.Fact) error {
	active, _ := b.active()
	named := map[id.Customer]bool{}
	b.touched = map[id.Customer]bool{}
	for i := range page {
		f := &page[i]
		if err := b.readOther(ctx, active, f); err != nil {
			return err
		}
		if f.Subject.Type != event.AboutCustomer {
			continue
		}
		who := id.Customer(f.Subject.ID)
		named[who] = true
		for _, p := range active {
			begins, err := b.begins(p, f)
			if err != nil {
				return err
			}
			if begins && !f.At.Before(p.Began) {
				b.began = append(b.began, trigger{process: p, who: who, at: f.At})
			}
		}
	}
	merges, err := b.flow.states.MergesOf(ctx, slices.Sorted(maps.Keys(named)))
	if err != nil {
		return fmt.Errorf("look up merged customers: %w", err)
	}
	for who := range named {
		b.touched[endOf(merges, who)] = true
	}
	for i := range b.began {
		b.began[i].who = endOf(merges, b.began[i].who)
	}
	return b.readRuns(ctx, merges)
}

// readRuns reads the runs of everybody concerned, those of merged records with
// those of who answers for them.
func (b *bookings) readRuns(ctx context.Context, merges map[id.Customer]id.Customer) error {
	ids := map[int64]bool{}
	for who := range b.touched {
		ids[int64(who)] = true
	}
	for who := range merges {
		ids[int64(who)] = true
	}
	list, err := b.Runs.RunsOf(ctx, sop.OfCustomer, slices.Sorted(maps.Keys(ids)))
	b.runs = map[id.Customer][]sop.Run{}
	for _, r := range list {
		who := endOf(merges, r.Customer())
		b.runs[who] = append(b.runs[who], r)
		if _, missing := b.version(ctx, &r); missing != nil && r.State != sop.Ended {
			return missing
		}
	}
	return err
}

// begins tells whether a fact is a process's trigger.
func (b *bookings) begins(p *Process, f *event.Fact) (bool, error) {
	t := &p.Document.Trigger
	switch f.Kind {
	case event.KindAudienceEntered:
		if p.Audience == 0 {
			return false, nil
		}
		body, err := event.Read[event.AudienceEntered](*f)
		return body.Audience == p.Audience, err
	case t.Fact:
	default:
		return false, nil
	}
	switch f.Kind {
	case event.KindOrderPaid:
		body, err := event.Read[event.OrderPaid](*f)
		lines := make([]id.Line, len(body.Items))
		for i, item := range body.Items {
			lines[i] = item.Line
		}
		return concerns(t, lines), err
	case event.KindRelationAdded:
		body, err := event.Read[event.RelationAdded](*f)
		return !body.Half && (!t.First || body.AddWay != event.HandedOver), err
	case event.KindRelationEnded:
		body, err := event.Read[event.RelationEnded](*f)
		return t.Ends(body.By), err
	}
	return true, nil
}

// concerns tells whether an order of these product lines begins a run.
func concerns(t *sop.Trigger, lines []id.Line) bool {
	return len(t.Lines) == 0 || slices.ContainsFunc(t.Lines, func(code string) bool { return slices.Contains(lines, id.LineOf(code)) })
}

// enter makes runs of triggers.
func (b *bookings) enter(ctx context.Context) error {
	if len(b.began) == 0 {
		return nil
	}
	if err := b.newcomers(ctx); err != nil {
		return err
	}
	if err := b.selected(ctx); err != nil {
		return err
	}
	if err := b.anchors(ctx); err != nil {
		return err
	}
	customers := make([]id.Customer, len(b.began))
	for i := range b.began {
		customers[i] = b.began[i].who
	}
	held, err := b.flow.plans.Holdout(ctx, Whom{List: customers})
	if err != nil {
		return fmt.Errorf("look up hold-out: %w", err)
	}
	for _, t := range b.began {
		if !t.anchor.IsZero() {
			key := sop.RunKey{Subject: sop.OfCustomer, ID: int64(t.who), Process: t.process.Number, Occurrence: int64(event.At(t.anchor))}
			b.runs[t.who] = b.begin(t, key, held[t.who], b.runs[t.who])
		}
	}
	return nil
}

// begin makes a run of a trigger, as far as the process lets the subject enter
// again, and returns the subject's runs with it.
func (b *bookings) begin(t trigger, key sop.RunKey, held bool, runs []sop.Run) []sop.Run {
	for i := range runs {
		was := &runs[i]
		if was.Process != key.Process {
			continue
		}
		again := t.process.Document.Again
		switch {
		case was.Occurrence == key.Occurrence, again.Bars(was):
			return runs
		case again.Replaces(was):
			b.end(was, sop.BecauseRestart)
		}
	}
	run := t.process.Document.Enter(key, t.process.Version, t.at, b.Zone)
	run.Held = held
	b.entering.New = append(b.entering.New, run)
	return append(runs, run)
}

// end ends a run that is stored or was begun by the same page.
func (b *bookings) end(was *sop.Run, because sop.Because) {
	is := b.known.versions[versionKey{was.Process, was.Version}].End(*was, because) // readRuns has asked for it
	if i := slices.IndexFunc(b.entering.New, func(r sop.Run) bool { return r.RunKey == was.RunKey }); i >= 0 {
		b.entering.New[i] = is
	} else {
		b.entering.Moves = append(b.entering.Moves, RunMove{Was: *was, Is: is})
	}
	*was = is
}

// anchors finds the dates that customers have for themselves.
func (b *bookings) anchors(ctx context.Context) error {
	var birthdays, dues []id.Customer
	for i := range b.began {
		t := &b.began[i]
		switch t.process.Document.Trigger.Date {
		case sop.Birthday:
			birthdays = append(birthdays, t.who)
		case sop.DueDate:
			dues = append(dues, t.who)
		default:
			t.anchor = t.at
		}
	}
	born, due := map[id.Customer]*profile.Customer{}, map[id.Customer]time.Time{}
	if len(birthdays) > 0 {
		states, err := b.flow.states.LoadCustomers(ctx, birthdays)
		if err != nil {
			return fmt.Errorf("load customers: %w", err)
		}
		for i := range states {
			born[states[i].ID] = &states[i]
		}
	}
	if len(dues) > 0 {
		judged, err := b.flow.facets.Judged(ctx, dues)
		if err != nil {
			return err
		}
		for i := range judged {
			due[judged[i].ID] = judged[i].NextDue
		}
	}
	for i := range b.began {
		t := &b.began[i]
		if date := t.process.Document.Trigger.Date; date != "" {
			t.anchor = b.ownDate(date, born[t.who], due[t.who], t.at)
		}
	}
	return nil
}

// ownDate returns when a date that a customer has for himself begins: the first one
// from a time on, or the one on which the next order is due; zero where it is not
// known.
func (o *Operator) ownDate(date sop.OwnDate, c *profile.Customer, due, from time.Time) time.Time {
	switch {
	case date == sop.Birthday:
		return o.nextBirthday(c, from)
	case due.IsZero():
		return time.Time{}
	}
	return sop.DayOf(due.In(o.Zone)).Start(o.Zone)
}

// nextBirthday returns when the next birthday from a time on begins, zero where it
// is not known. Who was born on February 29 has it on the 28th in other years.
func (o *Operator) nextBirthday(c *profile.Customer, from time.Time) time.Time {
	if c == nil || c.Described.BirthMonth == 0 || c.Described.BirthDay == 0 {
		return time.Time{}
	}
	today := sop.DayOf(from.In(o.Zone))
	for year := today.Year; ; year++ {
		d := sop.Day{Year: year, Month: time.Month(c.Described.BirthMonth), Day: c.Described.BirthDay}
		if last := (sop.Day{Year: year, Month: d.Month + 1, Day: 0}).Plus(0); d.Day > last.Day {
			d.Day = last.Day
		}
		if !d.Before(today) {
			return d.Start(o.Zone)
		}
	}
}

// stop ends runs of whom facts are about where a stop rule holds, and takes back
// from members what should not be done any more. It returns how many tasks it took
// back.
func (b *bookings) stop(ctx context.Context) (taken int, err error) {
	owner, ids := map[int64]id.Customer{}, []id.Customer{}
	for _, who := range slices.Sorted(maps.Keys(b.runs)) {
		for _, r := range b.runs[who] {
			if owner[r.ID] == 0 {
				owner[r.ID] = who
				ids = append(ids, r.Customer())
			}
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	steps, err := b.Steps.OpenSteps(ctx, ids)
	if err != nil {
		return 0, err
	}
	looked, err := b.look(ctx, b.open(steps, owner), sop.Needs{Profile: true, Rules: true, Member: true}, b.now)
	if err != nil {
		return 0, err
	}
	stopped := map[sop.RunKey]sop.Because{}
	for who := range looked.states {
		if err := b.stopRuns(ctx, who, looked, stopped); err != nil {
			return 0, err
		}
	}
	return b.takeBack(ctx, steps, func(s *sop.StepRecord) (string, error) {
		if because := stopped[s.RunKey]; because != "" {
			return string(because), nil
		}
		return b.forbidden(ctx, s, looked.states[owner[s.ID]])
	})
}

// open returns who has runs that wait for a step, or steps that members have not
// done.
func (b *bookings) open(steps []sop.StepRecord, owner map[int64]id.Customer) []id.Customer {
	open := map[id.Customer]bool{}
	for _, s := range steps {
		open[owner[s.ID]] = true
	}
	for who, list := range b.runs {
		if slices.ContainsFunc(list, func(r sop.Run) bool { return r.State == sop.Waiting }) {
			open[who] = true
		}
	}
	return slices.Sorted(maps.Keys(open))
}

// stopRuns ends the runs of a customer of which a stop rule holds, and of several
// records of one person all but the one that answers.
func (b *bookings) stopRuns(ctx context.Context, who id.Customer, looked *looked, stopped map[sop.RunKey]sop.Because) error {
	for i := range b.runs[who] {
		was := &b.runs[who][i]
		if was.State != sop.Waiting {
			continue
		}
		p, err := b.version(ctx, was)
		if err != nil {
			return err
		}
		because := p.Stopped(was, looked.seen(who, b.known.by[was.Process]), b.now)
		if was.Customer() != who && slices.ContainsFunc(b.runs[who], func(o sop.Run) bool {
			return o.Process == was.Process && o.Customer() == who && o.State == sop.Waiting
		}) {
			because = sop.BecauseTwin
		}
		if because != "" {
			stopped[was.RunKey] = because
			b.end(was, because)
		}
	}
	return nil
}

// takeBack takes back what members have not done, as far as why gives a reason.
func (b *bookings) takeBack(ctx context.Context, steps []sop.StepRecord, why func(*sop.StepRecord) (string, error)) (taken int, err error) {
	by := map[string][]sop.StepRecord{}
	for i := range steps {
		because, err := why(&steps[i])
		if err != nil {
			return 0, err
		}
		if because != "" {
			by[because] = append(by[because], steps[i])
		}
	}
	for _, because := range slices.Sorted(maps.Keys(by)) {
		n, err := b.Giver.TakeSteps(ctx, by[because], because)
		taken += n
		if err != nil {
			return taken, err
		}
	}
	return taken, nil
}

// forbidden returns why a step that a member has must not be done any more.
func (b *bookings) forbidden(ctx context.Context, s *sop.StepRecord, c *profile.Customer) (string, error) {
	p, err := b.version(ctx, &sop.Run{RunKey: s.RunKey, Version: s.Version})
	if err != nil || c == nil {
		return "", err
	}
	step := &p.Steps[s.Step]
	switch {
	case !c.Related():
		return string(decision.BecauseGone), nil
	case step.Service:
	case c.RefusesMarketing():
		return string(decision.BecauseRefused), nil
	case c.Complains():
		return string(decision.BecauseComplaint), nil
	case step.Purpose.Sells() && c.Orders.Last > s.At:
		return string(decision.BecauseBought), nil
	}
	return "", nil
}
