package flow

import (
	"container/heap"
	"context"
	"slices"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// drySubject is a customer, group, store or member in a dry run.
type drySubject struct {
	id      int64
	held    bool      // in the hold-out
	begin   []sop.Run // runs that are to begin, the first one first
	runs    []sop.Run
	sent    []profile.Touch // by the dry run
	done    []dryDone       // steps that it was given, which are taken to be done
	at      event.Instant   // when something is to come next
	reaches bool            // it is a contact to the customer
	looksAt *dryCustomer    // of a customer; nil while not in memory
}

// dryDone is a step of a run, by what began the run.
type dryDone struct {
	occurrence int64
	step       string
}

// dryQueue holds who has something to come, who is next first: in the order of the live
// engine, by the moment, tasks of members before contacts, and by the subject.
type dryQueue []*drySubject

func (q dryQueue) Len() int { return len(q) }
func (q dryQueue) Less(i, j int) bool {
	a, b := q[i], q[j]
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.reaches != b.reaches:
		return b.reaches
	}
	return a.id < b.id
}
func (q dryQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *dryQueue) Push(x any) { *q = append(*q, x.(*drySubject)) }

// Pop implements heap.Interface.
func (q *dryQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// enter lets runs of a subject begin once their moments come.
func (d *dry) enter(subject int64, held bool, anchors []event.Instant) {
	if len(anchors) == 0 {
		return
	}
	s := &drySubject{id: subject, held: held}
	for _, anchor := range anchors {
		r := d.process.Enter(sop.RunKey{Subject: d.process.Subject, ID: subject, Occurrence: int64(anchor)}, 1, anchor.Time(), d.Zone)
		if d.process.Clock != sop.Relative {
			r.Entered = min(r.Entered, r.DueAt)
		}
		s.begin = append(s.begin, r)
	}
	s.at = s.begin[0].Entered
	d.queue = append(d.queue, s)
}

// live plays what was gathered.
func (d *dry) live(ctx context.Context) error {
	heap.Init(&d.queue)
	for steps := 0; len(d.queue) > 0; steps++ {
		if steps%dryChunk == 0 {
			if err := d.tell(); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if err := d.next(ctx, d.queue[0]); err != nil {
			return err
		}
		if !d.comes(d.queue[0]) {
			d.leave(heap.Pop(&d.queue).(*drySubject))
			continue
		}
		heap.Fix(&d.queue, 0)
	}
	return nil
}

// next does what comes to a subject: a run begins, or is taken on.
func (d *dry) next(ctx context.Context, s *drySubject) error {
	due := firstDue(s.runs)
	if len(s.begin) > 0 && (due == nil || s.begin[0].Entered <= due.DueAt) {
		r := s.begin[0]
		s.begin = s.begin[1:]
		d.begin(s, r)
		return nil
	}
	if due == nil {
		return nil
	}
	return d.take(ctx, s, due)
}

// comes finds out what is to come next to a subject until now, and whether anything is.
func (d *dry) comes(s *drySubject) bool {
	due := firstDue(s.runs)
	s.reaches = false
	switch {
	case len(s.begin) > 0 && (due == nil || s.begin[0].Entered <= due.DueAt):
		s.at = max(s.at, s.begin[0].Entered)
	case due != nil && due.DueAt <= event.At(d.world.Now):
		s.at = max(s.at, due.DueAt) // a step that was put off beyond the one after it
		s.reaches = d.process.Steps[due.Step].Channel.Reaches()
	default:
		return false
	}
	return true
}

// leave counts the runs of a subject to whom nothing comes any more.
func (d *dry) leave(s *drySubject) {
	for i := range s.runs {
		if because := s.runs[i].Because; because != "" {
			d.run.Stopped[because]++
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

// begin adds a run, as far as the process lets the subject enter again.
func (d *dry) begin(s *drySubject, r sop.Run) {
	for i := range s.runs {
		switch was := &s.runs[i]; {
		case d.process.Again.Bars(was):
			return
		case d.process.Again.Replaces(was):
			*was = d.process.End(*was, sop.BecauseRestart)
		}
	}
	d.run.Entered++
	s.runs = append(s.runs, r)
}

// take takes a run through what is due at one moment.
func (d *dry) take(ctx context.Context, s *drySubject, r *sop.Run) error {
	w := d.worldAt(d.world)
	w.Now = max(s.at, r.DueAt).Time()
	w.OrdersAsOf, w.LateShops = w.Now, nil // as DryRun says
	seen := sop.Seen{Read: everything, In: true, Done: map[string]bool{}}
	for _, done := range s.done {
		if done.occurrence == r.Occurrence {
			seen.Done[done.step] = true
		}
	}
	if d.process.Subject == sop.OfCustomer {
		if err := d.lookAt(ctx, s); err != nil {
			return err
		}
		then := asOf(s.looksAt.state, event.At(w.Now))
		then.Touches.Recent = append(then.Touches.Recent, s.sent...)
		seen.Profile, seen.Insight, seen.Fits = &then, s.looksAt.known, s.looksAt.fits
	}
	t := &taking{was: *r, process: d.process, who: r.Customer(), seen: seen, moved: d.process.Advance(*r, seen, w), held: s.held, group: d.groups[id.Group(r.ID)]}
	if t.moved.Act {
		if err := d.act(ctx, s, t, w); err != nil {
			return err
		}
	}
	for _, made := range t.moved.Records {
		if made.Outcome == sop.Given && d.process.AsksSteps() {
			s.done = append(s.done, dryDone{r.Occurrence, d.process.Steps[made.Step].Name})
		}
	}
	d.count(t.moved.Records)
	*r = t.moved.Run
	return nil
}

// dryKept is of how many customers states are in memory at a time.
const dryKept = 20 * dryChunk

// lookAt reads a customer and those who come next.
func (d *dry) lookAt(ctx context.Context, s *drySubject) error {
	if s.looksAt != nil {
		return nil
	}
	if len(d.known)+dryChunk > dryKept {
		for _, known := range d.known {
			known.looksAt = nil
		}
		d.known = d.known[:0]
	}
	var coming, read []*drySubject
	for len(d.queue) > 0 && len(coming) < dryChunk {
		coming = append(coming, heap.Pop(&d.queue).(*drySubject))
	}
	var ids []id.Customer
	for _, c := range coming {
		heap.Push(&d.queue, c)
		if c.looksAt == nil {
			read, ids = append(read, c), append(ids, id.Customer(c.id))
		}
	}
	needs := sop.Needs{Profile: true, Rules: true, Insight: d.process.Sells()}
	looked, err := d.Operator.look(ctx, ids, needs, d.world.Now)
	if err != nil {
		return err
	}
	for i, c := range read {
		c.looksAt = &dryCustomer{dry: d, state: looked.states[ids[i]], judged: looked.judged[ids[i]], known: looked.known[ids[i]]}
	}
	d.known = append(d.known, read...)
	return nil
}

// dryDay is what members' days have room for.
type dryDay struct {
	stepping
	decider   *delivery.StepDecider
	confirmed map[dryPost]bool
}

// dryPost is a post that a member confirms once, however many groups it reaches.
type dryPost struct {
	staff id.Staff
	post  int64
}

// open returns the day of a moment; days come one after the other.
func (d *dry) open(ctx context.Context, w sop.World) (*dryDay, error) {
	day := clock.Day(w.Now, d.Zone)
	if d.day == nil || !d.day.world.Day.Equal(day) {
		given, err := d.besideSelf(ctx, day)
		if err != nil {
			return nil, err
		}
		world := *d.world
		world.Day = day
		room := delivery.StepRoom{Staff: world.roomBeside(given), Own: map[delivery.StepLimit]int{}}
		mass := make(map[id.Staff]delivery.MassGiven, len(given))
		for staff, load := range given {
			mass[staff] = delivery.MassGiven{Count: load.Confirmations}
		}
		team := sop.TeamOf(&world.Org)
		basis := delivery.StepBasis{Rules: world.Settings, Team: team, Room: room, Library: world.Library, Mass: mass}
		d.day = &dryDay{stepping: stepping{Operator: d.Operator, world: &world, room: room, team: team}, decider: delivery.NewStepDecider(basis), confirmed: map[dryPost]bool{}}
		if err := d.openPosts(ctx, day); err != nil {
			return nil, err
		}
	}
	d.day.at, d.day.world.Now = w, w.Now
	return d.day, nil
}

// besideSelf returns what members were really given on a day, without the steps of the
// process itself.
func (d *dry) besideSelf(ctx context.Context, day time.Time) (map[id.Staff]decision.Load, error) {
	given, err := d.flow.given(ctx, day)
	if err != nil || d.number == 0 {
		return given, err
	}
	own, err := d.Runs.StepsGivenOn(ctx, day)
	for _, s := range own {
		if s.Process == d.number {
			load := given[s.Staff]
			load.Steps -= s.Takes
			given[s.Staff] = load
		}
	}
	return given, err
}

// openPosts adds what the dry run posted to what was posted until a day.
func (d *dry) openPosts(ctx context.Context, day time.Time) (err error) {
	if d.Poster == nil || !slices.ContainsFunc(d.process.Steps, func(s sop.Step) bool { return s.Posts(d.process.Subject) }) {
		return nil
	}
	if d.day.posts, err = d.Poster.PostRoom(ctx, day); err != nil {
		return err
	}
	if d.posted == nil {
		d.posted = map[event.Channel]*delivery.PostQuota{}
	}
	for channel, quota := range d.day.posts.Received {
		own := d.posted[channel]
		if own == nil || !own.Since.Equal(quota.Since) {
			own = &delivery.PostQuota{Since: quota.Since, Counts: map[int64]int{}}
			d.posted[channel] = own
		}
		for target, n := range own.Counts {
			quota.Counts[target] += n
		}
	}
	return nil
}

// act gives a step or withholds it, as a round of steps and the gate would have.
func (d *dry) act(ctx context.Context, s *drySubject, t *taking, w sop.World) error {
	day, err := d.open(ctx, w)
	if err != nil {
		return err
	}
	step := t.step()
	if !step.Channel.Reaches() {
		return d.task(ctx, day, t)
	}
	is := day.decider.Decide(decision.Standing{Profile: t.seen.Profile, Held: s.held}, &delivery.StepDue{Was: t.was, Process: d.process, Moved: t.moved, Seen: t.seen, World: w})
	if is.Because != "" {
		d.process.Withhold(&t.moved, is.Because, w)
		return nil
	}
	d.run.Minutes += is.Takes.Minutes()
	if is.Begins {
		d.run.Minutes += step.Minutes
	}
	s.sent = append(s.sent, profile.Touch{At: event.At(w.Now), Staff: is.Member.ID, Channel: delivery.ChannelOf(step.Channel), Purpose: step.Purpose, Service: step.Service})
	d.process.Give(&t.moved, t.seen, is.Member.ID, is.Member.Store, w)
	return nil
}

// task gives a step that is no contact to one customer.
func (d *dry) task(ctx context.Context, day *dryDay, t *taking) error {
	at, before := t.moved.Run.Step, len(t.moved.Records)
	if err := day.task(ctx, t); err != nil {
		return err
	}
	if len(t.moved.Records) == before {
		return nil
	}
	made, step := t.moved.Records[len(t.moved.Records)-1], &d.process.Steps[at]
	switch {
	case made.Outcome != sop.Given:
	case t.post != nil:
		if own := d.posted[t.post.Post.Channel]; own != nil {
			own.Counts[t.post.Target.Target]++
		}
		one := dryPost{made.Staff, t.post.Post.ID}
		if !day.confirmed[one] {
			d.run.Minutes += step.Minutes
		}
		day.confirmed[one] = true
	case day.posts != nil && step.Posts(d.process.Subject):
		d.run.Steps[at].ByHand++
		d.run.Minutes += step.Minutes
	default:
		d.run.Minutes += step.Takes(d.process.Subject).Minutes()
	}
	return nil
}
