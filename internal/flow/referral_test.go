package flow_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// idle is a gate through which nothing goes.
type idle struct{}

func (idle) Hand(context.Context, time.Time) (int, error)                        { return 0, nil }
func (idle) Withdraw(context.Context, []decision.Cancellation) error             { return nil }
func (idle) Load(context.Context, time.Time) (map[id.Staff]decision.Load, error) { return nil, nil }

func (idle) TakeSales(context.Context, []delivery.Touch, decision.Because) (int, error) {
	return 0, nil
}

// thousand understands that everybody is worth a thousand fen.
type thousand struct{}

func (thousand) Learn(context.Context, flow.World, iter.Seq2[*profile.Customer, error]) error {
	return nil
}

func (thousand) Understand(_ *flow.World, c *profile.Customer, into *insight.Customer) {
	*into = insight.Customer{ID: c.ID, Value: insight.Estimate{Value: 1000, Unit: insight.Fen, Evidence: insight.Fitted}}
}

// referred is a brand of three: 2 was brought by 9, who was merged into 1, and
// has a member of staff; 3 was brought by 1 and has left.
func referred(t *testing.T, db *storage.DB) (*flow.Flow, *eventlog.Log) {
	t.Helper()
	log := eventlog.New(db, clock.NewVirtual(noon))
	came := noon.AddDate(0, 0, -40)
	for n, f := range []struct {
		about id.Customer
		at    time.Time
		body  event.Body
	}{
		{1, came.AddDate(0, -1, 0), event.CustomerSeen{Corp: "ww1", Type: 1}},
		{9, came, event.CustomerSeen{Corp: "ww1", Type: 1}},
		{2, came, event.RelationAdded{Staff: 5}},
		{3, came, event.RelationAdded{Staff: 5}},
		{3, came.AddDate(0, 0, 1), event.RelationEnded{Staff: 5, By: event.ByCustomer}},
		{2, noon, event.CustomerReferred{By: 9, Since: event.At(came)}},
		{3, noon, event.CustomerReferred{By: 1, Since: event.At(came)}},
		{9, noon, event.CustomerMerged{Into: 1, Identity: event.ByUnionID, Key: []byte("u")}},
	} {
		fact, err := event.New(event.Customer(f.about), f.at, event.FromMembers, id.Hash("referred", id.Text(id.Customer(n+1))), f.body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Append(t.Context(), fact); err != nil {
			t.Fatal(err)
		}
	}
	return flow.New(flow.Parts{
		Log: log, States: db, Others: db, Understandings: db, Plans: db, Facets: db, Audiences: db, Cohorts: db, Gate: idle{}, Mind: thousand{},
		StoreOf: func(id.Staff) id.Store { return 0 },
		Calm:    func() bool { return true }, Pace: func() func() { return func() {} },
		World: func(_ context.Context, now time.Time) (flow.World, error) {
			return flow.World{Day: clock.Day(now, clock.Shanghai), Now: now, OrdersAsOf: now, Related: 3, Settings: decision.Defaults(),
				Referral: flow.Referral{Share: .3, Stay: 30 * 24 * time.Hour}}, nil
		},
	}), log
}

func night(t *testing.T, f *flow.Flow, now time.Time) {
	t.Helper()
	if _, err := f.Night(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

func TestANightTellsOnceWhoStayedAndMovesTheirValueFromThenOn(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		f, log := referred(t, db)
		night(t, f, noon.Add(-24*15*time.Hour)) // too early for anybody
		before, _ := log.LogHead(t.Context())
		night(t, f, noon)
		head, err := log.LogHead(t.Context())
		if err != nil || head != before+2 {
			t.Fatalf("%d facts after %d, %v", head, before, err)
		}
		night(t, f, noon.Add(24*time.Hour))
		night(t, f, noon.Add(48*time.Hour))
		if again, _ := log.LogHead(t.Context()); again != head {
			t.Fatalf("it was told again: %d facts after %d", again, head)
		}
		states, err := db.LoadCustomers(t.Context(), []id.Customer{1, 2, 3})
		if err != nil {
			t.Fatal(err)
		}
		if r := states[0].Referrals; len(r) != 1 || r[0].Customer != 2 || r[0].At != event.At(noon.AddDate(0, 0, -10)) {
			t.Errorf("brought %+v", r)
		}
		if states[1].Referrer.Stayed != event.At(noon) || states[2].Referrer.Stayed != 0 {
			t.Errorf("stayed: %+v and %+v", states[1].Referrer, states[2].Referrer)
		}
		sums, err := db.BrandCohorts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m := sums.All; m.Referred != 1 || m.Given != 300 || m.Referrers != 1 || m.Received != 300 || m.Value != 3000 || m.AfterReferrals() != 3000 {
			t.Errorf("%+v", m)
		}
		if again, err := f.Verify(t.Context()); err != nil || again.Differences != 0 || again.Customers == 0 {
			t.Errorf("folded again: %+v, %v", again, err)
		}
	})
}
