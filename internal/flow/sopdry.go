package flow

import (
	"context"
	"iter"
	"math"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// DryRun is what a process would have done with the customers of a time that has
// passed. Nothing of it is stored. Orders, messages, touches, complaints and
// relations, and what customers asked for, opened and liked, are taken as they were at each
// moment; rules of audiences and what is understood of customers as they are now. Orders
// are taken to have been known at once: when they really came in is not kept by moment, so
// that nothing is withheld because they were late.
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
}

// dryChunk is how many customers are looked at in between looking whether to stop.
const dryChunk = 1000

// DrySpan is the time that a dry run looks at.
type DrySpan struct {
	From, Until time.Time
	// Told is told after every thousand customers how many were looked at; its error
	// ends the dry run. It may be nil.
	Told func(looked int) error
}

// DryRun plays a process with everybody who would have entered in a time. Steps
// after now are not looked at. It reads customers' states and writes nothing; it may
// run beside a turn.
func (o *Operator) DryRun(ctx context.Context, world *World, p *sop.Process, span DrySpan) (DryRun, error) {
	from, until := span.From, span.Until
	d := dry{Operator: o, world: world, process: p, from: event.At(from), until: event.At(until), team: sop.TeamOf(&world.Org), matchers: map[*audience.Rule]audience.Matcher{}, confirmed: map[confirmation]bool{},
		run: DryRun{From: from, Until: until, Withheld: map[sop.Because]int{}, Stopped: map[sop.Because]int{}}}
	for i := range p.Steps {
		d.run.Steps = append(d.run.Steps, DryStep{Name: p.Steps[i].Name, Outcome: map[sop.Outcome]int{}, Because: map[sop.Because]int{}})
	}
	if p.Subject != sop.OfCustomer {
		return d.run, d.others(ctx)
	}
	whole := Whom{First: math.MinInt64, Last: math.MaxInt64}
	err := o.flow.facets.EachJudged(ctx, whole, dryChunk, func(states []profile.Customer, judged []Judged) error {
		if err := d.look(ctx, states, judged); err != nil || span.Told == nil {
			return err
		}
		return span.Told(d.run.Customers)
	})
	return d.run, err
}

// dry is a dry run on its way.
type dry struct {
	*Operator
	world       *World
	process     *sop.Process
	from, until event.Instant
	team        *sop.Team
	matchers    map[*audience.Rule]audience.Matcher
	confirmed   map[confirmation]bool
	run         DryRun
}

// confirmation is a mass message of a step that a member confirms once a day, however
// many it reaches.
type confirmation struct {
	staff id.Staff
	step  int
	day   sop.Day
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
	var entering []dryCustomer
	ids = ids[:0]
	for i := range states {
		known := &judged[i]
		if known.ID == 0 {
			known = nil
		}
		one := dryCustomer{dry: d, state: &states[i], judged: known, held: held[states[i].ID]}
		if one.anchors = one.begins(); len(one.anchors) > 0 {
			entering, ids = append(entering, one), append(ids, one.state.ID)
		}
	}
	var known map[id.Customer]*insight.Customer
	if d.process.Sells() {
		if known, err = d.understood(ctx, ids); err != nil {
			return err
		}
	}
	for i := range entering {
		entering[i].known = known[entering[i].state.ID]
		entering[i].play()
	}
	return ctx.Err()
}

// dryCustomer is a customer in a dry run.
type dryCustomer struct {
	*dry
	state   *profile.Customer
	judged  *Judged
	known   *insight.Customer
	held    bool
	anchors []event.Instant // what would have begun runs
	sent    []profile.Touch // by the dry run
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

// play lets runs begin and takes them on, in the order of time.
func (c *dryCustomer) play() {
	var runs []sop.Run
	for anchors := c.anchors; ; {
		due := firstDue(runs)
		switch {
		case len(anchors) > 0 && (due == nil || anchors[0] <= due.DueAt):
			runs = c.begin(runs, anchors[0])
			anchors = anchors[1:]
		case due != nil && due.DueAt <= event.At(c.world.Now):
			c.take(due)
		default:
			for i := range runs {
				if because := runs[i].Because; because != "" {
					c.run.Stopped[because]++
				}
			}
			return
		}
	}
}

// firstDue returns the run that waits and is due first, nil where none waits.
func firstDue(runs []sop.Run) (first *sop.Run) {
	for i := range runs {
		if r := &runs[i]; r.State == sop.Waiting && (first == nil || r.DueAt < first.DueAt) {
			first = r
		}
	}
	return first
}

// begin adds a run, as far as the process lets the customer enter again.
func (c *dryCustomer) begin(runs []sop.Run, anchor event.Instant) []sop.Run {
	for i := range runs {
		switch was := &runs[i]; {
		case c.process.Again.Bars(was):
			return runs
		case c.process.Again.Replaces(was):
			*was = c.process.End(*was, sop.BecauseRestart)
		}
	}
	c.run.Entered++
	r := c.process.Enter(sop.RunKey{Subject: sop.OfCustomer, ID: int64(c.state.ID), Occurrence: int64(anchor)}, 1, anchor.Time(), c.Zone)
	if c.process.Clock != sop.Relative {
		r.Entered = min(r.Entered, r.DueAt)
	}
	return append(runs, r)
}

// take takes a run through what is due at one moment.
func (c *dryCustomer) take(r *sop.Run) {
	w := c.worldAt(c.world)
	w.Now = r.DueAt.Time()
	w.OrdersAsOf, w.LateShops = w.Now, nil // as DryRun says
	then := asOf(c.state, r.DueAt)
	then.Touches.Recent = append(then.Touches.Recent, c.sent...)
	seen := sop.Seen{Read: everything, Profile: &then, Insight: c.known, In: true, Fits: c.fits}
	m := c.process.Advance(*r, seen, w)
	if m.Act {
		c.act(&m, seen, w)
	}
	c.count(m.Records)
	*r = m.Run
}

// act gives a step or withholds it, by what the gate would have known.
func (c *dryCustomer) act(m *sop.Moved, seen sop.Seen, w sop.World) {
	step := &c.process.Steps[m.Run.Step]
	member := c.process.Doer(step, seen.Profile, c.team)
	staff := member.ID
	intent := decision.Intent{Staff: staff, Purpose: step.Purpose, Channel: delivery.ChannelOf(step.Channel), Planned: m.Run.Entered.Time(), Day: sop.DayOf(w.Now.In(w.Zone)).Start(w.Zone), Called: step.Channel == sop.Call}
	if because := wouldRefuse(step, decision.Standing{Profile: seen.Profile, Held: c.held}, intent, w.Rules); because != "" {
		c.process.Withhold(m, because, w)
		return
	}
	mass := confirmation{staff, m.Run.Step, sop.DayOf(w.Now.In(w.Zone))}
	if step.Channel != sop.Mass || !c.confirmed[mass] {
		c.run.Minutes += step.Minutes
	}
	c.confirmed[mass] = step.Channel == sop.Mass
	if step.Channel.Reaches() {
		c.sent = append(c.sent, profile.Touch{At: event.At(w.Now), Staff: staff, Channel: intent.Channel, Purpose: step.Purpose, Service: step.Service})
	}
	c.process.Give(m, seen, staff, member.Store, w)
}

// wouldRefuse returns why the gate would not give a step to a customer, "" if it would,
// as far as it does not hang on the room that members have.
func wouldRefuse(step *sop.Step, c decision.Standing, m decision.Intent, rules decision.Settings) sop.Because {
	switch {
	case step.Channel.Reaches() && !c.Profile.Related():
		return sop.BecauseGone
	case m.Staff == 0:
		return sop.BecauseNobody
	case !step.Channel.Reaches():
		return step.Spares(c.Profile, c.Held)
	case step.Service:
		return sop.Because(rules.RecheckService(c, m))
	}
	return sop.Because(rules.RecheckStep(c, m))
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

// others plays processes of groups, stores and members, of whom nothing forbids
// anything.
func (d *dry) others(ctx context.Context) error {
	stand := Process{Document: *d.process}
	list, err := d.subjects(ctx, d.world, &stand)
	if err != nil {
		return err
	}
	d.run.Customers = len(list)
	first, last := sop.DayOf(d.from.Time().In(d.Zone)), sop.DayOf(d.until.Time().In(d.Zone))
	for day := first; day.Before(last); day = day.Plus(1) {
		begins := slices.Contains(d.process.Trigger.Dates, day) || slices.Contains(d.process.Trigger.Weekdays, sop.WeekdayOf(day.Weekday()))
		if !begins {
			continue
		}
		d.run.Entered += len(list)
		for i := range d.process.Steps {
			if s := &d.process.Steps[i]; s.Channel.Manual() && s.Lane == "" {
				d.run.Steps[i].Outcome[sop.Given] += len(list)
				d.run.Given += len(list)
				d.run.Minutes += s.Minutes * float64(len(list))
			}
		}
	}
	return nil
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
