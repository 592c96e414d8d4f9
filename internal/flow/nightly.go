package flow

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
	"siyu/internal/measurement/cohort"
	"siyu/internal/profile"
)

// contaminationWindow is over how long contacts to held-out customers count.
const contaminationWindow = 30 * 24 * time.Hour

// nightChunk is how many customers are read, understood and stored at a time.
const nightChunk = 4000

// paceCustomers is after how many customers a night looks whether to rest:
// about two milliseconds of work.
const paceCustomers = 64

// learnFrom is from how many customers a night learns at least, where there are
// more. Parameters are then known to a hundredth; the models are less true than
// that.
const learnFrom = 150_000

// Night learns from history, understands everybody anew and makes
// the day's plan: one answer for every related customer. It works in chunks
// that hold the writer for about 50 ms, so that intake goes on meanwhile.
func (f *Flow) Night(ctx context.Context, now time.Time) (turned Turned, failed error) {
	came, err := f.arrived(ctx)
	if err != nil {
		return Turned{}, err
	}
	turned = Turned{Facts: came.facts}
	world, err := f.world(ctx, now)
	if err != nil {
		return turned, fmt.Errorf("read what holds today: %w", err)
	}
	if world.Related, err = f.learn(ctx, world); err != nil {
		return turned, fmt.Errorf("learn: %w", err)
	}
	d := f.draft(world.Day)
	if d.again, err = f.plans.BeginPlan(ctx, world.Day); err != nil {
		return turned, fmt.Errorf("begin the plan of %s: %w", world.Day.Format(time.DateOnly), err)
	}
	ix, err := f.built(ctx, now)
	if err != nil {
		return turned, err
	}
	if err := f.windowsPassed(ctx, ix, now); err != nil {
		return turned, err
	}
	if err := f.judgeAnew(ctx, 1); err != nil {
		return turned, err
	}
	defer func() {
		if failed != nil {
			f.held.judged.Store(misjudged)
		}
	}()
	if err := f.forgetLost(ctx, &world, came.touched); err != nil {
		return turned, err
	}
	if turned.Customers, err = f.decideForAll(ctx, &night{drafting: d, world: &world, index: ix, touched: came.touched}); err != nil {
		return turned, err
	}
	turned.Planned, turned.Contamination = d.totals, d.reached
	if err := f.thawAll(ctx, ix, came.touched); err != nil {
		return turned, err
	}
	if err := f.closeNight(ctx, ix, now); err != nil {
		return turned, err
	}
	if turned.Queued, err = f.gate.Hand(ctx, world.Day); err != nil {
		return turned, err
	}
	if err := f.settleGuests(ctx, came.touched); err != nil {
		return turned, err
	}
	return turned, f.finish(ctx, came)
}

// forgetLost takes back answers about customers lost or merged since the last
// turn: the night itself decides about the others only. Nothing of the day's new
// plan is counted yet.
func (f *Flow) forgetLost(ctx context.Context, world *World, touched []id.Customer) error {
	for part := range slices.Chunk(touched, nightChunk) {
		states, err := f.states.LoadCustomers(ctx, part)
		if err != nil {
			return fmt.Errorf("load customers: %w", err)
		}
		if _, err := f.unlist(ctx, states, nil); err != nil {
			return err
		}
		if err := f.forgetUnplanned(ctx, world.Day, states); err != nil {
			return err
		}
		if _, err := f.inherit(ctx, world.Now, states); err != nil {
			return err
		}
		if err := f.vanish(ctx, world.Now, mergedOf(states)); err != nil {
			return err
		}
		if err := f.keepWords(ctx, states); err != nil {
			return err
		}
	}
	return nil
}

// learn learns and returns how many customers the brand can reach: counted on
// the way where all are looked at, else as known since the night before.
func (f *Flow) learn(ctx context.Context, world World) (related int, err error) {
	oneIn := max(1, world.Related/learnFrom)
	err = f.mind.Learn(ctx, world, f.sample(ctx, oneIn, &related))
	if oneIn > 1 {
		related = world.Related
	}
	return related, err
}

// sample walks over one customer in oneIn and counts those the brand can reach.
// The pointers are valid for one step.
func (f *Flow) sample(ctx context.Context, oneIn int, related *int) iter.Seq2[*profile.Customer, error] {
	return func(yield func(*profile.Customer, error) bool) {
		stopped, pace := false, f.pace()
		err := f.states.SampleCustomers(ctx, oneIn, nightChunk, func(chunk []profile.Customer) error {
			for i := range chunk {
				if i%paceCustomers == 0 {
					pace()
				}
				if chunk[i].Related() {
					*related++
				}
				if stopped = stopped || !yield(&chunk[i], nil); stopped {
					return errStop
				}
			}
			return nil
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

// errStop ends SampleCustomers early; it never leaves this file.
var errStop = fmt.Errorf("stop")

// decideForAll understands and decides chunk by chunk, while those before are
// stored.
func (f *Flow) decideForAll(ctx context.Context, night *night) (customers int, err error) {
	world := night.world
	brief := world.brief()
	if brief.Given, err = f.given(ctx, world.Day); err != nil {
		return 0, err
	}
	if brief.Before, err = pricesBefore(ctx, f.known, world.Day); err != nil {
		return 0, err
	}
	night.planner, night.due, night.stays = decision.NewPlanner(brief), tally{}, newStays(world)
	night.worth, night.held = cohort.NewTally(world.Now, world.OrdersAsOf), capacity.NewTally(world.Now)
	night.worth.Share = world.Referral.Share
	keep := f.keep(ctx)
	err = f.states.EachCustomer(ctx, nightChunk, func(states []profile.Customer) error {
		customers += len(states)
		return night.decide(ctx, states, keep)
	})
	if last := keep.end(); last != nil {
		err = last
	}
	if err != nil {
		return customers, err
	}
	if err := f.states.SetCounters(ctx, night.due.list()); err != nil {
		return customers, fmt.Errorf("store who is due: %w", err)
	}
	if err := together(func() error { return f.tellStayed(ctx, night.stays.facts) }, func() error { return f.settle(ctx, night.worth) }); err != nil {
		return customers, err
	}
	if err := f.cohorts.SetCohorts(ctx, night.worth, world.Now); err != nil {
		return customers, err
	}
	if err := f.cohorts.SetHeld(ctx, night.held.List(), world.Now); err != nil {
		return customers, err
	}
	return customers, night.choose(ctx, night.planner)
}

// night is the planning of everybody.
type night struct {
	*drafting
	world   *World
	index   *index.Index
	touched []id.Customer // of whom facts arrived since the last turn, in order
	rows    nightRows
	planner *decision.Planner
	due     tally
	worth   *cohort.Tally
	held    *capacity.Tally
	stays   stays
}

// decide understands and decides about a chunk of customers.
func (n *night) decide(ctx context.Context, states []profile.Customer, keep *keeper) error {
	rows := keep.room(len(states))
	of := Whom{First: states[0].ID, Last: states[len(states)-1].ID}
	var asked standing
	if err := together(
		func() error { n.flow.understandAll(n.world, states, rows); return nil },
		func() (err error) { asked, err = n.flow.standing(ctx, of); return err },
	); err != nil {
		return err
	}
	n.addUp(states, rows)
	if err := n.stays.look(states); err != nil {
		return err
	}
	var moved []audience.Row
	if err := together(
		func() error { moved = n.rows.regardAll(n, states, rows); return nil },
		func() error { return n.consider(ctx, asked, states, rows) },
	); err != nil {
		return err
	}
	return keep.store(chunk{rows, PlanPart{Plan: n.taken(), Of: of}, moved})
}

func (n *night) consider(ctx context.Context, asked standing, states []profile.Customer, rows []InsightRow) error {
	cases, err := n.flow.cases(ctx, n.world, asked, states, rows)
	if err != nil {
		return err
	}
	if cases, err = n.unanswered(ctx, cases); err != nil {
		return err
	}
	today, since := DayOf(event.At(n.world.Day)), event.At(n.world.Now.Add(-contaminationWindow))
	pace := n.flow.pace()
	for i, c := range cases {
		if i%paceCustomers == 0 {
			pace()
		}
		if c.Held {
			n.reached.Count(c.Profile, since)
		}
		countDue(n.due, c.Insight, dueDay{today, c.Held, n.flow.storeOf(c.Profile.Owner())})
		if w, final := n.planner.Consider(c); final {
			n.withhold(w)
		}
	}
	return nil
}

// unanswered leaves out customers whose action of the day delivery has already:
// a second night of one day keeps and counts those.
func (d *drafting) unanswered(ctx context.Context, cases []decision.Case) ([]decision.Case, error) {
	if !d.again {
		return cases, nil
	}
	ids := make([]id.Customer, len(cases))
	for i, c := range cases {
		ids[i] = c.Profile.ID
	}
	standing, err := d.flow.plans.PlanOf(ctx, d.day, ids)
	if err != nil {
		return nil, fmt.Errorf("read the day's plan: %w", err)
	}
	answered := map[id.Customer]bool{}
	for _, a := range standing.Actions {
		answered[a.Customer] = true
		d.totals.Actions++
		count(d.counts, keyOf(a, d.day), 1, a.Gain)
	}
	return slices.DeleteFunc(cases, func(c decision.Case) bool { return answered[c.Profile.ID] }), nil
}
