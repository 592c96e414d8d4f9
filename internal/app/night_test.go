package app

import (
	"os"
	"reflect"
	"testing"

	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

// dayAfter moves the house to the next day and returns an action of that day
// that a night might have decided on.
func (h *house) dayAfter() decision.Action {
	h.t.Helper()
	all := make([]id.Customer, acquaintances)
	for i := range all {
		all[i] = id.Customer(i + 1)
	}
	plan, _ := h.answersOf(all)
	if len(plan.Actions) == 0 {
		h.t.Fatal("nobody is to be contacted on the first day")
	}
	h.clock.Set(h.clock.Now().AddDate(0, 0, 1))
	a := plan.Actions[0]
	a.ID++
	a.Day, a.From, a.Until = clock.Day(h.clock.Now(), clock.Shanghai), a.From.AddDate(0, 0, 1), a.Until.AddDate(0, 0, 1)
	return a
}

func (h *house) save(p flow.PlanPart) {
	h.t.Helper()
	if err := h.db.SavePlan(h.t.Context(), p); err != nil {
		h.t.Fatal(err)
	}
}

// toHand returns how many actions of the day delivery does not have.
func (h *house) toHand() (actions int) {
	h.t.Helper()
	staff, err := h.db.StaffToHand(h.t.Context(), clock.Day(h.clock.Now(), clock.Shanghai))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range staff {
		actions += s.Actions
	}
	return actions
}

func TestNothingIsHandedOverOfANightThatWasBrokenOff(t *testing.T) {
	inBothHouses(t, func(h *house) {
		a := h.dayAfter()
		h.save(flow.PlanPart{Plan: decision.Plan{Day: a.Day, Actions: []decision.Action{a}}, Of: flow.Whom{List: []id.Customer{a.Customer}}})
		h.tell(h.fact(event.Customer(a.Customer%acquaintances+1), h.clock.Now(), event.MarketingRefused{By: "customer"}))
		if err := h.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.toHand(); n != 1 {
			t.Errorf("%d actions wait to be handed over, want the one of the night that was broken off", n)
		}
		h.nightly()
		if n := h.toHand(); n != 0 {
			t.Errorf("%d actions were not handed over by the night", n)
		}
		h.everybody(acquaintances)
	})
}

func TestWhatANightDidNotHandOverIsHandedOverLater(t *testing.T) {
	inBothHouses(t, func(h *house) {
		a := h.dayAfter()
		h.save(flow.PlanPart{Plan: decision.Plan{Day: a.Day, Actions: []decision.Action{a}}, Of: flow.Whom{List: []id.Customer{a.Customer}},
			Counts: []flow.PlanCount{{PlanKey: flow.PlanKey{Day: a.Day, Store: a.Store, Limiting: a.Limiting, Purpose: a.Purpose, Channel: a.Channel}, Customers: 1}}})
		if err := h.night(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.toHand(); n != 0 {
			t.Errorf("%d actions were not handed over", n)
		}
	})
}

// A night that ended after it had stored the day's prices, and before the plan was
// whole, is done anew: by the prices of the night before, not by its own.
func TestANightThatIsDoneAnewDecidesAsIfItHadNotBegun(t *testing.T) {
	h := acquaintedHouse(t, "")
	rules := h.brand.Documents().Rules
	rules.Capacity, rules.MaxConfirmations = 1, 0 // hands are scarce, so that there are prices
	must(t, h.brand.Set(t.Context(), brand.RulesDoc, rules, "lead"))
	must(t, h.Reopen(t.Context()))
	h.nightly()
	h.end()
	copied := t.TempDir()
	must(t, os.CopyFS(copied, os.DirFS(h.config.Data)))
	must(t, os.Chmod(Config{Data: copied}.KeyPath(), 0o600))
	next := clock.Day(monday.AddDate(0, 0, 1), clock.Shanghai)
	prices := func(data string, before func(*house)) (*decision.Prices, []byte) {
		h := openHouseOn(t, data, "")
		h.clock.Set(monday.AddDate(0, 0, 1))
		before(h)
		h.nightly()
		p, err := flow.PricesOf(t.Context(), h.db, next)
		must(t, err)
		_, document, err := h.db.NewestModel(t.Context(), flow.PricesName)
		must(t, err)
		return p, document
	}
	want, stored := prices(h.config.Data, func(*house) {})
	got, _ := prices(copied, func(h *house) {
		must(t, h.db.SaveModel(t.Context(), flow.PricesName, next.Format("2006-01-02"), stored))
	})
	if want.Staff[guide].UsualContact == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("done anew %+v, without a stop %+v", got, want)
	}
}
