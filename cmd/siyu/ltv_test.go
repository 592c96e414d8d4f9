package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// said runs a command and returns its exit code, answer and complaints.
func said(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = run(t.Context(), args, &out, &complaints)
	return code, out.String(), complaints.String()
}

func fileWith(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// orderFile is a made-up log of customers who buy at their own rates and stop.
func orderFile(t *testing.T, header string) string {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range 800 {
		gap := 12 * math.Exp(random.NormFloat64())
		for at := random.Float64() * 120; at < 500; at += gap * random.ExpFloat64() {
			day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(at)).Format(time.DateOnly)
			fmt.Fprintf(&b, "c%03d,%s,%.2f\n", i, day, 20+10*random.Float64())
			if random.Float64() < .1 {
				break
			}
		}
	}
	return fileWith(t, "orders.csv", b.String())
}

// fieldsOf returns the sorted keys of a JSON object.
func fieldsOf(document map[string]any) []string {
	var keys []string
	for k := range document {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func answered(t *testing.T, args ...string) map[string]any {
	t.Helper()
	code, stdout, stderr := said(t, append(args, "--json")...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var document map[string]any
	decoder := json.NewDecoder(strings.NewReader(stdout))
	if err := decoder.Decode(&document); err != nil || decoder.More() {
		t.Fatalf("not one JSON document (%v): %s", err, stdout)
	}
	return document
}

func wantFields(t *testing.T, document map[string]any, fields ...string) {
	t.Helper()
	for _, f := range fields {
		if _, ok := document[f]; !ok {
			t.Errorf("field %q is missing among %v", f, fieldsOf(document))
		}
	}
}

func TestLTVFitAnswersWithTheContractsFields(t *testing.T) {
	document := answered(t, "ltv", "fit", "--transactions", orderFile(t, "id,date,amount"), "--until", "2024-12-31")
	wantFields(t, document, "models", "spend", "customers")
	model := document["models"].([]any)[0].(map[string]any)
	wantFields(t, model, "name", "params", "log_likelihood", "converged", "at_border", "seconds", "expected_new")
	wantFields(t, model["params"].(map[string]any), "r", "alpha", "a", "b")
	wantFields(t, document["spend"].(map[string]any), "p", "q", "v")
	if document["customers"].(float64) != 800 || model["converged"] != true {
		t.Errorf("%v", document)
	}
}

func TestLTVFindsColumnsByTheirUsualAndByGivenNames(t *testing.T) {
	one := answered(t, "ltv", "fit", "--transactions", orderFile(t, "id,date,amount"), "--until", "2024-12-31", "--model", "bgnbd")
	for _, c := range []struct {
		header string
		flags  []string
	}{{"cust,date,amount", nil}, {"customer_id,date,amount", nil}, {"buyer,day,paid", []string{"--id", "buyer", "--date", "day", "--amount", "paid"}}} {
		args := append([]string{"ltv", "fit", "--transactions", orderFile(t, c.header), "--until", "2024-12-31", "--model", "bgnbd"}, c.flags...)
		other := answered(t, args...)
		if fmt.Sprint(one["spend"]) != fmt.Sprint(other["spend"]) {
			t.Errorf("%s: %v, want %v", c.header, other["spend"], one["spend"])
		}
	}
	without := answered(t, "ltv", "fit", "--transactions", orderFile(t, "id,date,paid"), "--until", "2024-12-31")
	if without["spend"] != nil {
		t.Errorf("spend without amounts: %v", without["spend"])
	}
}

func TestLTVBacktestAnswersWithTheContractsFields(t *testing.T) {
	document := answered(t, "ltv", "backtest", "--transactions", orderFile(t, "id,date,amount"), "--cut", "2024-09-30", "--end", "2025-03-31")
	wantFields(t, document, "models", "chosen", "actual_total", "predicted_total", "total_low", "total_high", "calibration", "tracking", "spend")
	names := map[string]bool{}
	for _, m := range document["models"].([]any) {
		wantFields(t, m.(map[string]any), "name", "rps", "deviance", "bias", "coverage80", "mae", "rmse", "hit10", "capture10", "spearman", "auc", "nonfinite")
		names[m.(map[string]any)["name"].(string)] = true
	}
	for _, name := range []string{"bgnbd", "mbgnbd", "pnbd", "mbgcnbdk", "glm", "recent", "pooled", document["chosen"].(string)} {
		if !names[name] {
			t.Errorf("no score of %s among %v", name, names)
		}
	}
	if document["rolling"] != nil {
		t.Error("rolling without being asked")
	}
}

func TestLTVBacktestRollsFromSeveralCuts(t *testing.T) {
	document := answered(t, "ltv", "backtest", "--transactions", orderFile(t, "id,date,amount"), "--cut", "2024-09-30", "--end", "2024-12-31",
		"--model", "pnbd,glm", "--origins", "3", "--step", "30")
	rolling := document["rolling"].(map[string]any)
	origins := rolling["origins"].([]any)
	if len(origins) != 3 || origins[2].(map[string]any)["cut"] != "2024-08-01" || len(rolling["models"].([]any)) != 3 {
		t.Errorf("%v", rolling)
	}
	wantFields(t, origins[0].(map[string]any), "cut", "end", "customers", "chosen", "rps", "actual_total", "predicted_total", "total_low", "total_high")
	code, stdout, _ := said(t, "ltv", "backtest", "--transactions", orderFile(t, "id,date"), "--cut", "2024-09-30", "--end", "2024-12-31", "--model", "pnbd", "--origins", "2")
	if code != 0 || !strings.Contains(stdout, "2 cuts") || !strings.Contains(stdout, "tenth") || strings.Contains(stdout, "crps") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}

func TestLTVFitsEveryModelItIsAskedFor(t *testing.T) {
	path := orderFile(t, "id,date,amount")
	for _, name := range []string{"bgnbd", "mbgnbd", "pnbd", "mbgcnbdk", "glm", "recent", "pooled"} {
		document := answered(t, "ltv", "fit", "--transactions", path, "--until", "2024-12-31", "--model", name)
		models := document["models"].([]any)
		if len(models) != 1 || models[0].(map[string]any)["name"] != name || len(models[0].(map[string]any)["params"].(map[string]any)) == 0 {
			t.Errorf("%s: %v", name, models)
		}
		if document["chosen"] != name {
			t.Errorf("%s: chosen %v", name, document["chosen"])
		}
	}
}

// tableOf reads a csv file as its header and rows by the first column.
func tableOf(t *testing.T, path string) (header []string, rows [][]string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil || len(all) < 2 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	return all[0], all[1:]
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLTVPredictWritesEveryCustomerAndTheDistributions(t *testing.T) {
	folder := t.TempDir()
	out, distribution := filepath.Join(folder, "customers.csv"), filepath.Join(folder, "distribution.csv")
	document := answered(t, "ltv", "predict", "--transactions", orderFile(t, "id,date,amount"), "--until", "2024-12-31", "--weeks", "13",
		"--out", out, "--distribution", distribution, "--discount", "0.1")
	wantFields(t, document, "customers", "chosen", "seconds", "members", "expected_total", "total_low", "total_high")
	header, rows := tableOf(t, out)
	if want := "id,p_alive,expected_orders,expected_orders_low,expected_orders_high,expected_value"; !strings.HasPrefix(strings.Join(header, ","), want) {
		t.Errorf("header %v, want %s first", header, want)
	}
	if len(rows) != 800 || rows[0][0] != "c000" || rows[799][0] != "c799" {
		t.Errorf("%d rows from %s on", len(rows), rows[0][0])
	}
	expected, total := map[string]float64{}, 0.
	for _, row := range rows {
		expected[row[0]] = number(t, row[2])
		total += number(t, row[2])
		if alive := number(t, row[1]); alive < 0 || alive > 1 || number(t, row[3]) > number(t, row[4]) || number(t, row[5]) < 0 {
			t.Fatalf("%v", row)
		}
	}
	if math.Abs(total/document["expected_total"].(float64)-1) > 1e-5 {
		t.Errorf("customers add up to %v, total %v", total, document["expected_total"])
	}
	checkDistributions(t, distribution, expected)
	if left, _ := filepath.Glob(filepath.Join(folder, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// checkDistributions holds that every customer's distribution counts up from
// 0, rises to at least .9999 and has the customer's mean.
func checkDistributions(t *testing.T, path string, expected map[string]float64) {
	t.Helper()
	header, rows := tableOf(t, path)
	if strings.Join(header, ",") != "id,k,cdf" {
		t.Fatalf("header %v", header)
	}
	seen := map[string]bool{}
	for len(rows) > 0 {
		name, mean, last, k := rows[0][0], 0., 0., 0
		for ; len(rows) > 0 && rows[0][0] == name; rows = rows[1:] {
			cdf := number(t, rows[0][2])
			if rows[0][1] != strconv.Itoa(k) || cdf < last || last >= .9999 {
				t.Fatalf("%v after %v", rows[0], last)
			}
			mean += float64(k) * (cdf - last)
			last, k = cdf, k+1
		}
		if last < .9999 || math.Abs(mean-expected[name]) > .02*(1+expected[name]) || seen[name] {
			t.Fatalf("%s: the distribution ends at %v with mean %v, expected %v", name, last, mean, expected[name])
		}
		seen[name] = true
	}
	if len(seen) != len(expected) {
		t.Errorf("%d distributions of %d customers", len(seen), len(expected))
	}
}

func TestLTVPredictLeavesNothingBehindWhenItFails(t *testing.T) {
	folder := t.TempDir()
	code, _, stderr := said(t, "ltv", "predict", "--transactions", orderFile(t, "id,date"), "--until", "2024-12-31",
		"--out", filepath.Join(folder, "customers.csv"), "--distribution", filepath.Join(folder, "no", "such", "folder.csv"), "--json")
	left, _ := os.ReadDir(folder)
	if code != exitFailed || !strings.Contains(stderr, "folder.csv") || len(left) > 0 {
		t.Errorf("exit code %d, %d files left: %s", code, len(left), stderr)
	}
}

func TestLTVPredictWithoutAmountsLeavesValuesEmpty(t *testing.T) {
	out := filepath.Join(t.TempDir(), "customers.csv")
	answered(t, "ltv", "predict", "--transactions", orderFile(t, "id,date,paid"), "--until", "2024-12-31", "--model", "pnbd", "--out", out)
	header, rows := tableOf(t, out)
	for i, name := range header {
		if empty := rows[0][i] == ""; empty != strings.HasPrefix(name, "expected_value") && name != "expected_amount" {
			t.Errorf("%s is %q", name, rows[0][i])
		}
	}
}

// golden is the answer to a fixed file, in which the time taken is left out.
// Set SIYU_UPDATE to write it anew after a change that is meant.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = regexp.MustCompile(`"seconds":[0-9.e-]+`).ReplaceAllString(got, `"seconds":0`)
	got = regexp.MustCompile(`\d+\.\d+(e-?\d+)?`).ReplaceAllStringFunc(got, func(text string) string {
		return strconv.FormatFloat(number(t, text), 'g', 5, 64)
	})
	path := filepath.Join("testdata", name)
	if os.Getenv("SIYU_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs:\n%s\nwant\n%s", name, got, want)
	}
}

func TestLTVAnswersAreTheGoldenOnes(t *testing.T) {
	path, out := orderFile(t, "id,date,amount"), filepath.Join(t.TempDir(), "customers.csv")
	for name, args := range map[string][]string{
		"ltv-fit.json":      {"ltv", "fit", "--transactions", path, "--until", "2024-12-31", "--model", "bgnbd,mbgnbd,pnbd,mbgcnbdk,pooled"},
		"ltv-backtest.json": {"ltv", "backtest", "--transactions", path, "--cut", "2024-09-30", "--end", "2025-03-31", "--model", "bgnbd,pnbd"},
		"ltv-predict.json":  {"ltv", "predict", "--transactions", path, "--until", "2024-12-31", "--model", "mbgnbd", "--out", out},
	} {
		code, stdout, stderr := said(t, append(args, "--json")...)
		if code != 0 {
			t.Fatalf("%s: exit code %d: %s", name, code, stderr)
		}
		golden(t, name, stdout)
	}
	_, rows := tableOf(t, out)
	var first strings.Builder
	for _, row := range rows[:10] {
		first.WriteString(strings.Join(row, ",") + "\n")
	}
	golden(t, "ltv-predict.csv", first.String())
}

func TestLTVSpeaksInWordsWithoutJSON(t *testing.T) {
	code, stdout, _ := said(t, "ltv", "fit", "--transactions", orderFile(t, "id,date,amount"), "--until", "2024-12-31")
	if code != 0 || !strings.Contains(stdout, "800 customers") || strings.Contains(stdout, "{") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}

func TestLTVSaysWhatIsWrongWithTheInput(t *testing.T) {
	good := orderFile(t, "id,date,amount")
	cases := map[string]struct {
		args []string
		says []string
	}{
		"a date that is none": {[]string{"ltv", "fit", "--transactions", fileWith(t, "a.csv", "id,date,amount\n1,2024-01-01,3\n2,soon,4\n"), "--until", "2024-12-31"},
			[]string{"a.csv", "line 3", "column date", `"soon"`, "expected a date"}},
		"an amount that is none": {[]string{"ltv", "fit", "--transactions", fileWith(t, "b.csv", "id,date,amount\n1,2024-01-01,much\n"), "--until", "2024-12-31"},
			[]string{"b.csv", "line 2", "column amount", `"much"`, "expected an amount"}},
		"an amount without end": {[]string{"ltv", "fit", "--transactions", fileWith(t, "g.csv", "id,date,amount\n1,2024-01-01,NaN\n"), "--until", "2024-12-31"},
			[]string{"line 2", "column amount"}},
		"no customer": {[]string{"ltv", "fit", "--transactions", fileWith(t, "c.csv", "id,date\n,2024-01-01\n"), "--until", "2024-12-31"},
			[]string{"line 2", "column id", "customer"}},
		"a missing column": {[]string{"ltv", "fit", "--transactions", fileWith(t, "d.csv", "who,date\n1,2024-01-01\n"), "--until", "2024-12-31"},
			[]string{"no column for the customer", "--id", "who"}},
		"an empty file":       {[]string{"ltv", "fit", "--transactions", fileWith(t, "e.csv", ""), "--until", "2024-12-31"}, []string{"e.csv"}},
		"nobody yet":          {[]string{"ltv", "fit", "--transactions", good, "--until", "1999-01-01"}, []string{"no orders until 1999-01-01"}},
		"an unknown model":    {[]string{"ltv", "fit", "--transactions", good, "--until", "2024-12-31", "--model", "oracle"}, []string{"oracle", "bgnbd"}},
		"a day that is none":  {[]string{"ltv", "fit", "--transactions", good, "--until", "2024-13-31"}, []string{"2024-13-31", "expected a date"}},
		"an end before a cut": {[]string{"ltv", "backtest", "--transactions", good, "--cut", "2024-09-30", "--end", "2024-09-30"}, []string{"--end", "after --cut"}},
		"no horizon":          {[]string{"ltv", "predict", "--transactions", good, "--until", "2024-12-31", "--weeks", "0", "--out", "x"}, []string{"--weeks 0", "expected 1 to"}},
		"a negative discount": {[]string{"ltv", "predict", "--transactions", good, "--until", "2024-12-31", "--discount=-1", "--out", "x"}, []string{"--discount", "expected a rate"}},
		"nobody to predict":   {[]string{"ltv", "predict", "--transactions", good, "--until", "1999-01-01", "--out", "x"}, []string{"no orders until 1999-01-01"}},
		"steps of nothing":    {[]string{"ltv", "backtest", "--transactions", good, "--cut", "2024-09-30", "--end", "2024-10-30", "--step", "0"}, []string{"--step 0"}},
		"a file that is not":  {[]string{"ltv", "fit", "--transactions", good + "x", "--until", "2024-12-31"}, []string{"orders.csvx"}},
		"no file":             {[]string{"ltv", "fit", "--until", "2024-12-31"}, []string{"--transactions"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := said(t, append(c.args, "--json")...)
			if code != exitUsage || stdout != "" {
				t.Errorf("exit code %d, answer %q", code, stdout)
			}
			for _, words := range c.says {
				if !strings.Contains(stderr, words) {
					t.Errorf("%q is not said: %s", words, stderr)
				}
			}
		})
	}
}

func TestSeveralOrdersOfADayCountAsOneAndReturnsAsNone(t *testing.T) {
	path := fileWith(t, "orders.csv", "id,date,amount\na,2024-01-01,10\na,2024-02-01,10\na,2024-02-01,5\na,2024-03-01,-10\nb,2024-01-01,8\n")
	document := answered(t, "ltv", "fit", "--transactions", path, "--until", "2024-06-30", "--model", "pooled")
	rate := document["models"].([]any)[0].(map[string]any)["params"].(map[string]any)["rate"].(float64)
	weeks := 2 * 181. / 7
	if math.Abs(rate-1/weeks) > 1e-9 || document["returns"].(float64) != 1 {
		t.Errorf("rate %v, want one repeat order in %v weeks; %v", rate, weeks, document["returns"])
	}
}

// The published fit (K2 and K8 of Fader, Hardie and Lee 2005 and note 025).
func TestLTVFitOfTheCDNOWSampleIsThePublishedOne(t *testing.T) {
	path := filepath.Join(os.Getenv("SIYU_DATA"), "ltv", "cdnow_sample.csv")
	if _, err := os.Stat(path); os.Getenv("SIYU_DATA") == "" || err != nil {
		t.Skip("SKIPPED: needs ltv/cdnow_sample.csv in the folder named by SIYU_DATA")
	}
	document := answered(t, "ltv", "fit", "--transactions", path, "--until", "1997-09-30")
	model := document["models"].([]any)[0].(map[string]any)
	params, spend := model["params"].(map[string]any), document["spend"].(map[string]any)
	for _, c := range []struct{ got, want float64 }{
		{params["r"].(float64), .2425945}, {params["alpha"].(float64), 4.4136019}, {params["a"].(float64), .7929199}, {params["b"].(float64), 2.4258881},
		{model["log_likelihood"].(float64), -9582.4292}, {spend["p"].(float64), 6.24957}, {spend["q"].(float64), 3.74422}, {spend["v"].(float64), 15.4435}} {
		if math.Abs(c.got/c.want-1) > 1e-4 {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
}
