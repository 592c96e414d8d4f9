package allocation_test

import (
	"fmt"
	"testing"
	"time"

	"siyu/internal/stats/allocation"
)

func BenchmarkFamilies(b *testing.B) {
	for _, n := range []int{20_000, 1_000_000} {
		for _, f := range allocation.Families() {
			b.Run(fmt.Sprintf("%s/%d", f, n), func(b *testing.B) {
				s := allocation.Size{Customers: n, Offers: 10, Staff: n / 2000, Channels: 4, Days: 1, Seed: 1}
				block := new(allocation.Block)
				if err := f.Fill(block, s, 0, n); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					begin := time.Now()
					r, err := allocation.Solve(f.Limits(s), []allocation.Shard{block}, allocation.Options{})
					if err != nil {
						b.Fatal(err)
					}
					fmt.Printf("%s %d: objective %.2f bound %.2f gap %.5f%% violated %d actions %d in %v\n", f, n, r.Objective, r.Bound, 100*r.Gap(), r.Violated, r.Actions, time.Since(begin))
				}
			})
		}
	}
}
