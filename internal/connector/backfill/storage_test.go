package backfill_test

import (
	"maps"
	"testing"

	"siyu/internal/connector/backfill"
	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/vault"
)

// keepIn replaces the memory of a corp by a real database and vault.
func (c *corp) keepIn(path string) *eventlog.Log {
	c.t.Helper()
	db, err := storage.Open(c.t.Context(), storage.Config{URL: path})
	must(c.t, err)
	c.t.Cleanup(func() { must(c.t, db.Close()) })
	key, err := vault.NewKey(make([]byte, 32))
	must(c.t, err)
	log := eventlog.New(db, c.clock)
	c.backfill = backfill.New(c.client, &intake.Intake{Corp: c.id, Log: log, Vault: vault.Open(db, key), Ledger: db, Clock: c.clock}, c.lookAtTags, &c.sent)
	return log
}

func TestARealDatabaseHoldsTheSameFactsAndIsToldNothingTwice(t *testing.T) {
	memory := open(t)
	memory.fill(6, 300, 3)
	must(t, memory.backfill.Run(t.Context()))
	c := open(t)
	c.fill(6, 300, 3)
	log := c.keepIn(storagetest.SQLite(t))
	must(t, c.backfill.Run(t.Context()))
	count := map[event.Kind]int{}
	_, err := log.Each(t.Context(), 0, func(f event.Fact) error { count[f.Kind]++; return nil })
	must(t, err)
	if want := kinds(memory.memory.Facts(0)); !maps.Equal(count, want) {
		t.Errorf("stored %v\nwant %v", count, want)
	}
	head, err := log.LogHead(t.Context())
	must(t, err)
	must(t, c.backfill.Run(t.Context()))
	must(t, c.backfill.Reconcile(t.Context()))
	if again, err := log.LogHead(t.Context()); err != nil || again != head {
		t.Errorf("a repetition appended %d facts, %v", again-head, err)
	}
}

// BenchmarkBackfillIntoSQLite is BenchmarkBackfill into a real database.
func BenchmarkBackfillIntoSQLite(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := open(b)
		c.fill(45, 20_000, 60)
		log := c.keepIn(storagetest.SQLite(b))
		b.StartTimer()
		must(b, c.backfill.Run(b.Context()))
		head, err := log.LogHead(b.Context())
		must(b, err)
		b.ReportMetric(float64(head), "facts")
	}
}
