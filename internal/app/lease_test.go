package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
)

// understood returns what is understood of a customer, nothing if nobody has
// looked yet.
func (h *house) understood(c id.Customer) []insight.Customer {
	h.t.Helper()
	known, err := h.db.LoadInsights(h.t.Context(), []id.Customer{c})
	if err != nil {
		h.t.Fatal(err)
	}
	return known
}

func (h *house) append(facts ...event.Fact) {
	h.t.Helper()
	if _, err := h.facts.Append(h.t.Context(), facts...); err != nil {
		h.t.Fatal(err)
	}
}

func TestOneNodeTurnsAtATime(t *testing.T) {
	data, db := t.TempDir(), postgrestest.Start(t).Database(t)
	a, b := openHouseOn(t, data, db), openHouseOn(t, data, db)
	const customer = id.Customer(200)
	b.append(b.related(customer, monday)...)
	ran, err := a.alone(t.Context(), func(ctx context.Context) error {
		if err := b.Turn(ctx); err != nil {
			t.Errorf("the turn that is left to the other node: %v", err)
		}
		if at, err := b.facts.Cursor(ctx, flow.Reader); err != nil || at != 0 {
			t.Errorf("while the other node has the turn facts up to %d were folded, %v", at, err)
		}
		if _, err := b.Night(ctx); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a night while the other node has the turn: %v", err)
		}
		if err := b.night(ctx); err != nil {
			t.Errorf("the night that is left to the other node: %v", err)
		}
		return nil
	})
	if err != nil || !ran {
		t.Fatalf("ran %v, %v", ran, err)
	}
	if err := b.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.understood(customer)) != 1 {
		t.Error("when the other node was through nobody looked at the customer")
	}
	if err := a.night(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.answers(1)
	if err := b.night(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.answers(1)
}

func TestWhoeverTurnsNextLooksAtWhatADeadNodeFolded(t *testing.T) {
	data, db := t.TempDir(), postgrestest.Start(t).Database(t)
	dead, alive := openHouseOn(t, data, db), openHouseOn(t, data, db)
	const first, second, third = id.Customer(200), id.Customer(201), id.Customer(202)
	alive.tell(alive.related(first, monday)...)
	dead.append(dead.related(second, monday)...)
	if _, _, err := dead.flow.Fold(t.Context()); err != nil { // and then it dies
		t.Fatal(err)
	}
	alive.tell(alive.related(third, monday)...)
	for _, c := range []id.Customer{first, second, third} {
		if len(alive.understood(c)) != 1 {
			t.Errorf("nobody looked at customer %d", c)
		}
	}
}

// An import folds ahead of the turn after it. When it is killed in between, the
// next turn looks at everybody whom the folded facts changed.
func TestWhomAKilledImportFoldedTheNextTurnLooksAt(t *testing.T) {
	data := t.TempDir()
	h := openHouseOn(t, data, "")
	var facts []event.Fact
	for c := id.Customer(1); c <= 20; c++ {
		facts = append(facts, h.related(c, monday.AddDate(0, -3, 0))...)
	}
	h.tell(facts...)
	if _, err := h.Night(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.answers(20)
	h.append(h.related(21, monday)...)
	h.append(
		h.fact(event.Customer(7), monday.Add(time.Minute), event.RelationEnded{Staff: guide, By: event.ByCustomer}),
		h.fact(event.Customer(8), monday.Add(time.Minute), event.RelationEnded{Staff: guide, By: event.ByCustomer}),
	)
	if _, _, err := h.flow.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.end()
	again := openHouseOn(t, data, "")
	if err := again.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	again.answers(19) // of 20 two are lost, and one came
	if turned, err := again.flow.Turn(t.Context(), monday); err != nil || turned.Customers != 0 {
		t.Errorf("a turn without news looked at %d customers, %v", turned.Customers, err)
	}
}

func TestWhatALeaseCoversEndsWithTheLease(t *testing.T) {
	db, ctx := openHouseOn(t, t.TempDir(), postgrestest.Start(t).Database(t)).db, t.Context()
	l := storage.Lease{Name: "test", Holder: "a", For: 3 * time.Second}
	held, err := hold(ctx, db, l, func(holding context.Context) error {
		if err := db.DropLease(ctx, l); err != nil {
			return err
		}
		if taken, err := db.TakeLease(ctx, storage.Lease{Name: "test", Holder: "b", For: time.Minute}); err != nil || !taken {
			t.Errorf("taken %v, %v", taken, err)
		}
		<-holding.Done()
		return holding.Err()
	})
	if !held || fault.CodeOf(err) != fault.Conflict || !errors.Is(err, context.Canceled) {
		t.Errorf("held %v, %v", held, err)
	}
}
