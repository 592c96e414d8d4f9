package ltv

import "siyu/internal/stats/btyd"

// ValueTest judges the intervals of customers' value, by what they brought after
// the cut, those who bought nothing counted: of everybody or a fixed sample.
type ValueTest struct {
	Customers  int     `json:"customers"`
	Coverage80 float64 `json:"coverage80"` // share within the interval of about 80 %
	Below      float64 `json:"below"`      // share under it
	Above      float64 `json:"above"`
	// Bounded are the customers whose interval begins above nothing: all others
	// cannot be under it.
	Bounded         int     `json:"bounded"`
	BoundedCoverage float64 `json:"bounded_coverage80"`
	// Totals of these customers, Low and High the central 80 % with the shock.
	Actual    float64 `json:"actual_total"`
	Predicted float64 `json:"predicted_total"`
	Low       float64 `json:"total_low"`
	High      float64 `json:"total_high"`
}

// judgeValue judges the value that the members and the spend model tell.
func (s *Study) judgeValue(j judged, spend btyd.Spend, end btyd.Day) ValueTest {
	members, all := make([]Fitted, len(j.members)), make([]int, len(j.members))
	for i, m := range j.members {
		members[i], all[i] = j.models[m], i
	}
	p := s.fitter.paced(newPanel(s.panel.log, panelOf{until: s.panel.until, window: s.panel.window, most: spendCustomers}))
	test, sum, ahead := ValueTest{Customers: len(p.cases)}, total{}, newOutcome(members)
	var mix btyd.Forecast
	p.each(members, func(i int, forecasts []btyd.Forecast) {
		c := p.cases[i]
		mix = mixed(forecasts, mix.CDF)
		ahead.add(forecasts, 0)
		k := orderMoments{mix.None(), mix.Expected, mix.Variance}
		low, high := amountInterval(spend, c.Summary, k)
		_, amount := s.panel.log.Placed(int(c.Customer), p.until, end)
		test.add(low, high, amount)
		value := mix.Expected * spend.Expected(c.Summary)
		sum.mean += value
		sum.variance += max(0, amountSquare(spend, c.Summary, k)-value*value)
	})
	test.finish()
	sum.dissent = ahead.mixedTotal(all).dissent
	test.Predicted = sum.mean
	test.Low, test.High = sum.interval(s.Choice.Shock)
	return test
}

func (t *ValueTest) add(low, high, amount float64) {
	t.Actual += amount
	if low > 0 {
		t.Bounded++
	}
	switch {
	case amount < low:
		t.Below++
	case amount > high:
		t.Above++
	default:
		t.Coverage80++
		if low > 0 {
			t.BoundedCoverage++
		}
	}
}

// finish turns counts into shares.
func (t *ValueTest) finish() {
	n := float64(max(1, t.Customers))
	t.Coverage80, t.Below, t.Above = t.Coverage80/n, t.Below/n, t.Above/n
	t.BoundedCoverage /= float64(max(1, t.Bounded))
}
