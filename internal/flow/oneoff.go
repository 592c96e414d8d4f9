package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Foreseen is what a one-off process would come to, by what is known now.
type Foreseen struct {
	Customers int // whom its rule describes
	Given     map[id.Staff]int
	Withheld  map[sop.Because]int
	Sample    []ForeseenCustomer // the first of those who would get it
}

// ForeseenCustomer is a customer who would get something, and by whom.
type ForeseenCustomer struct {
	Customer id.Customer
	Staff    id.Staff
}

// Total returns how many customers would get it.
func (f *Foreseen) Total() (n int) {
	for _, given := range f.Given {
		n += given
	}
	return n
}

// foreseenSample is how many customers Foreseen names.
const foreseenSample = 3

// Foresee asks about everybody whom the rule of a one-off process describes what its
// gate would ask at a time, by what is known of them now: relations, consent, hold-out,
// complaints, budgets, trust. What members' days have room for is not asked. It reads
// only those customers and writes nothing; it may run beside a turn. told is told how
// many were looked at after every thousand; its error ends it.
func (o *Operator) Foresee(ctx context.Context, world *World, p *sop.Process, when time.Time, told func(looked int) error) (Foreseen, error) {
	f := foreseeing{Operator: o, process: p, at: o.worldAt(world), team: sop.TeamOf(&world.Org), seen: Foreseen{Given: map[id.Staff]int{}, Withheld: map[sop.Because]int{}}}
	f.at.OrdersAsOf = f.at.OrdersAsOf.Add(when.Sub(f.at.Now)) // they will come in as they do today
	f.at.Now = when
	ix := o.flow.Index()
	if ix == nil {
		return f.seen, fault.WithKey(fault.Conflict, "error.audience_building", errors.New("the audience index is being built"))
	}
	crowd, err := ix.Evaluate(&p.Trigger.Rule.Rule, org.All(), event.At(when).Day())
	if err != nil {
		return f.seen, fmt.Errorf("look who fits: %w", err)
	}
	for some := range slices.Chunk(slices.Sorted(crowd.IDs()), dryChunk) {
		if err := f.look(ctx, some, world.Now); err != nil {
			return f.seen, err
		}
		if err := told(f.seen.Customers); err != nil {
			return f.seen, err
		}
	}
	return f.seen, nil
}

// foreseeing is Foresee on its way.
type foreseeing struct {
	*Operator
	process *sop.Process
	at      sop.World
	team    *sop.Team
	seen    Foreseen
}

func (f *foreseeing) look(ctx context.Context, customers []id.Customer, now time.Time) error {
	held, err := f.flow.plans.Holdout(ctx, Whom{List: customers})
	if err != nil {
		return fmt.Errorf("look up hold-out: %w", err)
	}
	waits := map[id.Customer]bool{}
	if clock.Day(f.at.Now, f.Zone).Equal(clock.Day(now, f.Zone)) { // what waits today is not what will wait then
		if waits, err = f.flow.plans.Underway(ctx, Whom{List: customers}); err != nil {
			return fmt.Errorf("look up what is on its way: %w", err)
		}
	}
	f.seen.Customers += len(customers)
	looked, err := f.Operator.look(ctx, customers, everything, now)
	if err != nil {
		return err
	}
	for _, who := range customers {
		if state := looked.states[who]; state != nil {
			_, pending := waits[who]
			f.ask(decision.Standing{Profile: state, Held: held[who], InDoubt: waits[who], Pending: pending}, looked.seen(who, nil))
		}
	}
	return nil
}

// ask decides about one customer as a round of steps and the gate would.
func (f *foreseeing) ask(c decision.Standing, seen sop.Seen) {
	step := &f.process.Steps[0]
	run := f.process.Enter(sop.RunKey{Subject: sop.OfCustomer, ID: int64(c.Profile.ID)}, 1, f.at.Now, f.Zone)
	run.DueAt = event.At(f.at.Now)
	if m := f.process.Advance(run, seen, f.at); !m.Act {
		for _, r := range m.Records {
			f.seen.Withheld[r.Because]++
		}
		return
	}
	staff := f.process.Doer(step, c.Profile, f.team).ID
	intent := decision.Intent{Staff: staff, Purpose: step.Purpose, Channel: delivery.ChannelOf(step.Channel), Planned: f.at.Now, Day: clock.Day(f.at.Now, f.Zone), Called: step.Channel == sop.Call}
	if because := wouldRefuse(step, c, intent, f.at.Rules); because != "" {
		f.seen.Withheld[because]++
		return
	}
	f.seen.Given[staff]++
	if len(f.seen.Sample) < foreseenSample {
		f.seen.Sample = append(f.seen.Sample, ForeseenCustomer{c.Profile.ID, staff})
	}
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

// closedByItself stands for the account where nobody closed a process.
const closedByItself = "siyu"

// CloseOneOffs takes one-off processes out of use of which nothing but their goals
// can come any more, and returns how many.
func (o *Operator) CloseOneOffs(ctx context.Context, now time.Time) (closed int, err error) {
	if err := o.refresh(ctx); err != nil {
		return 0, err
	}
	for _, p := range slices.Clone(o.known.list) {
		if p.State != ProcessActive && p.State != ProcessPaused || !p.Document.OneOffOver(now, o.Zone) {
			continue
		}
		if err := o.Close(ctx, p.Number, closedByItself, now); err != nil {
			return closed, err
		}
		closed++
	}
	return closed, nil
}
