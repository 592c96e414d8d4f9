package flow_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/storage"
)

// complainers is how many customers complain in these tests: more than one step
// stores.
const complainers = 5_600

// complainer returns one of them; ids are hashes.
func complainer(n int) id.Customer { return id.Customer(id.CodeOf(strconv.Itoa(n))) }

// crowdedTown is a town where many complain, with a watched audience of them that
// was filled when nobody did.
func crowdedTown(t *testing.T, db *storage.DB) (w *town, number int64) {
	t.Helper()
	w = newTown(db, 5)
	w.tell(t, event.ComplaintClosed{}, complainer(0))
	w.turn(t)
	number = w.watch(t, complaining)
	var all []id.Customer
	for n := range complainers {
		all = append(all, complainer(n))
	}
	w.tell(t, event.ComplaintOpened{}, all...)
	w.turn(t)
	return w, number
}

func (w *town) audience(t *testing.T, number int64) flow.Audience {
	t.Helper()
	a, err := w.db.Audience(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// change stores another version of an audience; who is in it is not filled in yet.
func (w *town) change(t *testing.T, number int64, how func(*flow.Audience)) {
	t.Helper()
	a := w.audience(t, number)
	a.Changed, a.Changer = w.clock.Now(), "lin"
	how(&a)
	if err := w.db.ChangeAudience(t.Context(), a, w.naming(number)); err != nil {
		t.Fatal(err)
	}
	w.rules[number] = &a.Rule
}

// counted returns how many facts there are of a kind.
func (w *town) counted(t *testing.T, kind event.Kind) (n int) {
	t.Helper()
	if _, err := w.log.Each(t.Context(), 0, func(f event.Fact) error {
		if f.Kind == kind {
			n++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhoIsInAnAudienceThatIsArchivedLeavesItInStepsAlsoAfterAStop(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w, number := crowdedTown(t, db)
		a := w.audience(t, number)
		a.Archived, a.Changer = w.clock.Now(), "lin"
		if err := db.ArchiveAudience(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		more, err := w.flow.FillMembers(t.Context(), w.clock.Now())
		left := w.counted(t, event.KindAudienceLeft)
		if err != nil || !more || left == 0 || left >= complainers {
			t.Fatalf("after a step %d of %d have left, more is %t, %v", left, complainers, more, err)
		}
		w.open()
		w.fill(t)
		if n := w.counted(t, event.KindAudienceLeft); n != complainers || len(w.members(t, number)) > 0 {
			t.Errorf("%d of %d were told to have left, %d are left over", n, complainers, len(w.members(t, number)))
		}
		w.fill(t)
		if n := w.counted(t, event.KindAudienceLeft); n != complainers {
			t.Errorf("asked again %d were told to have left", n)
		}
	})
}

func TestAnotherRuleTellsWhoEntersAndLeavesAndOneThatNobodyWatchesEndsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w, number := crowdedTown(t, db)
		w.tell(t, event.ComplaintClosed{}, complainer(7))
		w.turn(t)
		change := func(rule audience.Rule, watched bool) {
			t.Helper()
			w.change(t, number, func(a *flow.Audience) { a.Rule, a.Watched, a.Filled = rule, watched, false })
			w.fill(t)
			w.checked(t, "after the change")
		}
		change(audience.Rule{Not: &complaining}, true)
		if came, went := w.counted(t, event.KindAudienceEntered), w.counted(t, event.KindAudienceLeft); came != complainers+1 || went != complainers {
			t.Errorf("%d entered and %d left", came, went)
		}
		if got := w.members(t, number); !slices.Equal(got, []id.Customer{complainer(7)}) {
			t.Errorf("in the audience are %v", got)
		}
		change(audience.Rule{Not: &complaining}, false)
		if went := w.counted(t, event.KindAudienceLeft); went != complainers+1 || len(w.members(t, number)) != 0 {
			t.Errorf("nobody watches any more: %d left, %d are in it", went, len(w.members(t, number)))
		}
		change(audience.Rule{Not: &complaining}, true)
		if came := w.counted(t, event.KindAudienceEntered); came != complainers+1 || len(w.members(t, number)) != 1 {
			t.Errorf("watched again: %d entered, %d are in it", came, len(w.members(t, number)))
		}
	})
}

// noting notes of which audiences sizes were stored.
type noting struct {
	crowds
	sized []int64
}

func (n *noting) AddDays(ctx context.Context, days []flow.AudienceDay) error {
	for _, d := range days {
		n.sized = append(n.sized, d.Audience)
	}
	return n.crowds.AddDays(ctx, days)
}

func member(number int64) audience.Rule {
	return audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: number}}}}
}

func TestOnlyWhatAChangeConcernsIsAskedOfEverybody(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 6)
		w.happen(t, 100)
		w.turn(t)
		first := w.watch(t, complaining)
		other, naming := w.watch(t, audience.Rule{Not: &complaining}), w.watch(t, member(first))
		notes := &noting{crowds: db}
		w.audiences = notes
		w.open()
		w.passDay(t)
		w.change(t, first, func(a *flow.Audience) { a.Rule, a.Filled = audience.Rule{Not: &complaining}, false })
		notes.sized = nil
		w.fill(t)
		w.checked(t, "after the change")
		if slices.Contains(notes.sized, other) || !slices.Equal(notes.sized, []int64{first, naming}) {
			t.Errorf("asked were %v, not %d and %d", notes.sized, first, naming)
		}
	})
}

func TestAudiencesInACircleAreLeftOutAndTheOthersKept(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 7)
		w.happen(t, 100)
		w.turn(t)
		kept := w.watch(t, complaining)
		for i, rule := range []audience.Rule{member(kept + 2), member(kept + 1)} { // as two nodes store them
			a := flow.Audience{Name: []string{"one", "other"}[i], Kind: flow.Dynamic, Rule: rule, Watched: true, Created: w.clock.Now()}
			if _, err := db.AddAudience(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		w.tell(t, event.ComplaintOpened{}, 99)
		w.turn(t)
		w.fill(t)
		if !slices.Contains(w.members(t, kept), 99) {
			t.Error("the customer did not enter the audience that can be asked")
		}
		list, err := db.Audiences(t.Context())
		if broken := flow.Broken(list); err != nil || len(broken) != 2 || broken[kept] != nil {
			t.Errorf("broken are %v, %v", broken, err)
		}
	})
}

func TestWhatIsWrongWithAudiencesIsFound(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 8)
		w.happen(t, 100)
		w.turn(t)
		number := w.watch(t, complaining)
		w.tell(t, event.ComplaintOpened{}, 99)
		w.turn(t)
		w.passDay(t)
		finds := func(when string, want ...string) {
			t.Helper()
			problems, err := db.CheckAudiences(t.Context())
			if err != nil || len(problems) != len(want) {
				t.Fatalf("%s: %v, %v", when, problems, err)
			}
			for i := range want {
				if !strings.Contains(problems[i], want[i]) {
					t.Errorf("%s: %v", when, problems)
				}
			}
		}
		finds("at first")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(db.ChangeMembers(t.Context(), []flow.MemberChange{{Audience: number, At: w.clock.Now(), Went: []id.Customer{99}}}))
		finds("a member was lost", "members are those")
		must(db.ChangeMembers(t.Context(), []flow.MemberChange{{Audience: number, At: w.clock.Now(), Came: []id.Customer{99}}}))
		states, err := db.LoadCustomers(t.Context(), []id.Customer{99})
		must(err)
		wrong := audience.NewRow(audience.Subject{Profile: &states[0]}, 1)
		wrong.Values[audience.ColumnAt("orders", audience.Ever)] = 77
		must(db.SaveFacets(t.Context(), []audience.Row{wrong}))
		finds("facets of another customer", "facets are what")
	})
}
