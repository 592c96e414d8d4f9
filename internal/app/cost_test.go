package app

import (
	"testing"

	"siyu/internal/app/brand"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/money"
)

func TestACostlierContactLeavesMoreCustomersAlone(t *testing.T) {
	h := openHouse(t)
	var customers []id.Customer
	for c := id.Customer(1); c <= 40; c++ {
		facts := h.related(c, monday.AddDate(0, -6, 0))
		for n := range int64(c % 5) {
			facts = append(facts, h.order(c, int64(c)*10+n, monday.AddDate(0, 0, -int(25*(n+1)))))
		}
		h.tell(facts...)
		customers = append(customers, c)
	}
	worth := func() (contacted int) {
		world, err := h.world(t.Context(), h.clock.Now())
		must(t, err)
		for _, c := range customers {
			state := h.state(c)
			var u insight.Customer
			h.learned.Understand(&world, &state, &u)
			if u.Limiting != insight.None && u.Limiting != insight.Unknown {
				contacted++
			}
		}
		return contacted
	}
	set := func(yuan money.Fen) {
		general := h.brand.Documents().General
		general.ContactCost = 100 * yuan
		must(t, h.brand.Set(t.Context(), brand.GeneralDoc, general, "lead"))
	}
	table, usual := h.learned.Table(), worth()
	set(0)
	free := worth()
	set(10_000)
	dear := worth()
	if !(free >= usual && usual > dear) || dear != 0 {
		t.Errorf("contacts pay with %d customers at no cost, %d at the usual one, %d at 10,000 yuan", free, usual, dear)
	}
	if now := h.learned.Table(); now != table {
		t.Errorf("effects are measured anew because contacts cost more: %q, %q", now, table)
	}
	rules := h.brand.Documents().Rules
	rules.MaxFatigue = .02
	must(t, h.brand.Set(t.Context(), brand.RulesDoc, rules, "lead"))
	if most := h.learned.settings().MaxFatigue; most != .02 {
		t.Errorf("the plan leaves alone from a chance of .02 on, understanding from %v", most)
	}
}
