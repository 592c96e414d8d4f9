package ltv

import (
	"math"

	"siyu/internal/stats/btyd"
	"siyu/internal/stats/calibration"
)

// SpendTest judges the spend model on the mean amount per order after the cut
// of the customers who bought, by the continuous ranked probability score: for
// a point forecast that is the absolute error.
type SpendTest struct {
	Customers int     `json:"customers"`
	CRPS      float64 `json:"crps"`        // of Gamma-Gamma
	Pooled    float64 `json:"crps_pooled"` // of Gamma-Gamma without the customer's own orders
	OwnMean   float64 `json:"mae_own_mean"`
	MAE       float64 `json:"mae"`
	// Dependence is the rank correlation of the number of repeat orders with
	// their mean amount, which the model takes to be none, over Spenders before the
	// cut; DependenceP how likely one as large is where there is none.
	Dependence  float64 `json:"dependence"`
	DependenceP float64 `json:"dependence_p"`
	Spenders    int     `json:"spenders"`
	// Value judges what customers were expected to bring.
	Value ValueTest `json:"value"`
}

// spendCustomers bounds who the spend model is judged on; it is a fixed
// sample.
const spendCustomers = 20_000

// judgeSpend returns nil where nobody's amounts can be judged.
func (s *Study) judgeSpend(j judged, end btyd.Day) *SpendTest {
	spenders := s.Spenders()
	model, _ := btyd.FitSpend(spenders)
	if len(spenders) == 0 || model.Q <= 1 {
		return nil
	}
	p := newPanel(s.panel.log, panelOf{until: s.panel.until, window: s.panel.window, most: spendCustomers})
	related := dependenceOf(spenders)
	test := &SpendTest{Dependence: related.Correlation, DependenceP: related.P, Spenders: related.Customers}
	overall := model.Expected(btyd.Summary{})
	for _, c := range p.cases {
		n, amount := s.panel.log.Placed(int(c.Customer), s.panel.until, end)
		if n == 0 || amount <= 0 {
			continue
		}
		own, actual := c.Monetary, amount/float64(n)
		if own <= 0 {
			own = overall
		}
		test.Customers++
		test.CRPS += meanAmount(model, c.Summary, n).CRPS(actual)
		test.Pooled += meanAmount(model, btyd.Summary{}, n).CRPS(actual)
		test.OwnMean += math.Abs(own - actual)
		test.MAE += math.Abs(model.Expected(c.Summary) - actual)
	}
	if test.Customers == 0 {
		return nil
	}
	n := float64(test.Customers)
	test.CRPS, test.Pooled, test.OwnMean, test.MAE = test.CRPS/n, test.Pooled/n, test.OwnMean/n, test.MAE/n
	test.Value = s.judgeValue(j, model, end)
	return test
}

// meanAmount is the distribution of the mean amount of n orders to come: their
// sum is Gamma(P n) over the customer's rate.
func meanAmount(m btyd.Spend, s btyd.Summary, n int) calibration.BetaPrime {
	shape, rate := m.Level(s)
	return calibration.BetaPrime{A: m.P * float64(n), B: shape, Scale: rate / float64(n)}
}

func dependence(spenders []btyd.Summary) float64 {
	orders, amounts := make([]float64, len(spenders)), make([]float64, len(spenders))
	for i, s := range spenders {
		orders[i], amounts[i] = float64(s.Frequency), s.Monetary
	}
	return calibration.Spearman(orders, amounts)
}
