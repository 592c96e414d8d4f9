package delivery_test

import (
	"testing"
	"time"
)

// BenchmarkLargestMassSend takes a mass send to as many customers as WeCom
// takes from the plan to the last result, and prints each step.
func BenchmarkLargestMassSend(b *testing.B) {
	const customers = 10_000
	numbers := make([]int, customers)
	for i := range numbers {
		numbers[i] = i
	}
	for range b.N {
		d := newDesk(b, 1, customers)
		step := time.Now()
		lap := func(name string) {
			b.ReportMetric(float64(time.Since(step).Milliseconds()), name)
			step = time.Now()
		}
		d.plan(b, "ask", 0, numbers...)
		lap("ms/queue")
		d.send(b)
		lap("ms/send")
		d.confirm(b)
		lap("ms/confirm")
		if r := d.read(b); r.Delivered != customers {
			b.Fatalf("results %+v", r)
		}
		lap("ms/read")
	}
}
