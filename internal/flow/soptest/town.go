// Package soptest is a small brand on a virtual clock in which standard processes
// run over a real database and through the real gate.
package soptest

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// Member and Shop are the one member and store of the brand; Branch is a store whose
// only member, the one after Member, has left.
const (
	Member = id.Staff(5)
	Shop   = id.Store(7)
	Branch = id.Store(8)
)

// Town is the brand.
type Town struct {
	DB       *storage.DB
	Clock    *clock.Virtual
	Log      *eventlog.Log
	Flow     *flow.Flow
	Operator *flow.Operator
	Gate     *delivery.Gate
	Managers []id.Staff // of Shop, who work there
	Closed   bool       // Branch is no more
	Zone     *time.Location
	Capacity int
	Rules    decision.Settings
	// Limits is what keeps customers from buying, by customer.
	Limits map[id.Customer]insight.Part
	// Minded adds to what is understood of a customer; nil: nothing.
	Minded func(c *profile.Customer, into *insight.Customer)
	serial int
}

// New opens the brand over a database.
func New(ctx context.Context, db *storage.DB, now time.Time, zone *time.Location) (*Town, error) {
	w := &Town{DB: db, Clock: clock.NewVirtual(now), Zone: zone, Capacity: 1000, Rules: decision.Defaults(), Limits: map[id.Customer]insight.Part{}}
	w.Rules.Budget = decision.Budget{Day: 1, Week: 7, Month: 31}
	w.Log = eventlog.New(db, w.Clock)
	w.Flow = flow.New(flow.Parts{
		Log: w.Log, States: db, Others: db, Understandings: db, Plans: db, Facets: db, Audiences: db, Heirs: db, Cohorts: db, Gate: quiet{db}, Mind: mind{w},
		Shared: db.Dialect() == storage.Postgres, StoreOf: storeOf,
		Calm: func() bool { return true }, Pace: func() func() { return func() {} },
		World: func(_ context.Context, now time.Time) (flow.World, error) { return *w.World(now), nil },
	})
	var err error
	w.Gate, err = delivery.NewGate(ctx, "town", delivery.Parts{
		Ledger: db, Tasks: db, Nodes: db, Facts: w.Log, Clock: w.Clock, Zone: zone, Settings: delivery.Defaults(),
		Rules: func() decision.Settings { return w.Rules }, Org: func() org.Org { return w.World(w.Clock.Now()).Org },
		Orders: func(context.Context) (decision.OrdersKnown, error) {
			return decision.OrdersKnown{AsOf: w.Clock.Now()}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	w.Operator = flow.NewOperator(w.Flow, flow.ProcessParts{
		Processes: db, Runs: db, Steps: db, Giver: delivery.StepGate{Gate: w.Gate, Steps: db}, Keeper: db, Zone: zone, Groups: db.Groups, GroupKinds: db.GroupKinds,
		TagNamed: func(_ context.Context, name string) (id.Tag, bool, error) {
			return id.TagOf(name), name != "unknown", nil
		},
	})
	return w, nil
}

func storeOf(s id.Staff) id.Store {
	if s == Member {
		return Shop
	}
	return Branch
}

// World is what holds at a time.
func (w *Town) World(now time.Time) *flow.World {
	world := &flow.World{Day: clock.Day(now, w.Zone), Now: now, OrdersAsOf: now, Related: 1000, Settings: w.Rules, Salt: "town", Org: org.Org{
		Stores: []org.Store{{ID: Shop, Name: "shop", Managers: w.Managers}, {ID: Branch, Name: "branch"}},
		Staff:  []org.Staff{{ID: Member, Store: Shop, Active: true, Contact: true, Capacity: w.Capacity}, {ID: Member + 1, Store: Branch, Active: false}},
	}}
	if w.Closed {
		world.Org.Stores = world.Org.Stores[:1]
	}
	for _, m := range w.Managers {
		world.Org.Staff = append(world.Org.Staff, org.Staff{ID: m, Store: Shop, Active: true, Capacity: w.Capacity})
	}
	return world
}

type quiet struct{ db *storage.DB }

func (quiet) Hand(context.Context, time.Time) (int, error)            { return 0, nil }
func (quiet) Withdraw(context.Context, []decision.Cancellation) error { return nil }
func (quiet) TakeSales(context.Context, []delivery.Touch, decision.Because) (int, error) {
	return 0, nil
}
func (q quiet) Load(ctx context.Context, day time.Time) (map[id.Staff]decision.Load, error) {
	return q.db.Load(ctx, day)
}

// mind understands what the town says limits a customer.
type mind struct{ *Town }

func (mind) Learn(context.Context, flow.World, iter.Seq2[*profile.Customer, error]) error { return nil }

func (m mind) Understand(w *flow.World, c *profile.Customer, into *insight.Customer) {
	*into = insight.Customer{ID: c.ID, AsOf: w.Now, Limiting: insight.None}
	if part, told := m.Limits[c.ID]; told {
		into.Limiting = part
	}
	if c.Orders.Last != 0 {
		into.NextDue = c.Orders.Last.Time().Add(30 * 24 * time.Hour)
	}
	if m.Minded != nil {
		m.Minded(c, into)
	}
}

// Tell stores a fact about a customer, now.
func (w *Town) Tell(ctx context.Context, who id.Customer, body event.Body) error {
	w.serial++
	return w.TellAs(ctx, who, w.Clock.Now(), fmt.Sprint("fact ", w.serial), body)
}

// TellAs stores a fact under a key.
func (w *Town) TellAs(ctx context.Context, who id.Customer, at time.Time, key string, body event.Body) error {
	f, err := event.New(event.Customer(who), at, event.FromOrders, id.Hash(key), body)
	if err != nil {
		return err
	}
	_, err = w.Log.Append(ctx, f)
	return err
}

// Turn carries what was told through the house and takes runs on that are due.
func (w *Town) Turn(ctx context.Context) (flow.Operated, error) {
	now := w.Clock.Now()
	if _, err := w.Flow.Turn(ctx, now); err != nil {
		return flow.Operated{}, err
	}
	done, err := w.Operator.Turn(ctx, now)
	if err != nil {
		return done, err
	}
	if _, err := w.Operator.OpenDay(ctx, w.World(now)); err != nil {
		return done, err
	}
	if _, err := w.Operator.OpenPresent(ctx, w.World(now)); err != nil {
		return done, err
	}
	if _, err := w.Gate.End(ctx); err != nil {
		return done, err
	}
	if _, err := w.DB.EndStepTasks(ctx, now); err != nil {
		return done, err
	}
	if _, _, err := w.Operator.EndRetired(ctx, now); err != nil {
		return done, err
	}
	if _, _, err := w.Operator.MoveAsked(ctx, now); err != nil {
		return done, err
	}
	stepped, _, err := w.Operator.Step(ctx, w.World(now), 0)
	stepped.Entered, stepped.Ended, stepped.Taken = done.Entered, done.Ended, done.Taken
	return stepped, err
}

// Install installs a document and puts it to work.
func (w *Town) Install(ctx context.Context, text string) (number int64, err error) {
	p, err := sop.Parse([]byte(text))
	if err != nil {
		return 0, err
	}
	number, _, err = w.Operator.Install(ctx, flow.ProcessVersion{Document: p, By: "lead", At: w.Clock.Now()})
	if err != nil {
		return 0, err
	}
	return number, w.Operator.Activate(ctx, number, "lead", w.Clock.Now())
}

// Story tells what became of the steps of a customer, in the order of time:
// "hello given, offer withheld complaint_open".
func (w *Town) Story(ctx context.Context, who id.Customer) (string, error) {
	versions := map[[2]int64]*sop.Process{}
	list, err := w.DB.Processes(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range list {
		all, err := w.DB.ProcessVersions(ctx, p.Number)
		if err != nil {
			return "", err
		}
		for i := range all {
			versions[[2]int64{p.Number, int64(all[i].Version)}] = &all[i].Document
		}
	}
	steps, err := w.DB.StepsOf(ctx, sop.OfCustomer, int64(who), 1000)
	if err != nil {
		return "", err
	}
	said := make([]string, len(steps))
	for i, s := range steps {
		p := versions[[2]int64{s.Process, int64(s.Version)}]
		said[len(steps)-1-i] = strings.TrimSpace(fmt.Sprint(p.Steps[s.Step].Name, " ", s.Outcome, " ", s.Because))
	}
	return strings.Join(said, ", "), nil
}
