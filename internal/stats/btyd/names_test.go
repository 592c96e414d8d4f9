package btyd

import (
	"fmt"
	"strconv"
	"strings"
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
				name = strings.Repeat("x", rapid.IntRange(0, 9).Draw(rt, "long")) + rapid.StringN(0, 3, -1).Draw(rt, "name")
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

func TestNamesThatAGlanceMayTakeForEachOtherAreTold(t *testing.T) {
	ledger := NewLedger()
	alike := []string{"b", "", "\x00", "a", "a\x00", "a\x00\x00\x00\x00\x00\x00\x00", "a\x00\x00\x00\x00\x00\x00\x00\x00", "a ", "\xe1", "1234567", "12345678", "123456789", "01234567", "é"}
	for round := range 2 {
		for i, name := range alike {
			ledger.Add(name, Day(10*round), float64(i))
		}
	}
	log := ledger.Close()
	for i, name := range alike {
		if orders := log.Orders(i); log.Name(i) != name || len(orders) != 2 || orders[0].Amount != float64(i) {
			t.Fatalf("number %d is %q with orders %v, want %q", i, log.Name(i), orders, name)
		}
	}
}

func TestNamesInTheirOrderNeedNoTable(t *testing.T) {
	ledger := NewLedger()
	for i := range 3 * crowdNames * 5 {
		ledger.Add(fmt.Sprintf("%06d", i/3), Day(i), 1) // crowds begin within a customer's rows
	}
	ledger.settle()
	if ledger.names.buckets != nil {
		t.Error("a table was made")
	}
	if log := ledger.Close(); log.Customers() != crowdNames*5 || len(log.Orders(crowdNames)) != 3 {
		t.Errorf("%d customers, %v", log.Customers(), log.Orders(crowdNames))
	}
}
