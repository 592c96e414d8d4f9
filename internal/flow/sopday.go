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
	for _, p := range active {
		for _, date := range p.Document.Upcoming(sop.DayOf(world.Now.In(o.Zone))) {
			if date.Before(sop.DayOf(p.Began.In(o.Zone))) {
				continue
			}
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

func (o *Operator) openDate(ctx context.Context, world *World, p *Process, date sop.Day) (entered int, err error) {
	anchor := date.Start(o.Zone)
	work := "sop/" + strconv.FormatInt(p.Number, 10) + "/" + date.String()
	at, err := o.flow.facets.Progress(ctx, work)
	if err != nil || at == everybodyEntered {
		return 0, err
	}
	var all []int64
	if all, err = o.subjects(ctx, world, p); err != nil || all == nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(s int64) bool { return at != 0 && s <= at })
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
		return Concerned(ctx, &p.Document, world.Org, o.Groups)
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
// is about them, ascending; nil only with an error. groups reads all groups.
func Concerned(ctx context.Context, p *sop.Process, o org.Org, groups func(context.Context) ([]profile.Group, error)) ([]int64, error) {
	list := []int64{}
	switch p.Subject {
	case sop.OfGroup:
		all, err := groups(ctx)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].Dismissed == 0 && p.Trigger.Names(all[i].Name) {
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
