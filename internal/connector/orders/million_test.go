package orders

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
	"siyu/internal/event"
	"siyu/internal/id"
)

// BenchmarkImportMillion imports an export of SIYU_IMPORT_LINES lines (100,000
// unless set; bin/bench sets 1,000,000) without a database: reading, combining
// and making facts. It prints lines per second and the largest heap.
func BenchmarkImportMillion(b *testing.B) {
	lines := 100_000
	if set := os.Getenv("SIYU_IMPORT_LINES"); set != "" {
		n, err := strconv.Atoi(set)
		if err != nil {
			b.Fatal(err)
		}
		lines = n
	}
	path := filepath.Join(b.TempDir(), "export.csv")
	if err := writeExport(path, lines); err != nil {
		b.Fatal(err)
	}
	var largest uint64
	im := &Importer{Log: nothing{}, Identities: nothing{}, Runs: nothing{}, Phones: hashes{}, Clock: clock.System{}}
	b.ResetTimer()
	for range b.N {
		runtime.GC()
		result, err := im.Import(b.Context(), path, Options{Progress: func(rows int) {
			if rows%(20*batchSteps) < batchSteps {
				largest = max(largest, heap())
			}
		}})
		if err != nil || result.Rows != lines || result.RejectedTotal != 0 {
			b.Fatalf("%d rows, %d rejected, %v", result.Rows, result.RejectedTotal, err)
		}
	}
	b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64(largest)/(1<<20), "MB-heap")
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// writeExport writes a Youzan export: 40 columns, 400 bytes a line.
func writeExport(path string, lines int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	out.WriteString(strings.Join(youzanOrdersOlder.Headers, ",") + "\n")
	cells := make([]string, len(youzanOrdersOlder.Headers))
	column := map[string]int{}
	for i, name := range youzanOrdersOlder.Headers {
		column[name] = i
	}
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, clock.Shanghai)
	for i := range lines {
		at := start.Add(time.Duration(i) * 30 * time.Second).Format(time.DateTime)
		cells[column["订单号"]] = fmt.Sprintf("E2025%012d", i)
		cells[column["归属店铺"]] = fmt.Sprintf("%d号店", i%12)
		cells[column["订单状态"]] = "交易完成"
		cells[column["订单创建时间"]], cells[column["买家付款时间"]] = at, at
		cells[column["订单实付金额"]] = fmt.Sprintf("%d.%02d", 10+i%90, i%100)
		cells[column["全部商品名称"]] = "茉莉绿茶 250g 袋装"
		cells[column["买家手机号"]] = fmt.Sprintf("139%08d", i%300_000)
		cells[column["详细收货地址/提货地址"]] = "某某路 100 弄 1 号楼"
		cells[column["订单已退款金额"]] = "0.00"
		out.WriteString(strings.Join(cells, ",") + "\n")
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// nothing takes everything and keeps nothing, so that only the import itself is
// measured.
type nothing struct{}

func (nothing) Append(_ context.Context, facts ...event.Fact) (int, error) { return len(facts), nil }

func (nothing) PhoneOwners(context.Context, [][]byte) (map[string]id.Customer, error) {
	return nil, nil
}

func (nothing) KnownOrders(context.Context, []id.Order) (map[id.Order]Known, error) {
	return map[id.Order]Known{}, nil
}

func (nothing) SaveOrders(context.Context, []Known, Checkpoint) error { return nil }

func (nothing) OpenRun(context.Context, [32]byte) (Checkpoint, bool, error) {
	return Checkpoint{}, false, nil
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	peak := func(lines int) uint64 {
		path := filepath.Join(t.TempDir(), "export.csv")
		if err := writeExport(path, lines); err != nil {
			t.Fatal(err)
		}
		var largest uint64
		im := &Importer{Log: nothing{}, Identities: nothing{}, Runs: nothing{}, Phones: hashes{}, Clock: clock.System{}}
		if _, err := im.Import(t.Context(), path, Options{Progress: func(int) {
			runtime.GC()
			largest = max(largest, heap())
		}}); err != nil {
			t.Fatal(err)
		}
		return largest
	}
	short, long := peak(20_000), peak(80_000)
	// Only the set of customers seen may grow: 27 bytes for each of at most
	// 60,000 more, and what the collector leaves.
	const slack = 4 << 20
	if long > short+slack {
		t.Errorf("80,000 lines need %d bytes, 20,000 lines %d", long, short)
	}
}
