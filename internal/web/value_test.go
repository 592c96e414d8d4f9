package web_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

// valuePages are the pages of value with everything on them.
func valuePages() []string {
	return []string{"/value", "/value?by=order", "/value/groups?by=code", "/value/groups?by=campaign", "/value/groups?by=staff", "/value/due", "/value/stages", "/value/stages?line=tea", "/value/backtest"}
}

func TestEveryChartOfValueHasPointsATableAndAFile(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	chart, file := regexp.MustCompile(`data-chart="([^"]+)"[^>]*data-title="[^"]+`), regexp.MustCompile(`<a href="([^"]+)" download`)
	for _, path := range valuePages() {
		page := v.get(path).wants(http.StatusOK)
		for _, found := range chart.FindAllStringSubmatch(page.body, -1) {
			var points []map[string]any
			a := v.get(strings.ReplaceAll(found[1], "&amp;", "&")).wants(http.StatusOK)
			if err := json.Unmarshal([]byte(a.body), &points); err != nil || len(points) < 3 {
				t.Errorf("%s: %d points, %v", a.what, len(points), err)
			}
		}
		files := file.FindAllStringSubmatch(page.body, -1)
		if len(files) == 0 {
			t.Errorf("%s has no file", path)
		}
		for _, found := range files {
			a := v.get(strings.ReplaceAll(found[1], "&amp;", "&")).wants(http.StatusOK)
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, "\uFEFF"))).ReadAll()
			if err != nil || len(rows) < 3 {
				t.Errorf("%s: %d rows, %v", a.what, len(rows), err)
			}
		}
	}
}

func TestNoCellOfAFileRunsAsAFormula(t *testing.T) {
	t.Parallel()
	a := visit(t, webtest.Full(), webtest.OwnerAccount).get("/value/groups.csv?by=code").wants(http.StatusOK)
	if !strings.Contains(a.body, "=video+1") || strings.Contains(a.body, "\n=video+1") || strings.Contains(a.body, "\n\"=video+1") {
		t.Errorf("a contact way named like a formula stands in the file as\n%s", a.body)
	}
}

func TestAYoungCohortIsNotJudged(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value").says("Too early", "2026-03", "42 days, from 812 gaps")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(v.get("/value/cohorts.csv").body, "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if young := strings.HasPrefix(row[0], "2026"); young != (row[7] == "") { // January ended 41 days ago
			t.Errorf("cohort %s is worth %q each", row[0], row[7])
		}
	}
	if chart := v.get("/value/cohorts.json").body; strings.Contains(chart, "2026-01") || !strings.Contains(chart, "2025-12") {
		t.Errorf("the chart shows %s", chart)
	}
}

func TestValueSaysItsBasisItsCustomersAndItsDate(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value").says("4,000 customers: ", "gross margin expected", "As of 2026-03-12, orders to 2026-03-12", "standard deviation 0.12", "the prior from public data", "below 60%")
	v.get("/value/backtest").says("4,102 orders forecast, 3,881 came: 6% too many", "within the 80% interval 3,460–4,870", "640 first bought after the cut: nothing was said of them", "212 customers of the sample are too new to judge today",
		"Equal mixture: 23% less error than the best simple rule", "In force: Equal mixture (Pareto/NBD + MBG/CNBD-k (regular buyers) + Negative binomial regression)", "from 3 days before the cut: what is judged here came after it", "0.4753")
	v.get("/value/card").says("Learned from 14,210 customers", "at the border", "What it cannot say", "unheard_of_3", "Model on customers' pages", "1,407 customers were expected to buy, 1,102 did: within the interval 1,080–1,734")
}

func TestTheBacktestTellsOfTotalsAmountsAndTenths(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value/backtest").says("Of 3 past cuts the interval of the total held what came 2 times", "chosen and fitted anew", "3,377–4,790", "16% smaller", "1,873 customers who bought after the cut", "No order, expected", "93%", "94%")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(v.get("/value/backtest/calibration.csv").body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 11 || rows[1][4] != "0.9300" || rows[1][5] != "0.9400" || rows[1][6] != "0.7900" {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestTheCurveIsToldWithFestivalsAndWithout(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	page := v.get("/value/backtest").says("They follow the calendar of festivals", "Forecast without festivals", "4,511", "4,095")
	if !strings.Contains(page.body, `data-predicted="Forecast with festivals"`) {
		t.Error("the drawn curve is not called by its name")
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(v.get("/value/backtest/tracking.csv").body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 14 || rows[13][1] != "3874.0000" || rows[13][2] != "4511.0000" || rows[13][3] != "4095.0000" {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestTheListOfWhoIsDueHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	list := visit(t, brand, webtest.OwnerAccount).get("/value/due").wants(http.StatusOK).body
	for n, overdue := range []bool{true, true, true, false, true, true, true, false, false} { // the seventh is due today, every fourth has no date
		if got := strings.Contains(list, brand.Someone(n)+"\""); got != overdue {
			t.Errorf("customer %d is listed: %v", n, got)
		}
	}
	rows, someone := regexp.MustCompile(`(?s)<tr>.*?</tr>`).FindAllString(list[strings.Index(list, "到期未购"):], -1), brand.Someone
	if len(rows) < 3 || !strings.Contains(rows[1], someone(6)+"\"") || !strings.Contains(rows[1], "今天到期") {
		t.Errorf("who is due today does not stand first: %s", rows[:min(len(rows), 3)])
	}
	for n, lines := range map[int]int{0: 2, 1: 2, 2: 1} { // the third customer's second line is due in six days
		if got := strings.Count(strings.Join(rows, ""), someone(n)+"\""); got != lines {
			t.Errorf("customer %d is listed with %d lines, not %d", n, got, lines)
		}
	}
}

func TestACustomersPageTellsOfBulkOrdersLinesAndWhatAContactIsWorth(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount).english()
	v.get(brand.Someone(8)).says("Bulk", "¥1,280", "at least 80%: ", "about 80%: ", "every 24 days, from 3 own gaps", "after 35 days", "Within 30 days", "Within a year", "¥9.9")
	v.get(brand.Someone(1)).hides("Bulk")
}

func TestTheModelCardTellsHowFarEffectsAreMeasured(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value/card").says("1 of 3 levers measured, 1 partly", "−12%", "−81% to 57%", "48%", "56% to 98%", "53% to 190%", "9,013 : 2,260", "107 of the held out reached (5%)", "partly measured", "closes 40% of the gap", "half of it gone after 14 days",
		"8,211 : 366", "contacts cost 41% of the relations that the fitted hazard says (2% to 80%; 93 relations ended); 55% is in force", "A draw of a year ago counts half",
		"One contact is believed to cost 0.2% of relations on average (", "lowered by that, times 50% of", "so it also caps")
	visit(t, webtest.Full(), webtest.OwnerAccount).get("/value/card").says("3 项里 1 项已测定", "部分测定", "对照组里被联系到 107 位")
	visit(t, webtest.Full(), webtest.StoreAccount).get("/value/card").wants(http.StatusForbidden)
}

func TestAForecastThatPartedStandsOnTodayAndOnTheModelCard(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	const alert, card = "902 customers of a month ago bought, 1,407 were forecast: outside the interval", "1,407 customers were expected to buy, 902 did: outside the interval 1,080–1,734"
	v := visit(t, brand, webtest.OwnerAccount).english()
	v.get("/today").hides("were forecast")
	v.get("/value/card").hides("Forecast parted", "outside the interval")
	brand.Parted = true
	v.get("/today").says(alert, "Forecast parted", "Model card")
	v.get("/value/card").says(card, "Forecast parted", "check the imports before believing forecasts")
	visit(t, brand, webtest.OwnerAccount).get("/today").says("一个月前预测 1,407 位会买，实际 902 位：超出区间")
	visit(t, brand, webtest.OwnerAccount).get("/value/card").says("品牌变了，或者缺订单")
	visit(t, brand, webtest.StoreAccount).get("/today").hides("一个月前预测")
}

func TestValueTellsWhoNeverBuysByTheWayTheyCame(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value/groups").says("377 first orders of 1,402 contacts", "Never buy", "66%", "2026 Q2")
	v.get("/value/groups?by=store").hides("377 first orders")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(v.get("/value/first-orders.csv").body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 7 || rows[1][6] != "0.6600" {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestCyclesTellThoseWhoHaveNotComeBack(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value/due").says("Half back after", "61", "57–66", "44–…", "Not over")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(v.get("/value/cycles.csv").body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][10] != "61.0000" || rows[2][15] != "" || rows[3][7] != "" {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestValueTellsWhatIsProvisionalAndHowOftenGroupsBuyAgain(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value").says("orders of at most 14 days", "6.9%")
	v.get("/value?by=order").says("×0.81", "×0.70–×0.94", "30%")
	v.get("/value/groups?by=store").says("×1.13", "Too early", "98%", "×1.31", "3% still 1", "it speaks until their own orders do")
	v.get("/value?by=order").says("hold no such factor")
	for by, least := range map[string]int{"store": 12, "order": 20} {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(v.get("/value/rates.csv?by="+by).body, "\uFEFF"))).ReadAll()
		if err != nil || len(rows) < least || len(rows[0]) != 9 {
			t.Errorf("%s: %d rows, %v", by, len(rows), err)
		}
	}
	v.get("/value/rates.csv?by=moon").wants(http.StatusNotFound)
}

func TestTheBacktestTellsWhatFestivalsDo(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value/backtest").says("With festivals the curve was 2.1% off", "11.11", "×1.31", "×1.10–×1.50", "4,095")
	v.get("/value/card").says("forecasts follow them. Looking ahead from 5 past days, totals were off unevenly by 3.1% with them and 9.2% without", "0.461", "(4) show that they matter")
}

func TestTheModelCardTellsThatFestivalsPassedUnnoticed(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	brand.Unnoticed = true
	v := visit(t, brand, webtest.OwnerAccount)
	v.get("/value/card").says("客户的预测不算节日", "已知订单里的 4 次节日，看起来更像平常日子")
	v.english().get("/value/card").says("forecasts do without", "(4) went by more like any other day")
}

func TestTheModelCardTellsWhetherForecastsTellStoresApart(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/value/card").says("预测按门店区分", "在用的 2 个倍数", "没有更准")
	v.english().get("/value/card").says("Forecasts tell stores apart", "Looking ahead from 4 past days", "×1.22–×1.40", "94%", "18,211", "In force", "Not better")
}

func TestAStoreReadsTheSumsOfItsOwnCustomersOnly(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	own := visit(t, brand, webtest.StoreAccount).english()
	own.get("/value").wants(http.StatusOK).hides("4,000 customers", "/value/card", "/value/backtest")
	customers := func(path string) string {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(own.get(path).wants(http.StatusOK).body, "\uFEFF"))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: %v, %v", path, rows, err)
		}
		return rows[1][0] + " " + rows[1][1]
	}
	const mine = "朝阳店 336" // one store of twelve
	if got := customers("/value/groups.csv?by=store"); got != mine {
		t.Errorf("a store reads %q, want %q", got, mine)
	}
	all := visit(t, brand, webtest.OwnerAccount).get("/value/groups?by=store").body
	other := regexp.MustCompile(`<option value="(\w+)">望京店`).FindStringSubmatch(all)[1]
	if got := customers("/value/groups.csv?by=store&store=" + other); got != mine {
		t.Errorf("for another store it reads %q, want %q", got, mine)
	}
}

func TestValueRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	v.get("/value?by=moon").wants(http.StatusNotFound)
	v.get("/value/groups?by=moon").wants(http.StatusNotFound)
	brand.Fail = errors.New("the disk is full")
	for _, path := range valuePages() {
		v.get(path).wants(http.StatusInternalServerError)
	}
}

func TestWhatPlansPromisedStandsBesideWhatCame(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount).english()
	v.get("/value/promises").wants(http.StatusOK).says("of what plans promised came", "Plans before 2026-02-10", "3,200 : 720", "3,200 : 80", "400 : 90", "82%", "Not measurable")
	visit(t, webtest.Full(), webtest.StoreAccount).get("/value/promises").wants(http.StatusForbidden)
	visit(t, webtest.Empty(), webtest.OwnerAccount).get("/value/promises").wants(http.StatusOK).says("还没有到期的计划")
}

func TestTheModelCardTellsWhereTheScoreOfTrustIsNotJudgedOrNoBetterThanNone(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	page := func() answer { return visit(t, brand, webtest.OwnerAccount).english().get("/value/card") }
	brand.Trust = web.FitView{Simple: true}
	page().says("Not judged yet: there is no month before the newest to learn from").hides("first message")
	brand.HeardDays = 90
	brand.Trust = web.FitView{Simple: true, Judged: true}
	page().says("It starts with how often and how lately").hides("Not judged yet", "No better than telling everybody the same")
	brand.Trust.Simple, brand.Trust.Worse = false, true
	page().says("All features take part: they foretold the newest month better", "No better than telling everybody the same")
	brand.Trust, brand.HeardDays = web.FitView{Simple: true}, 6
	page().says("first message", "Not judged yet: messages are known since", "nobody is held to have been silent, before")
}
