package ltv

import (
	"siyu/internal/insight/past"
	"siyu/internal/stats/btyd"
	"siyu/internal/stats/calibration"
)

// Amounts is what is known of amounts beside the spend model.
type Amounts struct {
	Refunds    Refunds    `json:"refunds"`
	Bulk       Bulk       `json:"bulk"`
	Dependence Dependence `json:"dependence"`
}

// Dependence is the rank correlation of how often customers order again with how
// much they spend each time, which the spend model takes to be none (Spearman;
// two-sided p by Student's t on n-2 degrees of freedom).
type Dependence struct {
	Customers   int     `json:"customers"`
	Correlation float64 `json:"correlation"`
	P           float64 `json:"p"` // 1 where there are too few to test
}

// amountLearner looks at the orders of everybody.
type amountLearner struct {
	refunds refundLearner
	bulk    bulkLearner
}

func (l *amountLearner) add(v past.View) {
	l.refunds.add(v)
	l.bulk.add(v)
}

// learned returns what was seen, and the amounts of the sample as a spend model
// is to be fitted on them.
func (l *amountLearner) learned(sample []btyd.Summary) (Amounts, []btyd.Summary) {
	a := Amounts{Refunds: l.refunds.learned(), Bulk: l.bulk.learned(), Dependence: dependenceOf(sample)}
	capped := make([]btyd.Summary, len(sample))
	for i, s := range sample {
		s.Monetary = a.Bulk.Capped(s.Monetary)
		capped[i] = s
	}
	return a, capped
}

func dependenceOf(spenders []btyd.Summary) Dependence {
	d := Dependence{Customers: len(spenders), Correlation: dependence(spenders)}
	d.P = calibration.SpearmanP(d.Correlation, d.Customers)
	return d
}

// net returns the spend model after what is still to come back of young orders:
// amounts times a factor are V times that factor.
func (a *Amounts) net(m btyd.Spend) btyd.Spend {
	m.V *= 1 - a.Refunds.Young
	return m
}
