package demo

import (
	"log/slog"
	"testing"
	"time"

	"siyu/internal/clock"
)

// BenchmarkFirstPage is how long it takes from nothing to a brand with a year
// of history, connected, understood and with a plan for its first day.
func BenchmarkFirstPage(b *testing.B) {
	for b.Loop() {
		d, err := Open(b.Context(), Config{
			Addr: "127.0.0.1:0", Data: b.TempDir(), Customers: 20_000, Seed: 1, Archive: true, Linked: 0.85,
			Start: time.Date(2026, 11, 2, 0, 0, 0, 0, clock.Shanghai), Log: slog.New(slog.DiscardHandler), Say: b.Logf,
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.App.Night(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
