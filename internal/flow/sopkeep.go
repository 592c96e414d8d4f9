package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// AudienceKeeper stores audiences that processes need for themselves.
type AudienceKeeper interface {
	AddAudience(ctx context.Context, a Audience) (number int64, err error)
	ChangeAudience(ctx context.Context, a Audience, naming []int64) error
	Audience(ctx context.Context, number int64) (Audience, error)
}

// Install stores a process as a draft, or a new version of the one that has its
// name, which then is in force for everybody who enters from then on. A document
// that says the same as the version in force changes nothing. It returns the number
// and the version.
func (o *Operator) Install(ctx context.Context, v ProcessVersion) (number int64, version int, err error) {
	if err := sop.Check(&v.Document); err != nil {
		return 0, 0, fault.New(fault.Invalid, "install process %s: %w", v.Document.Name, err)
	}
	if err := o.refresh(ctx); err != nil {
		return 0, 0, err
	}
	i := slices.IndexFunc(o.known.list, func(p Process) bool { return p.Name == v.Document.Name })
	if i < 0 {
		number, err = o.Processes.AddProcess(ctx, v)
		return number, 1, err
	}
	was := &o.known.list[i]
	if len(sop.Diff(&was.Document, &v.Document)) == 0 {
		return was.Number, was.Version, nil
	}
	if err := o.number(ctx, was, &v); err != nil {
		return 0, 0, err
	}
	if err := o.Processes.AddProcessVersion(ctx, v); err != nil {
		return 0, 0, err
	}
	if was.State == ProcessActive {
		if err := o.refresh(ctx); err != nil {
			return 0, 0, err
		}
		err = o.enterFrom(ctx, o.known.by[was.Number], v.By, v.At)
	}
	return was.Number, v.Version, err
}

// Activate puts a process to work: who is triggered from now on enters. Of a paused
// one the runs go on.
func (o *Operator) Activate(ctx context.Context, number int64, by string, now time.Time) error {
	return o.change(ctx, number, func(p *Process) error {
		if p.State == ProcessActive {
			return nil
		}
		if !o.working() { // nobody has read facts for processes till now
			until, err := o.flow.log.Cursor(ctx, Turner)
			if err == nil {
				err = o.flow.log.SetCursor(ctx, SOPReader, until)
			}
			if err != nil {
				return fmt.Errorf("move the cursor of processes: %w", err)
			}
		}
		p.State, p.Began = ProcessActive, now
		return o.audienceOf(ctx, p, by, now)
	}, by, now)
}

// Pause lets nobody enter a process and no step of it happen until it is put to
// work again. Steps whose window ends meanwhile are dropped then.
func (o *Operator) Pause(ctx context.Context, number int64, by string, now time.Time) error {
	return o.change(ctx, number, func(p *Process) error {
		if p.State == ProcessActive {
			p.State = ProcessPaused
		}
		return nil
	}, by, now)
}

// Retire takes a process out of use and ends all its runs; what members have not
// done is taken back. Runs whose steps are through keep their goal, which is judged
// when its time is over; those that end here are judged no more.
func (o *Operator) Retire(ctx context.Context, number int64, by string, now time.Time) (ended int, err error) {
	if err := o.Close(ctx, number, by, now); err != nil {
		return 0, err
	}
	if err := o.refresh(ctx); err != nil {
		return 0, err
	}
	for more := true; more; {
		var n int
		n, more, err = o.endRuns(ctx, o.known.by[number], now)
		ended += n
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

// Close takes a process out of use; EndRetired ends its runs.
func (o *Operator) Close(ctx context.Context, number int64, by string, now time.Time) error {
	return o.change(ctx, number, func(p *Process) error { p.State = ProcessRetired; return nil }, by, now)
}

// EndRetired ends runs of retired processes, some at a time, and returns how many
// and whether there are more. It goes on where it stopped.
func (o *Operator) EndRetired(ctx context.Context, now time.Time) (ended int, more bool, err error) {
	if err := o.refresh(ctx); err != nil {
		return 0, false, err
	}
	for i := range o.known.list {
		p := &o.known.list[i]
		if p.State != ProcessRetired {
			continue
		}
		n, again, err := o.endRuns(ctx, p, now)
		ended, more = ended+n, more || again
		if err != nil {
			return ended, more, err
		}
	}
	return ended, more, nil
}

// endAtOnce is how many runs of a retired process are ended before a turn may come
// between: about a second.
const endAtOnce = 20_000

var errEnough = errors.New("enough for now")

// endRuns ends runs of a retired process; once none is left it says so for good.
func (o *Operator) endRuns(ctx context.Context, p *Process, now time.Time) (ended int, more bool, err error) {
	work := fmt.Sprintf("sop/%d/retired/%d", p.Number, event.At(p.Changed))
	if o.ended[work] {
		return 0, false, nil
	}
	done, err := o.flow.facets.Progress(ctx, work)
	if err != nil || done == everybodyEntered {
		o.ended[work] = err == nil
		return 0, false, err
	}
	if _, err := o.Giver.RetireSteps(ctx, p.Number); err != nil {
		return 0, true, fmt.Errorf("take back mass messages of process %d: %w", p.Number, err)
	}
	err = o.Runs.EachRun(ctx, p.Number, 0, stepChunk, func(some []sop.Run) error {
		n, err := o.endSome(ctx, p.Number, some)
		if ended += n; err == nil && ended >= endAtOnce {
			return errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return ended, true, nil
	}
	if err != nil {
		return ended, true, fmt.Errorf("end runs of process %d: %w", p.Number, err)
	}
	if o.Poster != nil { // before its steps, which stand where their posts do
		if _, err := o.Poster.RetirePosts(ctx, p.Number); err != nil {
			return ended, true, fmt.Errorf("take back posts of process %d: %w", p.Number, err)
		}
	}
	if _, err := o.Runs.TakeStepTasks(ctx, p.Number, sop.BecauseRetired, now); err != nil {
		return ended, true, err
	}
	return ended, false, o.flow.facets.SetProgress(ctx, work, everybodyEntered)
}

// endSome ends those of some runs of a retired process that wait for a step.
func (o *Operator) endSome(ctx context.Context, number int64, some []sop.Run) (ended int, err error) {
	moves := make([]RunMove, 0, len(some))
	var customers []id.Customer
	for i := range some {
		if some[i].State != sop.Waiting {
			continue
		}
		p, err := o.version(ctx, &some[i])
		if err != nil {
			return 0, err
		}
		moves = append(moves, RunMove{Was: some[i], Is: p.End(some[i], sop.BecauseRetired)})
		if some[i].Subject == sop.OfCustomer {
			customers = append(customers, some[i].Customer())
		}
	}
	if err := o.takeAll(ctx, number, customers); err != nil {
		return 0, err
	}
	if len(moves) == 0 {
		return 0, nil
	}
	return o.Runs.MoveRuns(ctx, moves)
}

// takeAll takes back what members have not done of a process for some customers.
func (o *Operator) takeAll(ctx context.Context, number int64, customers []id.Customer) error {
	if len(customers) == 0 {
		return nil
	}
	steps, err := o.Steps.OpenSteps(ctx, customers)
	if err != nil {
		return err
	}
	steps = slices.DeleteFunc(steps, func(s sop.StepRecord) bool { return s.Process != number })
	_, err = o.Giver.TakeSteps(ctx, steps, string(sop.BecauseRetired))
	return err
}

func (o *Operator) change(ctx context.Context, number int64, change func(*Process) error, by string, now time.Time) error {
	if err := o.refresh(ctx); err != nil {
		return err
	}
	known := o.known.by[number]
	if known == nil {
		return fault.New(fault.NotFound, "no process %d", number)
	}
	p := *known
	if err := change(&p); err != nil {
		return fmt.Errorf("change process %d: %w", number, err)
	}
	p.Changed, p.Changer = now, by
	return o.Processes.ChangeProcess(ctx, p)
}

// enterFrom stores from which audience customers enter an active process.
func (o *Operator) enterFrom(ctx context.Context, known *Process, by string, now time.Time) error {
	p := *known
	was := p.Audience
	if err := o.audienceOf(ctx, &p, by, now); err != nil || was == p.Audience {
		return err
	}
	return o.Processes.ChangeProcess(ctx, p)
}

// audienceOf finds, makes or changes the audience whose entering begins runs.
func (o *Operator) audienceOf(ctx context.Context, p *Process, by string, now time.Time) error {
	rule, own := p.Document.EntryRule()
	switch {
	case p.Document.Trigger.Audience != "":
		list, err := o.flow.audiences.Audiences(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(a Audience) bool { return a.Name == p.Document.Trigger.Audience })
		if i < 0 {
			return fault.WithKey(fault.Invalid, "error.process_audience", fmt.Errorf("no audience is called %q", p.Document.Trigger.Audience))
		}
		if !list[i].Watched {
			return fault.WithKey(fault.Invalid, "error.process_unwatched", fmt.Errorf("audience %d does not record who enters", list[i].Number))
		}
		p.Audience, p.Kept = list[i].Number, false
	case !own:
		p.Audience, p.Kept = 0, false
	case p.Kept:
		a, err := o.Keeper.Audience(ctx, p.Audience)
		if err != nil {
			return err
		}
		a.Rule, a.Filled, a.Changed, a.Changer = rule, false, now, by
		return o.Keeper.ChangeAudience(ctx, a, nil)
	default:
		a := Audience{Name: "SOP " + p.Name, Note: p.Document.Title.In(p.Document.Speaks()), Kind: Dynamic, Rule: rule, Watched: true,
			Created: now, Changed: now, CreatedBy: by, Changer: by}
		number, err := o.Keeper.AddAudience(ctx, a)
		if err != nil {
			return err
		}
		p.Audience, p.Kept = number, true
	}
	return nil
}

// OpenPresent lets customers enter who fitted already when a process was put to
// work, where it says so. It goes on where it stopped.
func (o *Operator) OpenPresent(ctx context.Context, world *World) (entered int, err error) {
	if err := o.refresh(ctx); err != nil {
		return 0, err
	}
	active, _ := o.active()
	for _, p := range active {
		if !p.Document.Trigger.Present {
			continue
		}
		n, err := o.openPresent(ctx, world, p)
		entered += n
		if err != nil {
			return entered, fmt.Errorf("let those enter process %d who fit: %w", p.Number, err)
		}
	}
	return entered, nil
}

func (o *Operator) openPresent(ctx context.Context, world *World, p *Process) (entered int, err error) {
	work := fmt.Sprintf("sop/%d/present/%d", p.Number, event.At(p.Began))
	at, err := o.flow.facets.Progress(ctx, work)
	ix := o.flow.Index()
	if err != nil || at == everybodyEntered || ix == nil || ix.Members(p.Audience) == nil {
		return 0, err
	}
	var all []int64
	for c := range ix.Members(p.Audience).IDs() {
		if at == 0 || int64(c) > at {
			all = append(all, int64(c))
		}
	}
	slices.Sort(all)
	for some := range slices.Chunk(all, sopPage) {
		e := Entering{}
		b := bookings{Operator: o, now: world.Now, entering: &e, touched: map[id.Customer]bool{}}
		for _, c := range some {
			b.touched[id.Customer(c)] = true
			b.began = append(b.began, trigger{process: p, who: id.Customer(c), at: p.Began})
		}
		if err := b.readRuns(ctx, nil); err != nil {
			return entered, err
		}
		if err := b.enter(ctx); err != nil {
			return entered, err
		}
		n, err := o.Runs.EnterRuns(ctx, e)
		entered += n
		if err != nil {
			return entered, err
		}
		if err := o.flow.facets.SetProgress(ctx, work, some[len(some)-1]); err != nil {
			return entered, err
		}
	}
	return entered, o.flow.facets.SetProgress(ctx, work, everybodyEntered)
}
