package orders

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"siyu/internal/fault"
)

// FuzzImport imports anything: it must end without a panic, record nothing it
// does not count, and blame the file with a code.
func FuzzImport(f *testing.F) {
	for _, name := range []string{"youzan_orders", "douyin_shop_orders", "taobao_items_classic", "keruyun_pos", "jushuitan_erp"} {
		content, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte(head + line("1", "已付款", "1.00", "", "13900010001", "A")))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(folder, "fuzz")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		m := newMemory()
		result, err := importer(m).Import(t.Context(), path, Options{})
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			t.Fatalf("error without blame: %v", err)
		}
		purchases := 0
		for _, k := range m.orders {
			if k.Purchase {
				purchases++
			}
			if k.Refunded > k.Amount || k.Amount < 0 || k.Refunded < 0 {
				t.Fatalf("recorded %+v", k)
			}
		}
		if purchases != result.Orders {
			t.Fatalf("%d purchases recorded, %d counted", purchases, result.Orders)
		}
		for _, r := range result.Rejected {
			if r.Reason == "" || strings.Contains(r.Value, "13900010001") {
				t.Fatalf("rejected %+v", r)
			}
		}
	})
}
