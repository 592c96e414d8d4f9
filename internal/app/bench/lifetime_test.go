package bench

import (
	"encoding/json"
	"math"
	"testing"

	"siyu/internal/wecom/world"
)

func TestEveryPlanIsLivedByTheSamePeople(t *testing.T) {
	r, err := Lives(t.Context(), LifetimeOptions{
		Options: Options{Customers: 200}, Seed: 9, Seeds: 2, Days: 3, After: 2, Confirming: 1, World: "standard",
	})
	if err != nil {
		t.Fatal(err)
	}
	plans := map[string]LifetimePlan{}
	for _, p := range r.Worlds[0].Plans {
		plans[p.Name] = p
	}
	siyu, nobody := plans[Siyu], plans[string(world.Alone)]
	if len(plans) != 1+len(world.Practices()) || siyu.SiyuMore != (Mean{}) || nobody.Mass.Mean+nobody.ByHand.Mean != 0 {
		t.Errorf("%+v", r.Worlds)
	}
	if siyu.Mass.Mean+siyu.ByHand.Mean == 0 {
		t.Error("Siyu's plan reached nobody")
	}
	if more := siyu.Value.Mean - nobody.Value.Mean; math.Abs(more-nobody.SiyuMore.Mean) > 1e-9 {
		t.Errorf("Siyu brings %g more, the difference of values is %g", nobody.SiyuMore.Mean, more)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestContactsAreTakenOffWhatTheyBring(t *testing.T) {
	l := life{customers: 2, operated: world.Tally{Margin: 10_000, ByHand: 3, Sends: 1}, after: world.Tally{Margin: 5_000}}
	if got, want := l.value(), (15_000-3*byHandCosts-confirmCosts)/200.; got != want {
		t.Errorf("%g yuan a customer, expected %g", got, want)
	}
}

func TestHandsAreAsScarceInASmallWorldAsInTheChain(t *testing.T) {
	for customers, want := range map[int]int{20_000: 30, 2_000: 3, 100: 1} {
		if got := (LifetimeOptions{Options: Options{Customers: customers}}).capacity(); got != want {
			t.Errorf("%d customers: %d contacts a member and day, expected %d", customers, got, want)
		}
	}
}
