package storage

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// counted returns a database in which every count is right.
func counted(t *testing.T) *DB {
	t.Helper()
	ctx, now := t.Context(), time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	db, err := Open(ctx, Config{URL: filepath.Join(t.TempDir(), "siyu.db")})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	action := decision.Action{ID: 6, Customer: 2, Day: now, Staff: 5, Store: 7, Channel: event.MassSend, Purpose: event.Ask, Gain: insight.Estimate{Value: 300}}
	alone := decision.Withheld{Day: now, Customer: 3, Store: 7, Because: decision.BecauseHoldout}
	plan := decision.Plan{Day: now, Actions: []decision.Action{action}, Withheld: []decision.Withheld{alone}}
	must(t, db.SavePlan(ctx, flow.PlanPart{Plan: plan, Counts: []flow.PlanCount{
		{PlanKey: flow.PlanKey{Day: now, Store: 7, Purpose: event.Ask, Channel: event.MassSend}, Customers: 1},
		{PlanKey: flow.PlanKey{Day: now, Store: 7, Because: decision.BecauseHoldout}, Customers: 1},
	}}))
	must(t, db.SaveInsights(ctx, []flow.InsightRow{{Customer: insight.Customer{ID: 1}, Related: true}}))
	touch := func(c id.Customer, dispatch int64) delivery.Touch {
		key := delivery.TouchKey{Customer: c, Run: "plan", Channel: event.MassSend}
		return delivery.Touch{ID: key.ID(), TouchKey: key, Dispatch: dispatch, Staff: 5, Purpose: event.Ask, Action: 6, State: delivery.Underway, At: now}
	}
	waiting := delivery.Dispatch{ID: 10, Staff: 5, Store: 7, Day: now, Purpose: event.Ask, From: now, Until: now.Add(time.Hour), State: delivery.Planned}
	alike, given := waiting, waiting
	alike.ID, given.ID, given.State, given.Task = 12, 11, delivery.Accepted, delivery.Open
	_, err = db.AddDispatches(ctx, []delivery.Draft{
		{Dispatch: waiting, Touches: []delivery.Touch{touch(2, 10)}, Gain: delivery.Gain{Value: 300}}, {Dispatch: given, Touches: []delivery.Touch{touch(4, 11)}},
		{Dispatch: alike, Touches: []delivery.Touch{touch(5, 12)}},
	})
	must(t, err)
	complained, err := event.New(event.Customer(2), now, event.FromConsole, id.Hash("complained"), event.ComplaintOpened{Staff: 5})
	must(t, err)
	_, err = db.AppendFacts(ctx, []event.Fact{complained})
	must(t, err)
	must(t, db.CommitFold(ctx, flow.Fold{Reader: "fold", Cursor: 1, Counters: []flow.Counter{{Name: flow.CountComplaints, Store: 7, Day: flow.DayOf(event.At(now)), Delta: 1}}}))
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryCountIsCountedAgain(t *testing.T) {
	db := counted(t)
	if problems, err := db.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Fatalf("before any damage: %v, %v", problems, err)
	}
	for damage, law := range map[string]string{
		"UPDATE plan_count SET customers = 5 WHERE because = ''":  "actions are counted by day",
		"UPDATE plan_count SET customers = 5 WHERE because <> ''": "customers left alone are counted",
		"UPDATE staff_load SET customers = 5":                     "what members were given is counted",
		"UPDATE execution SET waiting = 5":                        "what members did is counted",
		"UPDATE mass_tally SET customers = 5":                     "what became of mass messages is counted",
		"UPDATE batch SET customers = 5":                          "batches that wait know their customers",
		"UPDATE batch SET gain = 5":                               "batches that wait know their gain",
		"UPDATE counter SET value = 5":                            "complaints is counted",
		"INSERT INTO customer_alias VALUES (1, 9)":                "merged customers are in no list",
		"INSERT INTO customer_alias VALUES (5, 9)":                "nothing waits to go out to merged customers",
		"INSERT INTO customer_alias VALUES (3, 9)":                "merged customers have no answer",
	} {
		db := counted(t)
		must(t, db.Write(t.Context(), Interactive, func(tx *Tx) error {
			_, err := tx.exec(t.Context(), damage)
			return err
		}))
		problems, err := db.Check(t.Context())
		if err != nil || len(problems) != 1 || !strings.Contains(problems[0], law) {
			t.Errorf("after %s: %v, %v", damage, problems, err)
		}
	}
}
