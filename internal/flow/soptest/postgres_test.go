package soptest_test

import (
	"fmt"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/storage/storagetest"
)

// A life of some days by the same facts and moments leaves the same runs and steps
// in both databases, to the last bit.
func TestBothDatabasesLiveTheSameLife(t *testing.T) {
	life := func(url string) string {
		db := must[*storage.DB](t)(storage.Open(t.Context(), storage.Config{URL: url}))
		defer func() { ok(t, db.Close()) }()
		w := teller{must[*soptest.Town](t)(soptest.New(t.Context(), db, morning, clock.Shanghai)), t}
		w.install(livelyProcess)
		number := w.install(watchedProcess)
		for n := range killed {
			at := morning.Add(time.Duration(n) * time.Second)
			ok(t, w.TellAs(t.Context(), id.Customer(1+n), at, fmt.Sprint("added ", n), event.RelationAdded{Staff: soptest.Member}))
			if n%2 == 0 {
				ok(t, w.TellAs(t.Context(), id.Customer(1+n), at.Add(time.Second), fmt.Sprint("wrote ", n), event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"}))
			}
		}
		w.until(morning.Add(30 * time.Hour))
		ok(t, w.TellAs(t.Context(), 5, w.Clock.Now(), "bought", order(1)))
		w.until(morning.Add(60 * time.Hour))
		ok(t, w.Operator.Pause(t.Context(), number, "lead", w.Clock.Now()))
		w.until(morning.Add(64 * time.Hour))
		must[int](t)(w.Operator.Retire(t.Context(), number, "lead", w.Clock.Now()))
		w.until(morning.Add(11 * 24 * time.Hour))
		checked(t, w)
		return dump(t, w) + fmt.Sprint(w.results())
	}
	server := postgrestest.Start(t)
	lite, large := life(storagetest.SQLite(t)), life(server.Database(t))
	if lite != large {
		t.Errorf("two lives by the same facts differ: %d and %d bytes", len(lite), len(large))
	}
}
