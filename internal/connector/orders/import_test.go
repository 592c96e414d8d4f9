package orders

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/sheet"
)

const head = "订单号,订单创建时间,买家付款时间,订单状态,订单实付金额,订单已退款金额,买家手机号,归属店铺,商品名称,商品数量,规格编码\n"

// headShop is the shop system whose words head uses.
const headShop = "youzan"

// file writes a csv of lines under head.
func file(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(path, []byte(head+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is one row: order o, item sku, with a status, amount, refund and phone.
func line(o, status, amount, refund, phone, sku string) string {
	return fmt.Sprintf("%s,2026-03-01 10:00:00,2026-03-01 10:01:00,%s,%s,%s,%s,店,茶,1,%s", o, status, amount, refund, phone, sku)
}

func order(t *testing.T, m *memory, number string) Known {
	t.Helper()
	for _, shop := range []string{headShop, export.Generic} {
		if k, ok := m.orders[id.OrderOf(shop, number)]; ok {
			return k
		}
	}
	t.Fatalf("order %s is not recorded", number)
	return Known{}
}

// kept adds up what the facts say of an order about whoever it belongs to.
func kept(t *testing.T, facts []event.Fact, o id.Order) money.Fen {
	t.Helper()
	amounts, refunds := map[event.Subject]money.Fen{}, map[event.Subject]money.Fen{}
	for _, f := range facts {
		switch f.Kind {
		case event.KindOrderPaid:
			if b, err := event.Read[event.OrderPaid](f); err != nil {
				t.Fatal(err)
			} else if b.Order == o {
				amounts[f.Subject] = b.Amount
			}
		case event.KindOrderCorrected:
			if b, err := event.Read[event.OrderCorrected](f); err != nil {
				t.Fatal(err)
			} else if b.Order == o {
				amounts[f.Subject] = b.Amount
			}
		case event.KindOrderRefunded:
			if b, err := event.Read[event.OrderRefunded](f); err != nil {
				t.Fatal(err)
			} else if b.Order == o {
				refunds[f.Subject] = max(refunds[f.Subject], b.Refunded)
			}
		case event.KindOrderLinked:
			if b, err := event.Read[event.OrderLinked](f); err != nil {
				t.Fatal(err)
			} else if b.Order == o {
				delete(amounts, f.Subject)
				delete(refunds, f.Subject)
			}
		}
	}
	var sum money.Fen
	for subject, amount := range amounts {
		sum += amount - refunds[subject]
	}
	return sum
}

func TestTheSameFileTwiceIsOneFile(t *testing.T) {
	m := newMemory()
	path := file(t, line("1", "已付款", "10.00", "0", "13900010001", "A"), line("2", "已付款", "20.00", "0", "13900010002", "B"), line("3", "已付款", "5.00", "0", "", "B"))
	first := imported(t, m, path, Options{})
	facts := len(m.facts)
	m.learn(t)
	again := imported(t, m, path, Options{})
	if first.Orders != 3 || first.CustomersNew != 2 || first.Unlinked != 1 || again.Orders != 0 || again.Duplicates != 3 || again.CustomersNew != 0 || again.CustomersMatched != 2 {
		t.Errorf("first %+v\nagain %+v", first, again)
	}
	if len(m.facts) != facts {
		t.Errorf("%d facts became %d", facts, len(m.facts))
	}
}

func TestAnOrderTwiceInOneFileIsOneOrder(t *testing.T) {
	m := newMemory()
	far := []string{line("1", "已付款", "10.00", "0", "13900010001", "A"), line("1", "已付款", "10.00", "0", "13900010001", "A")}
	for i := range window + 10 {
		far = append(far, line(fmt.Sprintf("x%d", i), "已付款", "1.00", "0", "", "A"))
	}
	far = append(far, far[0])
	result := imported(t, m, file(t, far...), Options{})
	if result.Orders != window+11 || result.Duplicates != 2 || len(m.orders) != window+11 {
		t.Errorf("orders %d, duplicates %d, recorded %d", result.Orders, result.Duplicates, len(m.orders))
	}
}

func TestARefundInALaterFileIsTakenOff(t *testing.T) {
	m := newMemory()
	imported(t, m, file(t, line("1", "已付款", "10.00", "0", "13900010001", "A")), Options{})
	result := imported(t, m, file(t, line("1", "已付款", "10.00", "4.00", "13900010001", "A")), Options{})
	last := m.facts[len(m.facts)-1]
	if result.Updated != 1 || last.Kind != event.KindOrderRefunded || !last.At.Equal(today) {
		t.Errorf("result %+v, last fact %s at %s", result, last.Kind, last.At)
	}
	imported(t, m, file(t, line("1", "交易关闭", "10.00", "4.00", "13900010001", "A")), Options{})
	if got := kept(t, m.facts, id.OrderOf(headShop, "1")); got != 600 {
		t.Errorf("net %s after a refund of 4.00 and closing, want the 6.00 that the file says were kept", got.Yuan())
	}
	if k := order(t, m, "1"); !k.Purchase || k.Amount != 1000 || k.Refunded != 400 {
		t.Errorf("recorded %+v", k)
	}
}

func TestAPaidOrderThatIsClosedLaterWasRefunded(t *testing.T) {
	m := newMemory()
	imported(t, m, file(t, line("1", "已付款", "10.00", "", "13900010001", "A")), Options{})
	imported(t, m, file(t, line("1", "交易关闭", "10.00", "", "13900010001", "A")), Options{})
	if got := kept(t, m.facts, id.OrderOf(headShop, "1")); got != 0 {
		t.Errorf("net %s, want 0.00", got.Yuan())
	}
}

func TestAnOrderPaidInALaterFileIsAPurchaseFromThenOn(t *testing.T) {
	m := newMemory()
	unpaid := imported(t, m, file(t, "1,2026-03-01 10:00:00,,待付款,10.00,,13900010001,店,茶,1,A"), Options{})
	if unpaid.Orders != 0 || unpaid.NotPurchases != 1 || len(m.facts) != 0 || unpaid.CustomersNew != 0 {
		t.Errorf("unpaid: %+v, %d facts", unpaid, len(m.facts))
	}
	paid := imported(t, m, file(t, line("1", "已付款", "10.00", "", "13900010001", "A")), Options{})
	if paid.Orders != 1 || paid.CustomersNew != 1 || !order(t, m, "1").At.Equal(time.Date(2026, 3, 1, 10, 1, 0, 0, clock.Shanghai)) {
		t.Errorf("paid: %+v at %s", paid, order(t, m, "1").At)
	}
}

func TestAnOrderOfNobodyKnownFindsItsBuyer(t *testing.T) {
	m := newMemory()
	imported(t, m, file(t, line("1", "已付款", "10.00", "2.00", "139****0001", "A")), Options{})
	if m.facts[0].Subject.Type != event.AboutStore {
		t.Fatalf("an order with a masked phone is about %s", m.facts[0].Subject.Type)
	}
	result := imported(t, m, file(t, line("1", "已付款", "10.00", "2.00", "13900010001", "A")), Options{})
	buyer := id.BuyerOf(hashed("13900010001"))
	if order(t, m, "1").Customer != buyer || result.Updated != 1 || result.CustomersNew != 1 {
		t.Errorf("belongs to %d, %+v", order(t, m, "1").Customer, result)
	}
	if got := kept(t, m.facts, id.OrderOf(headShop, "1")); got != 800 {
		t.Errorf("net %s, want 8.00 once", got.Yuan())
	}
}

func TestAnOrderIsNotImportedWithoutOneOfItsLines(t *testing.T) {
	m := newMemory()
	result := imported(t, m, file(t,
		line("1", "已付款", "10.00", "", "13900010001", "A"),
		line("1", "已付款", "1o.00", "", "13900010001", "B"),
		line("2", "已付款", "7.00", "", "13900010001", "A"),
	), Options{})
	if result.Orders != 1 || result.Incomplete != 1 || len(m.orders) != 1 || len(result.Rejected) != 2 {
		t.Fatalf("%+v", result)
	}
	bad, other := result.Rejected[0], result.Rejected[1]
	if bad.Line != 3 || bad.Column != "订单实付金额" || bad.Value != "1o.00" || other.Line != 2 || !strings.Contains(other.Reason, "line 3") {
		t.Errorf("rejected %+v", result.Rejected)
	}
}

func TestRejectedLinesSayWhereAndWhyAndHideThePhone(t *testing.T) {
	m := newMemory()
	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	lines := []string{
		`1,never,2026-03-01 10:01:00,已付款,10.00,,13900010001,店,茶,1,A`,
		`2,2026-03-01 10:00:00,,蓝色,10.00,,13900010001,店,茶,1,A`,
		`3,2026-03-01 10:00:00,,已付款,13900010001,,,店,茶,x,A`,
		`,2026-03-01 10:00:00,,已付款,10.00,,13900010001,店,茶,1,A`,
		`5,2026-03-01 10:00:00,,已付款,10.00,,13900010001,店,茶,1,A,surplus 13900010001`,
		`1.38E+18,2026-03-01 10:00:00,,已付款,10.00,,13900010001,店,茶,1,A`,
		`7,2026-03-01 10:00:00,,已付款,,,13900010001,店,茶,1,A`,
		`8,13900010001,,已付款,1,,13900010001,店,茶,1,A`,
		`9,2026-03-01 10:00:00,,"已付款,10.00,,13900010001,店,茶,1,A`,
	}
	result := imported(t, m, file(t, lines...), Options{RejectFile: rejects})
	if result.Orders != 0 || result.RejectedTotal != len(lines) || len(result.Rejected) != len(lines) {
		t.Errorf("%+v", result)
	}
	content, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(content), "\n") != len(lines)+1 || strings.Contains(string(content), "13900010001") {
		t.Errorf("reject file:\n%s", content)
	}
	// In the order in which it shows: the order without amount at the end.
	for i, want := range []export.Rejected{
		{Line: 2, Column: "订单创建时间"}, {Line: 3, Column: "订单状态"}, {Line: 4, Column: "商品数量"}, {Line: 5, Column: "订单号"},
		{Line: 6, Column: "column#12"}, {Line: 7, Column: "订单号"}, {Line: 9, Column: "订单创建时间"}, {Line: 10}, {Line: 8, Column: "订单号"},
	} {
		got := result.Rejected[i]
		if got.Line != want.Line || got.Column != want.Column || got.Reason == "" || strings.Contains(got.Value, "13900010001") {
			t.Errorf("rejected %+v, want line %d column %s", got, want.Line, want.Column)
		}
	}
}

func TestADryRunRecordsNothingAndSaysTheSame(t *testing.T) {
	m := newMemory()
	path := file(t, line("1", "已付款", "10.00", "", "13900010001", "A"), line("2", "待付款", "10.00", "", "", "A"))
	dry := imported(t, m, path, Options{DryRun: true})
	if len(m.facts)+len(m.orders)+len(m.runs) != 0 || !dry.DryRun {
		t.Errorf("a dry run left %d facts, %d orders, %d runs", len(m.facts), len(m.orders), len(m.runs))
	}
	real := imported(t, m, path, Options{})
	dry.DryRun = false
	if fmt.Sprint(dry) != fmt.Sprint(real) {
		t.Errorf("dry  %+v\nreal %+v", dry, real)
	}
}

func TestAWorkbookIsReadLikeACsv(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.xlsx")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sheet.NewWriter(out, sheet.XLSX)
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]sheet.Cell{
		{sheet.Text("三月订单")},
		{sheet.Text("订单号"), sheet.Text("付款时间"), sheet.Text("订单状态"), sheet.Text("订单实付金额"), sheet.Text("买家手机号"), sheet.Text("商品名称")},
		{sheet.Text("A1"), sheet.Number("46086.5"), sheet.Text("已完成"), sheet.Number("19.9"), sheet.Number("13900010001"), sheet.Text("茶")},
		{{}, {}, {}, {}, {}, sheet.Text("杯")},
	}
	for _, row := range rows {
		if err := w.Write(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	result := imported(t, m, path, Options{})
	k := order(t, m, "A1")
	record := k.Record
	if result.Rows != 2 || k.Amount != 1990 || len(record.Items) != 2 || !k.At.Equal(time.Date(2026, 3, 5, 12, 0, 0, 0, clock.Shanghai)) || k.Customer == 0 {
		t.Errorf("%+v, %+v, items %+v", result, k, record.Items)
	}
}

func TestTheReceiversPhoneStandsForTheBuyerOnlyWhereNothingElseCan(t *testing.T) {
	write := func(header, cells string) string {
		path := filepath.Join(t.TempDir(), "o.csv")
		if err := os.WriteFile(path, []byte(header+"\n"+cells+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	both := write("订单号,付款时间,订单状态,订单实付金额,买家手机号,联系手机", "1,2026-03-01,已付款,1.00,,13900010001")
	alone := write("订单号,付款时间,订单状态,订单实付金额,联系手机", "1,2026-03-01,已付款,1.00,13900010001")
	for _, c := range []struct {
		path      string
		receivers ReceiverPhones
		unlinked  int
	}{{both, ReceiverWhenAlone, 1}, {alone, ReceiverWhenAlone, 0}, {alone, ReceiverNever, 1}} {
		if got := imported(t, newMemory(), c.path, Options{Receivers: c.receivers}); got.Unlinked != c.unlinked {
			t.Errorf("%s %q: unlinked %d, want %d", filepath.Base(c.path), c.receivers, got.Unlinked, c.unlinked)
		}
	}
}

func TestAFileWithoutTheNecessaryColumnsIsRefusedWhole(t *testing.T) {
	for header, want := range map[string]string{
		"姓名,城市":            "order_no",
		"订单号,订单实付金额":       "paid_at",
		"订单号,付款时间,订单状态,姓名": "paid_amount",
		"": "empty",
		"订单号,付款时间,订单状态,\"姓名": "quote",
	} {
		path := filepath.Join(t.TempDir(), "o.csv")
		if err := os.WriteFile(path, []byte(header+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := importer(newMemory()).Import(t.Context(), path, Options{})
		if fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that names %s", header, err, want)
		}
	}
	if _, err := importer(newMemory()).Import(t.Context(), "testdata/jd_orders.csv", Options{Format: "none"}); !strings.Contains(fmt.Sprint(err), "keruyun_pos") {
		t.Errorf("error %v, want one that lists the formats", err)
	}
}
