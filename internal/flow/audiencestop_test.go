package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

var complaining = audience.Rule{Ask: &audience.Condition{Field: "complaint", Is: audience.OneOf, Values: []audience.Value{{Number: 1, Text: "open"}}}}

// watch saves a watched audience, fills it and returns its number.
func (w *town) watch(t *testing.T, rule audience.Rule) int64 {
	t.Helper()
	number, err := w.db.AddAudience(t.Context(), flow.Audience{Name: fmt.Sprint("watched ", len(w.rules)), Kind: flow.Dynamic, Rule: rule, Watched: true, Created: w.clock.Now(), CreatedBy: "lin"})
	if err != nil {
		t.Fatal(err)
	}
	w.rules[number] = &rule
	w.fill(t)
	return number
}

// tell appends a fact about each of them.
func (w *town) tell(t *testing.T, body event.Body, whom ...id.Customer) {
	t.Helper()
	var facts []event.Fact
	for _, who := range whom {
		w.serial++
		f, err := event.New(event.Customer(who), w.clock.Now(), event.FromOrders, id.Hash("town", fmt.Sprint(w.serial)), body)
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, f)
	}
	if _, err := w.log.Append(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
}

func (w *town) passDay(t *testing.T) {
	t.Helper()
	if err := w.flow.PassDay(t.Context(), w.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestWhoWasFoldedBeforeAProcessEndedEntersWithTheNextTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 1)
		w.happen(t, 100)
		w.turn(t)
		number := w.watch(t, complaining)
		w.passDay(t)
		w.tell(t, event.ComplaintOpened{}, 99)
		if _, _, err := w.flow.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.open()
		w.passDay(t) // reads the index, in which the customer complains already
		if w.flow.Index() == nil {
			t.Fatal("there is no index")
		}
		w.turn(t)
		w.checked(t, "after a stop")
		if !slices.Contains(w.members(t, number), 99) {
			t.Error("the customer did not enter")
		}
	})
}

// crowds is flow.Audiences without the name of its first method.
type crowds = flow.Audiences

// stumbling fails to change members once.
type stumbling struct {
	crowds
	failed bool
}

var errStumble = errors.New("the database went away")

func (s *stumbling) ChangeMembers(ctx context.Context, changes []flow.MemberChange) error {
	if !s.failed {
		s.failed = true
		return errStumble
	}
	return s.crowds.ChangeMembers(ctx, changes)
}

func TestWhatADatabaseThatWentAwayLeftIsMadeGoodByTheNextTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		w := newTown(db, 2)
		w.happen(t, 100)
		w.turn(t)
		number := w.watch(t, complaining)
		w.audiences = &stumbling{crowds: db}
		w.open()
		w.passDay(t)
		w.tell(t, event.ComplaintOpened{}, 99)
		if _, err := w.flow.Turn(t.Context(), w.clock.Now()); !errors.Is(err, errStumble) {
			t.Fatalf("the turn ended with %v", err)
		}
		w.turn(t)
		w.checked(t, "after the second try")
		if !slices.Contains(w.members(t, number), 99) {
			t.Error("the customer did not enter")
		}
	})
}

// Two nodes turn in any order, fold ahead of turns, change rules and begin anew:
// the index of each comes to say what the database says.
func TestTwoNodesKeepTheirIndexes(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		one := newTown(db, 3)
		one.shared = true
		one.open()
		one.happen(t, 200)
		one.turn(t)
		for n := range 24 {
			one.save(t, n+1)
		}
		one.fill(t)
		one.frozen[6] = one.members(t, 6)
		filled := map[int64][]id.Customer{}
		for n := range one.rules {
			if n%3 > 0 {
				filled[n] = one.members(t, n)
			}
		}
		other := *one
		other.open()
		nodes := []*town{one, &other}
		for round := range 80 {
			w := nodes[one.random.IntN(2)]
			w.serial, w.merged = max(one.serial, other.serial), one.merged
			w.happen(t, 1+one.random.IntN(20))
			switch one.random.IntN(8) {
			case 0:
				if err := w.flow.FoldAhead(t.Context()); err != nil {
					t.Fatal(err)
				}
			case 1:
				w.open()
			case 2:
				nodes[one.random.IntN(2)].rename(t, int64(7+one.random.IntN(18)))
			case 3:
				one.clock.Set(event.StartOfDay(event.At(one.clock.Now()).Day() + 1).Time().Add(time.Minute))
			}
			nodes[one.random.IntN(2)].turn(t)
			w.turn(t)
			for i, w := range nodes {
				w.raise(t)
				w.passDay(t)
				w.checked(t, fmt.Sprint("round ", round, ", node ", i))
			}
		}
		one.told(t, filled, 100)
	})
}

// raise reads the index where it is not as of the last night, as every minute
// does.
func (w *town) raise(t *testing.T) {
	t.Helper()
	if err := w.flow.BuildIndex(t.Context(), w.clock.Now(), func(int) {}); err != nil {
		t.Fatal(err)
	}
}

// naming returns the audiences that name one, also through others.
func (w *town) naming(number int64) []int64 {
	found := []int64{number}
	for at := 0; at < len(found); at++ {
		for n, rule := range w.rules {
			if slices.Contains(audience.ReadsOf(rule).Audiences, found[at]) && !slices.Contains(found, n) {
				found = append(found, n)
			}
		}
	}
	return found[1:]
}

// rename changes the version of an audience, and the rule of one that nobody
// watches.
func (w *town) rename(t *testing.T, number int64) {
	t.Helper()
	w.change(t, number, func(a *flow.Audience) {
		a.Name = fmt.Sprint("audience ", number, " of version ", a.Version)
		if a.Watched {
			return
		}
		rule := a.Rule
		if a.Filled = false; rule.Not != nil {
			a.Rule = *rule.Not
		} else {
			a.Rule = audience.Rule{Not: &rule}
		}
	})
	w.fill(t)
}

func TestFacetsAreFilledOnAfterAStop(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		const people = 2300
		w := newTown(db, 4)
		var all []id.Customer
		for who := range id.Customer(people) {
			all = append(all, who+1)
		}
		w.tell(t, event.ComplaintOpened{}, all...)
		if _, _, err := w.flow.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.SetProgress(t.Context(), "fill", 0); err != nil { // as an older version leaves it
			t.Fatal(err)
		}
		for steps, more := 1, true; more; steps++ {
			var err error
			if more, err = w.flow.FillFacets(t.Context(), w.clock.Now()); err != nil {
				t.Fatal(err)
			}
			n, err := db.CountAudience(t.Context(), storage.AudienceQuery{Rule: &complaining, Scope: org.All(), Today: event.At(w.clock.Now()).Day()})
			if err != nil || n != min(people, 1000*steps) {
				t.Fatalf("after step %d the database finds %d, %v", steps, n, err)
			}
			w.open()
		}
	})
}
