package customers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"siyu/internal/clock"
	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/fault"
)

const (
	ann, ben, cai, dan = "13900010001", "13900010002", "13900010003", "13900010004"
)

func TestALineOfAListOfMembersBecomesWhatTheShopSays(t *testing.T) {
	m := newMemory()
	m.owners[string(hashed(ann))] = 4242 // known to WeCom
	m.known[4242] = Known{Since: today.AddDate(0, -3, 0)}
	result := imported(t, m, file(t,
		ann+",安,1990-05-20,浙江省杭州市,金卡,春茶节,"+cai+",,绿茶；老客",
		ben+",本,,,,,"+ann+",2025-11-11 10:00:00,"), Options{})
	if result.Rows != 2 || result.Described != 2 || result.CustomersMatched != 1 || result.CustomersNew != 1 || result.Referred != 2 || result.ReferrersNew != 1 || result.RejectedTotal != 0 {
		t.Errorf("%+v", result)
	}
	want := event.CustomerDescribed{BirthMonth: 5, BirthDay: 20, City: "杭州", Level: "金卡", Campaign: "春茶节", Tags: []string{"绿茶", "老客"}}
	if got := said[event.CustomerDescribed](t, m, 4242); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("described %+v", got)
	}
	if got := said[event.CustomerReferred](t, m, 4242); len(got) != 1 || got[0].By != buyer(cai) || got[0].Since != event.At(today.AddDate(0, -3, 0)) {
		t.Errorf("referred %+v", got)
	}
	joined := time.Date(2025, 11, 11, 10, 0, 0, 0, clock.Shanghai)
	if got := said[event.CustomerReferred](t, m, buyer(ben)); len(got) != 1 || got[0].By != 4242 || got[0].Since != event.At(joined) {
		t.Errorf("referred %+v", got)
	}
	if len(said[event.CustomerIdentified](t, m, buyer(cai))) != 1 || len(said[event.CustomerIdentified](t, m, buyer(ben))) != 1 {
		t.Error("new customers cannot be recognised by their phones")
	}
	if m.names[4242] != "安" || m.names[buyer(ben)] != "本" {
		t.Errorf("names %v", m.names)
	}
}

func TestNoYearOfBirthNoNameAndNoPhoneLeavesTheVault(t *testing.T) {
	m, rejects := newMemory(), filepath.Join(t.TempDir(), "rejected.csv")
	result := imported(t, m, file(t, ann+",王小明,1987-05-20,,,,"+ben+",,", cai+",李,1987-13-40,,,,,,", dan+",赵,,13812345678,,,,,"), Options{RejectFile: rejects})
	if result.RejectedTotal != 2 {
		t.Errorf("%+v", result.Rejected)
	}
	list, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	text := string(list) + fmt.Sprintf("%+v", m.runs)
	for _, f := range m.facts {
		text += string(f.Body)
	}
	for _, secret := range []string{"1987", "王小明", ann, ben, cai, "13812345678"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s can be read", secret)
		}
	}
}

func TestTheSameListAgainSaysNothingAndAChangedOneWhatChanged(t *testing.T) {
	m := newMemory()
	path := file(t, ann+",安,05-20,杭州,银卡,,"+ben+",,绿茶")
	imported(t, m, path, Options{})
	m.fold(t)
	again := imported(t, m, path, Options{})
	if again.Duplicates != 1 || again.Facts != 0 || again.CustomersMatched != 1 {
		t.Errorf("%+v", again)
	}
	for _, level := range []string{"金卡", "银卡", "金卡"} { // and back, and again
		list := file(t, ann+",安,05-20,杭州,"+level+",,,,绿茶")
		later := today.AddDate(0, 0, m.calls)
		if _, err := importer(m, later).Import(t.Context(), list, Options{}); err != nil {
			t.Fatal(err)
		}
		if got := said[event.CustomerDescribed](t, m, buyer(ann)); len(got) != 1 || !reflect.DeepEqual(got[0], event.CustomerDescribed{Level: level}) {
			t.Errorf("%s: %+v", level, got)
		}
		m.fold(t)
	}
}

func TestWhoBroughtSomebodyIsToldOnceAndNotContradicted(t *testing.T) {
	m := newMemory()
	m.owners[string(hashed(ben))], m.merges[7] = 7, 8 // merged into 8
	imported(t, m, file(t, ann+",,,,,,"+ben+",,"), Options{})
	m.fold(t)
	result := imported(t, m, file(t, ann+",,,,,,"+cai+",,", ben+",,,,,,"+ben+",,", dan+",,,,,,张三,,"), Options{})
	if result.Referred != 0 || result.ReferrersNew != 0 || result.Notes["another referrer is known already"] != 1 ||
		result.Notes["the own phone as that of the referrer"] != 1 || result.Notes["referrer without a usable phone"] != 1 {
		t.Errorf("%+v", result)
	}
	if by := m.known[buyer(ann)].By; by != 8 {
		t.Errorf("brought by %d, want who answers for the merged customer", by)
	}
}

func TestAPhoneHasOneLine(t *testing.T) {
	m := newMemory()
	result := imported(t, m, file(t, ann+",安,,杭州,,,,,", ann+",安,,杭州,,,,,", ann+",别人,,宁波,,,,,"), Options{})
	if result.CustomersNew != 1 || result.Duplicates != 1 || result.RejectedTotal != 1 || result.Rejected[0].Line != 4 {
		t.Errorf("%+v", result)
	}
}

func TestLinesThatCannotBeReadAreListedWithTheirReasons(t *testing.T) {
	for text, want := range map[string]string{
		"139****0001,,,,,,,,":                            "客户手机号",
		"1.39E+10,,,,,,,,":                               "客户手机号",
		ann + ",,2001-02-30,,,,,,":                       "客户生日",
		ann + ",,农历八月十五,,,,,,":                           "客户生日",
		ann + ",," + strings.Repeat("9", 400) + ",,,,,,": "客户生日",
		ann + ",,,13812345678,,,,,":                      "所属区域",
		ann + ",,,," + strings.Repeat("金", 41) + ",,,,":  "付费等级",
		ann + ",,,,,,,2027-01-01,":                       "成为会员时间",
		ann + ",,,,,,,yesterday,":                        "成为会员时间",
		ann + ",,,,,,,,13812345678":                      "标签",
		ann + ",,,,,,,,,,x":                              "column#11",
	} {
		m := newMemory()
		result := imported(t, m, file(t, text), Options{})
		if len(m.facts) != 0 || result.RejectedTotal != 1 || result.Rejected[0].Line != 2 || result.Rejected[0].Column != want || result.Rejected[0].Reason == "" {
			t.Errorf("%q: %d facts, %+v", text, len(m.facts), result.Rejected)
		}
	}
}

func TestADryRunReadsEverythingAndRecordsNothing(t *testing.T) {
	m := newMemory()
	path := file(t, ann+",安,05-20,,,,"+ben+",,", "x,,,,,,,,")
	result := imported(t, m, path, Options{DryRun: true})
	if result.CustomersNew != 1 || result.RejectedTotal != 1 || result.Facts == 0 || !result.DryRun {
		t.Errorf("%+v", result)
	}
	if len(m.facts)+len(m.names)+len(m.runs) != 0 {
		t.Errorf("recorded %d facts, %d names, %d runs", len(m.facts), len(m.names), len(m.runs))
	}
}

func TestFilesInGBKAreReadLikeThoseInUTF8(t *testing.T) {
	content, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(head + ann + ",安,5月20日,杭州市,金卡,门店,,,老客\n"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "members.csv")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	imported(t, m, path, Options{})
	if got := said[event.CustomerDescribed](t, m, buyer(ann)); len(got) != 1 || got[0].City != "杭州" || got[0].BirthMonth != 5 || got[0].Campaign != "门店" {
		t.Errorf("%+v", got)
	}
}

func TestOrdersAreNotImportedAsCustomersAndAPhoneIsNeeded(t *testing.T) {
	for path, want := range map[string]string{"../orders/testdata/youzan_orders.csv": "youzan_orders", "../orders/testdata/pdd_orders.csv": "pdd_orders"} {
		m := newMemory()
		if _, err := importer(m, today).Import(t.Context(), path, Options{}); fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) || len(m.runs) != 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
	path := filepath.Join(t.TempDir(), "members.csv")
	if err := os.WriteFile(path, []byte("客户姓名,客户生日,标签\n安,05-20,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := importer(newMemory(), today).Import(t.Context(), path, Options{}); fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "phone") {
		t.Errorf("%v", err)
	}
	override, err := export.CustomerSchema().ReadOverride(mapping(t, `{"phone": "客户姓名"}`))
	if err != nil {
		t.Fatal(err)
	}
	if result := imported(t, newMemory(), path, Options{Override: override}); result.RejectedTotal != 1 {
		t.Errorf("%+v", result)
	}
}

func mapping(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheCustomersOfYouzanAreRead(t *testing.T) {
	m := newMemory()
	result := imported(t, m, "../orders/testdata/youzan_customers.csv", Options{})
	if result.Format != "youzan_customers" || result.CustomersNew == 0 || result.Described == 0 {
		t.Errorf("%+v", result)
	}
}

func TestAnImportKilledAnywhereGoesOnAndTellsNothingTwice(t *testing.T) {
	var lines []string
	for i := range 2*batchRows + 500 {
		referrer := ""
		if i%10 == 3 {
			referrer = fmt.Sprintf("138%08d", i%400)
		}
		lines = append(lines, fmt.Sprintf("139%08d,客%d,%02d-%02d,杭州,金卡,渠道%d,%s,,", i%4300, i%4300, 1+i%4300%12, 1+i%4300%28, i%4300%3, referrer))
	}
	lines = append(lines, "13800000003,,,,,,,,", "oops,,,,,,,,")
	path := file(t, lines...)
	whole := newMemory()
	want := imported(t, whole, path, Options{})
	if want.RejectedTotal == 0 || want.Duplicates == 0 || want.ReferrersNew == 0 || whole.calls != 4 {
		t.Fatalf("the file tests too little: %+v in %d calls", want, whole.calls)
	}
	for call := 1; call <= whole.calls; call++ {
		for _, stores := range []bool{false, true} {
			m := newMemory()
			m.dieAt, m.stores = call, stores
			if _, err := importer(m, today).Import(t.Context(), path, Options{}); !errors.Is(err, errKilled) {
				t.Fatalf("error %v, want the kill", err)
			}
			again := imported(t, m, path, Options{})
			if !reflect.DeepEqual(m.facts, whole.facts) || !reflect.DeepEqual(m.names, whole.names) {
				t.Errorf("call %d stores %v: %d facts, want %d", call, stores, len(m.facts), len(whole.facts))
			}
			if again.Resumed = false; !(call == whole.calls && stores) && !reflect.DeepEqual(again, want) {
				t.Errorf("call %d stores %v: %+v, want %+v", call, stores, again, want)
			}
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(head + ann + ",安,1990-05-20,浙江省杭州市,金卡,春茶节," + ben + ",2026-01-01,绿茶"))
	f.Add([]byte(head + "=\"" + ann + "\",'x,20000101,,,,,,\n\"\"\"," + ann))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(folder, "fuzz")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		m := newMemory()
		result, err := importer(m, today).Import(t.Context(), path, Options{})
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			t.Fatalf("error without blame: %v", err)
		}
		if err == nil && result.Rows != result.Described+result.Duplicates+result.RejectedTotal {
			t.Fatalf("%+v does not add up", result)
		}
		for _, f := range m.facts {
			if bytes.Contains(f.Body, []byte(ann)) || bytes.Contains(f.Body, []byte(ben)) {
				t.Fatalf("a phone can be read in %s", f.Body)
			}
		}
	})
}
