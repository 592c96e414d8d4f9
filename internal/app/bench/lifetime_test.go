package bench

import (
	"encoding/json"
	"fmt"
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

// The lives that docs/lifetime.md tells of are kept beside it, so that each figure of its
// table is their sum.
func TestTheTableOfLivesIsTheSumOfThem(t *testing.T) {
	const docs = "../../../docs/"
	page, err := os.ReadFile(docs + "lifetime.md")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := keptIn(docs + "lives.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	told, rows := 0, 0
	for _, brand := range lifetimeWorlds() {
		of := lived{667, 180, 180, .4, brand.name, 1}
		told += strings.Count(string(page), "\n| "+brand.name+", ")
		lives := [][]life{}
		for one, known := kept.known[of]; known; one, known = kept.known[of] {
			lives = append(lives, one)
			of.Seed++
		}
		if len(lives) < 2 {
			continue
		}
		for k, plan := range lifetimePlans() {
			rows++
			if row := rowOf(brand.name, len(lives), summed(string(plan), lives, k)); !strings.Contains(string(page), row+"\n") {
				t.Errorf("docs/lifetime.md lacks\n%s", row)
			}
		}
	}
	if rows == 0 || rows != told {
		t.Errorf("docs/lifetime.md has %d rows, the lives make %d", told, rows)
	}
}

func rowOf(world string, lives int, p LifetimePlan) string {
	more := ""
	if p.Name != Siyu {
		more = fmt.Sprintf("%.0f (%.0f to %.0f)", p.SiyuMore.Mean, p.SiyuMore.Low, p.SiyuMore.High)
	}
	return fmt.Sprintf("| %s, %d | %s | %.0f (%.0f to %.0f) | %s | %.3f (%.3f to %.3f) | %.1f | %.1f |", world, lives, p.Name,
		p.Value.Mean, p.Value.Low, p.Value.High, more, p.Deleted.Mean, p.Deleted.Low, p.Deleted.High, p.ByHand.Mean, p.Mass.Mean)
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
