// Package flow is one turn of the mill: facts become state, state becomes
// understanding, understanding becomes today's plan, and the plan is handed to
// delivery.
package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/eventlog"
	"siyu/internal/id"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// Flow carries facts through the house.
type Flow struct {
	log     *eventlog.Log
	states  States
	others  Others
	known   Understandings
	plans   Plans
	ahead   Aheads
	cohorts Cohorts
	gate    Gate
	guests  Guests
	mind    Mind
	world   func(ctx context.Context, now time.Time) (World, error)
	storeOf func(id.Staff) id.Store
	pace    func() func()
	calm    func() bool

	folding sync.Mutex
	open    *batch // facts that are folded and not stored yet
	untold  folded // what Fold has not told of yet

	facets    Facets
	audiences Audiences
	heirs     Heirs
	shared    bool
	held      held
	catalogue catalogue
	words     words
	refills   map[int64]*refill // by audience; only who turns may use it
	judged    []bool            // of every column of audiences
}

// Parts are what a Flow is made of.
type Parts struct {
	Log            *eventlog.Log
	States         States
	Others         Others
	Understandings Understandings
	Plans          Plans
	Ahead          Aheads // nil where nobody reads what the next days expect
	Cohorts        Cohorts
	Gate           Gate
	Guests         Guests // nil where nobody is invited
	Mind           Mind
	Facets         Facets
	Audiences      Audiences
	Heirs          Heirs
	// Shared tells whether other nodes may turn on the same database.
	Shared bool
	// World returns what holds at a time beside the customers themselves.
	World func(ctx context.Context, now time.Time) (World, error)
	// StoreOf returns the store a member works for, 0 if unknown. It is asked
	// for every fact and answers from memory.
	StoreOf func(id.Staff) id.Store
	// Pace returns a function for one worker to call every few milliseconds of
	// a night: it rests there while something more urgent needs the machine.
	Pace func() func()
	// Calm tells whether nobody is likely to wait for the database, so that
	// long transactions may be used.
	Calm func() bool
}

// New returns the flow of one brand.
func New(p Parts) *Flow {
	return &Flow{log: p.Log, states: p.States, others: p.Others, known: p.Understandings, plans: p.Plans, ahead: p.Ahead, cohorts: p.Cohorts, gate: p.Gate, guests: p.Guests, mind: p.Mind, world: p.World, storeOf: p.StoreOf, pace: p.Pace, calm: p.Calm,
		facets: p.Facets, audiences: p.Audiences, heirs: p.Heirs, shared: p.Shared, judged: judgedColumns()}
}

// World is what holds for everybody on one day.
type World struct {
	Day, Now time.Time
	Settings decision.Settings
	Stages   lifecycle.Settings
	Org      org.Org
	Catalog  catalog.Catalog
	Library  content.Library
	Salt     string // of the installation
	Related  int    // customers the brand can reach
	// OrdersAsOf is until when orders are known: the end of the newest business
	// day with an order, or Now on that day. Zero: no orders at all.
	OrdersAsOf time.Time
	LateShops  map[string]time.Time // see Orders.Late
	Links      Links
	LinkFloor  float64 // share of linked orders below which value and need are not measurable
	Archive    bool    // one-to-one messages are known
	Referral   Referral
}

// Referral says what a referral counts for.
type Referral struct {
	Share float64       // of the referred customer's value, moved to who brought the customer; 0..1
	Stay  time.Duration // after which a referred customer who is still there has stayed
}

func (w World) brief() decision.Brief {
	return decision.Brief{Day: w.Day, Now: w.Now, Settings: w.Settings, Org: w.Org, Catalog: w.Catalog, Library: w.Library, Salt: w.Salt}
}

// Gate is what flow hands decisions to.
type Gate interface {
	// Hand queues a day's stored actions that were not handed over yet: mass
	// sends wait for approval, one-to-one contacts become staff tasks.
	Hand(ctx context.Context, day time.Time) (queued int, err error)
	// Withdraw takes back what is queued for the customers of the cancelled
	// actions, as far as it has not gone out.
	Withdraw(ctx context.Context, cancelled []decision.Cancellation) error
	// TakeSales takes back touches that sell and that a member has and has not done.
	TakeSales(ctx context.Context, touches []delivery.Touch, because decision.Because) (taken int, err error)
	// Load returns what members were given on a day already.
	Load(ctx context.Context, day time.Time) (map[id.Staff]decision.Load, error)
}

// Turned says what a turn did.
type Turned struct {
	Facts     int
	Customers int // whose state changed
	Planned   Totals
	Queued    int
	// Contamination is counted by a night only.
	Contamination decision.Contamination
}

// Turn carries the facts that arrived since the last turn through the house.
// It touches nothing but the customers they are about.
func (f *Flow) Turn(ctx context.Context, now time.Time) (Turned, error) {
	came, err := f.arrived(ctx)
	if err != nil {
		return Turned{}, err
	}
	turned := Turned{Facts: came.facts, Customers: len(came.touched)}
	if err := f.answer(ctx, now, came.touched, &turned); err != nil {
		return turned, err
	}
	if err := f.settleGuests(ctx, came.touched); err != nil {
		return turned, err
	}
	return turned, f.finish(ctx, came)
}

// settleGuests looks after guests once the customers are understood and audiences
// know them as they are.
func (f *Flow) settleGuests(ctx context.Context, touched []id.Customer) error {
	if f.guests == nil || len(touched) == 0 {
		return nil
	}
	if err := f.guests.Settle(ctx, touched); err != nil {
		return fmt.Errorf("settle invitations: %w", err)
	}
	return nil
}

// answer decides about the touched customers and hands over what came of it.
func (f *Flow) answer(ctx context.Context, now time.Time, touched []id.Customer, turned *Turned) error {
	if len(touched) == 0 {
		return nil
	}
	world, err := f.world(ctx, now)
	if err != nil {
		return fmt.Errorf("read what holds today: %w", err)
	}
	planned, err := f.plans.Planned(ctx, world.Day)
	if err != nil {
		return fmt.Errorf("look for the day's plan: %w", err)
	}
	if !planned { // nothing is handed over of a plan that is not whole
		return f.lookAt(ctx, world, touched)
	}
	if turned.Planned, err = f.decideFor(ctx, world, touched); err != nil {
		return err
	}
	turned.Queued, err = f.gate.Hand(ctx, world.Day)
	return err
}

// turnChunk is how many customers a turn has in memory at a time.
const turnChunk = 1000

// lookAt understands the touched customers anew. The night decides about
// everybody who is left.
func (f *Flow) lookAt(ctx context.Context, world World, touched []id.Customer) error {
	for chunk := range slices.Chunk(touched, turnChunk) {
		states, _, err := f.understand(ctx, &world, chunk)
		if err != nil {
			return err
		}
		if err := f.forgetUnplanned(ctx, world.Day, states); err != nil {
			return err
		}
	}
	return nil
}

// decideFor understands the touched customers anew and decides about them.
func (f *Flow) decideFor(ctx context.Context, world World, touched []id.Customer) (Totals, error) {
	total := Totals{Because: map[decision.Because]int{}}
	for chunk := range slices.Chunk(touched, turnChunk) {
		var states []profile.Customer
		var known []InsightRow
		var said planned
		err := together(
			func() (err error) { states, known, err = f.understand(ctx, &world, chunk); return err },
			func() (err error) { said, err = f.planned(ctx, world.Day, chunk); return err })
		if err != nil {
			return total, err
		}
		some, err := f.replan(ctx, &world, said, states, known)
		if err != nil {
			return total, err
		}
		total.add(some)
	}
	return total, nil
}

// together does things at the same time and returns what went wrong.
func together(tasks ...func() error) error {
	failed := make([]error, len(tasks))
	var all sync.WaitGroup
	for i, do := range tasks {
		all.Go(func() { failed[i] = do() })
	}
	all.Wait()
	return errors.Join(failed...)
}

func (t *Totals) add(more Totals) {
	t.Actions += more.Actions
	t.Withheld += more.Withheld
	for because, n := range more.Because {
		t.Because[because] += n
	}
}
