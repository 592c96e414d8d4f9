package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// What one round of steps takes at a time. Runs that no member hears of are moved
// stepChunk in a transaction, about 20 ms of the writer; stepsGiven is how many are
// asked about again and given in one.
const (
	duePage    = 4000
	stepChunk  = 1000
	stepsGiven = 200
)

// Step takes runs on that are due now, at most so many (0: all), and returns what
// it did and whether there are more. What was done stays after a stop: a run is
// moved in one transaction with all that comes of it.
func (o *Operator) Step(ctx context.Context, world *World, most int) (done Operated, more bool, err error) {
	if err := o.refresh(ctx); err != nil {
		return done, false, err
	}
	_, numbers := o.active()
	quiet := o.quiet()
	if len(numbers)+len(quiet) == 0 {
		return done, false, nil
	}
	round := stepping{Operator: o, world: world, at: o.worldAt(world), team: sop.TeamOf(&world.Org)}
	if round.room, err = o.room(ctx, world); err != nil {
		return done, false, err
	}
	for _, q := range []DueQuery{{Processes: numbers}, {Processes: quiet, Watching: true}} {
		if len(q.Processes) == 0 || more {
			continue
		}
		q.Until, q.Limit = event.At(world.Now), duePage
		var some Operated
		some, more, err = round.through(ctx, q, most)
		done.add(some)
		if err != nil {
			return done, more, err
		}
	}
	return done, more, nil
}

// through takes the runs of a query on, at most so many (0: all).
func (s *stepping) through(ctx context.Context, q DueQuery, most int) (done Operated, more bool, err error) {
	pace := s.flow.pace()
	for most == 0 || done.Moved < most {
		due, err := s.Runs.DueRuns(ctx, q)
		if err != nil || len(due) == 0 {
			return done, false, err
		}
		some, err := s.take(ctx, due)
		if err != nil {
			return done, true, err
		}
		done.add(some)
		if len(due) < q.Limit {
			return done, false, nil
		}
		q.After = &due[len(due)-1]
		pace()
	}
	return done, true, nil
}

// stepping is one round of steps.
type stepping struct {
	*Operator
	world *World
	at    sop.World
	room  delivery.StepRoom
	team  *sop.Team
	posts *delivery.PostRoom // nil until a step posts
}

// take moves some runs.
func (s *stepping) take(ctx context.Context, due []sop.Run) (done Operated, err error) {
	moves, give, err := s.decide(ctx, due)
	if err != nil {
		return done, err
	}
	for some := range slices.Chunk(moves, stepChunk) {
		n, err := s.Runs.MoveRuns(ctx, some)
		if err != nil {
			return done, err
		}
		done.Moved += n
	}
	for some := range slices.Chunk(give, stepsGiven) {
		given, err := s.Giver.GiveSteps(ctx, some, s.room, s.world.Library)
		if err != nil {
			return done, err
		}
		done.Moved += len(some)
		for staff, takes := range given.Takes {
			s.useUp(staff, takes)
		}
		for limit, n := range given.ByHand {
			s.room.Own[limit] += n
			done.Given += n
		}
		done.Given += given.Mass
	}
	return done, nil
}

// useUp takes time from the room of a member's day; who may hold no customers has none.
func (s *stepping) useUp(staff id.Staff, takes time.Duration) {
	if left, has := s.room.Staff[staff]; has {
		s.room.Staff[staff] = max(0, left-takes)
	}
}

// decide finds out what becomes of runs: what is stored as it is, and what the gate
// is asked about.
func (s *stepping) decide(ctx context.Context, due []sop.Run) (moves []RunMove, give []delivery.StepDue, err error) {
	left := make([]*taking, len(due))
	for i := range due {
		left[i] = &taking{was: due[i]}
	}
	var facts []event.Fact
	for round := 0; len(left) > 0; round++ {
		if err := s.prepare(ctx, left, round); err != nil {
			return nil, nil, err
		}
		if err := s.holdOut(ctx, left); err != nil {
			return nil, nil, err
		}
		var again []*taking
		for _, t := range left {
			switch {
			case t.moved.Unread:
				again = append(again, t)
			case t.moved.Act && t.step().Channel.Reaches():
				give = append(give, delivery.StepDue{Was: t.was, Process: t.process, Moved: t.moved, Seen: t.seen, World: s.at})
			default:
				if facts, err = s.finish(ctx, t, facts); err != nil {
					return nil, nil, err
				}
				moves = append(moves, RunMove{Was: t.was, Is: t.moved.Run, Done: Made(t.process, t.moved.Records, s.at), Post: t.post})
			}
		}
		left = again
	}
	if len(facts) > 0 { // before the runs: a stop between the two repeats facts, which have keys
		if _, err := s.flow.log.Append(ctx, facts...); err != nil {
			return nil, nil, fmt.Errorf("write down tags: %w", err)
		}
	}
	return moves, give, nil
}

// taking is a run that is taken on.
type taking struct {
	was     sop.Run
	process *sop.Process
	who     id.Customer // who answers for the subject
	seen    sop.Seen
	moved   sop.Moved
	group   profile.Group // of a run of a group
	held    bool          // in the hold-out, as a step about the customer falls to a member
	post    *delivery.StepPost
}

func (t *taking) step() *sop.Step { return &t.process.Steps[t.moved.Run.Step] }

// everything is what any step needs.
var everything = sop.Needs{Profile: true, Insight: true, Rules: true, Member: true}

// prepare reads what runs need and advances them: what their next step needs, and
// in later rounds everything.
func (s *stepping) prepare(ctx context.Context, list []*taking, round int) (err error) {
	var needs sop.Needs
	var customers []id.Customer
	asked := map[id.Customer]bool{}
	for _, t := range list {
		if t.process, err = s.version(ctx, &t.was); err != nil {
			return err
		}
		need := t.process.NeedsAt(t.was.Step)
		if t.was.Subject != sop.OfCustomer {
			continue
		}
		needs = needs.Or(need)
		if need != (sop.Needs{}) || round > 0 {
			customers = append(customers, t.was.Customer())
			asked[t.was.Customer()] = true
		}
	}
	if round > 0 {
		needs = everything
	}
	if err := s.readGroups(ctx, list); err != nil {
		return err
	}
	looked, err := s.lookThrough(ctx, customers, needs)
	if err != nil {
		return err
	}
	for _, t := range list {
		t.who = endOf(looked.merges, t.was.Customer())
		t.seen = looked.seen(t.who, s.known.by[t.was.Process])
		switch {
		case t.was.Subject != sop.OfCustomer:
			if t.seen, err = s.seenOther(ctx, t); err != nil {
				return err
			}
		case !asked[t.was.Customer()]:
			t.seen.Read = sop.Needs{}
		}
		if s.closed(&t.was) {
			t.moved = sop.Moved{Run: t.process.End(t.was, sop.BecauseEnded)}
			continue
		}
		t.moved = t.process.Advance(t.was, t.seen, s.at)
	}
	return nil
}

// readGroups reads the groups that runs are about.
func (s *stepping) readGroups(ctx context.Context, list []*taking) error {
	var of []*taking
	var ids []id.Group
	for _, t := range list {
		if t.was.Subject == sop.OfGroup {
			of, ids = append(of, t), append(ids, id.Group(t.was.ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	groups, err := s.flow.others.LoadGroups(ctx, ids)
	if err != nil {
		return fmt.Errorf("load groups: %w", err)
	}
	for i := range of {
		of[i].group = groups[i]
	}
	return nil
}

// closed tells whether a run is about a store that is there no more.
func (s *stepping) closed(r *sop.Run) bool {
	return r.Subject == sop.OfStore && r.State == sop.Waiting && !slices.ContainsFunc(s.world.Org.Stores, func(o org.Store) bool { return o.ID == id.Store(r.ID) })
}

// through is what was read of customers and of those who answer for them.
type through struct {
	*looked
	merges map[id.Customer]id.Customer
}

// lookThrough reads customers, those who answer for merged ones among them.
func (s *stepping) lookThrough(ctx context.Context, customers []id.Customer, needs sop.Needs) (*through, error) {
	t := &through{looked: &looked{Operator: s.Operator, read: needs}}
	if len(customers) == 0 {
		return t, nil
	}
	var err error
	if t.merges, err = s.flow.states.MergesOf(ctx, customers); err != nil {
		return nil, fmt.Errorf("look up merged customers: %w", err)
	}
	heads := map[id.Customer]bool{}
	for _, c := range customers {
		heads[endOf(t.merges, c)] = true
	}
	t.looked, err = s.look(ctx, slices.Sorted(maps.Keys(heads)), needs, s.at.Now)
	return t, err
}

// finish gives a step that is a member's task, and makes the facts of tags.
func (s *stepping) finish(ctx context.Context, t *taking, facts []event.Fact) ([]event.Fact, error) {
	if t.moved.Act {
		if err := s.task(ctx, t); err != nil {
			return facts, err
		}
	}
	for i := range t.moved.Records {
		r := &t.moved.Records[i]
		if step := &t.process.Steps[r.Step]; step.Channel == sop.Tag && r.Outcome == sop.Passed {
			fact, known, err := s.tagged(ctx, r, step)
			if err != nil {
				return facts, err
			}
			if !known {
				r.Outcome, r.Because = sop.Skipped, sop.BecauseNoTag
				continue
			}
			facts = append(facts, fact)
		}
	}
	return facts, nil
}

// task gives a member a step that is no contact to one customer, or withholds it.
func (s *stepping) task(ctx context.Context, t *taking) error {
	member := s.doer(t)
	limit := delivery.StepLimit{Staff: member.ID, Process: t.was.Process}
	because := t.spares()
	switch {
	case member.ID == 0:
		because = sop.BecauseNobody
	case because == "" && t.process.PerDay > 0 && s.room.Own[limit] >= t.process.PerDay:
		because = sop.Because(decision.BecauseCapacity)
	}
	if because != "" {
		t.process.Withhold(&t.moved, because, s.at)
		return nil
	}
	s.room.Own[limit]++
	s.useUp(member.ID, t.step().Takes(t.process.Subject))
	step, due := t.moved.Run.Step, t.moved.Run.DueAt
	t.process.Give(&t.moved, t.seen, member.ID, member.Store, s.at)
	return s.post(ctx, t, delivery.StepWanted{Run: t.was, Process: t.process, Step: step, Due: due, World: s.at, Member: member, Group: t.group, Library: s.world.Library})
}

// spares returns why a step about a customer that is no contact must not be given.
func (t *taking) spares() sop.Because {
	if t.was.Subject != sop.OfCustomer || t.seen.Profile == nil {
		return ""
	}
	return t.step().Spares(t.seen.Profile, t.held)
}

// holdOut finds out which of those are held out of whom a member would be given a step
// that is no contact; the gate asks it of contacts.
func (s *stepping) holdOut(ctx context.Context, list []*taking) error {
	var customers []id.Customer
	for _, t := range list {
		t.held = t.was.Held
		if t.moved.Act && t.was.Subject == sop.OfCustomer && t.step().Channel.Manual() {
			customers = append(customers, t.who)
		}
	}
	if len(customers) == 0 {
		return nil
	}
	held, err := s.flow.plans.Holdout(ctx, Whom{List: customers})
	if err != nil {
		return fmt.Errorf("look up hold-out: %w", err)
	}
	for _, t := range list {
		t.held = t.held || held[t.who]
	}
	return nil
}

// tagged returns the fact that a step put a tag on its customer.
func (s *stepping) tagged(ctx context.Context, r *sop.StepRecord, step *sop.Step) (f event.Fact, known bool, err error) {
	tag, known, err := s.TagNamed(ctx, step.Tag)
	if err != nil || !known {
		return f, false, err
	}
	f, err = event.New(event.Customer(r.Customer()), s.at.Now, event.FromAudience, id.Hash("sop_tag", r.Name(), id.Text(r.Customer()), step.Name),
		event.CustomerTagged{Tag: tag, By: event.ByRule})
	return f, true, err
}

// doer returns who does a task, the zero member for nobody.
func (s *stepping) doer(t *taking) org.Staff {
	want := id.Staff(0)
	switch t.process.Executor {
	case sop.ByGroupOwner:
		if t.group.Dismissed == 0 {
			want = t.group.Owner
		}
	case sop.BySelf:
		want = id.Staff(t.was.ID)
	case sop.ByStore:
		member, _ := s.world.Org.ActingFor(id.Store(t.was.ID))
		return member
	default:
		return t.process.Doer(t.step(), t.seen.Profile, s.team)
	}
	i := slices.IndexFunc(s.world.Org.Staff, func(m org.Staff) bool { return m.ID == want && m.Active })
	if i < 0 {
		return org.Staff{}
	}
	return s.world.Org.Staff[i]
}
