package flow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// orders returns how many orders the customers have who answer for themselves.
func (m mill) orders(t *testing.T) map[id.Customer]int {
	t.Helper()
	orders := map[id.Customer]int{}
	err := m.db.EachCustomer(t.Context(), 100, func(states []profile.Customer) error {
		for i := range states {
			if n := states[i].Orders.Count; n > 0 {
				orders[states[i].ID] = n
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return orders
}

// told folds the facts one after the other, with the cuts between batches where
// cut says so.
func told(t *testing.T, facts []event.Fact, cut func(n int) bool) mill {
	t.Helper()
	m := newMill(t, true)
	for n, f := range facts {
		m.append(t, f)
		if cut(n) {
			m.fold(t)
		}
	}
	m.fold(t)
	m.verified(t)
	return m
}

func TestAChainOfMergesEndsWithOneCustomer(t *testing.T) {
	a, b, c := event.Customer(1), event.Customer(2), event.Customer(3)
	merged := func(into id.Customer) event.Body { return event.CustomerMerged{Into: into} }
	bought := []event.Fact{fact(t, a, 1, paid(1)), fact(t, b, 2, paid(2)), fact(t, c, 3, paid(3))}
	first, second := fact(t, a, 4, merged(2)), fact(t, b, 5, merged(3))
	part := fact(t, b, 7, event.CustomerUnmerged{From: 3, By: "lin"})
	for name, order := range map[string][]event.Fact{"A to B, then B to C": {first, second}, "B to C, then A to B": {second, first}} {
		for _, cuts := range []uint{0, 0b1000, 0b10000, 0b111000, 0b1111111} {
			facts := append(append(slices.Clone(bought), order...), fact(t, a, 6, paid(6)))
			cut := func(n int) bool { return cuts>>n&1 == 1 }
			m := told(t, facts, cut)
			if got := m.orders(t); fmt.Sprint(got) != "map[3:4]" {
				t.Fatalf("%s, cuts %b: %v", name, cuts, got)
			}
			m.append(t, part)
			m.fold(t)
			m.verified(t)
			if got := m.orders(t); fmt.Sprint(got) != "map[2:3 3:1]" {
				t.Fatalf("%s, cuts %b, B parted from C: %v", name, cuts, got)
			}
		}
	}
}

// Whatever is said of who is whom, each order has one owner, and that does not
// depend on how the facts are cut into batches.
func TestEveryOrderHasOneOwner(t *testing.T) {
	const people = 5
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 9))
		facts, bought := make([]event.Fact, 40), 0
		for n := range facts {
			who, other := event.Customer(id.Customer(1+random.IntN(people))), id.Customer(1+random.IntN(people))
			if n < people {
				facts[n] = fact(t, event.Customer(id.Customer(1+n)), n, event.CustomerSeen{Corp: "ww1", Type: 1})
				continue
			}
			switch random.IntN(5) {
			case 0, 1:
				facts[n] = fact(t, who, n, event.CustomerMerged{Into: other})
			case 2:
				facts[n] = fact(t, who, n, event.CustomerUnmerged{From: other})
			default:
				facts[n] = fact(t, who, n, paid(n))
				bought++
			}
		}
		alone := told(t, facts, func(int) bool { return true })
		together := told(t, facts, func(int) bool { return random.IntN(4) == 0 })
		want, got := alone.orders(t), together.orders(t)
		sum := 0
		for _, n := range want {
			sum += n
		}
		if sum != bought || fmt.Sprint(got) != fmt.Sprint(want) || together.figures(t) != alone.figures(t) {
			t.Errorf("seed %d: of %d orders one by one %v, in batches %v\n%s\n%s", seed, bought, want, got, alone.figures(t), together.figures(t))
		}
	}
}
