package storagetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/storage"
)

func day(n int) time.Time { return noon.AddDate(0, 0, n) }

func action(c id.Customer, on time.Time) decision.Action {
	return decision.Action{
		ID: int64(c) + 1000, Day: on, Customer: c, Staff: 5, Store: 7, Corp: "ww1", Purpose: event.Ask, Channel: event.MassSend, Limiting: insight.Need,
		Line: 3, Material: "ask.tea.1", Gain: insight.Estimate{Value: 5, Low: 1, High: 9, Unit: insight.Fen, AsOf: on, Model: "parts/1", Evidence: insight.Prior},
		Cost: 2, Because: []insight.Reason{{Key: "due", Weight: 1, Number: 2, Line: 3}}, Probability: 0.75, Alternatives: []string{"ask", "remind"},
		Model: "parts/1", Settings: 4, From: on, Until: on.Add(48 * time.Hour),
	}
}

func withheld(c id.Customer, on time.Time, because decision.Because) decision.Withheld {
	return decision.Withheld{Day: on, Customer: c, Store: 7, Because: because, Limiting: insight.Need, Purpose: event.Ask, Gain: 1.5}
}

// partOf names the customers of a plan.
func partOf(p decision.Plan) flow.PlanPart {
	part := flow.PlanPart{Plan: p}
	for _, a := range p.Actions {
		part.Of.List = append(part.Of.List, a.Customer)
	}
	for _, w := range p.Withheld {
		part.Of.List = append(part.Of.List, w.Customer)
	}
	return part
}

func plansAreKeptAsActionsAndRuns(t *testing.T, ctx context.Context, db *storage.DB) {
	save := func(on time.Time, p decision.Plan) {
		t.Helper()
		p.Day = on
		ok(t, db.SavePlan(ctx, partOf(p)))
	}
	says := func(on time.Time) string {
		t.Helper()
		p := must[decision.Plan](t)(db.PlanOf(ctx, on, []id.Customer{1, 2, 3}))
		answers := map[id.Customer]string{}
		for _, a := range p.Actions {
			answers[a.Customer] += "acts"
		}
		for _, w := range p.Withheld {
			answers[w.Customer] += string(w.Because)
		}
		return fmt.Sprint(answers)
	}
	first := decision.Plan{Actions: []decision.Action{action(1, day(0))}, Withheld: []decision.Withheld{
		withheld(2, day(0), decision.BecauseNotDue), withheld(3, day(0), decision.BecauseHoldout)}}
	save(day(0), first)
	save(day(0), first)
	p := must[decision.Plan](t)(db.PlanOf(ctx, day(0), []id.Customer{1}))
	if len(p.Actions) != 1 || !reflect.DeepEqual(p.Actions[0], first.Actions[0]) {
		t.Fatalf("got %+v\nwant %+v", p.Actions, first.Actions[0])
	}
	save(day(1), decision.Plan{Withheld: []decision.Withheld{withheld(1, day(1), decision.BecauseBudgetWeek),
		withheld(2, day(1), decision.BecauseNotDue), withheld(3, day(1), decision.BecauseHoldout)}})
	save(day(2), decision.Plan{Actions: []decision.Action{action(2, day(2))}, Withheld: []decision.Withheld{
		withheld(1, day(2), decision.BecauseBudgetWeek), withheld(3, day(2), decision.BecauseHoldout)}})
	equal(t, "first day", says(day(0)), "map[1:acts 2:not_due 3:holdout]")
	equal(t, "second day", says(day(1)), "map[1:budget_week 2:not_due 3:holdout]")
	equal(t, "third day", says(day(2)), "map[1:budget_week 2:acts 3:holdout]")

	cancelled := []decision.Cancellation{{Action: action(2, day(2)), Because: decision.BecauseRefused}}
	ok(t, db.TakeBack(ctx, flow.TakenBack{Day: day(2), Actions: cancelled}, nil))
	save(day(2), decision.Plan{Withheld: []decision.Withheld{withheld(2, day(2), decision.BecauseRefused)}})
	equal(t, "third day after a cancellation", says(day(2)), "map[1:budget_week 2:refused_marketing 3:holdout]")
	list := must[[]decision.Withheld](t)(db.WithheldNow(ctx, decision.BecauseHoldout, []id.Store{7}, nil, 10))
	equal(t, "held out now", len(list), 1)
	equal(t, "held out in another store", len(must[[]decision.Withheld](t)(db.WithheldNow(ctx, decision.BecauseHoldout, []id.Store{8}, nil, 10))), 0)
}

func planCountsAddUp(t *testing.T, ctx context.Context, db *storage.DB) {
	key := flow.PlanKey{Day: day(0), Store: 7, Limiting: insight.Need, Purpose: event.Ask, Channel: event.MassSend}
	add := func(n int, gain float64) {
		t.Helper()
		ok(t, db.SavePlan(ctx, flow.PlanPart{Plan: decision.Plan{Day: day(0)}, Counts: []flow.PlanCount{{PlanKey: key, Customers: n, Gain: gain, Low: gain / 2, High: gain * 2}}}))
	}
	add(2, 10)
	add(3, 20)
	counts := must[[]flow.PlanCount](t)(db.PlanCounts(ctx, day(0)))
	if want := (flow.PlanCount{PlanKey: key, Customers: 5, Gain: 30, Low: 15, High: 60}); len(counts) != 1 || counts[0] != want {
		t.Fatalf("got %+v, want %+v", counts, want)
	}
	equal(t, "handed before", must[bool](t)(db.BeginPlan(ctx, day(0))), false)
	equal(t, "counts of a new plan", len(must[[]flow.PlanCount](t)(db.PlanCounts(ctx, day(0)))), 0)
}

func actionsAreHandedOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	hand := action(2, day(0))
	hand.Channel, hand.Staff = event.OneToOne, 6
	ok(t, db.SavePlan(ctx, partOf(decision.Plan{Day: day(0), Actions: []decision.Action{action(1, day(0)), hand, action(3, day(0))}})))
	equal(t, "members", fmt.Sprint(must[[]storage.ToHand](t)(db.StaffToHand(ctx, day(0)))), "[{5 2} {6 1}]")
	equal(t, "load", fmt.Sprint(must[map[id.Staff]decision.Load](t)(db.Load(ctx, day(0)))), "map[5:{0 0 0s 1} 6:{1 0 0s 0}]")
	actions := must[[]decision.Action](t)(db.ActionsToHand(ctx, day(0), []id.Staff{5}))
	equal(t, "to hand", len(actions), 2)
	ok(t, db.MarkHanded(ctx, actions[:1]))
	equal(t, "left to hand", len(must[[]decision.Action](t)(db.ActionsToHand(ctx, day(0), []id.Staff{5}))), 1)
	equal(t, "handed before", must[bool](t)(db.BeginPlan(ctx, day(0))), true)
	p := must[decision.Plan](t)(db.PlanOf(ctx, day(0), []id.Customer{1, 2, 3}))
	equal(t, "kept when the plan begins anew", len(p.Actions), 1)
}

func holdoutIsAssignedOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	ok(t, db.AssignHoldout(ctx, map[id.Customer]bool{1: true, 2: false}, noon))
	ok(t, db.AssignHoldout(ctx, map[id.Customer]bool{1: false, 3: true}, noon))
	equal(t, "assignment", fmt.Sprint(must[map[id.Customer]bool](t)(db.Holdout(ctx, flow.Whom{List: []id.Customer{1, 2, 3, 4}}))), "map[1:true 2:false 3:true]")
	equal(t, "assignment of everybody between", fmt.Sprint(must[map[id.Customer]bool](t)(db.Holdout(ctx, flow.Whom{First: 2, Last: 4}))), "map[2:false 3:true]")
}

func runsOfEverybodyBetweenTwoIdsGoOn(t *testing.T, ctx context.Context, db *storage.DB) {
	save := func(on time.Time, because ...decision.Because) {
		t.Helper()
		part := flow.PlanPart{Plan: decision.Plan{Day: on}, Of: flow.Whom{First: 1, Last: 3}}
		for i, b := range because {
			part.Withheld = append(part.Withheld, withheld(id.Customer(i+1), on, b))
		}
		ok(t, db.SavePlan(ctx, part))
	}
	save(day(0), decision.BecauseNotDue, decision.BecauseHoldout, decision.BecauseNotDue)
	save(day(1), decision.BecauseNotDue, decision.BecauseHoldout, decision.BecauseFatigue)
	equal(t, "began on the second day", beganOn(t, ctx, db, day(1)), "[3]")
	equal(t, "began on the first", beganOn(t, ctx, db, day(0)), "[1 2]")
}

// beganOn lists the customers who are left alone now since a day.
func beganOn(t *testing.T, ctx context.Context, db *storage.DB, on time.Time) string {
	t.Helper()
	var began []id.Customer
	for _, because := range []decision.Because{decision.BecauseNotDue, decision.BecauseHoldout, decision.BecauseFatigue} {
		for _, w := range must[[]decision.Withheld](t)(db.WithheldNow(ctx, because, nil, nil, 10)) {
			if w.Day.Equal(on) {
				began = append(began, w.Customer)
			}
		}
	}
	slices.Sort(began)
	return fmt.Sprint(began)
}

func settingsKeepTheirVersions(t *testing.T, ctx context.Context, db *storage.DB) {
	var text string
	equal(t, "version before any", must[int](t)(db.Setting(ctx, "name", &text)), 0)
	set := func(after int, value string) error {
		_, err := db.SetSetting(ctx, storage.NewSetting{Name: "name", After: after, Document: value, At: noon, Account: "lin"})
		return err
	}
	ok(t, set(0, "tea"))
	ok(t, set(1, "tea & coffee"))
	if err := set(1, "beer"); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("replacing a version that is not the newest: %v", err)
	}
	equal(t, "newest version", must[int](t)(db.Setting(ctx, "name", &text)), 2)
	equal(t, "newest text", text, "tea & coffee")
}
