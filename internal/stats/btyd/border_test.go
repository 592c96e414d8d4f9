package btyd

import (
	"math"
	"slices"
	"testing"

	"siyu/internal/stats"
)

func repeat(s Summary, n int) []Summary {
	all := make([]Summary, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// loyal customers never stop: the likelihood has no maximum inside, its
// supremum is at a dropout of zero (the published tools stop with an error).
func loyal() []Summary {
	var all []Summary
	for x := 1; x < 40; x++ {
		for _, weeks := range []stats.Weeks{20, 30, 52} {
			all = append(all, Summary{Frequency: x, Recency: weeks - weeks/stats.Weeks(2*x), Age: weeks, Monetary: 30})
		}
	}
	return all
}

// hardData are logs on which searches run away or divide by nothing.
func hardData() map[string][]Summary {
	return map[string][]Summary{
		"nobody":                   nil,
		"one customer":             {{Frequency: 3, Recency: 5, Age: 9, Monetary: 20}},
		"one order each":           repeat(Summary{Age: 12}, 500),
		"first order today":        repeat(Summary{}, 10),
		"all identical":            repeat(Summary{Frequency: 2, Recency: 8, Age: 10, Monetary: 15}, 1000),
		"nobody drops out":         loyal(),
		"everybody drops out":      repeat(Summary{Frequency: 1, Recency: .1429, Age: 300, Monetary: 5}, 1000),
		"a thousand orders":        append(loyal(), Summary{Frequency: 1000, Recency: 51, Age: 52, Monetary: 2}),
		"three thousand weeks":     append(loyal(), Summary{Frequency: 4, Recency: 2900, Age: 3000, Monetary: 2}),
		"amounts of zero":          repeat(Summary{Frequency: 2, Recency: 8, Age: 10}, 50),
		"million and one per cent": {{Frequency: 1, Recency: 1, Age: 2, Monetary: 1e6}, {Frequency: 9, Recency: 1, Age: 2, Monetary: .01}},
		"impossible summaries":     {{Frequency: 1, Recency: 9, Age: 2}, {Frequency: -1, Age: 2}, {Age: stats.Weeks(math.NaN())}},
	}
}

// A customer with an order every day has a likelihood so large that rounding
// hides the last steps of a search.
func TestManyOrdersOfOneCustomerTakeFewEvaluations(t *testing.T) {
	for _, orders := range []int{100, 1000, 20_000} {
		weeks := stats.WeeksOfDays(orders)
		tuples := []Tuple{{Frequency: orders, Recency: weeks, Age: weeks, Count: 1}}
		_, bg := FitBGNBD(tuples)
		_, mbg := MBGNBD{}.Refit(tuples)
		_, pareto := ParetoNBD{}.Refit(tuples)
		for name, fit := range map[string]Fit{"bgnbd": bg, "mbgnbd": mbg, "pnbd": pareto} {
			if fit.Evaluations > 200 || !fit.Converged || !finite(fit) {
				t.Errorf("%s, %d orders: %+v", name, orders, fit)
			}
		}
	}
}

func TestHardDataGiveFiniteAnswers(t *testing.T) {
	for name, customers := range hardData() {
		t.Run(name, func(t *testing.T) {
			m, fit := FitBGNBD(Compress(customers))
			spend, spendFit := FitSpend(customers)
			if !finite(fit) || !finite(spendFit) {
				t.Fatalf("%+v\n%+v", fit, spendFit)
			}
			for _, s := range append(customers, Summary{}, Summary{Frequency: 1000, Recency: 2999, Age: 3000}) {
				if !s.possible() {
					continue
				}
				expected, worth := m.Expected(s, 52), spend.Expected(s)
				if expected < 0 || worth < 0 || math.IsNaN(expected+worth) || math.IsInf(expected+worth, 0) {
					t.Fatalf("%+v: expects %v orders of %v with %+v %+v", s, expected, worth, m, spend)
				}
			}
		})
	}
}

func finite(f Fit) bool {
	for _, p := range f.Parameters {
		if !(p.Value > 0) || math.IsInf(p.Value, 1) || !(p.Error >= 0) || math.IsInf(p.Error, 1) {
			return false
		}
	}
	return !math.IsNaN(f.LogLikelihood) && !math.IsInf(f.LogLikelihood, 0)
}

func TestNoVisibleDropoutIsAtTheBorderAndNobodyIsDead(t *testing.T) {
	m, fit := FitBGNBD(Compress(loyal()))
	if !fit.AtBorder || !fit.Converged {
		t.Errorf("at border %v, converged %v", fit.AtBorder, fit.Converged)
	}
	if alive := m.Alive(Summary{Frequency: 10, Recency: 28, Age: 30}); alive < .98 {
		t.Errorf("an ordinary customer is alive with probability %v", alive)
	}
}

func TestTinyDropoutWithoutRepeatsHasTheClosedFormsValue(t *testing.T) {
	// A customer without repeats where a+b < 1: 2F1 is negative there and the
	// published tool takes its log. The value is that of a convergent
	// evaluation on the Complete Journey sample's fit.
	withoutDropout := BGNBD{R: 2, Alpha: 8, A: 1e-12, B: .5726}.Expected(Summary{Age: 11.7}, 26.286)
	if want := 2 / (8 + 11.7) * 26.286; math.Abs(withoutDropout-want) > 1e-9 {
		t.Errorf("without dropout %v orders, want rate times horizon %v", withoutDropout, want)
	}
	with := BGNBD{R: 2, Alpha: 8, A: .00543, B: .5726}.Expected(Summary{Age: 11.7}, 26.286)
	if !(with < withoutDropout && with > .97*withoutDropout) {
		t.Errorf("with a dropout of 1 %%: %v orders, without %v", with, withoutDropout)
	}
}

// A million customers in some ten thousand patterns.
func TestAMillionCustomersConvergeUnderEveryModel(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: long")
	}
	customers := simulate(typical, 20_000, 52, 9)
	for i := range customers {
		if customers[i].Frequency > 0 {
			customers[i].Monetary = 20 + float64(i%37)
		}
	}
	tuples := Compress(customers)
	for i := range tuples {
		tuples[i].Count *= 50
		tuples[i].LogGaps *= 50
	}
	bg, first := FitBGNBD(tuples)
	_, second := MBGNBD{}.Refit(tuples)
	_, third := ParetoNBD{}.Refit(tuples)
	_, fourth := MBGCNBD{K: 2}.Refit(tuples)
	_, fifth := FitSpend(slices.Repeat(customers, 50))
	_, sixth := FitPooledRate(tuples)
	for i, fit := range []Fit{first, second, third, fourth, fifth, sixth} {
		if !fit.Converged || fit.AtBorder || !finite(fit) || !(fit.LogLikelihood < -1e6) {
			t.Errorf("model %d: %+v", i+1, fit)
		}
	}
	if math.Abs(bg.R-typical.R) > .05 {
		t.Errorf("%+v, drawn from %+v", bg, typical)
	}
}
