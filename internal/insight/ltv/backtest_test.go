package ltv

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"siyu/internal/stats/btyd"
)

// logOf reads public orders: the customer, the date, and an amount of 1.
func logOf(t *testing.T, name string) *btyd.Log {
	t.Helper()
	return readLog(t, name, func([]string) float64 { return 1 })
}

// spendLog reads the CDNOW sample with its amounts.
func spendLog(t *testing.T) *btyd.Log {
	t.Helper()
	return readLog(t, "cdnow_sample.csv", func(row []string) float64 {
		v, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	})
}

func readLog(t *testing.T, name string, amount func(row []string) float64) *btyd.Log {
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
		ledger.Add(row[0], day(row[1]), amount(row))
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

// published are scores by model of public data at the same cuts, computed with
// Python and R tools (lifetimes, BTYD, BTYDplus).
type published struct {
	file, cut, end string
	models         map[string]Score
	rps            float64 // that the choice must reach
}

func publishedScores() []published {
	return []published{
		{"cdnow_full.csv", "1997-09-30", "1998-06-30", map[string]Score{
			"bgnbd":  {RPS: .5398, MAE: .8187, RMSE: 1.7329, Bias: -.143, Hit10: .469, Capture10: .456, Spearman: .442, AUC: .763},
			"mbgnbd": {RPS: .5399, MAE: .7945, RMSE: 1.7396, Bias: -.191, Hit10: .471, Capture10: .459, Spearman: .445, AUC: .765},
			"pnbd":   {RPS: .5395, MAE: .7938, RMSE: 1.7262, Bias: -.129, Hit10: .473, Capture10: .460, Spearman: .452, AUC: .769},
		}, .5360},
		{"cdnow_sample.csv", "1997-09-30", "1998-06-30", map[string]Score{
			"bgnbd":  {RPS: .5104, MAE: .7855, RMSE: 1.6080, Bias: -.121, Hit10: .473, Capture10: .470, Spearman: .449, AUC: .773},
			"mbgnbd": {RPS: .5100, MAE: .7648, RMSE: 1.6072, Bias: -.162, Hit10: .482, Capture10: .477, Spearman: .450, AUC: .773},
			"pnbd":   {RPS: .5107, MAE: .7545, RMSE: 1.6028, Bias: -.115, Hit10: .478, Capture10: .474, Spearman: .460, AUC: .779},
		}, .5090},
		{"grocery_elog.csv", "2006-12-31", "2007-12-30", map[string]Score{
			"bgnbd":  {RPS: 1.0014, MAE: 1.577, RMSE: 3.150, Bias: .179, Hit10: .654, Capture10: .553, Spearman: .6, AUC: .864},
			"mbgnbd": {RPS: 1.0057, MAE: 1.513, RMSE: 3.209, Bias: .188, Hit10: .650, Capture10: .553, Spearman: .6, AUC: .873},
			"pnbd":   {RPS: 1.0006, MAE: 1.508, RMSE: 3.194, Bias: .178, Hit10: .650, Capture10: .553, Spearman: .6, AUC: .871},
		}, .9600},
	}
}

func scoreOf(t *testing.T, b Backtest, name string) Score {
	t.Helper()
	for _, s := range b.Models {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no score of %s among %+v", name, b.Models)
	return Score{}
}

func TestScoresOfPublicDataAreThePublishedAndTheChoiceBeatsThem(t *testing.T) {
	for _, c := range publishedScores() {
		t.Run(c.file, func(t *testing.T) {
			b := RunBacktest(logOf(t, c.file), ModelNames(), day(c.cut), day(c.end))
			for name, want := range c.models {
				got := scoreOf(t, b, name)
				near(t, name+" rps", got.RPS, want.RPS, 1e-4)
				near(t, name+" mae", got.MAE, want.MAE, 1e-3)
				near(t, name+" rmse", got.RMSE, want.RMSE, 1e-3)
				near(t, name+" bias", got.Bias, want.Bias, 1e-3)
				near(t, name+" auc", got.AUC, want.AUC, 1e-3)
				if c.file != "grocery_elog.csv" {
					near(t, name+" hit10", got.Hit10, want.Hit10, 2e-3)
					near(t, name+" capture10", got.Capture10, want.Capture10, 2e-3)
					near(t, name+" spearman", got.Spearman, want.Spearman, 1e-3)
				}
			}
			checkChoice(t, b, c.rps)
		})
	}
}

// checkChoice holds the choice against what it must reach: its score, the
// deviance of Pareto/NBD, and intervals that hold what they say, also in every
// fifth of the customers by what is expected of them.
func checkChoice(t *testing.T, b Backtest, rps float64) {
	t.Helper()
	chosen, pareto := scoreOf(t, b, b.Chosen), scoreOf(t, b, "pnbd")
	if chosen.RPS > rps || chosen.Deviance >= pareto.Deviance {
		t.Errorf("%s has rps %.4f, deviance %.4f; want at most %.4f and below %.4f", b.Chosen, chosen.RPS, chosen.Deviance, rps, pareto.Deviance)
	}
	near(t, "coverage", chosen.Coverage80, .8, .05)
	for i := 0; i+1 < len(b.Calibration); i += 2 {
		near(t, "coverage of a fifth", (b.Calibration[i].Coverage80+b.Calibration[i+1].Coverage80)/2, .8, .1)
	}
	last := b.Tracking[len(b.Tracking)-1]
	near(t, "end of the tracking curve, actual", last.Actual, b.ActualTotal, 0)
	near(t, "end of the tracking curve, forecast", last.Predicted/b.PredictedTotal, 1, .02)
	for _, s := range b.Models {
		if s.Nonfinite != 0 {
			t.Errorf("%s has %d forecasts that are no number", s.Name, s.Nonfinite)
		}
	}
}

// The choice is made anew before every cut, among the models that the product
// chooses from.
func TestIntervalsOfTotalsHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: long")
	}
	held, origins := 0., 0
	for _, c := range []struct {
		file, cut, end string
		origins        int
	}{{"cdnow_sample.csv", "1998-03-31", "1998-06-30", 9}, {"cdnow_sample.csv", "1997-12-31", "1998-06-30", 6},
		{"grocery_elog.csv", "2007-09-30", "2007-12-30", 13}, {"grocery_elog.csv", "2007-06-30", "2007-12-30", 6}} {
		r := RunRolling(logOf(t, c.file), Choosable(), RollingSpec{Cut: day(c.cut), End: day(c.end), Origins: c.origins, Step: 28})
		held, origins = held+r.Held*float64(len(r.Origins)), origins+len(r.Origins)
		auto, pareto := r.Models[len(r.Models)-1], r.Models[slices.Index(Choosable(), "pnbd")]
		if auto.Name != Automatic || pareto.Name != "pnbd" || auto.RPS >= pareto.RPS {
			t.Errorf("%s: over %d cuts the choice has rps %.4f, Pareto/NBD %.4f", c.file, len(r.Origins), auto.RPS, pareto.RPS)
		}
	}
	if share := held / float64(origins); origins < 30 || share < .7 || share > .9 {
		t.Errorf("of %d intervals %.0f %% hold the truth", origins, 100*share)
	}
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

func TestTheChoiceBeatsTheRulesOnCustomersThatStop(t *testing.T) {
	b := RunBacktest(drifting(2000, 4), ModelNames(), 365, 560)
	chosen := scoreOf(t, b, b.Chosen)
	for _, rule := range []string{recentName, pooledName} {
		if r := scoreOf(t, b, rule); chosen.RPS >= r.RPS || chosen.Deviance >= r.Deviance || chosen.AUC < .7 {
			t.Errorf("%s %+v\n%+v", b.Chosen, chosen, r)
		}
	}
	if b.ActualTotal < b.TotalLow || b.ActualTotal > b.TotalHigh {
		t.Errorf("actual total %v outside %v..%v", b.ActualTotal, b.TotalLow, b.TotalHigh)
	}
	near(t, "coverage", chosen.Coverage80, .8, .07)
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
	if full.PredictedTotal != before.PredictedTotal || full.Chosen != before.Chosen || full.TotalLow != before.TotalLow {
		t.Errorf("forecast %v (%s) with later orders, %v (%s) without", full.PredictedTotal, full.Chosen, before.PredictedTotal, before.Chosen)
	}
}

// Five hundred lives, each led by two thousand customers.
func TestAMillionCustomersAreForecastByEveryModel(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: long")
	}
	const customers = 1_000_000
	lives, ledger := drifting(500, 5), btyd.NewLedger()
	for i := range customers {
		for _, o := range lives.Orders(i % lives.Customers()) {
			if o.Day <= 500 {
				ledger.Add(strconv.Itoa(i), o.Day, o.Amount)
			}
		}
	}
	study := NewStudy(ledger.Close(), ModelNames(), 400, 90)
	for _, name := range ModelNames() {
		fitted := study.Fit(name)
		if !fitted.Converged || math.IsNaN(fitted.LogLikelihood) || math.IsInf(fitted.LogLikelihood, 0) {
			t.Errorf("%s: %+v", name, fitted.Fit)
		}
		if total := fitted.total(study.panel, study.Horizon); !(total > customers/10 && total < 100*customers) {
			t.Errorf("%s expects %v orders", name, total)
		}
	}
	spend, counted := study.Spend(), 0
	if !spend.Converged || spend.Prior {
		t.Errorf("%+v", spend)
	}
	totals, err := study.Predict(PredictSpec{Spend: &spend.Spend, Discount: btyd.Continuous(.1)}, func(p *Prediction) error {
		counted++
		if !(p.Alive >= 0 && p.Alive <= 1 && p.Orders >= 0 && p.Value >= 0) || math.IsInf(p.Orders+p.Value+p.ValueHigh+p.ResidualOrders, 1) {
			t.Fatalf("%+v", p)
		}
		return nil
	})
	if err != nil || counted != study.Customers() || counted < 9*customers/10 || !(totals.Low < totals.Orders && totals.Orders < totals.High) {
		t.Errorf("%d of %d customers: %+v, %v", counted, study.Customers(), totals, err)
	}
}

func TestLittleIsJudgedWithoutFailing(t *testing.T) {
	logs := map[string]*btyd.Ledger{"nobody": btyd.NewLedger(), "one customer": btyd.NewLedger(), "one order each": btyd.NewLedger(), "all the same": btyd.NewLedger()}
	logs["one customer"].Add("a", 3, 10)
	for i := range 300 {
		logs["one order each"].Add(strconv.Itoa(i), btyd.Day(i%9), 5)
		for _, d := range []btyd.Day{0, 4, 8, 12} {
			logs["all the same"].Add(strconv.Itoa(i), d, 0)
		}
	}
	for name, ledger := range logs {
		b := RunBacktest(ledger.Close(), ModelNames(), 10, 20)
		numbers := []float64{b.PredictedTotal, b.TotalLow, b.TotalHigh, b.ActualTotal}
		for _, s := range b.Models {
			numbers = append(numbers, s.RPS, s.Deviance, s.Bias, float64(-s.Nonfinite))
		}
		for _, v := range numbers {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: %+v", name, b)
			}
		}
		for _, s := range b.Models {
			if s.Nonfinite != 0 {
				t.Errorf("%s: %s: %d forecasts are no number", name, s.Name, s.Nonfinite)
			}
		}
	}
}
