package flow_test

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/measurement/effect"
	"siyu/internal/measurement/promise"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// tenth assumes that every contact adds a tenth of an order.
type tenth struct{}

func (tenth) Table() string { return "tenth" }

func (tenth) Assumed(_ *flow.World, _ *profile.Customer, _ event.Instant, days float64) (float64, effect.Orders) {
	added := .1 * days / effect.Days
	return .4, effect.Orders{added, added, added}
}

func (tenth) Open(int, float64) float64 { return 1 }

func (tenth) Risk(*flow.World, *profile.Customer, event.Instant) float64 { return .02 }

// measured is a brand in which a third of 600 customers are held out. Sixty days
// ago the others were reminded; of them every second one bought, of those held out
// every fourth. 400 more were served or asked by lot, and every second one bought.
func measured(t *testing.T, db *storage.DB) *flow.Flow {
	t.Helper()
	log := eventlog.New(db, clock.NewVirtual(noon))
	day := clock.Day(noon.AddDate(0, 0, -60), clock.Shanghai)
	plan, held, facts := decision.Plan{Day: day}, map[id.Customer]bool{}, []event.Fact(nil)
	for n := range 1000 {
		c := id.Customer(n + 1)
		a := decision.Action{ID: int64(n + 1), Day: day, Customer: c, Staff: 1, Purpose: event.Remind, Channel: event.OneToOne, From: day, Until: noon, Alternatives: []string{"remind", "day+0"},
			Gain: insight.Estimate{Value: 800}, Raw: 1000, Orders: .1}
		buys := n%2 == 0
		switch {
		case n >= 600:
			a.Purpose, a.Alternatives = event.Serve, []string{"serve", "ask", "day+0"}
			if n%4 < 2 {
				a.Purpose = event.Ask
			}
			plan.Actions = append(plan.Actions, a)
		case n%3 == 0:
			held[c], buys = true, n%4 == 0
			plan.Withheld = append(plan.Withheld, decision.Withheld{Day: day, Customer: c, Because: decision.BecauseHoldout, Purpose: event.Remind})
		default:
			held[c] = false
			plan.Actions = append(plan.Actions, a)
		}
		if n >= 600 || n%3 != 0 {
			f, err := event.New(event.Customer(c), day.Add(time.Minute), event.FromDelivery, id.Hash("reached", id.Text(c)), event.TouchDelivered{Touch: a.ID, Staff: 1, Channel: event.OneToOne, Purpose: a.Purpose})
			if err != nil {
				t.Fatal(err)
			}
			facts = append(facts, f)
		}
		body := event.Body(event.CustomerSeen{Corp: "ww1", Type: 1})
		if buys {
			body = paid(n)
		}
		f, err := event.New(event.Customer(c), day.AddDate(0, 0, 5), event.FromOrders, id.Hash("measured", id.Text(c)), body)
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, f)
	}
	if _, err := log.Append(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
	part := flow.PlanPart{Plan: plan}
	for n := range 1000 {
		part.Of.List = append(part.Of.List, id.Customer(n+1))
	}
	if err := db.SavePlan(t.Context(), part); err != nil {
		t.Fatal(err)
	}
	if err := db.AssignHoldout(t.Context(), held, day.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	return folded(t, db, log)
}

// folded returns a flow over a brand of 1,000 that has read all facts.
func folded(t testing.TB, db *storage.DB, log *eventlog.Log) *flow.Flow {
	t.Helper()
	f := flow.New(flow.Parts{
		Log: log, States: db, Others: db, Understandings: db, Plans: db, Facets: db, Audiences: db, StoreOf: func(id.Staff) id.Store { return 0 },
		Calm: func() bool { return true }, Pace: func() func() { return func() {} },
		World: func(_ context.Context, now time.Time) (flow.World, error) {
			return flow.World{Day: clock.Day(now, clock.Shanghai), Now: now, OrdersAsOf: now, Related: 1000}, nil
		},
	})
	if _, _, err := f.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEffectsAreMeasuredFromWhatChanceDecidedOnceAWeek(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		f := measured(t, db)
		stored := func(now time.Time) (string, [3]effect.Finding) {
			t.Helper()
			if err := f.MeasureEffects(t.Context(), now, db, tenth{}); err != nil {
				t.Fatal(err)
			}
			version, document, err := db.NewestModel(t.Context(), flow.EffectName)
			if err != nil {
				t.Fatal(err)
			}
			record := flow.EffectsOf(document, "tenth")
			return version, record.Findings(effect.Orders{.5, .5, .5})
		}
		version, found := stored(noon)
		need, trust, exposure := found[0], found[1], found[2]
		if exposure.Held != 200 || exposure.Open != 400 || exposure.Contacted != 400 || exposure.Reached != 0 || need.Drawn != 400 || trust.Drawn != 400 || need.Held != 0 {
			t.Fatalf("%+v", found)
		}
		// a quarter of an order more, of a tenth that was assumed
		if math.Abs(exposure.Measured-2.5) > .05 || exposure.Grade != insight.PartlyMeasured || exposure.Times <= 1 || exposure.Times >= 2.5 {
			t.Errorf("%+v", exposure)
		}
		// Equally many bought after both, and what contacts do has causes in common: the
		// third, which does more than assumed, tells a part of them.
		if math.Abs(need.Times-trust.Times) > .01 || need.Times <= 1 || need.Times-1 > .7*(exposure.Times-1) || need.Grade == insight.Measured {
			t.Errorf("%+v, %+v beside %+v", need, trust, exposure)
		}
		if again, _ := stored(noon.Add(time.Hour)); again != version {
			t.Error("an hour later it was measured again")
		}
		later, same := stored(noon.AddDate(0, 0, 8))
		for i, f := range same { // draws fade
			if later == version || f.Count != found[i].Count || f.Grade != found[i].Grade || math.Abs(f.Times-found[i].Times) > .01 || f.SD <= found[i].SD || f.SD > 1.01*found[i].SD {
				t.Errorf("a week without draws made %+v of %+v", f, found[i])
			}
		}
	})
}

// The reminders promised a tenth of an order each; a quarter of an order came.
func TestWhatPlansPromisedIsSetBesideWhatTheDrawShows(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		f := measured(t, db)
		stored := func(now time.Time) promise.Record {
			t.Helper()
			if err := f.MeasureEffects(t.Context(), now, db, tenth{}); err != nil {
				t.Fatal(err)
			}
			_, document, err := db.NewestModel(t.Context(), flow.PromiseName)
			if err != nil {
				t.Fatal(err)
			}
			return flow.PromisesOf(document)
		}
		record := stored(noon)
		rows := map[event.Purpose]promise.Row{}
		for _, r := range record.Rows {
			rows[r.Purpose] = r
		}
		reminded, asked := rows[event.Remind], rows[event.Ask]
		if reminded.Done != 400 || reminded.Promised != 400*800 || reminded.Raw != 400*1000 || asked.Done != 200 || len(record.Rows) != 3 {
			t.Errorf("%+v", record.Rows)
		}
		if k := promise.KeptOf([]promise.Row{reminded}); !k.Measurable || k.Open != 400 || k.Held != 200 || math.Abs(k.Ratio-2.5) > .01 || k.Low > 2.2 || k.High < 2.8 {
			t.Errorf("%+v", k)
		}
		if k := promise.KeptOf([]promise.Row{asked}); k.Measurable {
			t.Errorf("nobody was held out of asking: %+v", k)
		}
		if again := stored(noon.AddDate(0, 0, 8)); !reflect.DeepEqual(again.Rows, record.Rows) || !again.Until.After(record.Until) {
			t.Errorf("a week later %+v", again)
		}
	})
}
