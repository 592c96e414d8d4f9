package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/profile"
)

// otherFact is what a fact about a group or a member of staff begins or ends: without a
// process it ends all runs.
type otherFact struct {
	trigger
	subject sop.Subject
	number  int64 // of the group or member
}

// readOther finds out what a fact about a group or a member begins and ends. A group begins
// runs when it was created, whatever is told of it first; a member when WeCom first shows
// the member at work, or again after leaving.
func (b *bookings) readOther(ctx context.Context, active []*Process, f *event.Fact) error {
	o := otherFact{number: f.Subject.ID, trigger: trigger{at: f.At, anchor: f.At}}
	switch f.Kind {
	case event.KindGroupSeen:
		body, err := event.Read[event.GroupSeen](*f)
		if err != nil {
			return err
		}
		o.subject, o.anchor = sop.OfGroup, body.CreatedAt
		b.beginOther(active, f, o, func(t *sop.Trigger) bool { return t.Names(body.Name) })
	case event.KindStaffSeen:
		o.subject = sop.OfMember
		if joined, err := b.joined(ctx, active, f); !joined {
			return err
		}
		b.beginOther(active, f, o, func(*sop.Trigger) bool { return true })
	case event.KindGroupDismissed:
		o.subject = sop.OfGroup
		b.others = append(b.others, o)
	case event.KindStaffLeft:
		o.subject = sop.OfMember
		b.others = append(b.others, o)
	}
	return nil
}

// beginOther notes what a fact begins in processes about its subject that were at work
// when it happened.
func (b *bookings) beginOther(active []*Process, f *event.Fact, o otherFact, concerns func(*sop.Trigger) bool) {
	for _, p := range active {
		t := &p.Document.Trigger
		if t.Fact == f.Kind && p.Document.Subject == o.subject && !o.anchor.Before(p.Began) && concerns(t) {
			o.process = p
			b.others = append(b.others, o)
		}
	}
}

// joined tells whether a member came to work by a fact, where a process asks for that.
func (b *bookings) joined(ctx context.Context, active []*Process, f *event.Fact) (bool, error) {
	if !slices.ContainsFunc(active, func(p *Process) bool { return p.Document.Trigger.Fact == event.KindStaffSeen }) {
		return false, nil
	}
	joins, err := b.joins(ctx, f.Subject)
	return slices.ContainsFunc(joins, func(j event.Fact) bool { return j.Seq == f.Seq }), err
}

// joins returns the facts by which WeCom first showed a member at work, or again after
// leaving. Whom the first reading of a corp finds was there before.
func (o *Operator) joins(ctx context.Context, member event.Subject) (joins []event.Fact, err error) {
	const page = 1000
	works := false
	for after := int64(0); ; {
		facts, err := o.flow.log.FactsAbout(ctx, []event.Subject{member}, after, page)
		if err != nil {
			return nil, fmt.Errorf("read facts about a member: %w", err)
		}
		for i := range facts {
			f := &facts[i]
			after = f.Seq
			switch f.Kind {
			case event.KindStaffLeft:
				works = false
			case event.KindStaffSeen:
				now, err := worksFrom(f)
				if err != nil {
					return nil, err
				}
				if now && !works && f.Source != event.FromBackfill {
					joins = append(joins, *f)
				}
				works = works || now
			}
		}
		if len(facts) < page {
			return joins, nil
		}
	}
}

// worksFrom tells whether WeCom shows a member at work by a fact.
func worksFrom(f *event.Fact) (bool, error) {
	body, err := event.Read[event.StaffSeen](*f)
	return body.Status == profile.StatusActive, err
}

// bookOthers makes and ends runs of groups and members, in the order of the facts, and
// takes back what members have not done about those that are gone. It returns how much.
func (b *bookings) bookOthers(ctx context.Context) (taken int, err error) {
	for _, subject := range []sop.Subject{sop.OfGroup, sop.OfMember} {
		runs, err := b.runsOfOthers(ctx, subject)
		if err != nil {
			return taken, err
		}
		for _, o := range b.others {
			switch {
			case o.subject != subject:
			case o.process != nil:
				key := sop.RunKey{Subject: subject, ID: o.number, Process: o.process.Number, Occurrence: int64(event.At(o.anchor))}
				runs[o.number] = b.begin(o.trigger, key, false, runs[o.number])
			default:
				b.endGone(runs[o.number], o.at)
				n, err := b.Runs.TakeStepTasksOf(ctx, subject, o.number, sop.BecauseEnded, b.now)
				taken += n
				if err != nil {
					return taken, err
				}
			}
		}
	}
	return taken, nil
}

// runsOfOthers returns the runs of the groups or members that facts are about.
func (b *bookings) runsOfOthers(ctx context.Context, subject sop.Subject) (map[int64][]sop.Run, error) {
	ids := map[int64]bool{}
	for _, o := range b.others {
		if o.subject == subject {
			ids[o.number] = true
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := b.Runs.RunsOf(ctx, subject, slices.Sorted(maps.Keys(ids)))
	runs := map[int64][]sop.Run{}
	for _, r := range list {
		runs[r.ID] = append(runs[r.ID], r)
		if _, missing := b.version(ctx, &r); missing != nil && r.State != sop.Ended {
			return nil, missing
		}
	}
	return runs, err
}

// seenOther returns what conditions of a run are asked of that is about no customer: its
// own steps.
func (s *stepping) seenOther(ctx context.Context, t *taking) (sop.Seen, error) {
	seen := sop.Seen{Read: everything, In: true, Done: map[string]bool{}}
	if !t.process.AsksSteps() {
		return seen, nil
	}
	records, err := s.Runs.StepsOfRuns(ctx, t.was.Process, t.was.Subject, []int64{t.was.ID})
	if err != nil {
		return seen, err
	}
	for i := range records {
		r := &records[i]
		if r.RunKey != t.was.RunKey || r.Outcome != sop.Done {
			continue
		}
		p, err := s.version(ctx, &sop.Run{RunKey: r.RunKey, Version: r.Version})
		if err != nil {
			return seen, err
		}
		seen.Done[p.Steps[r.Step].Name] = true
	}
	return seen, nil
}

// endGone ends the runs of a subject that is gone since a time, but those begun later.
func (b *bookings) endGone(runs []sop.Run, since time.Time) {
	for i := range runs {
		if was := &runs[i]; was.State == sop.Waiting && was.Entered <= event.At(since) {
			b.end(was, sop.BecauseEnded)
		}
	}
}
