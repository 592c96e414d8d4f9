package btyd

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesAreNumberedAsTheyAppear(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ledger, known := NewLedger(), map[string]int{}
		var rows []string
		sorted := rapid.IntRange(0, 2000).Draw(rt, "sorted")
		for range rapid.IntRange(0, 4000).Draw(rt, "rows") {
			name := strconv.Itoa(len(rows) / 2)
			if sorted--; sorted < 0 {
				name = rapid.StringN(0, 3, -1).Draw(rt, "name")
			}
			if _, seen := known[name]; !seen {
				known[name] = len(known)
			}
			rows = append(rows, name)
			if len(rows)%2 == 0 {
				ledger.Add(name, Day(len(rows)), 1)
			} else {
				ledger.AddID([]byte(name), Day(len(rows)), 1)
			}
		}
		log := ledger.Close()
		if log.Customers() != len(known) {
			rt.Fatalf("%d customers of %d", log.Customers(), len(known))
		}
		for name, i := range known {
			if log.Name(i) != name || string(log.ID(i)) != name {
				rt.Fatalf("number %d is %q, want %q", i, log.Name(i), name)
			}
			for _, o := range log.Orders(i) {
				if rows[o.Day-1] != name {
					rt.Fatalf("%q has the order of %q", name, rows[o.Day-1])
				}
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
