package btyd

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"siyu/internal/stats"
)

// Numbers below are published: Fader, Hardie and Lee 2005 and their sheets,
// as quoted by the tests of CLVTools, lifetimes and R BTYD.

func dataFile(t *testing.T, name string) [][]string {
	t.Helper()
	path := filepath.Join(os.Getenv("SIYU_DATA"), "ltv", name)
	file, err := os.Open(path)
	if os.Getenv("SIYU_DATA") == "" || err != nil {
		t.Skipf("SKIPPED: needs ltv/%s in the folder named by SIYU_DATA", name)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func ordersIn(t *testing.T, name string, amountColumn int) *Log {
	t.Helper()
	ledger := NewLedger()
	for _, row := range dataFile(t, name) {
		day, err := time.Parse(time.DateOnly, row[1])
		if err != nil {
			t.Fatal(err)
		}
		ledger.Add(row[0], DayOf(day), number(t, row[amountColumn]))
	}
	return ledger.Close()
}

// knownBy summarises the customers first seen by a day.
func knownBy(log *Log, until Day) []Summary {
	var known []Summary
	for i := range log.Customers() {
		if orders := log.Orders(i); len(orders) > 0 && orders[0].Day <= until {
			known = append(known, SummaryOf(orders, until))
		}
	}
	return known
}

func day(text string) Day {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return DayOf(d)
}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s is %.8g, want %.8g within %g", what, got, want, relative)
	}
}

// nearLikelihood holds a log-likelihood to 1e-4 for 10,000 customers. What is
// wanted has the published digits and more: the log-likelihood of the orders in
// 30 digits (mpmath 1.x) where the fit ended.
func nearLikelihood(t *testing.T, fit Fit, want float64, customers int) {
	t.Helper()
	if within := 1e-4 * float64(customers) / 10_000; !(math.Abs(fit.LogLikelihood-want) <= within) {
		t.Errorf("log-likelihood is %.8f, want %.8f within %.2g", fit.LogLikelihood, want, within)
	}
}

func TestCDNOWSampleGivesThePublishedBGNBD(t *testing.T) {
	customers := knownBy(ordersIn(t, "cdnow_sample.csv", 3), day("1997-09-30"))
	m, fit := FitBGNBD(Compress(customers))
	near(t, "r", m.R, .2425945, 1e-5)
	near(t, "alpha", m.Alpha, 4.4136019, 1e-5)
	near(t, "a", m.A, .7929199, 1e-5)
	near(t, "b", m.B, 2.4258881, 1e-5)
	nearLikelihood(t, fit, -9582.42920667, 2357)
	if !fit.Converged || fit.AtBorder {
		t.Errorf("converged %v, at border %v", fit.Converged, fit.AtBorder)
	}
	for i, want := range []float64{.012557, .378221, .185719, .705345} {
		near(t, "standard error of "+fit.Parameters[i].Name, fit.Parameters[i].Error, want, 2e-4)
	}
	if len(customers) != 2357 {
		t.Errorf("%d customers", len(customers))
	}
	for _, c := range []struct {
		weeks, want float64
	}{{.1429, .0078}, {1, .0532}, {3, .1506}, {31.8571, 1.0405}, {32, 1.0437}, {78, 1.8576}} {
		if got := m.ExpectedNew(stats.Weeks(c.weeks)); math.Abs(got-c.want) > 5e-4 {
			t.Errorf("E[X(%v)] is %v, want %v", c.weeks, got, c.want)
		}
	}
	if got := m.Expected(Summary{Frequency: 2, Recency: 30.43, Age: 38.86}, 39); math.Abs(got-1.226) > 1e-3 {
		t.Errorf("conditional expectation is %v, want 1.226", got)
	}
}

func TestCDNOWSampleGivesThePublishedGammaGamma(t *testing.T) {
	m, fit := FitSpend(knownBy(ordersIn(t, "cdnow_sample.csv", 3), day("1997-09-30")))
	near(t, "p", m.P, 6.24957, 1e-4)
	near(t, "q", m.Q, 3.74422, 1e-4)
	near(t, "v", m.V, 15.4435, 1e-4)
	nearLikelihood(t, fit, -4055.91769480, 946)
	want := []float64{24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17}
	for i, row := range dataFile(t, "cdnow_summary.csv")[:10] {
		s := Summary{Frequency: int(number(t, row[1])), Monetary: number(t, row[4])}
		if got := m.Expected(s); math.Abs(got-want[i]) > .1 {
			t.Errorf("customer %d: expected spend %.3f, want %.2f", i+1, got, want[i])
		}
	}
}

func TestCDNOWFullLogGivesTheReferenceFit(t *testing.T) {
	summaries := knownBy(ordersIn(t, "cdnow_full.csv", 3), day("1997-09-30"))
	tuples := Compress(summaries)
	m, fit := FitBGNBD(tuples)
	near(t, "r", m.R, .251624, 1e-4)
	near(t, "alpha", m.Alpha, 4.78894, 1e-4)
	near(t, "a", m.A, .723430, 1e-4)
	near(t, "b", m.B, 2.16108, 1e-4)
	nearLikelihood(t, fit, -95368.44393316, 23570)
	spend, spendFit := FitSpend(summaries)
	near(t, "p", spend.P, 6.27536, 1e-4)
	near(t, "q", spend.Q, 3.62445, 1e-4)
	near(t, "v", spend.V, 14.9837, 1e-4)
	nearLikelihood(t, spendFit, -40763.47626139, 9451)
	if len(summaries) != 23570 || len(tuples) != 8685 {
		t.Errorf("%d customers in %d tuples, want 23570 in 8685", len(summaries), len(tuples))
	}
}

// The reference is of lifetimes, BTYD and CLVTools at their own fits of the same
// customers; they placed 1,882 orders.
func TestHoldoutForecastsOfCDNOWAreThoseOfTheReference(t *testing.T) {
	tuples := Compress(knownBy(ordersIn(t, "cdnow_sample.csv", 3), day("1997-09-30")))
	bg, _ := FitBGNBD(tuples)
	pareto, _ := ParetoNBD{}.Refit(tuples)
	mbg, _ := MBGNBD{}.Refit(tuples)
	rows := dataFile(t, "cdnow_sample_cbs.csv")
	for _, c := range []struct {
		model              Lifetime
		total, correlation float64
	}{{bg, 1653.4, .6256}, {pareto, 1665.5, .6302}, {mbg, 1576.7, .6273}} {
		var forecast, actual []float64
		total, orders := 0., 0.
		for _, row := range rows {
			forecast, actual = append(forecast, c.model.Expected(summaryOfRow(t, row), 39)), append(actual, number(t, row[4]))
			total, orders = total+forecast[len(forecast)-1], orders+actual[len(actual)-1]
		}
		near(t, c.model.Name()+": total of the forecasts", total, c.total, 5e-5)
		near(t, c.model.Name()+": correlation with the orders", correlation(forecast, actual), c.correlation, 1e-4)
		if orders != 1882 {
			t.Errorf("%v orders", orders)
		}
	}
}

func summaryOfRow(t *testing.T, row []string) Summary {
	t.Helper()
	return Summary{Frequency: int(number(t, row[1])), Recency: stats.Weeks(number(t, row[2])), Age: stats.Weeks(number(t, row[3]))}
}

func correlation(x, y []float64) float64 {
	var sx, sy, sxx, syy, sxy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
		sxx, syy, sxy = sxx+x[i]*x[i], syy+y[i]*y[i], sxy+x[i]*y[i]
	}
	n := float64(len(x))
	return (sxy - sx*sy/n) / math.Sqrt((sxx-sx*sx/n)*(syy-sy*sy/n))
}

func TestNewCustomerProbabilitiesAreThePublished(t *testing.T) {
	m := BGNBD{R: .243, Alpha: 4.414, A: .793, B: 2.426}
	probability := func(weeks stats.Weeks, k int) float64 {
		cdf := m.Forecast(Summary{}, weeks, nil).CDF
		if k == 0 {
			return cdf[0]
		}
		return cdf[k] - cdf[k-1]
	}
	near(t, "P(X(2)=10)", probability(2, 10), 1.07869e-07, 1e-4)
	near(t, "P(X(39)=0)", probability(39, 0), .5737864, 1e-4)
}

func TestSingleLogLikelihoodsAreThePublished(t *testing.T) {
	m := BGNBD{R: .25, Alpha: 4, A: .8, B: 2.5}
	near(t, "x=0", m.LogLikelihood(Summary{Age: 40}), -.59947382, 1e-7)
	near(t, "x=200", m.LogLikelihood(Summary{Frequency: 200, Recency: 38, Age: 40}), 100.79569, 1e-7)
}
