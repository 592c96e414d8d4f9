package flow

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"siyu/internal/audience"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// OpenDay lets subjects enter processes whose dates come near: those of the
// calendar and of weekdays. It goes on where it stopped, and does nothing where
// everybody has entered.
func (o *Operator) OpenDay(ctx context.Context, world *World) (entered int, err error) {
	if err := o.refresh(ctx); err != nil {
		return 0, err
	}
	active, _ := o.active()
	today := sop.DayOf(world.Now.In(o.Zone))
	for _, p := range active {
		dates, err := p.DatesToCome(ctx, o.flow.facets.Progress, Ahead{today, today, o.Zone})
		if err != nil {
			return entered, err
		}
		for _, date := range dates {
			n, err := o.openDate(ctx, world, p, date)
			entered += n
			if err != nil {
				return entered, fmt.Errorf("open %s for process %d: %w", date, p.Number, err)
			}
		}
	}
	return entered, nil
}

// everybodyEntered is the progress of a date for which everybody has entered.
const everybodyEntered = math.MaxInt64

// DateToCome is a date for which not everybody has entered whom it concerns.
type DateToCome struct {
	sop.Day
	upTo int64 // the last who has entered, 0: nobody has
}

// Entered tells whether a subject has entered for the date.
func (d DateToCome) Entered(subject int64) bool { return d.upTo != 0 && subject <= d.upTo }

// Ahead is from which day on dates are asked for, and until which one.
type Ahead struct {
	Today, Last sop.Day
	Zone        *time.Location
}

// DatesToCome returns the dates of a process for which subjects should have entered by
// today and have not all, and those that lie ahead. progress is Facets.Progress.
func (p *Process) DatesToCome(ctx context.Context, progress func(context.Context, string) (int64, error), a Ahead) ([]DateToCome, error) {
	var dates []DateToCome
	open := p.Document.Upcoming(a.Today)
	for _, date := range open {
		if date.Before(sop.DayOf(p.Began.In(a.Zone))) {
			continue
		}
		upTo, err := progress(ctx, dateWork(p.Number, date))
		if err != nil {
			return nil, err
		}
		if upTo != everybodyEntered {
			dates = append(dates, DateToCome{date, upTo})
		}
	}
	t := &p.Document.Trigger
	for date := a.Today.Plus(1); !a.Last.Before(date); date = date.Plus(1) {
		if (slices.Contains(t.Dates, date) || slices.Contains(t.Weekdays, sop.WeekdayOf(date.Weekday()))) && !slices.Contains(open, date) {
			dates = append(dates, DateToCome{Day: date})
		}
	}
	return dates, nil
}

// dateWork names the work of letting everybody enter for a date.
func dateWork(process int64, date sop.Day) string {
	return "sop/" + strconv.FormatInt(process, 10) + "/" + date.String()
}

func (o *Operator) openDate(ctx context.Context, world *World, p *Process, date DateToCome) (entered int, err error) {
	anchor, work := date.Start(o.Zone), dateWork(p.Number, date.Day)
	var all []int64
	if all, err = o.subjects(ctx, world, p); err != nil || all == nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, date.Entered)
	for some := range slices.Chunk(all, sopPage) {
		n, err := o.enterDate(ctx, world, p, anchor, some)
		if err != nil {
			return entered, err
		}
		entered += n
		if err := o.flow.facets.SetProgress(ctx, work, some[len(some)-1]); err != nil {
			return entered, err
		}
	}
	return entered, o.flow.facets.SetProgress(ctx, work, everybodyEntered)
}

// subjects returns whom a date concerns, ascending; nil while nobody can tell.
func (o *Operator) subjects(ctx context.Context, world *World, p *Process) ([]int64, error) {
	if p.Document.Subject != sop.OfCustomer {
		return Concerned(ctx, &p.Document, world.Org, o.Groups, o.GroupKinds)
	}
	ix := o.flow.Index()
	if ix == nil {
		return nil, nil
	}
	rule := audience.Rule{}
	if t := &p.Document.Trigger; t.Rule != nil {
		rule = t.Rule.Rule
	}
	crowd, err := ix.Evaluate(&rule, org.All(), event.At(world.Now).Day())
	if err != nil {
		return nil, err
	}
	list := []int64{}
	for c := range crowd.IDs() {
		list = append(list, int64(c))
	}
	slices.Sort(list)
	return list, nil
}

// Concerned returns the groups, stores or members whom a date of a process concerns that
// is about them, ascending; nil only with an error. groups reads all groups, kinds what
// people said of them.
func Concerned(ctx context.Context, p *sop.Process, o org.Org, groups func(context.Context) ([]profile.Group, error),
	kinds func(context.Context) (map[id.Group]string, error),
) ([]int64, error) {
	list := []int64{}
	switch p.Subject {
	case sop.OfGroup:
		all, err := groups(ctx)
		if err != nil {
			return nil, err
		}
		known, err := kinds(ctx)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].Dismissed == 0 && p.Trigger.Concerns(all[i].Name, sop.GroupKind(known[all[i].ID])) {
				list = append(list, int64(all[i].ID))
			}
		}
	case sop.OfStore:
		for _, s := range o.Stores {
			if p.Trigger.Names(s.Name) {
				list = append(list, int64(s.ID))
			}
		}
	case sop.OfMember:
		for _, s := range o.Staff {
			if s.Active {
				list = append(list, int64(s.ID))
			}
		}
	}
	slices.Sort(list)
	return list, nil
}

// enterDate lets some subjects enter for a date.
func (o *Operator) enterDate(ctx context.Context, world *World, p *Process, anchor time.Time, some []int64) (int, error) {
	held := map[id.Customer]bool{}
	if p.Document.Subject == sop.OfCustomer {
		customers := make([]id.Customer, len(some))
		for i := range some {
			customers[i] = id.Customer(some[i])
		}
		var err error
		if held, err = o.flow.plans.Holdout(ctx, Whom{List: customers}); err != nil {
			return 0, fmt.Errorf("look up hold-out: %w", err)
		}
	}
	was, err := o.Runs.RunsOf(ctx, p.Document.Subject, some)
	if err != nil {
		return 0, err
	}
	busy := map[int64]bool{}
	for i := range was {
		if r := &was[i]; r.Process == p.Number && (p.Document.Again == sop.Once || p.Document.Again == sop.AfterEnd && r.State == sop.Waiting) {
			busy[r.ID] = true
		}
	}
	var e Entering
	for _, subject := range some {
		if busy[subject] {
			continue
		}
		key := sop.RunKey{Subject: p.Document.Subject, ID: subject, Process: p.Number, Occurrence: int64(event.At(anchor))}
		run := p.Document.Enter(key, p.Version, world.Now, o.Zone)
		run.Held = held[id.Customer(subject)]
		e.New = append(e.New, run)
	}
	return o.Runs.EnterRuns(ctx, e)
}
