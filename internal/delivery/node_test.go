package delivery_test

import (
	"sync"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/storage/storagetest"
)

// Several nodes send from one database at once, while customers object.
func TestNodesThatSendAtOnceNeverSendTwiceNorPastAnObjection(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		raceOfNodes(t, openDB(t, storagetest.SQLite(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		raceOfNodes(t, openDB(t, postgrestest.Start(t).Database(t)))
	})
}

func raceOfNodes(t *testing.T, db *storage.DB) {
	const members, customers, nodes = 10, 12, 3
	d := newDeskOn(t, db, members, customers)
	d.rules.MaxConfirmations = customers
	for member := range members {
		for number := 0; number < customers; number += 2 {
			d.plan(t, []string{"ask", "remind"}[number/2%2], member, number, number+1)
		}
		d.pass(time.Second) // other windows, other dispatches
	}
	var all sync.WaitGroup
	for _, node := range []string{"a", "b", "c"}[:nodes] {
		gate := d.open(t, node)
		all.Go(func() {
			if _, err := gate.Send(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	objected := map[id.Customer]time.Time{} // when the objection was durable
	for number := range customers {
		c := customer(number%members, number)
		d.happened(t, c, event.MarketingRefused{By: "customer"})
		d.pass(time.Millisecond)
		objected[c] = d.clock.Now()
	}
	all.Wait()
	d.send(t) // what a node lost to another and nobody took

	for _, dispatch := range d.dispatches(t) {
		if dispatch.State != delivery.Accepted && dispatch.State != delivery.Dropped {
			t.Errorf("dispatch %d is %s: %s", dispatch.ID, dispatch.State, dispatch.Because)
		}
		touches, err := db.TouchesOf(t.Context(), dispatch.ID)
		must(t, err)
		for _, touch := range touches {
			if at, refused := objected[touch.Customer]; refused && touch.State == delivery.Underway && !dispatch.Called.Before(at) {
				t.Errorf("a call opened at %s includes a customer who had objected by %s", dispatch.Called, at)
			}
		}
	}
	d.confirm(t)
	for who, n := range received(d.platform) {
		if n != 1 {
			t.Errorf("%s received %d", who, n)
		}
	}
}
