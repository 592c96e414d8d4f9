package profile

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

func TestWhetherARelationStandsDoesNotDependOnTheOrderOfItsFacts(t *testing.T) {
	const anna = id.Staff(7)
	begins, ends := event.RelationAdded{Staff: anna, AddWay: 1}, event.RelationEnded{Staff: anna, By: event.ByCustomer}
	for _, history := range [][]event.Body{
		{begins}, {begins, ends}, {begins, ends, begins}, {begins, ends, begins, ends}, {begins, ends, begins, ends, begins},
	} {
		facts := make([]event.Fact, len(history))
		for i, body := range history {
			f, err := event.New(event.Customer(1), time.Unix(int64(1000*(i+1)), 0), event.FromCallback, id.Hash(fmt.Sprint(i)), body)
			if err != nil {
				t.Fatal(err)
			}
			facts[i] = f
		}
		stands, last := len(history)%2 == 1, len(history)-1
		for order := range permutations(len(facts)) {
			c := Customer{ID: 1}
			for _, i := range order {
				if err := c.Apply(facts[i]); err != nil {
					t.Fatal(err)
				}
			}
			r := c.Relations[0]
			if r.Active() != stands || r.Since != event.At(facts[last-last%2].At) {
				t.Errorf("%d facts in the order %v: since %s until %s, want standing %t", len(facts), order, r.Since.Time(), r.Until.Time(), stands)
			}
		}
	}
}

// permutations yields every order of n things.
func permutations(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		var extend func(order []int) bool
		extend = func(order []int) bool {
			if len(order) == n {
				return yield(order)
			}
			for i := range n {
				if !slices.Contains(order, i) && !extend(append(slices.Clone(order), i)) {
					return false
				}
			}
			return true
		}
		extend(nil)
	}
}
