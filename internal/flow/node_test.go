package flow_test

import (
	"context"
	"slices"
	"testing"

	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/storage/storagetest"
)

// onBoth runs a test on an empty database of each kind.
func onBoth(t *testing.T, run func(*testing.T, *storage.DB)) {
	t.Helper()
	for dialect, address := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return storagetest.SQLite(t) },
		"PostgreSQL": func(t *testing.T) string { return postgrestest.Start(t).Database(t) },
	} {
		t.Run(dialect, func(t *testing.T) {
			db, err := storage.Open(t.Context(), storage.Config{URL: address(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			run(t, db)
		})
	}
}

// late is a node whose folds are stored only after another has done something,
// once.
type late struct {
	flow.States
	meanwhile func()
}

func (l *late) CommitFold(ctx context.Context, f flow.Fold) error {
	if do := l.meanwhile; do != nil {
		l.meanwhile = nil
		do()
	}
	return l.States.CommitFold(ctx, f)
}

// early is a node that sees the log up to a position only.
type early struct {
	eventlog.Store
	until int64
}

func (e early) FactsAfter(ctx context.Context, after int64, limit int) ([]event.Fact, error) {
	facts, err := e.Store.FactsAfter(ctx, after, limit)
	return slices.DeleteFunc(facts, func(f event.Fact) bool { return f.Seq > e.until }), err
}

// Two nodes that fold from one position on store one fold: who comes second
// folds again what the other has left.
func TestTwoNodesFoldEveryFactOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		alone := newMill(t, true)
		facts := history(t, 1)
		alone.append(t, facts...)
		alone.fold(t)

		slow := &late{States: db}
		second := millOn(node{db, db, slow}, true)
		second.append(t, facts[:200]...)
		slow.meanwhile = func() { millOn(node{db, early{db, 90}, db}, true).fold(t) }
		second.fold(t) // the other folded less than this one
		slow.meanwhile = func() { millOn(node{db, db, db}, true).fold(t) }
		second.append(t, facts[200:250]...)
		second.fold(t) // the other folded as much
		slow.meanwhile = func() {
			second.append(t, facts[270:]...)
			millOn(node{db, db, db}, true).fold(t)
		}
		second.append(t, facts[250:270]...)
		second.fold(t) // the other folded more
		second.fold(t)
		second.verified(t)
		if got, want := second.figures(t), alone.figures(t); got != want {
			t.Errorf("two nodes\n%sone\n%s", got, want)
		}
	})
}

func TestAnOpenBatchIsDroppedWhereAnotherNodeWasFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, db *storage.DB) {
		alone, ahead, other := newMill(t, true), millOn(node{db, db, db}, true), millOn(node{db, db, db}, true)
		alone.append(t, fact(t, event.Customer(1), 1, paid(1)), fact(t, event.Customer(1), 2, paid(2)))
		alone.fold(t)
		ahead.append(t, fact(t, event.Customer(1), 1, paid(1)))
		if err := ahead.FoldAhead(t.Context()); err != nil {
			t.Fatal(err)
		}
		other.fold(t)
		other.append(t, fact(t, event.Customer(1), 2, paid(2)))
		if touched := ahead.fold(t); !slices.Equal(touched, []id.Customer{1}) {
			t.Errorf("customers %v are told of, want the one of the fact that was left", touched)
		}
		ahead.verified(t)
		if got, want := ahead.figures(t), alone.figures(t); got != want {
			t.Errorf("two nodes\n%sone\n%s", got, want)
		}
	})
}
