package btyd

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesAreNumberedAsTheyAppear(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, known := newNames(), map[string]int32{}
		for range rapid.IntRange(0, 3000).Draw(rt, "rows") {
			name := rapid.StringN(0, 3, -1).Draw(rt, "name")
			want, seen := known[name]
			if !seen {
				want = int32(len(known))
				known[name] = want
			}
			if got := n.number(name); got != want {
				rt.Fatalf("%q is number %d, want %d", name, got, want)
			}
		}
		n.close()
		for name, i := range known {
			if n.name(i) != name || n.len() != len(known) {
				rt.Fatalf("number %d is %q, want %q; %d names of %d", i, n.name(i), name, n.len(), len(known))
			}
		}
	})
}

func TestAThousandNamesGrowTheTable(t *testing.T) {
	ledger := NewLedger()
	for round := range 2 {
		for i := range 50_000 {
			ledger.Add(strconv.Itoa(i), Day(10*round), float64(i))
		}
	}
	log := ledger.Close()
	if log.Customers() != 50_000 {
		t.Fatalf("%d customers", log.Customers())
	}
	for i := range log.Customers() {
		if orders := log.Orders(i); len(orders) != 2 || orders[0].Day != 0 || orders[1].Amount != float64(i) {
			t.Fatalf("customer %d: %v", i, orders)
		}
	}
}
