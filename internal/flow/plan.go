package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// planChunk is how many decisions are stored at a time:
// about 15 ms of the writer, because callbacks wait for it meanwhile.
const planChunk = 1000

// ledger of one planning: what is decided, on its way to the database.
type drafting struct {
	flow   *Flow
	day    time.Time
	part   decision.Plan
	counts map[PlanKey]*PlanCount
	totals Totals
	// reached counts held-out customers whom the brand reached all the same.
	reached decision.Contamination
	again   bool // delivery has actions of the day from a plan before
}

// Totals says what a planning came to.
type Totals struct {
	Actions  int
	Withheld int
	Because  map[decision.Because]int
}

func (f *Flow) draft(day time.Time) *drafting {
	return &drafting{flow: f, day: day, counts: map[PlanKey]*PlanCount{}, totals: Totals{Because: map[decision.Because]int{}}}
}

func (d *drafting) act(a decision.Action) {
	d.part.Actions = append(d.part.Actions, a)
	d.totals.Actions++
	count(d.counts, keyOf(a, d.day), 1, a.Gain)
}

func (d *drafting) withhold(w decision.Withheld) {
	d.part.Withheld = append(d.part.Withheld, w)
	d.totals.Withheld++
	d.totals.Because[w.Because]++
	count(d.counts, keyOfWithheld(w, d.day), 1, insight.Estimate{Value: w.Gain, Low: w.Gain, High: w.Gain})
}

func keyOfWithheld(w decision.Withheld, day time.Time) PlanKey {
	return PlanKey{Day: day, Store: w.Store, Because: w.Because, Limiting: w.Limiting, Purpose: w.Purpose}
}

func keyOf(a decision.Action, day time.Time) PlanKey {
	return PlanKey{Day: day, Store: a.Store, Limiting: a.Limiting, Purpose: a.Purpose, Channel: a.Channel}
}

func count(counts map[PlanKey]*PlanCount, key PlanKey, customers int, gain insight.Estimate) {
	c := counts[key]
	if c == nil {
		c = &PlanCount{PlanKey: key}
		counts[key] = c
	}
	sign := float64(customers)
	c.Customers += customers
	c.Gain += sign * gain.Value
	c.Low += sign * gain.Low
	c.High += sign * gain.High
}

// flush stores what was decided so far, and the counts, together: counts say that
// the plan is whole.
func (d *drafting) flush(ctx context.Context) error {
	counts := values(d.counts)
	clear(d.counts)
	if len(d.part.Actions)+len(d.part.Withheld)+len(counts) == 0 {
		return nil
	}
	return d.flow.savePlan(ctx, d.takenOf(counts))
}

// takenOf returns the part of the plan that was decided since it was asked
// last, and whom it is about.
func (d *drafting) takenOf(counts []PlanCount) PlanPart {
	part := PlanPart{Plan: d.taken(), Counts: counts}
	for i := range part.Withheld {
		part.Of.List = append(part.Of.List, part.Withheld[i].Customer)
	}
	for i := range part.Actions {
		part.Of.List = append(part.Of.List, part.Actions[i].Customer)
	}
	return part
}

// taken returns what was decided since it was asked last.
func (d *drafting) taken() decision.Plan {
	part := d.part
	part.Day, d.part = d.day, decision.Plan{}
	return part
}

func (f *Flow) savePlan(ctx context.Context, part PlanPart) error {
	if err := f.plans.SavePlan(ctx, part); err != nil {
		return fmt.Errorf("store plan of %s: %w", part.Day.Format(time.DateOnly), err)
	}
	return nil
}

func values(counts map[PlanKey]*PlanCount) []PlanCount {
	list := make([]PlanCount, 0, len(counts))
	for _, c := range counts {
		list = append(list, *c)
	}
	return list
}

// choose lets the planner answer for everybody who takes part and stores the
// answers chunk by chunk. Counts wait for the end: thousands of them change
// with every chunk.
func (d *drafting) choose(ctx context.Context, p *decision.Planner) error {
	var failed error
	pace, keep := d.flow.pace(), d.flow.keep(ctx)
	decided := func() {
		pace()
		if failed == nil && len(d.part.Actions)+len(d.part.Withheld) >= planChunk {
			failed = keep.store(chunk{part: d.takenOf(nil)})
		}
	}
	p.Choose(
		func(a decision.Action) { d.act(a); decided() },
		func(w decision.Withheld) { d.withhold(w); decided() })
	if last := keep.end(); last != nil {
		failed = last
	}
	if failed != nil {
		return failed
	}
	if err := d.flow.savePrices(ctx, d.day, p.Prices()); err != nil {
		return err
	}
	if d.flow.ahead != nil {
		if err := d.flow.ahead.SaveAhead(ctx, d.day, p.Ahead()); err != nil {
			return fmt.Errorf("store what the next days expect: %w", err)
		}
	}
	return d.flush(ctx)
}

// standing is what planning asks about customers beside their states.
type standing struct {
	underway map[id.Customer]bool // true: in doubt
	held     map[id.Customer]bool // missing: not assigned
}

func (f *Flow) standing(ctx context.Context, of Whom) (s standing, err error) {
	if s.underway, err = f.plans.Underway(ctx, of); err != nil {
		return s, fmt.Errorf("look up touches underway: %w", err)
	}
	if s.held, err = f.plans.Holdout(ctx, of); err != nil {
		return s, fmt.Errorf("look up hold-out: %w", err)
	}
	return s, nil
}

// cases brings together what is asked about customers. Only related customers
// are asked about; those are returned in the order given.
func (f *Flow) cases(ctx context.Context, world *World, s standing, states []profile.Customer, known []InsightRow) ([]decision.Case, error) {
	cases := make([]decision.Case, 0, len(states))
	for i := range states {
		if known[i].Related {
			cases = append(cases, decision.Case{Profile: &states[i], Insight: &known[i].Customer, OrdersAsOf: world.OrdersKnownOf(&states[i])})
		}
	}
	for i := range cases {
		inDoubt, pending := s.underway[cases[i].Profile.ID]
		cases[i].InDoubt, cases[i].Pending = inDoubt, pending && !inDoubt
	}
	return cases, f.holdOut(ctx, world, s.held, cases)
}

// holdOut says which of the cases are held out, and assigns those who were
// never asked about.
func (f *Flow) holdOut(ctx context.Context, world *World, held map[id.Customer]bool, cases []decision.Case) error {
	share := world.Settings.Holdout.ShareOf(world.Related)
	fresh := map[id.Customer]bool{}
	for i := range cases {
		c := cases[i].Profile.ID
		is, known := held[c]
		cases[i].Held = is
		if !known && share > 0 { // a small brand starts its hold-out when it has grown
			cases[i].Held = decision.Assign(world.Salt, c, share)
			fresh[c] = cases[i].Held
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := f.plans.AssignHoldout(ctx, fresh, world.Now); err != nil {
		return fmt.Errorf("assign hold-out: %w", err)
	}
	return nil
}

// planned is what a day's plan says already.
type planned struct {
	standing
	answers decision.Plan // about the customers asked for
	given   map[id.Staff]decision.Load
	prices  *decision.Prices // nil: the day has no plan yet
}

func (f *Flow) planned(ctx context.Context, day time.Time, customers []id.Customer) (p planned, err error) {
	if p.standing, err = f.standing(ctx, Whom{List: customers}); err != nil {
		return p, err
	}
	if p.answers, err = f.plans.PlanOf(ctx, day, customers); err != nil {
		return p, fmt.Errorf("read the day's plan: %w", err)
	}
	if p.prices, err = PricesOf(ctx, f.known, day); err != nil {
		return p, err
	}
	p.given, err = f.given(ctx, day)
	return p, err
}

// replan decides again about touched customers within the day's plan.
func (f *Flow) replan(ctx context.Context, world *World, p planned, states []profile.Customer, known []InsightRow) (Totals, error) {
	if err := f.forget(ctx, world.Day, states); err != nil {
		return Totals{}, err
	}
	if err := f.afterTwins(ctx, &p.standing, states); err != nil {
		return Totals{}, err
	}
	cases, err := f.cases(ctx, world, p.standing, states, known)
	if err != nil || len(cases) == 0 {
		return Totals{}, err
	}
	actions, waits := f.unreached(p.answers.Actions, cases)
	brief := world.brief()
	brief.Given, brief.Prices = p.given, p.prices
	change := decision.Replan(brief, actions, slices.Values(waits))
	if err := f.takeBack(ctx, TakenBack{Day: world.Day, Actions: change.Cancelled}, uncounted(world.Day, change.Cancelled, nil)); err != nil {
		return Totals{}, err
	}
	d := f.draft(world.Day)
	said := make(map[id.Customer]decision.Withheld, len(p.answers.Withheld))
	for _, w := range p.answers.Withheld {
		said[w.Customer] = w
	}
	for _, a := range change.Actions {
		d.unsay(said, a.Customer)
		d.act(a)
	}
	for _, w := range change.Withheld {
		if before, ok := said[w.Customer]; ok && before.Because == w.Because && before.Purpose == w.Purpose && before.Limiting == w.Limiting && before.Store == w.Store {
			continue
		}
		d.unsay(said, w.Customer)
		d.withhold(w)
	}
	return d.totals, d.flush(ctx)
}

// unsay takes a customer's former answer out of the counts.
func (d *drafting) unsay(said map[id.Customer]decision.Withheld, c id.Customer) {
	if w, ok := said[c]; ok {
		count(d.counts, keyOfWithheld(w, d.day), -1, insight.Estimate{Value: w.Gain, Low: w.Gain, High: w.Gain})
	}
}

// unreached returns today's actions that have not reached their customers, and
// the cases to ask again. A customer whose message of today went out keeps the
// day's answer: touches count against the budget from then on.
func (f *Flow) unreached(actions []decision.Action, cases []decision.Case) (map[id.Customer]decision.Action, []decision.Case) {
	planned := map[id.Customer]decision.Action{}
	for _, a := range actions {
		planned[a.Customer] = a
	}
	var ask []decision.Case
	for _, c := range cases {
		a, has := planned[c.Profile.ID]
		if has && c.Profile.Touches.Last >= event.At(a.Day) {
			delete(planned, c.Profile.ID)
			continue
		}
		if has {
			c.Pending = false // what is pending is this very action
		}
		ask = append(ask, c)
	}
	return planned, ask
}

func (f *Flow) given(ctx context.Context, day time.Time) (map[id.Staff]decision.Load, error) {
	load, err := f.gate.Load(ctx, day)
	if err != nil {
		return nil, fmt.Errorf("read what members were given: %w", err)
	}
	return load, nil
}

// uncounted returns what answers that no longer hold take from the day's counts.
func uncounted(day time.Time, cancelled []decision.Cancellation, left []decision.Withheld) []PlanCount {
	counts := map[PlanKey]*PlanCount{}
	for _, c := range cancelled {
		count(counts, keyOf(c.Action, day), -1, c.Action.Gain)
	}
	for _, w := range left {
		count(counts, keyOfWithheld(w, day), -1, insight.Estimate{Value: w.Gain, Low: w.Gain, High: w.Gain})
	}
	return values(counts)
}

// takeBack lets nothing of the answers go out, and then notes that they no longer
// hold: whoever ends between the two is told of them again.
func (f *Flow) takeBack(ctx context.Context, t TakenBack, counts []PlanCount) error {
	if len(t.Actions)+len(t.Gone) == 0 {
		return nil
	}
	if len(t.Actions) > 0 {
		if err := f.gate.Withdraw(ctx, t.Actions); err != nil {
			return err
		}
	}
	if err := f.plans.TakeBack(ctx, t, counts); err != nil {
		return fmt.Errorf("take answers back: %w", err)
	}
	return nil
}
