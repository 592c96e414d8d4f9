package world

import (
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/wecom/simulator"
)

// BenchmarkHistory20000 lives the year of the default world into a platform
// and prints what came of it.
func BenchmarkHistory20000(b *testing.B) {
	for b.Loop() {
		began := time.Now()
		w, platform := connected(b, Config{Customers: 20_000, Seed: 1, Archive: true})
		took := time.Since(began)
		b.ReportMetric(took.Seconds(), "s/history")
		never, deleted := 0, 0
		for i := range w.people {
			if w.people[i].orders == 0 {
				never++
			}
		}
		for _, r := range platform.Relations() {
			if r.Bond != "added" {
				deleted++
			}
		}
		b.Logf("%d customers, %d relations (%d ended), %d orders, %d people never bought; %.1f s",
			w.Customers(), w.Relations(), deleted, len(w.orders), never, took.Seconds())
		for i, line := range w.brand.Lines {
			b.Logf("%-12s cycle %5.0f days, median gap %5.1f days", line.Name, line.CycleDays, medianGap(w, i))
		}
	}
}

// BenchmarkTruth20000 computes the ground truth of the default world on one
// core and prints its shares and what simple rules score.
func BenchmarkTruth20000(b *testing.B) {
	w, _ := lived(b, Config{Customers: 20_000, Seed: 1})
	b.ResetTimer()
	for b.Loop() {
		truths := reachable(w)
		count := map[Part]int{}
		for _, t := range truths {
			count[t.Limiting]++
		}
		b.Logf("limiting parts of %d people: %v", len(truths), count)
		b.Logf("random   %+v", Judge(truths, RandomRule(truths, 1)))
		b.Logf("majority %+v", Judge(truths, MajorityRule(truths)))
		b.Logf("recency  %+v", Judge(truths, RecencyRule(truths)))
		for _, a := range Assumptions() {
			b.Logf("assumed: %-36s %6.3f %s", a.Name, a.Value, a.Unit)
		}
	}
}

func connected(t testing.TB, config Config) (*World, *simulator.Platform) {
	t.Helper()
	start := time.Date(2026, time.November, 1, 0, 0, 0, 0, clock.Shanghai)
	platform, err := simulator.New(simulator.Config{Clock: clock.NewVirtual(start), Seed: config.Seed, Archive: simulator.Archive{On: config.Archive}})
	if err != nil {
		t.Fatal(err)
	}
	config.Start = start
	w, err := New(platform, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.History(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, platform
}
