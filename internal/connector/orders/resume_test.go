package orders

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
)

// manyLines returns a file of about three batches: orders of one to three
// lines, some apart, some refunded, some broken, phones that repeat.
func manyLines(t *testing.T) string {
	t.Helper()
	var lines []string
	for i := range 3 * batchSteps {
		number := fmt.Sprintf("N%d", i)
		phone := fmt.Sprintf("139%08d", i%900)
		switch i % 7 {
		case 0:
			lines = append(lines, line(number, "已付款", "10.00", "", phone, "A"), line(number, "已付款", "10.00", "", phone, "B"))
		case 1:
			lines = append(lines, line(number, "已退款", "12.50", "12.50", phone, "A"))
		case 2:
			lines = append(lines, line(number, "待付款", "1.00", "", phone, "A"))
		case 3:
			lines = append(lines, line(number, "已付款", "oops", "", phone, "A"))
		case 4:
			lines = append(lines, line(number, "已付款", "3.00", "", "139****0001", "A"))
		default:
			lines = append(lines, line(number, "已付款", "7.70", "", phone, "C"))
		}
		if i%50 == 49 {
			lines = append(lines, line(fmt.Sprintf("N%d", i-42), "已付款", "10.00", "", phone, "D"))
		}
	}
	return file(t, lines...)
}

func TestAnImportKilledAnywhereGoesOnAndCountsNothingTwice(t *testing.T) {
	path := manyLines(t)
	rejects := func() string { return filepath.Join(t.TempDir(), "rejects.csv") }
	whole := newMemory()
	wholeRejects := rejects()
	want := imported(t, whole, path, Options{RejectFile: wholeRejects})
	if want.Orders == 0 || want.RejectedTotal == 0 || whole.calls < 4 {
		t.Fatalf("the file tests too little: %d orders, %d rejected in %d calls", want.Orders, want.RejectedTotal, whole.calls)
	}
	for call := 1; call <= whole.calls; call++ {
		for _, stores := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d stores %v", call, stores), func(t *testing.T) {
				m, list := newMemory(), filepath.Join(t.TempDir(), "rejects.csv")
				m.dieAt, m.stores = call, stores
				if _, err := importer(m).Import(t.Context(), path, Options{RejectFile: list}); !errors.Is(err, errKilled) {
					t.Fatalf("error %v, want the kill", err)
				}
				again := imported(t, m, path, Options{RejectFile: list})
				if call == whole.calls && stores {
					if again.Duplicates == 0 || len(m.facts) != len(whole.facts) {
						t.Errorf("a finished import again: %+v", again)
					}
					return
				}
				same(t, m, whole)
				again.Resumed, again.RejectFile = false, want.RejectFile
				if fmt.Sprint(again.Rejected) != fmt.Sprint(want.Rejected) {
					t.Error("other lines are rejected")
				}
				if a, b := withoutRejected(again), withoutRejected(want); a != b {
					t.Errorf("result\n%s, want\n%s", a, b)
				}
				sameFile(t, list, wholeRejects)
			})
		}
	}
}

// Whom the interrupted import made known may be folded by the time it goes on:
// he is new all the same. Whom an earlier import made known is not.
func TestAnImportThatGoesOnKnowsWhomItMet(t *testing.T) {
	path, earlier := manyLines(t), file(t, line("X1", "已付款", "5.00", "", "13900000003", "A"), line("X2", "已付款", "5.00", "", "13900000005", "A"))
	begun := func() *memory {
		m := newMemory()
		m.now = today.Add(-time.Hour)
		imported(t, m, earlier, Options{})
		m.learn(t)
		m.now = today
		return m
	}
	whole := begun()
	want := imported(t, whole, path, Options{})
	if want.CustomersMatched != 2 || want.CustomersNew == 0 {
		t.Fatalf("the files test too little: %d matched, %d new", want.CustomersMatched, want.CustomersNew)
	}
	m := begun()
	m.dieAt = m.calls + 3
	if _, err := importer(m).Import(t.Context(), path, Options{}); !errors.Is(err, errKilled) {
		t.Fatalf("error %v, want the kill", err)
	}
	m.learn(t)
	again := imported(t, m, path, Options{})
	again.Resumed = false
	if a, b := withoutRejected(again), withoutRejected(want); a != b {
		t.Errorf("result\n%s, want\n%s", a, b)
	}
}

func TestAnImportThatRecordsBatchesTogetherGoesOnAfterAKill(t *testing.T) {
	path, apart := manyLines(t), newMemory()
	want := imported(t, apart, path, Options{})
	// However many batches come together, there are two calls at least.
	for call := 1; call <= 2; call++ {
		for _, stores := range []bool{false, true} {
			m := newMemory()
			m.dieAt, m.stores = call, stores
			together := importer(m)
			together.Calm = nil
			if _, err := together.Import(t.Context(), path, Options{}); !errors.Is(err, errKilled) {
				t.Fatalf("error %v, want the kill", err)
			}
			again, err := together.Import(t.Context(), path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(m.facts) != len(apart.facts) || len(m.orders) != len(apart.orders) {
				t.Errorf("killed at call %d: %d facts and %d orders, want %d and %d", call, len(m.facts), len(m.orders), len(apart.facts), len(apart.orders))
			}
			if again.Orders+again.Duplicates < want.Orders {
				t.Errorf("killed at call %d: %d orders and %d duplicates, want %d orders", call, again.Orders, again.Duplicates, want.Orders)
			}
		}
	}
}

func TestOfAnOrderInTwoBatchesTheLaterIsRecorded(t *testing.T) {
	first := portion{orders: []Known{{Order: 1, Amount: 10}, {Order: 2}}, facts: make([]event.Fact, 2), rows: 2, batches: 1}
	first.join(portion{orders: []Known{{Order: 1, Amount: 12}, {Order: 3}}, facts: make([]event.Fact, 3), rows: 5, batches: 1})
	if len(first.orders) != 3 || first.orders[1].Order != 1 || first.orders[1].Amount != 12 || len(first.facts) != 5 || first.rows != 5 || first.batches != 2 {
		t.Errorf("together: %+v", first)
	}
}

// What an import tells may be folded while it goes on: whoever was new in its
// first lines still is in its last.
func TestFoldingDuringAnImportDoesNotChangeItsResult(t *testing.T) {
	path, undisturbed, folded := manyLines(t), newMemory(), newMemory()
	want := imported(t, undisturbed, path, Options{})
	im := importer(folded)
	calls := 0
	im.Recorded = func(ctx context.Context) {
		calls++
		if ctx.Err() != nil {
			t.Error("folding is told to stop")
		}
		folded.learn(t)
	}
	got, err := im.Import(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if calls == 0 || len(folded.owners) == 0 || want.CustomersNew == 0 {
		t.Fatalf("folded %d times, %d owners", calls, len(folded.owners))
	}
	same(t, folded, undisturbed)
	if a, b := withoutRejected(got), withoutRejected(want); a != b {
		t.Errorf("result\n%s, want\n%s", a, b)
	}
}

func TestAMergeThatIsUndoneDuringAnImportNoLongerCounts(t *testing.T) {
	phone, m := []byte("keyed"), newMemory()
	m.owners[string(phone)] = 1
	r := run{im: importer(m), owners: map[string]id.Customer{}}
	for _, now := range []struct {
		merges map[id.Customer]id.Customer
		answer id.Customer
	}{
		{nil, 1}, {map[id.Customer]id.Customer{1: 2}, 2}, {nil, 1},
	} {
		m.merges = now.merges
		owners, err := r.ownersOf(t.Context(), [][]byte{phone})
		if err != nil || owners[string(phone)] != now.answer {
			t.Errorf("merges %v: %v answers, %v", now.merges, owners[string(phone)], err)
		}
	}
}

func same(t *testing.T, got, want *memory) {
	t.Helper()
	if len(got.facts) != len(want.facts) || len(got.orders) != len(want.orders) {
		t.Fatalf("%d facts of %d orders, want %d of %d", len(got.facts), len(got.orders), len(want.facts), len(want.orders))
	}
	for key := range want.keys {
		if !got.keys[key] {
			t.Fatal("a fact is missing")
		}
	}
	for o, k := range want.orders {
		if fmt.Sprint(got.orders[o]) != fmt.Sprint(k) {
			t.Fatalf("order %+v, want %+v", got.orders[o], k)
		}
	}
}

func withoutRejected(r Result) string {
	r.Rejected = nil
	return fmt.Sprintf("%+v", r)
}

func sameFile(t *testing.T, got, want string) {
	t.Helper()
	a, errA := os.ReadFile(got)
	b, errB := os.ReadFile(want)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("reject files differ: %d and %d bytes, %v %v", len(a), len(b), errA, errB)
	}
}

func TestACancelledImportIsNotTakenForFinished(t *testing.T) {
	m := newMemory()
	ctx, cancel := context.WithCancel(t.Context())
	options := Options{Progress: func(int) { cancel() }}
	if _, err := importer(m).Import(ctx, manyLines(t), options); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the cancellation", err)
	}
	for _, run := range m.runs {
		if run.Done {
			t.Error("a cancelled import is marked as done")
		}
	}
}

// A file cut in two at any row, the header on both, says what the whole says.
func TestAFileInTwoPartsIsOneFile(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawLine), 1, 30).Draw(rt, "lines")
		cut := rapid.IntRange(0, len(lines)).Draw(rt, "cut")
		whole, parts := newMemory(), newMemory()
		imported(t, whole, file(t, lines...), Options{})
		for _, part := range [][]string{lines[:cut], lines[cut:]} {
			imported(t, parts, file(t, part...), Options{})
		}
		for o, want := range whole.orders {
			got, ok := parts.orders[o]
			if !ok || got.Purchase != want.Purchase || got.Amount != want.Amount || got.Refunded != want.Refunded || got.Customer != want.Customer || !got.At.Equal(want.At) {
				rt.Fatalf("in parts %+v, whole %+v", got, want)
			}
			if a, b := kept(t, parts.facts, o), kept(t, whole.facts, o); a != b || want.Purchase && b != want.Amount-want.Refunded {
				rt.Fatalf("net of the facts: in parts %s, whole %s, recorded %+v", a.Yuan(), b.Yuan(), want)
			}
			if a, b := itemsOf(t, got), itemsOf(t, want); !slices.Equal(a, b) {
				rt.Fatalf("items in parts %v, whole %v", a, b)
			}
		}
		if len(parts.orders) != len(whole.orders) {
			rt.Fatalf("%d orders in parts, %d whole", len(parts.orders), len(whole.orders))
		}
	})
}

// drawLine draws a line of one of five orders. What an order says as a whole is
// the same on all its lines, as in the exports.
func drawLine(t *rapid.T) string {
	n := rapid.IntRange(1, 5).Draw(t, "order")
	status := []string{"", "已付款", "已完成", "已退款", "待付款", "已关闭"}[n]
	refund := []string{"", "0", "2.50", "", "", ""}[n]
	phone := []string{"", "13900010001", "13900010002", "", "13900010001", "139****0001"}[n]
	sku := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "sku")
	return line(fmt.Sprint(n), status, fmt.Sprintf("%d.00", n*10), refund, phone, sku)
}

func itemsOf(t *testing.T, k Known) []string {
	t.Helper()
	record := k.Record
	var out []string
	for _, item := range record.Items {
		out = append(out, fmt.Sprint(item))
	}
	slices.Sort(out)
	return out
}

// Item exports give every line its own amount and status; parts must add up.
func TestAnItemFileInTwoPartsIsOneFile(t *testing.T) {
	const header = "主订单编号,子订单编号,选购商品,商品数量,商家编码,订单应付金额,收件人手机号,订单提交时间,订单状态,售后状态\n"
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		for i := range rapid.IntRange(1, 20).Draw(rt, "lines") {
			n := rapid.IntRange(1, 4).Draw(rt, "order")
			status := rapid.SampledFrom([]string{"已完成", "已关闭", "待发货"}).Draw(rt, "status")
			lines = append(lines, fmt.Sprintf("%d,S%d,茶,1,A,%d.50,1390001000%d,2026-03-01 10:00:00,%s,-", n, i, 1+i%3, n, status))
		}
		cut := rapid.IntRange(0, len(lines)).Draw(rt, "cut")
		write := func(lines []string) string {
			path := filepath.Join(t.TempDir(), "items.csv")
			if err := os.WriteFile(path, []byte(header+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		whole, parts := newMemory(), newMemory()
		imported(t, whole, write(lines), Options{})
		imported(t, parts, write(lines[:cut]), Options{})
		imported(t, parts, write(lines[cut:]), Options{})
		for o, want := range whole.orders {
			got := parts.orders[o]
			if got.Purchase != want.Purchase || got.Amount != want.Amount || got.Refunded != want.Refunded {
				rt.Fatalf("in parts %+v, whole %+v", got, want)
			}
			if a, b := kept(t, parts.facts, o), kept(t, whole.facts, o); a != b {
				rt.Fatalf("net in parts %s, whole %s", a.Yuan(), b.Yuan())
			}
		}
	})
}

// No key may come of a phone that is not one: whatever is in the column.
func TestAMaskedPhoneNeverBecomesAKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		masked := rapid.Custom(func(t *rapid.T) string {
			digits := fmt.Sprintf("139%08d", rapid.IntRange(0, 99_999_999).Draw(t, "digits"))
			at := rapid.IntRange(0, len(digits)-1).Draw(t, "at")
			sign := rapid.SampledFrom([]string{"*", "***", "****", "#", "$$", "x", "•", "密文"}).Draw(t, "sign")
			return digits[:at] + sign + digits[min(len(digits), at+rapid.IntRange(0, 4).Draw(t, "hidden")):]
		}).Draw(rt, "phone")
		m := newMemory()
		result := imported(t, m, file(t, line("1", "已付款", "1.00", "", masked, "A")), Options{})
		if result.Unlinked != 1 || order(t, m, "1").Customer != id.Customer(0) || result.CustomersNew != 0 {
			rt.Fatalf("%q has become a key: %+v", masked, result)
		}
	})
}
