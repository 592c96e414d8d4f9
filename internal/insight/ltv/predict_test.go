package ltv

import (
	"errors"
	"math"
	"testing"

	"siyu/internal/stats/btyd"
)

func TestPredictionsAreOfEverybodyInTheLogsSequenceAndAddUp(t *testing.T) {
	log := drifting(1500, 6)
	study := NewStudy(log, ModelNames(), 400, 180)
	spend := btyd.Spend{P: 6, Q: 4, V: 8}
	sum, next, customers := 0., 0, 0
	totals, err := study.Predict(PredictSpec{Spend: &spend, CDF: true, Discount: btyd.Continuous(.1)}, func(p *Prediction) error {
		for log.Name(next) != string(p.Customer) {
			next++
		}
		customers++
		sum += p.Orders
		last := p.CDF[len(p.CDF)-1]
		if last < EnoughProbability || len(p.CDF) > 1 && p.CDF[len(p.CDF)-2] >= EnoughProbability {
			t.Fatalf("%s: the distribution ends at %v", p.Customer, p.CDF)
		}
		if p.CDF[p.OrdersHigh] < .9 || p.OrdersLow > p.OrdersHigh || p.Alive < 0 || p.Alive > 1 {
			t.Fatalf("%+v", p)
		}
		if p.ValueLow > p.Value*3 || p.ValueLow > p.ValueHigh || math.Abs(p.Value-p.Orders*p.PerOrder) > 1e-9 {
			t.Fatalf("%+v", p)
		}
		if !(p.DiscountedOrders < p.Orders && p.DiscountedOrders > .95*p.Orders) {
			t.Fatalf("%v orders of %v left after half a year at 10 %%", p.DiscountedOrders, p.Orders)
		}
		return nil
	})
	if err != nil || customers != study.Customers() {
		t.Fatalf("%d of %d customers: %v", customers, study.Customers(), err)
	}
	near(t, "total over the sum of all", totals.Orders/sum, 1, 1e-9)
	if !(totals.Low < totals.Orders && totals.Orders < totals.High) {
		t.Errorf("%+v", totals)
	}
}

func TestPredictionsAreThoseOfTheBacktest(t *testing.T) {
	log := drifting(900, 8)
	b := RunBacktest(log, ModelNames(), 365, 545)
	totals, err := NewStudy(log, ModelNames(), 365, 180).Predict(PredictSpec{}, func(*Prediction) error { return nil })
	if err != nil || math.Abs(totals.Orders-b.PredictedTotal) > 1e-9*b.PredictedTotal || math.Abs(totals.High-b.TotalHigh) > 1e-9*b.TotalHigh {
		t.Errorf("predicted %+v (%v), backtested %v up to %v", totals, err, b.PredictedTotal, b.TotalHigh)
	}
}

func TestOrdersOfTheWholeFutureAreToldByAChosenModelAlone(t *testing.T) {
	for name, told := range map[string]bool{"pnbd": true, windowName: false, "bgnbd": false} {
		residual := 0.
		_, err := NewStudy(drifting(300, 2), []string{name}, 365, 90).Predict(PredictSpec{Discount: btyd.Continuous(.1)}, func(p *Prediction) error {
			residual += p.ResidualOrders
			return nil
		})
		if err != nil || residual > 0 != told {
			t.Errorf("%s: %v orders of the whole future (%v)", name, residual, err)
		}
	}
}

func TestAFailureToWriteEndsPredictions(t *testing.T) {
	full := errors.New("disk full")
	given := 0
	_, err := NewStudy(drifting(200, 1), []string{windowName}, 365, 90).Predict(PredictSpec{}, func(*Prediction) error {
		given++
		return full
	})
	if !errors.Is(err, full) || given != 1 {
		t.Errorf("%v after %d predictions", err, given)
	}
}

// The spend model of note 025 against what CDNOW's customers spent later.
func TestSpendIsJudgedByWhatCustomersSpendLater(t *testing.T) {
	study := NewStudy(spendLog(t), []string{"pnbd"}, day("1997-09-30"), 273)
	_, judged := study.judge([]string{"pnbd"}, day("1998-06-30"))
	s := study.judgeSpend(judged, day("1998-06-30"))
	if s == nil || s.Customers != 684 || s.CRPS >= s.Pooled || s.MAE >= s.OwnMean {
		t.Fatalf("%+v", s)
	}
	near(t, "crps", s.CRPS, 12.69, .01)
	near(t, "rank correlation of orders and amounts", s.Dependence, .206, .01)
	near(t, "value within its interval", s.Value.Coverage80, .85, .07)
}
