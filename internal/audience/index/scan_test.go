package index

import (
	"fmt"
	"testing"

	"siyu/internal/audience"
)

func BenchmarkNarrow(b *testing.B) {
	for _, width := range []uint8{1, 2, 4} {
		b.Run(fmt.Sprintf("%d bytes", width), func(b *testing.B) {
			c := columnFor(0, int64(most(width)), blockSize)
			for row := range blockSize {
				c.put(row, int64(uint64(row)*spread>>32&most(width)))
			}
			var all, m mask
			for i := range all {
				all[i] = ^uint64(0)
			}
			half := audience.Span{From: int64(most(width) / 4), To: int64(most(width) * 3 / 4)}
			for b.Loop() {
				m = all
				c.narrow(half, &m)
			}
		})
	}
}
