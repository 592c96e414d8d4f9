package flow_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

// refill lets an older version leave facets behind and a person turn the rule of
// an audience round, and fills both anew, with turns between the steps, until it
// is killed.
func refill(o orders) error {
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	w := townOn(db, uint64(o.Life), o.Now)
	if err := w.flow.BuildIndex(ctx, o.Now, func(int) {}); err != nil {
		return err
	}
	fmt.Println("started")
	for {
		if err := w.empty(ctx, o.Filling); err != nil {
			return err
		}
		if err := w.refill(ctx); err != nil {
			return err
		}
	}
}

// empty takes away what is to be filled. The note that it is missing comes first.
func (w *town) empty(ctx context.Context, number int64) error {
	a, err := w.db.Audience(ctx, number)
	if err != nil {
		return err
	}
	rule := a.Rule
	if a.Filled, a.Changed = false, w.clock.Now(); rule.Not != nil {
		a.Rule = *rule.Not
	} else {
		a.Rule = audience.Rule{Not: &rule}
	}
	if err := errors.Join(w.db.ChangeAudience(ctx, a, nil), w.db.SetProgress(ctx, "fill", 0)); err != nil {
		return err
	}
	return w.db.EachCustomer(ctx, 1000, func(states []profile.Customer) error {
		var some []id.Customer
		for i := range states {
			some = append(some, states[i].ID)
		}
		return w.db.ForgetFacets(ctx, some)
	})
}

// refill does steps of both fillings and a turn, round and round, until there
// are no more.
func (w *town) refill(ctx context.Context) error {
	for facets, members := true, true; facets || members; {
		var failed [3]error
		facets, failed[0] = w.flow.FillFacets(ctx, w.clock.Now())
		members, failed[1] = w.flow.FillMembers(ctx, w.clock.Now())
		_, failed[2] = w.flow.Turn(ctx, w.clock.Now())
		if err := errors.Join(failed[:]...); err != nil {
			return err
		}
	}
	return nil
}

const (
	killsOfFilling = 30                     // one of so many kills is of filling
	longestFilling = 900 * time.Millisecond // real time a child gets: about what it needs once
)

func TestKilledWhileFillingTheRowsAreThoseOfAFreshComputation(t *testing.T) {
	rounds := max(1, killtest.Rounds(t)/killsOfFilling)
	url := storagetest.SQLite(t)
	db := reopened(t, url)
	w, number := crowdedTown(t, db)
	var content []id.Customer
	for n := range complainers / 3 {
		content = append(content, complainer(3*n))
	}
	w.tell(t, event.ComplaintClosed{}, content...)
	w.turn(t)
	w.passDay(t)
	filled, amid := map[int64][]id.Customer{number: {}}, 0
	spare := rand.New(rand.NewPCG(4, 4))
	for round := range rounds {
		closed(t, db)
		killtest.Start(t, orders{DB: url, Now: w.clock.Now(), Life: round, Filling: number}).Kill(time.Duration(spare.Int64N(int64(longestFilling))))
		db = reopened(t, url)
		w = townOn(db, uint64(round), w.clock.Now())
		a := w.audience(t, number)
		w.rules[number] = &a.Rule
		if at, err := db.Progress(t.Context(), "fill"); err != nil {
			t.Fatal(err)
		} else if at != math.MaxInt64 || !a.Filled {
			amid++
		}
		if err := w.refill(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.checked(t, fmt.Sprint("after kill ", round))
		if problems, err := db.CheckAudiences(t.Context()); err != nil || len(problems) > 0 {
			t.Fatalf("after kill %d the database finds %v, %v", round, problems, err)
		}
	}
	w.told(t, filled, rounds)
	if rounds > 5 && amid == 0 {
		t.Error("no child was killed while it filled anything")
	}
	closed(t, db)
	t.Logf("%d kills while audiences were filled, %d of them amid it", rounds, amid)
}
