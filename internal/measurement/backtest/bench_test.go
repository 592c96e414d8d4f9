package backtest

import "testing"

// BenchmarkRun is what a week's backtest costs a brand that is larger than its
// sample.
func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		orders := shop(20_000, 364)
		b.StartTimer()
		if r := orders.Run(now); r.Short {
			b.Fatal("nothing was judged")
		}
	}
}
