package bench

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"siyu/internal/fault"
	"siyu/internal/wecom/world"
)

func TestEveryPlanIsLivedByTheSamePeople(t *testing.T) {
	r, err := Lives(t.Context(), LifetimeOptions{
		Options: Options{Customers: 100}, Seed: 9, Seeds: 2, Days: 3, After: 2, Confirming: 1, World: "standard",
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

func TestKeptLivesAreNotLivedAgain(t *testing.T) {
	o := LifetimeOptions{
		Options: Options{Customers: 100}, Seed: 9, Seeds: 1, Days: 1, Confirming: 1, World: "standard", Kept: filepath.Join(t.TempDir(), "lives"),
	}
	first, err := Lives(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Say = func(text string, args ...any) { t.Errorf("lived again: "+text, args...) }
	again, err := Lives(t.Context(), o)
	again.Seconds = first.Seconds
	if err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("kept %+v, %v; lived %+v", again, err, first)
	}
}

func TestAKeptLifeThatCannotBeReadIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lives")
	if err := os.WriteFile(path, []byte(`{"customers":100,"plans":[]}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Lives(t.Context(), LifetimeOptions{Options: Options{Customers: 100}, Seeds: 2, Days: 1, Kept: path})
	if fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "line 1") {
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
