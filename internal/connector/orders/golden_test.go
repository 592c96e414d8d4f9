package orders

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"siyu/internal/clock"
	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Every format has an invented export in testdata; beside it stands what must
// come of it.
func TestEveryFormatBecomesTheFactsOfItsGoldenFile(t *testing.T) {
	for _, format := range export.Formats() {
		if format.Content == export.CustomerList {
			continue
		}
		t.Run(format.Name, func(t *testing.T) {
			m := newMemory()
			m.owners[string(hashed("13900010001"))] = 4242 // known to WeCom before
			result := imported(t, m, filepath.Join("testdata", format.Name+".csv"), Options{})
			compare(t, filepath.Join("testdata", format.Name+".golden"), told(t, m, result))
		})
	}
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

// told writes facts and result as text, customers by the order of appearance.
func told(t *testing.T, m *memory, result Result) string {
	t.Helper()
	var out strings.Builder
	names := map[event.Subject]string{event.Customer(4242): "known customer"}
	for _, f := range m.facts {
		name, ok := names[f.Subject]
		if !ok {
			name = fmt.Sprintf("%s %d", f.Subject.Type, len(names))
			names[f.Subject] = name
		}
		fmt.Fprintf(&out, "%s %s %s", f.At.In(clock.Shanghai).Format("2006-01-02 15:04:05"), name, f.Kind)
		if f.Kind != event.KindCustomerIdentified {
			out.WriteString(" " + string(f.Body))
		}
		out.WriteString("\n")
	}
	purchases := 0
	for _, k := range m.orders {
		if k.Purchase {
			purchases++
		}
	}
	result.Seconds, result.Facts = 0, len(m.facts)
	summary, err := json.MarshalIndent(result, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "recorded %d, purchases %d\n%s\n", len(m.orders), purchases, summary)
	return out.String()
}

func TestAListOfCustomersIsNotImportedAsOrders(t *testing.T) {
	m := newMemory()
	_, err := importer(m).Import(t.Context(), "testdata/youzan_customers.csv", Options{})
	if fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "youzan_customers") || len(m.runs) != 0 {
		t.Errorf("error %v, %d runs", err, len(m.runs))
	}
}

func TestEveryFormatRecognisesItsOwnHeader(t *testing.T) {
	for _, format := range export.Formats() {
		preview, err := importer(newMemory()).Preview(filepath.Join("testdata", format.Name+".csv"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if preview.Format != format.Name || preview.Guesses[0].Format != format.Name {
			t.Errorf("%s is recognised as %s: %+v", format.Name, preview.Format, preview.Guesses)
		}
	}
}

func TestThePreviewShowsHowAFileWouldBeRead(t *testing.T) {
	for _, name := range []string{"taobao_orders_classic", "keruyun_pos", "douyin_shop_orders"} {
		preview, err := importer(newMemory()).Preview(filepath.Join("testdata", name+".csv"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.MarshalIndent(preview, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		compare(t, filepath.Join("testdata", name+".preview"), string(got)+"\n")
	}
}

func TestAnErpOrderIsTheShopsOrder(t *testing.T) {
	m := newMemory()
	imported(t, m, "testdata/taobao_orders_classic.csv", Options{})
	result := imported(t, m, "testdata/jushuitan_erp.csv", Options{})
	if result.Updated+result.Duplicates != 1 || result.Orders != 1 {
		t.Errorf("the order of both files: %+v", result)
	}
	if _, ok := m.orders[id.OrderOf("taobao", "2026030400000001")]; !ok || len(m.orders) != 4 {
		t.Errorf("%d orders recorded", len(m.orders))
	}
}

func TestItemsAreAddedToTheOrdersOfAnotherExport(t *testing.T) {
	m := newMemory()
	imported(t, m, "testdata/taobao_orders_classic.csv", Options{})
	result := imported(t, m, "testdata/taobao_items_classic.csv", Options{})
	if result.Updated != 1 || result.Incomplete != 1 || result.Orders != 0 {
		t.Errorf("result %+v", result)
	}
	known := m.orders[id.OrderOf("taobao", "2026030400000003")]
	record := known.Record
	if known.Amount != 25600 || !slices.ContainsFunc(record.Items, func(i Item) bool { return i.SKU == "LJ-GIFT" && i.Quantity == 2 && i.Amount == 20000 }) {
		t.Errorf("recorded %+v with %+v", known, record.Items)
	}
}
