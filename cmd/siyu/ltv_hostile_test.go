package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// forecastOf runs siyu ltv predict with all it can write on a file and holds
// that every number is one.
func forecastOf(t *testing.T, content string) (code int, complaint string, customers [][]string) {
	t.Helper()
	folder := t.TempDir()
	out, distribution := filepath.Join(folder, "customers.csv"), filepath.Join(folder, "distribution.csv")
	code, _, complaint = said(t, "ltv", "predict", "--transactions", fileWith(t, "orders.csv", content), "--until", "2024-06-30",
		"--out", out, "--distribution", distribution, "--discount", "0.1")
	if code != 0 {
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("%d files after a failure", len(left))
		}
		return code, complaint, nil
	}
	_, customers = tableOf(t, out)
	expected := map[string]float64{}
	for _, row := range customers {
		for _, cell := range row[1:] {
			if cell == "" {
				continue
			}
			if v := number(t, cell); !(v >= 0) || math.IsInf(v, 1) {
				t.Fatalf("%v", row)
			}
		}
		expected[row[0]] = number(t, row[2])
	}
	checkDistributions(t, distribution, expected)
	return code, complaint, customers
}

// rowsOf returns a header and the rows of seven customers, each with an amount.
func rowsOf(amount string) []string {
	rows := []string{"id,date,amount"}
	for i := range 60 {
		rows = append(rows, fmt.Sprintf("c%d,2024-%02d-%02d,%s", i%7, 1+i%6, 1+i%27, amount))
	}
	return rows
}

func lines(rows []string) string { return strings.Join(rows, "\n") + "\n" }

func TestOneTableIsForecastTheSameHoweverItIsWritten(t *testing.T) {
	rows := rowsOf("12.50")
	_, _, want := forecastOf(t, lines(rows))
	if len(want) != 7 {
		t.Fatalf("%d customers", len(want))
	}
	plain := lines(rows)
	twice := append(append([]string{rows[0]}, rows[1:]...), rows[1:]...)
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(strings.ReplaceAll(strings.ReplaceAll(plain, "amount", "amount,备注"), "12.50", "12.50,好茶"))
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"windows":               strings.ReplaceAll(plain, "\n", "\r\n"),
		"mac":                   strings.ReplaceAll(plain, "\n", "\r"),
		"byte order mark":       "\uFEFF" + plain,
		"gbk":                   gbk,
		"utf-16":                utf16,
		"semicolons":            strings.ReplaceAll(plain, ",", ";"),
		"tabs":                  strings.ReplaceAll(plain, ",", "\t"),
		"quoted":                `"` + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(plain, "\n"), ",", `","`), "\n", "\"\n\"") + "\"\n",
		"text cells":            strings.ReplaceAll(plain, "\nc", "\n'c"),
		"spaces":                strings.ReplaceAll(plain, ",", " , "),
		"blank lines":           strings.ReplaceAll(plain, "\n", "\n\n,,\n"),
		"no last line end":      strings.TrimSuffix(plain, "\n"),
		"times with a zone":     strings.NewReplacer("-01,", "-01 00:00:00+00:00,").Replace(plain),
		"slashes":               strings.ReplaceAll(plain, "2024-", "2024/"),
		"a later order":         plain + "z,2199-01-01,5\n",
		"more cells than names": strings.ReplaceAll(plain, "12.50\n", "12.50,7,100\n"),
		"currency":              strings.ReplaceAll(plain, ",12.50", ",¥12.50"),
		"halved":                lines(append([]string{rows[0]}, strings.Split(strings.ReplaceAll(strings.Join(twice[1:], "\n"), "12.50", "6.25"), "\n")...)),
	} {
		t.Run(name, func(t *testing.T) {
			code, complaint, got := forecastOf(t, content)
			if code != 0 || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("exit code %d %s\n%v\nwant\n%v", code, complaint, got, want)
			}
		})
	}
}

func TestUnsortedRowsAreForecastAsSortedOnes(t *testing.T) {
	rows := rowsOf("12.50")
	backwards := []string{rows[0]}
	for i := len(rows) - 1; i > 0; i-- {
		backwards = append(backwards, rows[i])
	}
	_, _, want := forecastOf(t, lines(rows))
	_, _, got := forecastOf(t, lines(backwards))
	byID := map[string]string{}
	for _, row := range want {
		byID[row[0]] = fmt.Sprint(row)
	}
	for _, row := range got {
		if byID[row[0]] != fmt.Sprint(row) {
			t.Errorf("%v, want %s", row, byID[row[0]])
		}
	}
}

func TestStrangeOrdersAreForecastInNumbers(t *testing.T) {
	daily, never := []string{"id,date,amount"}, []string{"id,date,amount"}
	for i := range 1001 {
		daily = append(daily, "a,"+time.Date(2024, 6, 30-i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)+",5")
	}
	same := []string{"id,date,amount"}
	for i := range 150 {
		never = append(never, fmt.Sprintf("c%d,2024-03-%02d,5", i, 1+i%30))
		for month := range 3 {
			same = append(same, fmt.Sprintf("c%d,2024-%02d-01,9", i, 1+month))
		}
	}
	for name, c := range map[string]struct {
		content   string
		customers int
	}{
		"one row":              {"id,date,amount\na,2024-01-05,3\n", 1},
		"one row today":        {"id,date\na,2024-06-30\n", 1},
		"a thousand orders":    {lines(daily), 1},
		"three thousand weeks": {"id,date,amount\na,1966-01-01,5\na,2024-01-01,5\nb,1971-01-01,5\n", 2},
		"one order each":       {lines(never), 150},
		"all the same":         {lines(same), 150},
		"amounts of zero":      {lines(rowsOf("0")), 7},
		"amounts of 1e9":       {lines(rowsOf("1e9")), 7},
		"amounts of 1e15":      {lines(rowsOf("1e15")), 7},
		"returns beside":       {lines(append(rowsOf("5"), "c1,2024-06-29,-500", "r,2024-06-01,-3")), 7},
	} {
		t.Run(name, func(t *testing.T) {
			if code, complaint, customers := forecastOf(t, c.content); code != 0 || len(customers) != c.customers {
				t.Errorf("exit code %d, %d customers, want %d: %s", code, len(customers), c.customers, complaint)
			}
		})
	}
}

func TestAFileOfReturnsAloneHasNoCustomersAndSaysWhy(t *testing.T) {
	in, folder := fileWith(t, "orders.csv", lines(rowsOf("-5"))), t.TempDir()
	out, distribution := filepath.Join(folder, "customers.csv"), filepath.Join(folder, "distribution.csv")
	for _, args := range [][]string{
		{"fit", "--until", "2024-06-30"},
		{"backtest", "--cut", "2024-04-30", "--end", "2024-06-30", "--origins", "3"},
		{"predict", "--until", "2024-06-30", "--out", out, "--distribution", distribution, "--discount", "0.1"},
	} {
		args = append([]string{"ltv", args[0], "--transactions", in}, args[1:]...)
		code, words, complaint := said(t, args...)
		if code != 0 || !strings.Contains(words, "0 customers") || !strings.Contains(complaint, "orders.csv: nobody bought") || !strings.Contains(complaint, "a return is no order") {
			t.Errorf("%s: exit code %d: %s %s", args[1], code, words, complaint)
		}
		if document := answered(t, args...); document["customers"] != 0. {
			t.Errorf("%s: %v", args[1], document)
		}
	}
	for path, header := range map[string]string{out: "id,p_alive,", distribution: "id,k,cdf\n"} {
		if raw, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(raw), header) || strings.Count(string(raw), "\n") != 1 {
			t.Errorf("%s: %q, %v", path, raw, err)
		}
	}
}

// A customer with one order tells nothing of how amounts vary: what is usual
// around the mean order is assumed, and said to be.
func TestAmountsOfCustomersWhoNeverCameBackAreTheMeanOrder(t *testing.T) {
	for name, c := range map[string]struct {
		amounts []string
		want    string
	}{
		"all alike":        {[]string{"5000"}, "5000"},
		"two amounts":      {[]string{"10", "30"}, "20"},
		"nothing was paid": {[]string{"0"}, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			rows := []string{"id,date,amount"}
			for i := range 200 {
				rows = append(rows, fmt.Sprintf("c%d,2024-03-%02d,%s", i, 1+i%30, c.amounts[i%len(c.amounts)]))
			}
			in, out := fileWith(t, "orders.csv", lines(rows)), filepath.Join(t.TempDir(), "customers.csv")
			document := answered(t, "ltv", "predict", "--transactions", in, "--until", "2024-06-30", "--out", out)
			if document["spend_prior"] != true {
				t.Errorf("not said to be assumed: %v", document)
			}
			header, customers := tableOf(t, out)
			column := slices.Index(header, "expected_amount")
			for _, row := range customers {
				if row[column] != c.want {
					t.Fatalf("%s expects %s per order, want %s", row[0], row[column], c.want)
				}
			}
			spend := answered(t, "ltv", "fit", "--transactions", in, "--until", "2024-06-30", "--model", "bgnbd")["spend"].(map[string]any)
			if spend["prior"] != true || spend["repeaters"].(float64) != 0 {
				t.Errorf("%v", spend)
			}
		})
	}
}

func TestAmountsOfCustomersWhoCameBackAreNotAssumed(t *testing.T) {
	out := filepath.Join(t.TempDir(), "customers.csv")
	if document := answered(t, "ltv", "predict", "--transactions", fileWith(t, "orders.csv", lines(rowsOf("5"))), "--until", "2024-06-30", "--out", out); document["spend_prior"] != false {
		t.Errorf("%v", document)
	}
}

// A rule of thumb fits such orders best, and would call a customer alive by half
// of whom it expects no order.
func TestRulesOfThumbAreJudgedButNotChosen(t *testing.T) {
	once, thrice := []string{"id,date"}, []string{"id,date"}
	for i := range 300 {
		once = append(once, fmt.Sprintf("c%d,2024-%02d-%02d", i, 1+i%3, 1+i%28))
		for month := range 3 {
			thrice = append(thrice, fmt.Sprintf("c%d,2023-%02d-%02d", i, 1+month, 1+i%28))
		}
	}
	for name, rows := range map[string][]string{"one order each": once, "silent for a year": thrice} {
		t.Run(name, func(t *testing.T) {
			in, out := fileWith(t, "orders.csv", lines(rows)), filepath.Join(t.TempDir(), "customers.csv")
			for _, args := range [][]string{{"fit", "--until", "2024-06-30"}, {"backtest", "--cut", "2024-04-30", "--end", "2024-06-30"}, {"predict", "--until", "2024-06-30", "--out", out}} {
				document := answered(t, append([]string{"ltv", args[0], "--transactions", in}, args[1:]...)...)
				if chosen := document["chosen"]; chosen == "recent" || chosen == "pooled" {
					t.Errorf("%s: chosen %v", args[0], chosen)
				}
			}
		})
	}
}

func TestFilesThatCannotBeForecastSayWhy(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		says    []string
	}{
		"empty":                   {"", []string{"orders.csv", "empty", "a header and rows"}},
		"blank":                   {"\n\n\n", []string{"orders.csv", "empty"}},
		"header only":             {"id,date,amount\n", []string{"orders.csv", "rows below the header"}},
		"later orders only":       {"id,date\na,2025-01-01\n", []string{"no orders until 2024-06-30", "the first is of 2025-01-01"}},
		"another encoding":        {"id,date,amount" + strings.Repeat("\x81\x20\xff\xfe\x2c\x80\x80", 50), []string{"encoding", "UTF-8"}},
		"no table":                {"%PDF-1.7\n\xE2\xE3", []string{"orders.csv"}},
		"a year of no order":      {"id,date,amount\na,9999-01-01,5\n", []string{"line 2", "column date", "9999-01-01", "expected a date"}},
		"an unknown month":        {"id,date,amount\na,2024-01-01,5\na,2024-13-01,5\n", []string{"line 3", "column date", `"2024-13-01"`, "expected a date"}},
		"a zone and a month":      {"id,date,amount\na,2024-13-09 00:00:00+00:00,5\n", []string{"line 2", `"2024-13-09 00:00:00+00:00"`}},
		"a phone as a date":       {"id,date,amount\na,13812345678,5\n", []string{"line 2", "column date", `"13*******78"`, "expected a date"}},
		"a comma in an amount":    {"id,date,amount\na,2024-01-01,1,000.00\n", []string{"line 2", "column amount", `"1,000.00"`, "needs quotes"}},
		"two columns of one name": {"id,date,amount,ID\na,2024-01-01,5,b\n", []string{"line 1", "two columns are named id", "--id ID#2"}},
		"a row cut short":         {"id,date,amount\na,2024-01-01,5\nb\n", []string{"line 3", "column date", "expected a date"}},
		"a lost quote":            {"id,date,amount\na,2024-01-01,5\n\"b,2024-01-01,5\nc,2024-01-01,5\n", []string{"line 3", "quote"}},
		"a quote in its cell":     {"id,date,amount\na,2024-01-01,5\"\nb,2024-01-01,5\n", []string{"line 2", "column amount", "expected an amount"}},
		"an endless amount":       {"id,date,amount\na,2024-01-01,1e308\n", []string{"line 2", "column amount", "expected an amount"}},
		"binary":                  {string([]byte{0, 1, 2, 3, 255, 254, 10, 13, 200, 9, 0, 0, 7}), []string{"orders.csv"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, complaint, _ := forecastOf(t, c.content)
			if code != exitUsage {
				t.Errorf("exit code %d", code)
			}
			for _, words := range c.says {
				if !strings.Contains(complaint, words) {
					t.Errorf("%q is not said: %s", words, complaint)
				}
			}
		})
	}
}

func TestACompressedFileIsToBeUnpacked(t *testing.T) {
	code, complaint, _ := forecastOf(t, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xfe")
	if code != exitUsage || !strings.Contains(complaint, "compressed (gzip); unpack it first") {
		t.Errorf("exit code %d: %s", code, complaint)
	}
}

func TestAFileThatEndsEarlySaysSo(t *testing.T) {
	in, out := orderFile(t, "id,date,amount"), filepath.Join(t.TempDir(), "customers.csv") // until 2025-05-14
	for _, args := range [][]string{
		{"fit", "--until", "2025-12-31"},
		{"backtest", "--cut", "2025-05-14", "--end", "2025-12-31", "--model", "pnbd"},
		{"predict", "--until", "2025-12-31", "--out", out},
	} {
		args = append([]string{"ltv", args[0], "--transactions", in}, args[1:]...)
		code, words, complaint := said(t, args...)
		if code != 0 || !strings.Contains(complaint, "the last order is of 2025-05-14, 231 days before --") {
			t.Errorf("%s: exit code %d: %s", args[1], code, complaint)
		}
		if args[1] == "backtest" && (strings.Contains(words, "+0.0%") || !strings.Contains(words, "      -")) {
			t.Errorf("a bias where nothing came: %s", words)
		}
		document := answered(t, args...)
		if args[1] != "fit" && (document["last_order"] != "2025-05-14" || document["days_after"] != 231.) {
			t.Errorf("%v", document)
		}
		if args[1] == "backtest" && document["models"].([]any)[0].(map[string]any)["bias"] != nil {
			t.Errorf("a bias where nothing came: %v", document["models"])
		}
	}
	if code, _, complaint := said(t, "ltv", "fit", "--transactions", in, "--until", "2025-05-20"); code != 0 || complaint != "" {
		t.Errorf("exit code %d: %s", code, complaint)
	}
}

func TestValueOfAllIsToldWithAnIntervalAndJudged(t *testing.T) {
	in, out := orderFile(t, "id,date,amount"), filepath.Join(t.TempDir(), "customers.csv")
	document := answered(t, "ltv", "predict", "--transactions", in, "--until", "2024-12-31", "--out", out)
	header, rows := tableOf(t, out)
	sum, column := 0., slices.Index(header, "expected_value")
	for _, row := range rows {
		sum += number(t, row[column])
	}
	value, low, high := document["total_value"].(float64), document["total_value_low"].(float64), document["total_value_high"].(float64)
	if math.Abs(value/sum-1) > 1e-5 || !(low < value && value < high && high < 3*low) {
		t.Errorf("%v (%v to %v), customers add up to %v", value, low, high, sum)
	}
	judged := answered(t, "ltv", "backtest", "--transactions", in, "--cut", "2024-09-30", "--end", "2025-03-31")["spend"].(map[string]any)["value"].(map[string]any)
	if c := judged["coverage80"].(float64); judged["customers"] != 800. || !(c > .7 && c < .99) || math.Abs(c+judged["below"].(float64)+judged["above"].(float64)-1) > 1e-9 ||
		!(judged["bounded"].(float64) >= 1 && judged["bounded_coverage80"].(float64) > 0) {
		t.Errorf("%v", judged)
	}
	if plain := answered(t, "ltv", "predict", "--transactions", orderFile(t, "id,date,paid"), "--until", "2024-12-31", "--out", out); plain["total_value"] != nil {
		t.Errorf("a value without amounts: %v", plain)
	}
}

func TestOneOfTwoColumnsOfANameCanBeChosen(t *testing.T) {
	in, out := fileWith(t, "orders.csv", "id,date,id\na,2024-01-01,x\nb,2024-02-01,x\n"), filepath.Join(t.TempDir(), "customers.csv")
	for column, customers := range map[string]int{"id": 2, "id#2": 1} {
		if code, _, complaint := said(t, "ltv", "predict", "--transactions", in, "--id", column, "--until", "2024-06-30", "--out", out); code != 0 {
			t.Fatal(complaint)
		}
		if _, rows := tableOf(t, out); len(rows) != customers {
			t.Errorf("%s: %d customers, want %d", column, len(rows), customers)
		}
	}
}

func TestForecastsDoNotOverwriteTheOrdersNorEachOther(t *testing.T) {
	in := fileWith(t, "orders.csv", lines(rowsOf("5")))
	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(in, link); err != nil {
		t.Fatal(err)
	}
	for _, files := range [][]string{{"--out", in}, {"--out", link}, {"--out", "x.csv", "--distribution", "./x.csv"}, {"--out", "x.csv", "--distribution", in}} {
		code, _, complaint := said(t, append([]string{"ltv", "predict", "--transactions", in, "--until", "2024-06-30"}, files...)...)
		if code != exitUsage || !strings.Contains(complaint, "another file") {
			t.Errorf("%v: exit code %d, %s", files, code, complaint)
		}
	}
	if left, err := os.ReadFile(in); err != nil || string(left) != lines(rowsOf("5")) {
		t.Errorf("the orders have become %q, %v", left, err)
	}
}

func TestForecastsGoThroughAPipe(t *testing.T) {
	in, pipe := fileWith(t, "orders.csv", lines(rowsOf("5"))), filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		content, _ := os.ReadFile(pipe)
		read <- string(content)
	}()
	if code, _, complaint := said(t, "ltv", "predict", "--transactions", in, "--until", "2024-06-30", "--out", pipe); code != 0 {
		t.Fatal(complaint)
	}
	if content := <-read; strings.Count(content, "\n") != 8 {
		t.Errorf("%q came through", content)
	}
	if found, err := os.Stat(pipe); err != nil || found.Mode().IsRegular() {
		t.Errorf("the pipe has become %v, %v", found, err)
	}
}

func TestATotalOfNextToNothingHasAnIntervalOfNextToNothing(t *testing.T) {
	in, out := fileWith(t, "orders.csv", lines(rowsOf("5"))), filepath.Join(t.TempDir(), "customers.csv")
	code, answer, complaint := said(t, "ltv", "predict", "--transactions", in, "--until", "2080-06-30", "--out", out, "--json")
	var told ltvPrediction
	if err := json.Unmarshal([]byte(answer), &told); code != 0 || err != nil {
		t.Fatal(code, complaint, err)
	}
	if !(told.Orders >= 0 && told.High >= told.Orders && told.High < 1) {
		t.Errorf("%+v", told)
	}
}

// Twenty weekly orders of everybody, and then none: what is expected long after is
// too small a number to be squared.
func TestAlikeCustomersSilentForCyclesHaveTotalsThatAreNumbers(t *testing.T) {
	rows := []string{"id,date,amount"}
	for i := range 300 {
		for week := range 20 {
			rows = append(rows, fmt.Sprintf("c%d,%s,10", i, time.Date(2020, 1, 1+7*week, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)))
		}
	}
	in, out := fileWith(t, "orders.csv", lines(rows)), filepath.Join(t.TempDir(), "customers.csv")
	last := time.Date(2020, 5, 13, 0, 0, 0, 0, time.UTC)
	for _, cycles := range []int{6, 20, 60, 85} {
		cut := last.AddDate(0, 0, 7*cycles)
		for _, args := range [][]string{
			{"backtest", "--cut", cut.Format(time.DateOnly), "--end", cut.AddDate(2, 0, 0).Format(time.DateOnly)},
			{"predict", "--until", cut.Format(time.DateOnly), "--weeks", "104", "--out", out},
		} {
			args = append([]string{"ltv", args[0], "--transactions", in}, args[1:]...)
			if code, words, complaint := said(t, args...); code != 0 || strings.Contains(words, "Inf") || strings.Contains(words, "NaN") {
				t.Errorf("%d cycles, %s: exit code %d: %s %s", cycles, args[1], code, words, complaint)
			}
			document := answered(t, args...)
			if high := document["total_high"].(float64); !(high >= 0 && high < 6000) {
				t.Errorf("%d cycles, %s: at most %v orders", cycles, args[1], high)
			}
		}
	}
}

func TestWhatCouldNotBeJudgedAndWhatIsPriorIsSaid(t *testing.T) {
	out := filepath.Join(t.TempDir(), "customers.csv")
	few := fileWith(t, "orders.csv", lines(rowsOf("5")))
	many := orderFile(t, "id,date,amount")
	for _, c := range []struct {
		args  []string
		words string
	}{
		{[]string{"fit", "--transactions", few, "--until", "2024-06-30"}, "53 repeat orders: too few"},
		{[]string{"backtest", "--transactions", few, "--cut", "2024-06-01", "--end", "2024-06-30"}, "repeat orders: too few"},
		{[]string{"predict", "--transactions", few, "--until", "2024-06-30", "--out", out}, "53 repeat orders: too few"},
		{[]string{"fit", "--transactions", many, "--until", "2024-03-01", "--weeks", "26"}, "Asked for 182 days ahead, could be judged for 30"},
		{[]string{"backtest", "--transactions", many, "--cut", "2024-03-01", "--end", "2024-08-31"}, "Asked for 183 days ahead, could be judged for 30"},
		{[]string{"predict", "--transactions", many, "--until", "2024-03-01", "--weeks", "26", "--out", out}, "Asked for 182 days ahead, could be judged for 30"},
	} {
		args := append([]string{"ltv"}, c.args...)
		if code, words, complaint := said(t, args...); code != 0 || !strings.Contains(words, c.words) {
			t.Errorf("%v: exit code %d, %q is not said: %s %s", c.args, code, c.words, words, complaint)
		}
	}
	document := answered(t, "ltv", "predict", "--transactions", few, "--until", "2024-06-30", "--out", out)
	if document["prior"] != true || document["repeats"] != 53. || document["chosen"] != "prior" {
		t.Errorf("%v", document)
	}
	document = answered(t, "ltv", "predict", "--transactions", many, "--until", "2024-03-01", "--weeks", "26", "--out", out)
	if document["prior"] != false || document["inner_days"] != 30. {
		t.Errorf("%v", document)
	}
}
