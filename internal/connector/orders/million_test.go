package orders_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/export"
	"siyu/internal/connector/orders"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/vault"
)

// BenchmarkImportMillion imports an export of SIYU_IMPORT_LINES lines (50,000
// unless set; bin/bench sets 1,000,000): reading alone, and into SQLite. It
// prints lines per second and the largest heap seen.
func BenchmarkImportMillion(b *testing.B) {
	lines := 50_000
	if set := os.Getenv("SIYU_IMPORT_LINES"); set != "" {
		n, err := strconv.Atoi(set)
		if err != nil {
			b.Fatal(err)
		}
		lines = n
	}
	path := filepath.Join(b.TempDir(), "export.csv")
	writeExport(b, path, lines)
	b.Run("reading", func(b *testing.B) { measure(b, path, lines, reading(b)) })
	b.Run("sqlite", func(b *testing.B) { measure(b, path, lines, onDatabase(b, filepath.Join(b.TempDir(), "siyu.db"))) })
}

func measure(b *testing.B, path string, lines int, im *orders.Importer) {
	var largest uint64
	result, err := im.Import(b.Context(), path, orders.Options{Progress: func(int) { largest = max(largest, heap()) }})
	if err != nil || result.Rows != lines || result.RejectedTotal != 0 {
		b.Fatalf("%d rows, %d rejected, %v", result.Rows, result.RejectedTotal, err)
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64(largest)/(1<<20), "MB-heap")
	b.ReportMetric(0, "ns/op")
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func key(t testing.TB) vault.Key {
	t.Helper()
	k, err := vault.NewKey([]byte("a key of thirty-two bytes, tests"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// reading returns an importer that keeps nothing, so that only reading,
// combining and making facts is measured.
func reading(t testing.TB) *orders.Importer {
	return &orders.Importer{Log: nothing{}, Identities: nothing{}, Runs: nothing{}, Phones: key(t), Clock: clock.System{}}
}

func onDatabase(t testing.TB, url string) *orders.Importer {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return on(t, db)
}

func on(t testing.TB, db *storage.DB) *orders.Importer {
	return &orders.Importer{Log: eventlog.New(db, clock.System{}), Identities: db, Runs: db, Phones: key(t), Clock: clock.System{}}
}

// writeExport writes a Youzan export: 40 columns, about 240 bytes a line,
// 300,000 buyers.
func writeExport(t testing.TB, path string, lines int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	format, ok := export.FormatNamed("youzan_orders_older")
	if !ok {
		t.Fatal("no such format")
	}
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, strings.Join(format.Headers, ","))
	cells, column := make([]string, len(format.Headers)), map[string]int{}
	for i, name := range format.Headers {
		column[name] = i
	}
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, clock.Shanghai)
	for i := range lines {
		at := start.Add(time.Duration(i) * 30 * time.Second).Format(time.DateTime)
		for name, value := range map[string]string{
			"订单号": fmt.Sprintf("E2025%012d", i), "归属店铺": fmt.Sprintf("%d号店", i%12), "订单状态": "交易完成",
			"订单创建时间": at, "买家付款时间": at, "订单实付金额": fmt.Sprintf("%d.%02d", 10+i%90, i%100),
			"全部商品名称": "茉莉绿茶 250g 袋装", "买家手机号": fmt.Sprintf("139%08d", i%300_000),
			"详细收货地址/提货地址": "某某路 100 弄 1 号楼", "订单已退款金额": "0.00",
		} {
			cells[column[name]] = value
		}
		fmt.Fprintln(out, strings.Join(cells, ","))
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// nothing takes everything and keeps nothing.
type nothing struct{}

func (nothing) Stamp([]event.Fact) error { return nil }

func (nothing) MetSince(context.Context, []id.Customer, time.Time) (map[id.Customer]bool, error) {
	return nil, nil
}

func (nothing) PhoneOwners(context.Context, [][]byte) (map[string]id.Customer, error) {
	return map[string]id.Customer{}, nil
}

func (nothing) Canonical(context.Context, []id.Customer) (map[id.Customer]id.Customer, error) {
	return nil, nil
}

func (nothing) KnownOrders(context.Context, []id.Order) (map[id.Order]orders.Known, error) {
	return map[id.Order]orders.Known{}, nil
}

func (nothing) SaveOrders(context.Context, []event.Fact, []orders.Known, orders.Checkpoint) error {
	return nil
}

func (nothing) OpenRun(context.Context, [32]byte) (orders.Checkpoint, bool, error) {
	return orders.Checkpoint{}, false, nil
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	peak := func(lines int) uint64 {
		path := filepath.Join(t.TempDir(), "export.csv")
		writeExport(t, path, lines)
		var largest uint64
		if _, err := reading(t).Import(t.Context(), path, orders.Options{Progress: func(int) {
			runtime.GC()
			largest = max(largest, heap())
		}}); err != nil {
			t.Fatal(err)
		}
		return largest
	}
	// 60,000 lines fill everything that is read ahead, more or less of which
	// waits by luck. Of the others only the set of customers seen may grow: 27
	// bytes for each. A row is some 500 bytes.
	short, long := peak(60_000), peak(200_000)
	const slack = 40 << 20
	if long > short+slack {
		t.Errorf("200,000 lines need %d bytes, 60,000 lines %d", long, short)
	}
	t.Logf("60,000 lines need %d bytes, 200,000 lines %d", short, long)
}
