package flow

import (
	"context"
	"iter"
	"math"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// DryRun is what a process would have done with the customers of a time that has
// passed, with the engine's own rules. Nothing of it is stored. Orders, messages, touches, complaints and
// relations, and what customers asked for, opened and liked, are taken as they were at each
// moment; rules of audiences and what is understood of customers as they are now. Members
// have on each day the room that what they were really given left, steps of the process
// itself aside. Orders are taken to have been known at once: when they really came in is
// not kept by moment, so that nothing is withheld because they were late.
type DryRun struct {
	From, Until time.Time
	Customers   int // looked at
	Entered     int // runs
	Given       int // steps: messages, calls and tasks that members would have had
	Minutes     float64
	Withheld    map[sop.Because]int
	Stopped     map[sop.Because]int // runs
	Steps       []DryStep           // in the order of the document
}

// DryStep is what would have become of one step.
type DryStep struct {
	Name    string
	Outcome map[sop.Outcome]int
	Because map[sop.Because]int // of steps that would not have happened
	// ByHand is how many of the given ones were to be posts of WeCom and fall to members:
	// the target had as many as it may get, or the member's day has no confirmation left.
	ByHand int `json:",omitempty"`
}

// dryChunk is how many customers are looked at in between looking whether to stop.
const dryChunk = 1000

// DrySpan is the time that a dry run looks at.
type DrySpan struct {
	From, Until time.Time
	// Told is told again and again how many customers were looked at; its error ends the
	// dry run. It may be nil.
	Told func(looked int) error
}

// DryRun plays a process with everybody who would have entered in a time, in the order in
// which steps fall due, since who comes first takes the room. Steps after now are not
// looked at. It reads states and writes nothing; it may run beside a turn.
func (o *Operator) DryRun(ctx context.Context, world *World, p *sop.Process, span DrySpan) (DryRun, error) {
	from, until := span.From, span.Until
	d := dry{Operator: o, world: world, process: p, from: event.At(from), until: event.At(until), told: span.Told, matchers: map[*audience.Rule]audience.Matcher{},
		run: DryRun{From: from, Until: until, Withheld: map[sop.Because]int{}, Stopped: map[sop.Because]int{}}}
	for i := range p.Steps {
		d.run.Steps = append(d.run.Steps, DryStep{Name: p.Steps[i].Name, Outcome: map[sop.Outcome]int{}, Because: map[sop.Because]int{}})
	}
	for _, do := range []func(context.Context) error{d.findSelf, d.gather, d.live} {
		if err := do(ctx); err != nil {
			return d.run, err
		}
	}
	return d.run, nil
}

// dry is a dry run on its way.
type dry struct {
	*Operator
	world       *World
	process     *sop.Process
	number      int64 // of the installed process of the name, 0: none is
	from, until event.Instant
	told        func(looked int) error
	matchers    map[*audience.Rule]audience.Matcher
	groups      map[id.Group]profile.Group // of a process of groups
	queue       dryQueue
	known       []*drySubject // of whom a state is in memory
	day         *dryDay
	posted      map[event.Channel]*delivery.PostQuota // by the dry run
	run         DryRun
}

// findSelf finds the installed process of the name.
func (d *dry) findSelf(ctx context.Context) error {
	list, err := d.Processes.Processes(ctx)
	for i := range list {
		if list[i].Name == d.process.Name {
			d.number = list[i].Number
		}
	}
	return err
}

// gather finds who would have entered, and when.
func (d *dry) gather(ctx context.Context) error {
	if d.process.Subject != sop.OfCustomer {
		return d.others(ctx)
	}
	whole := Whom{First: math.MinInt64, Last: math.MaxInt64}
	return d.flow.facets.EachJudged(ctx, whole, dryChunk, func(states []profile.Customer, judged []Judged) error {
		if err := d.look(ctx, states, judged); err != nil {
			return err
		}
		return d.tell()
	})
}

func (d *dry) tell() error {
	if d.told == nil {
		return nil
	}
	return d.told(d.run.Customers)
}

func (d *dry) look(ctx context.Context, states []profile.Customer, judged []Judged) error {
	ids := make([]id.Customer, len(states))
	for i := range states {
		ids[i] = states[i].ID
	}
	held, err := d.flow.plans.Holdout(ctx, Whom{List: ids})
	if err != nil {
		return err
	}
	d.run.Customers += len(states)
	for i := range states {
		known := &judged[i]
		if known.ID == 0 {
			known = nil
		}
		c := dryCustomer{dry: d, state: &states[i], judged: known}
		d.enter(int64(states[i].ID), held[states[i].ID], c.begins())
	}
	return ctx.Err()
}

// dryCustomer is a customer as a dry run knows it.
type dryCustomer struct {
	*dry
	state  *profile.Customer
	judged *Judged
	known  *insight.Customer // of processes that sell
}

// begins returns what would have begun runs.
func (c *dryCustomer) begins() (list []event.Instant) {
	add := func(at event.Instant) {
		if at >= c.from && at < c.until {
			list = append(list, at)
		}
	}
	switch t := &c.process.Trigger; {
	case t.Fact == "":
		list = c.dates()
	case t.Rule != nil && !c.fits(&t.Rule.Rule):
	default:
		for at := range moments(t, c.state) {
			add(at)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// moments yields when facts of a trigger's kind happened to a customer, as far as
// the state keeps them; 0 among them has not happened.
func moments(t *sop.Trigger, s *profile.Customer) iter.Seq[event.Instant] {
	switch t.Fact {
	case event.KindRelationAdded:
		return each(s.Relations, func(r profile.Relation) (event.Instant, bool) {
			return r.Since, !r.Half && (!t.First || sop.Newcomer(s, r.Since))
		})
	case event.KindRelationEnded:
		return each(s.Relations, func(r profile.Relation) (event.Instant, bool) { return r.Until, t.Ends(r.End) })
	case event.KindOrderPaid:
		return each(s.Orders.Recent, func(o profile.Order) (event.Instant, bool) { return o.At, concerns(t, o.Lines) })
	case event.KindGroupJoined:
		return each(s.Groups, func(g profile.Membership) (event.Instant, bool) { return g.Since, true })
	case event.KindComplaintOpened:
		return each(s.Complaints, func(k profile.Complaint) (event.Instant, bool) { return k.Opened, true })
	case event.KindComplaintClosed:
		return each(s.Complaints, func(k profile.Complaint) (event.Instant, bool) { return k.Closed, true })
	case event.KindNeedExpressed:
		return each(s.Needs, func(n profile.Need) (event.Instant, bool) { return n.At, true })
	case event.KindReferralStayed:
		return each(s.Referrals, func(r profile.Referral) (event.Instant, bool) { return r.At, true })
	}
	return func(func(event.Instant) bool) {}
}

// each yields the moments of those elements that count.
func each[E any](list []E, at func(E) (event.Instant, bool)) iter.Seq[event.Instant] {
	return func(yield func(event.Instant) bool) {
		for _, e := range list {
			if moment, counts := at(e); counts && !yield(moment) {
				return
			}
		}
	}
}

// dates returns the dates in the time that would have begun runs of a customer who
// fits the trigger's rule.
func (c *dryCustomer) dates() (list []event.Instant) {
	t := &c.process.Trigger
	if t.Rule != nil && !c.fits(&t.Rule.Rule) {
		return nil
	}
	var days []sop.Day
	switch {
	case t.Date != "":
		due := time.Time{}
		if c.judged != nil {
			due = c.judged.NextDue
		}
		if at := c.ownDate(t.Date, c.state, due, c.from.Time()); !at.IsZero() {
			days = append(days, sop.DayOf(at.In(c.Zone)))
		}
	case len(t.Dates) > 0:
		days = t.Dates
	case t.Date == "" && (t.Rule != nil || t.Audience != ""): // nobody knows since when
		return []event.Instant{c.from}
	}
	for _, day := range days {
		if at := event.At(day.Start(c.Zone)); at >= c.from && at < c.until {
			list = append(list, at)
		}
	}
	return list
}

func (c *dryCustomer) fits(rule *audience.Rule) bool {
	subject, has := c.flow.subject(c.state, c.judged)
	if !has {
		return false
	}
	m, known := c.matchers[rule]
	if !known {
		m, _ = audience.Compile(rule)
		c.matchers[rule] = m
	}
	row, today := audience.NewRow(subject, event.At(c.world.Now).Day()), event.At(c.world.Now).Day()
	return m.Matches(audience.Asked{Row: &row, Today: today, Members: func(number int64) bool {
		ix := c.flow.Index()
		return ix != nil && ix.Members(number) != nil && ix.Members(number).Has(c.state.ID)
	}})
}

func (d *dry) count(records []sop.StepRecord) {
	for _, r := range records {
		d.run.Steps[r.Step].Outcome[r.Outcome]++
		switch r.Outcome {
		case sop.Given:
			d.run.Given++
		case sop.Withheld:
			d.run.Withheld[r.Because]++
		}
		if r.Because != "" {
			d.run.Steps[r.Step].Because[r.Because]++
		}
	}
}

// asOf returns a customer as he was known at a time, as far as the state keeps it.
func asOf(c *profile.Customer, at event.Instant) profile.Customer {
	then := c.Clone()
	then.Relations = slices.DeleteFunc(then.Relations, func(r profile.Relation) bool { return r.Since > at })
	for i := range then.Relations {
		if then.Relations[i].Until > at {
			then.Relations[i].Until = 0
		}
	}
	then.Touches.Recent = slices.DeleteFunc(then.Touches.Recent, func(t profile.Touch) bool { return t.At > at })
	then.Touches.Last = 0
	for i := range then.Touches.Recent {
		t := &then.Touches.Recent[i]
		then.Touches.Last = max(then.Touches.Last, t.At)
		if t.Answered > at {
			t.Answered = 0
		}
	}
	then.Complaints = slices.DeleteFunc(then.Complaints, func(k profile.Complaint) bool { return k.Opened > at })
	for i := range then.Complaints {
		if then.Complaints[i].Closed > at {
			then.Complaints[i].Closed = 0
		}
	}
	then.Orders.Recent = slices.DeleteFunc(then.Orders.Recent, func(o profile.Order) bool { return o.At > at })
	if n := len(then.Orders.Recent); n > 0 {
		then.Orders.Last = then.Orders.Recent[n-1].At
	} else if then.Orders.Last > at {
		then.Orders.Last = 0
	}
	if then.Refused > at {
		then.Refused = 0
	}
	then.Talk = talkAsOf(then.Talk, at)
	then.Needs = slices.DeleteFunc(then.Needs, func(n profile.Need) bool { return n.At > at })
	then.Reactions = slices.DeleteFunc(then.Reactions, func(r event.Instant) bool { return r > at })
	then.Openings.Recent = slices.DeleteFunc(then.Openings.Recent, func(o profile.Opening) bool { return o.At > at })
	if then.Openings.Last > at {
		then.Openings.Last = 0
		if n := len(then.Openings.Recent); n > 0 {
			then.Openings.Last = then.Openings.Recent[n-1].At
		}
	}
	return then
}

// talkAsOf returns the talk until a time. Of what was said last before it the day is
// known, as its first message.
func talkAsOf(t profile.Talk, at event.Instant) profile.Talk {
	t.Days = slices.DeleteFunc(t.Days, func(d profile.TalkDay) bool { return d.At > at })
	last := func(said event.Instant, on func(profile.TalkDay) int) event.Instant {
		if said <= at {
			return said
		}
		said = 0
		for _, d := range t.Days {
			if on(d) > 0 {
				said = d.At
			}
		}
		return said
	}
	t.LastIn = last(t.LastIn, func(d profile.TalkDay) int { return d.In })
	t.LastOut = last(t.LastOut, func(d profile.TalkDay) int { return d.Out })
	return t
}
