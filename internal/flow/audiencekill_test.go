package flow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

// orders tell a child on which database it lets things happen, from when on, and
// how the facts of its life are told from those of others.
type orders struct {
	DB      string
	Now     time.Time
	Life    int
	Filling int64 // the audience that the child fills again and again instead of living
}

func TestMain(m *testing.M) {
	killtest.Main(m, func(o orders) error {
		if o.Filling != 0 {
			return refill(o)
		}
		return live(o)
	})
}

// live lets customers complain and be content, folds, turns and opens days until
// it is killed.
func live(o orders) error {
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	w := townOn(db, uint64(o.Life), o.Now)
	fmt.Println("started")
	for n := 0; ; n++ {
		for i := range 40 {
			body := event.Body(event.ComplaintOpened{})
			if w.random.IntN(2) == 0 {
				body = event.ComplaintClosed{}
			}
			f, err := event.New(event.Customer(id.Customer(1+w.random.IntN(townsfolk))), w.clock.Now(), event.FromOrders, id.Hash(fmt.Sprint(o.Life, n, i)), body)
			if err != nil {
				return err
			}
			if _, err := w.log.Append(ctx, f); err != nil {
				return err
			}
		}
		if _, _, err := w.flow.Fold(ctx); err != nil {
			return err
		}
		if err := w.flow.PassDay(ctx, w.clock.Now()); err != nil {
			return err
		}
		if _, err := w.flow.Turn(ctx, w.clock.Now()); err != nil {
			return err
		}
	}
}

const (
	killsOfAll    = 10                     // one of so many kills is of audiences
	longestSpared = 120 * time.Millisecond // real time a child gets
)

func TestKilledAtAnyMomentEverybodyIsWhereTheDatabasePutsThemAndToldOnce(t *testing.T) {
	rounds := max(1, killtest.Rounds(t)/killsOfAll)
	url := storagetest.SQLite(t)
	db := reopened(t, url)
	w := newTown(db, 9)
	w.turn(t)
	number := w.watch(t, complaining)
	filled := map[int64][]id.Customer{number: w.members(t, number)}
	spare := rand.New(rand.NewPCG(9, 9))
	for round := range rounds {
		if round%3 == 2 {
			w.clock.Set(event.StartOfDay(event.At(w.clock.Now()).Day() + 1).Time().Add(time.Minute))
		}
		closed(t, db)
		killtest.Start(t, orders{DB: url, Now: w.clock.Now(), Life: round}).Kill(time.Duration(spare.Int64N(int64(longestSpared))))
		db = reopened(t, url)
		rules := w.rules
		w = townOn(db, uint64(round), w.clock.Now())
		w.rules = rules
		w.passDay(t)
		w.turn(t)
		w.checked(t, fmt.Sprint("after kill ", round))
	}
	w.told(t, filled, rounds)
	closed(t, db)
	t.Logf("%d kills while audiences were kept", rounds)
}

func reopened(t *testing.T, url string) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func closed(t *testing.T, db *storage.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
