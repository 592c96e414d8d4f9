package storagetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// seen returns n facts about different customers.
func seen(t testing.TB, from, n int) []event.Fact {
	t.Helper()
	facts := make([]event.Fact, n)
	for i := range facts {
		name := fmt.Sprint("wm", from+i)
		f, err := event.New(event.Customer(id.CustomerOf("ww1", name)), noon.Add(time.Duration(i)*time.Second),
			event.FromCallback, id.Hash("seen", name), event.CustomerSeen{Corp: "ww1", Type: 1})
		if err != nil {
			t.Fatal(err)
		}
		f.Received = noon
		facts[i] = f
	}
	return facts
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// finding is a query and the numbers it should find, as they are printed.
type finding[Q any] struct {
	query Q
	want  string
}

// finds asks queries, by what they ask.
func finds[Q any](t testing.TB, queries map[string]finding[Q], find func(Q) []int64) {
	t.Helper()
	for what, q := range queries {
		equal(t, what, fmt.Sprint(find(q.query)), q.want)
	}
}

// numbers returns the numbers of what was found.
func numbers[T any](list []T, number func(T) int64) (all []int64) {
	for _, one := range list {
		all = append(all, number(one))
	}
	return all
}

// within returns a scope, or everything where none is said.
func within(scope org.Scope) org.Scope {
	if scope.Stores == nil {
		return org.All()
	}
	return scope
}

func factsAreKeptOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	first := seen(t, 0, 100)
	equal(t, "added", must[int](t)(db.AppendFacts(ctx, first)), 100)
	again := append(seen(t, 50, 100), seen(t, 149, 1)...)
	equal(t, "added of a half known batch", must[int](t)(db.AppendFacts(ctx, again)), 50)
	equal(t, "head", must[int64](t)(db.LogHead(ctx)), 150)
	facts := must[[]event.Fact](t)(db.FactsAfter(ctx, 0, 1000))
	equal(t, "facts", len(facts), 150)
	for i, f := range facts {
		equal(t, "position", f.Seq, int64(i+1))
	}
	got, want := facts[7], first[7]
	want.Seq = 8
	equal(t, "fact", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
	equal(t, "page", len(must[[]event.Fact](t)(db.FactsAfter(ctx, 140, 5))), 5)
}

func appendsKeepPositionsGapless(t *testing.T, ctx context.Context, db *storage.DB) {
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for round := range 10 {
				if _, err := db.AppendFacts(ctx, seen(t, (worker/2)*1000+round*7, 13)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	head := must[int64](t)(db.LogHead(ctx))
	facts := must[[]event.Fact](t)(db.FactsAfter(ctx, 0, 10000))
	equal(t, "distinct facts", len(facts), 4*(9*7+13))
	equal(t, "head", head, int64(len(facts)))
	for i, f := range facts {
		equal(t, "position", f.Seq, int64(i+1))
	}
}

func factsAreFoundBySubject(t *testing.T, ctx context.Context, db *storage.DB) {
	facts := seen(t, 0, 50)
	must[int](t)(db.AppendFacts(ctx, facts))
	about := []event.Subject{facts[30].Subject, facts[10].Subject, {Type: event.AboutGroup, ID: facts[11].Subject.ID}}
	found := must[[]event.Fact](t)(db.FactsAbout(ctx, about, 0, 10))
	equal(t, "found", len(found), 2)
	equal(t, "first", found[0].Seq, 11)
	equal(t, "second", found[1].Seq, 31)
	equal(t, "found after a position", len(must[[]event.Fact](t)(db.FactsAbout(ctx, about, 11, 10))), 1)
	newest := must[[]event.Fact](t)(db.FactsBefore(ctx, about, 0, 1))
	equal(t, "newest", newest[0].Seq, 31)
	equal(t, "before it", must[[]event.Fact](t)(db.FactsBefore(ctx, about, 31, 1))[0].Seq, 11)
}

func cursorsMoveForward(t *testing.T, ctx context.Context, db *storage.DB) {
	equal(t, "cursor of a new reader", must[int64](t)(db.Cursor(ctx, "fold")), 0)
	for _, step := range []struct{ set, want int64 }{{10, 10}, {5, 10}, {12, 12}, {0, 0}} {
		ok(t, db.SetCursor(ctx, "fold", step.set))
		equal(t, "cursor", must[int64](t)(db.Cursor(ctx, "fold")), step.want)
	}
}
