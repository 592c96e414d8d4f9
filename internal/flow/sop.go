package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// Operator takes subjects through standard processes. Its methods must not run
// beside each other or beside a turn, on any node; reading ones may.
type Operator struct {
	flow *Flow
	ProcessParts
	known installed
	ended map[string]bool // works of retired processes that are through for good
}

// NewOperator returns the operator of a flow.
func NewOperator(f *Flow, p ProcessParts) *Operator {
	return &Operator{flow: f, ProcessParts: p, ended: map[string]bool{}}
}

// Operated says what a turn or a round of steps did.
type Operated struct {
	Entered int
	Ended   int // by facts
	Moved   int // runs
	Given   int // steps, to members
	Taken   int // back from members
}

func (o *Operated) add(more Operated) {
	o.Entered += more.Entered
	o.Ended += more.Ended
	o.Moved += more.Moved
	o.Given += more.Given
	o.Taken += more.Taken
}

// installed is what this process knows of the processes, until they change.
type installed struct {
	stamp    int64
	list     []Process
	by       map[int64]*Process
	versions map[versionKey]*sop.Process
	matchers map[*audience.Rule]audience.Matcher
}

type versionKey struct {
	process int64
	version int
}

// refresh reads the processes anew if they changed.
func (o *Operator) refresh(ctx context.Context) error {
	stamp, err := o.Processes.ProcessesStamp(ctx)
	if err != nil || stamp == o.known.stamp {
		return err
	}
	list, err := o.Processes.Processes(ctx)
	if err != nil {
		return err
	}
	k := installed{stamp: stamp, list: list, by: map[int64]*Process{}, versions: map[versionKey]*sop.Process{}, matchers: map[*audience.Rule]audience.Matcher{}}
	for i := range list {
		k.by[list[i].Number] = &list[i]
		k.versions[versionKey{list[i].Number, list[i].Version}] = &list[i].Document
	}
	o.known = k
	return nil
}

// active returns the processes that subjects enter, and their numbers.
func (o *Operator) active() (list []*Process, numbers []int64) {
	for i := range o.known.list {
		if p := &o.known.list[i]; p.State == ProcessActive {
			list, numbers = append(list, p), append(numbers, p.Number)
		}
	}
	return list, numbers
}

// working tells whether facts concern any process: an active one, or a paused one
// whose runs they end.
func (o *Operator) working() bool {
	return slices.ContainsFunc(o.known.list, func(p Process) bool { return p.State == ProcessActive || p.State == ProcessPaused })
}

// quiet returns the numbers of the processes that nobody enters any more or for
// now: goals of their runs are judged all the same.
func (o *Operator) quiet() (numbers []int64) {
	for i := range o.known.list {
		if p := &o.known.list[i]; p.State == ProcessPaused || p.State == ProcessRetired {
			numbers = append(numbers, p.Number)
		}
	}
	return numbers
}

// version returns the document that a run follows.
func (o *Operator) version(ctx context.Context, r *sop.Run) (*sop.Process, error) {
	key := versionKey{r.Process, r.Version}
	if p := o.known.versions[key]; p != nil {
		return p, nil
	}
	all, err := o.Processes.ProcessVersions(ctx, r.Process)
	if err != nil {
		return nil, err
	}
	for i := range all {
		k := versionKey{r.Process, all[i].Version}
		if o.known.versions[k] == nil {
			o.known.versions[k] = &all[i].Document
		}
	}
	if p := o.known.versions[key]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.NotFound, "process %d has no version %d", r.Process, r.Version)
}

func (o *Operator) matcher(rule *audience.Rule) audience.Matcher {
	m, known := o.known.matchers[rule]
	if !known {
		m, _ = audience.Compile(rule) // documents are checked
		o.known.matchers[rule] = m
	}
	return m
}

// sopPage is how many facts are looked at in one transaction: with the runs they
// begin and end some 20 ms of the writer.
const sopPage = 1000

// Turn lets subjects enter processes, and ends runs, by the facts that were turned
// since the last call. Each page of facts is one transaction together with the
// cursor, so that a fact counts once.
func (o *Operator) Turn(ctx context.Context, now time.Time) (done Operated, err error) {
	if err := o.refresh(ctx); err != nil {
		return done, err
	}
	if !o.working() { // Activate lets the cursor begin where facts stand then
		return done, nil
	}
	at, err := o.flow.log.Cursor(ctx, SOPReader)
	if err != nil {
		return done, fmt.Errorf("read the cursor of processes: %w", err)
	}
	until, err := o.flow.log.Cursor(ctx, Turner)
	if err != nil || at >= until {
		return done, err
	}
	for at < until {
		page, err := o.flow.log.FactsAfter(ctx, at, int(min(sopPage, until-at)))
		if err != nil {
			return done, fmt.Errorf("read facts after %d: %w", at, err)
		}
		if len(page) == 0 {
			return done, nil
		}
		next := page[len(page)-1].Seq
		some, err := o.page(ctx, now, page, Entering{Began: at, Until: next})
		if err != nil {
			return done, fmt.Errorf("processes of facts %d to %d: %w", at+1, next, err)
		}
		done.add(some)
		at = next
	}
	return done, nil
}

// page is one transaction of Turn.
func (o *Operator) page(ctx context.Context, now time.Time, page []event.Fact, e Entering) (done Operated, err error) {
	b := bookings{Operator: o, now: now, entering: &e}
	if err := b.read(ctx, page); err != nil {
		return done, err
	}
	if err := b.enter(ctx); err != nil {
		return done, err
	}
	taken, err := b.stop(ctx)
	if err != nil {
		return done, err
	}
	more, err := b.bookOthers(ctx)
	taken += more
	if err != nil {
		return done, err
	}
	done = Operated{Ended: len(e.Moves), Taken: taken}
	done.Entered, err = o.Runs.EnterRuns(ctx, e)
	return done, err
}

// World returns what holds for runs at a time.
func (o *Operator) worldAt(world *World) sop.World {
	return sop.World{Now: world.Now, Zone: o.Zone, Rules: world.Settings, OrdersAsOf: world.OrdersAsOf, LateShops: world.LateShops}
}

// room returns which steps members can still be given today.
func (o *Operator) room(ctx context.Context, world *World) (delivery.StepRoom, error) {
	given, err := o.flow.given(ctx, world.Day)
	if err != nil {
		return delivery.StepRoom{}, err
	}
	own, err := o.givenToday(ctx, world)
	return delivery.StepRoom{Staff: world.roomBeside(given), Own: own}, err
}

// roomBeside returns how much time members have for contacts by hand beside what they
// were given; who does not work is missing.
func (w *World) roomBeside(given map[id.Staff]decision.Load) map[id.Staff]time.Duration {
	room := map[id.Staff]time.Duration{}
	for _, s := range w.Org.Staff {
		if !s.Active {
			continue
		}
		capacity := s.Capacity
		if capacity == 0 {
			capacity = w.Settings.Capacity
		}
		room[s.ID] = max(0, time.Duration(capacity-given[s.ID].OneToOne)*decision.ContactTakes-given[s.ID].Steps)
	}
	return room
}

// givenToday returns how many steps of each process members were given today. Mass
// messages are left out: what counts of them is the confirmation.
func (o *Operator) givenToday(ctx context.Context, world *World) (map[delivery.StepLimit]int, error) {
	list, err := o.Runs.StepsGivenOn(ctx, clock.Day(world.Now, o.Zone))
	given := map[delivery.StepLimit]int{}
	for _, s := range list {
		p, unknown := o.version(ctx, &sop.Run{RunKey: sop.RunKey{Process: s.Process}, Version: s.Version})
		if unknown != nil {
			return nil, unknown
		}
		if p.Steps[s.Step].Channel != sop.Mass {
			given[delivery.StepLimit{Staff: s.Staff, Process: s.Process}] += s.N
		}
	}
	return given, err
}
