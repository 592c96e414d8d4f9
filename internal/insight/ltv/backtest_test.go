package ltv

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"siyu/internal/stats/btyd"
)

func logOf(t *testing.T, name string) *btyd.Log {
	t.Helper()
	file, err := os.Open(filepath.Join(os.Getenv("SIYU_DATA"), "ltv", name))
	if os.Getenv("SIYU_DATA") == "" || err != nil {
		t.Skipf("SKIPPED: needs ltv/%s in the folder named by SIYU_DATA", name)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ledger := btyd.NewLedger()
	for _, row := range rows[1:] {
		ledger.Add(row[0], day(row[1]), 1)
	}
	return ledger.Close()
}

func day(text string) btyd.Day {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic("no date: " + strconv.Quote(text))
	}
	return btyd.DayOf(d)
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.5g, want %.5g within %g", what, got, want, within)
	}
}

// The scores were computed with Python tools at the same cuts.
func TestBacktestScoresOfPublicDataAreTheReferenceScores(t *testing.T) {
	cases := []struct {
		file, cut, end string
		want           Score
	}{
		{"cdnow_full.csv", "1997-09-30", "1998-06-30", Score{RPS: .5398, MAE: .8187, RMSE: 1.7329, Bias: -.143, Hit10: .469, Capture10: .456, Spearman: .442, AUC: .763}},
		{"cdnow_sample.csv", "1997-09-30", "1998-06-30", Score{RPS: .5104, MAE: .7855, RMSE: 1.6080, Bias: -.121, Hit10: .473, Capture10: .470, Spearman: .449, AUC: .773}},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			b := RunBacktest(logOf(t, c.file), ModelNames(), day(c.cut), day(c.end))
			got := b.Models[0]
			near(t, "rps", got.RPS, c.want.RPS, 1e-4)
			near(t, "mae", got.MAE, c.want.MAE, 1e-4)
			near(t, "rmse", got.RMSE, c.want.RMSE, 1e-4)
			near(t, "bias", got.Bias, c.want.Bias, 1e-3)
			near(t, "hit10", got.Hit10, c.want.Hit10, 2e-3)
			near(t, "capture10", got.Capture10, c.want.Capture10, 2e-3)
			near(t, "spearman", got.Spearman, c.want.Spearman, 1e-3)
			near(t, "auc", got.AUC, c.want.AUC, 1e-3)
			if b.Chosen != "bgnbd" || got.Nonfinite != 0 || !(b.Models[1].RPS > got.RPS) {
				t.Errorf("%+v", b)
			}
		})
	}
}

func TestGroceryRPSIsTheReference(t *testing.T) {
	b := RunBacktest(logOf(t, "grocery_elog.csv"), ModelNames(), day("2006-12-31"), day("2007-12-30"))
	near(t, "rps", b.Models[0].RPS, 1.0014, 1e-4)
	near(t, "actual total", b.ActualTotal, 3389, 0)
}

// drifting is a made-up brand whose customers buy at their own rates and
// stop.
func drifting(customers int, seed uint64) *btyd.Log {
	random := rand.New(rand.NewPCG(seed, 2))
	ledger := btyd.NewLedger()
	for i := range customers {
		mean := 15 * math.Exp(random.NormFloat64())
		for at := random.Float64() * 180; at < 730; at += mean * random.ExpFloat64() {
			ledger.Add(strconv.Itoa(i), btyd.Day(at), 10+10*random.Float64())
			if random.Float64() < .15 {
				break
			}
		}
	}
	return ledger.Close()
}

func TestTheModelBeatsThePooledRateOnCustomersThatStop(t *testing.T) {
	b := RunBacktest(drifting(2000, 4), ModelNames(), 365, 560)
	model, pooled := b.Models[0], b.Models[1]
	if b.Chosen != "bgnbd" || model.RPS >= pooled.RPS || model.Deviance >= pooled.Deviance || model.AUC < .7 {
		t.Errorf("chosen %s\n%+v\n%+v", b.Chosen, model, pooled)
	}
	if b.ActualTotal < b.TotalLow || b.ActualTotal > b.TotalHigh {
		t.Errorf("actual total %v outside %v..%v", b.ActualTotal, b.TotalLow, b.TotalHigh)
	}
	near(t, "coverage", model.Coverage80, .8, .07)
}

func TestLaterOrdersDoNotChangeWhatWasForecast(t *testing.T) {
	full := RunBacktest(drifting(800, 3), ModelNames(), 300, 400)
	cutOff := btyd.NewLedger()
	log := drifting(800, 3)
	for i := range log.Customers() {
		for _, o := range log.Orders(i) {
			if o.Day <= 300 {
				cutOff.Add(log.Name(i), o.Day, o.Amount)
			}
		}
	}
	before := RunBacktest(cutOff.Close(), ModelNames(), 300, 400)
	if full.PredictedTotal != before.PredictedTotal || full.Chosen != before.Chosen {
		t.Errorf("forecast %v (%s) with later orders, %v (%s) without", full.PredictedTotal, full.Chosen, before.PredictedTotal, before.Chosen)
	}
}

func TestAnEmptyLogIsJudgedWithoutFailing(t *testing.T) {
	b := RunBacktest(btyd.NewLedger().Close(), ModelNames(), 10, 20)
	if b.Chosen != "bgnbd" || b.ActualTotal != 0 || math.IsNaN(b.PredictedTotal) {
		t.Errorf("%+v", b)
	}
}
