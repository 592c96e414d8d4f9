package btyd

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/stats"
)

// drawLifetime covers what is seen in practice and beyond, as drawModel.
func drawLifetime(t *rapid.T) Lifetime {
	g := drawModel(t)
	power := rapid.Float64Range(-6, 5)
	switch rapid.SampledFrom([]string{"bgnbd", "mbgnbd", "pnbd", "mbgcnbdk"}).Draw(t, "model") {
	case "bgnbd":
		return g
	case "mbgnbd":
		return MBGNBD(g)
	case "mbgcnbdk":
		return MBGCNBD{K: rapid.IntRange(1, MostRegular).Draw(t, "k"), R: g.R, Alpha: g.Alpha, A: g.A, B: g.B}
	}
	return ParetoNBD{R: g.R, Alpha: g.Alpha, S: math.Exp(power.Draw(t, "log s")), Beta: math.Exp(power.Draw(t, "log beta"))}
}

func TestEveryModelObeysTheLawsOfProbability(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, s := drawLifetime(rt), drawSummary(rt)
		horizon := stats.Weeks(rapid.Float64Range(.1, 200).Draw(rt, "horizon"))
		alive, expected := m.Alive(s), m.Expected(s, horizon)
		if !(alive >= 0 && alive <= 1 && expected >= 0) || math.IsInf(expected, 1) || math.IsNaN(m.LogLikelihood(s)) {
			rt.Fatalf("alive %v, expected %v, log-likelihood %v", alive, expected, m.LogLikelihood(s))
		}
		if later := m.Expected(s, 2*horizon); later < expected*(1-1e-9) {
			rt.Fatalf("expects %v orders in a horizon, %v in twice that", expected, later)
		}
		if fresher := s; s.Frequency > 0 {
			fresher.Recency += (s.Age - s.Recency) / 2
			if m.Alive(fresher) < alive-1e-12 {
				rt.Fatalf("a later last order makes it less likely to be alive")
			}
		}
		f := m.Forecast(s, horizon, nil)
		for k := range f.CDF {
			if !(f.CDF[k] >= 0 && f.CDF[k] <= 1) || k > 0 && f.CDF[k] < f.CDF[k-1] {
				rt.Fatalf("P(X <= %d) is %v", k, f.CDF[k])
			}
		}
		if len(f.CDF) < distributionLimit && math.Abs(f.Expected-expected) > 1e-7*(1e-2+expected) {
			rt.Fatalf("expected %v, sum over the distribution %v", expected, f.Expected)
		}
	})
}

// A new customer's likelihood, summed over all that could have happened by
// some age, is one: over the number of orders, and for each number over the
// time of the last (its density is the likelihood times t^(x-1)/(x-1)!, the
// volume of the times of the orders before). Where orders are of k hidden
// events, the mean over those times of the product of the gaps to the power of
// k-1 is Gamma(k)^x / Gamma(kx) u^(kx-1), with the volume in it.
func TestLikelihoodsSumToOne(t *testing.T) {
	for _, m := range []Lifetime{BGNBD{.6, 6, .9, 2.5}, MBGNBD{.6, 6, .9, 1.5}, ParetoNBD{.6, 8, .7, 12}, MBGCNBD{2, 1.2, 5, .9, 1.5}, MBGCNBD{3, 1.5, 4, .9, 2}} {
		const age = 20.
		k, logK := 1., 0.
		if regular, ok := m.(MBGCNBD); ok {
			k = float64(regular.K)
			logK, _ = math.Lgamma(k)
		}
		sum := math.Exp(m.LogLikelihood(Summary{Age: age}))
		for x := 1; x <= 120; x++ {
			events := k * float64(x)
			places, _ := math.Lgamma(events)
			nodes := eightNodes()
			const panels = 60
			for i := range panels {
				for j, at := range nodes.at[:nodes.n] {
					u := age * (float64(i) + at) / panels
					density := m.LogLikelihood(Summary{Frequency: x, Recency: stats.Weeks(u), Age: age}) + float64(x)*logK + (events-1)*math.Log(u) - places
					sum += age / panels * nodes.weight[j] * math.Exp(density)
				}
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%s: the likelihoods sum to %v", m.Name(), sum)
		}
	}
}

func TestThePatternOfANewCustomerIsWhatForecastSays(t *testing.T) {
	for _, m := range []Lifetime{BGNBD{.6, 6, .9, 2.5}, MBGNBD{.6, 6, .9, 1.5}, ParetoNBD{.6, 8, .7, 12}, MBGCNBD{3, 1.2, 3, .9, 1.5}} {
		none := m.Forecast(Summary{}, 20, nil).None()
		if want := math.Exp(m.LogLikelihood(Summary{Age: 20})); math.Abs(none-want) > 1e-12 {
			t.Errorf("%s: P(no repeat in 20 weeks) is %v, likelihood of it %v", m.Name(), none, want)
		}
	}
}

func TestEveryFitSurvivesHardData(t *testing.T) {
	for name, customers := range hardData() {
		t.Run(name, func(t *testing.T) {
			tuples := Compress(customers)
			mbg, first := MBGNBD{}.Refit(tuples)
			pareto, second := ParetoNBD{}.Refit(tuples)
			regular, third := MBGCNBD{K: 3}.Refit(tuples)
			if !finite(first) || !finite(second) || !finite(third) {
				t.Fatalf("%+v\n%+v\n%+v", first, second, third)
			}
			for _, m := range []Lifetime{mbg, pareto, regular} {
				for _, s := range append(customers, Summary{}, Summary{Frequency: 1000, Recency: 2999, Age: 3000}) {
					if expected := m.Expected(s, 52); s.possible() && !(expected >= 0 && !math.IsInf(expected, 1)) {
						t.Fatalf("%s: %+v: expects %v orders with %+v", m.Name(), s, expected, m)
					}
				}
			}
		})
	}
}

func TestNoVisibleDropoutIsAtTheBorderOfEveryModel(t *testing.T) {
	ordinary := Summary{Frequency: 10, Recency: 28, Age: 30}
	mbg, first := MBGNBD{}.Refit(Compress(loyal()))
	pareto, second := ParetoNBD{}.Refit(Compress(loyal()))
	if !first.AtBorder || !second.AtBorder || !first.Converged || !second.Converged {
		t.Errorf("%+v\n%+v", first, second)
	}
	if mbg.Alive(ordinary) < .95 || pareto.Alive(ordinary) < .95 {
		t.Errorf("an ordinary customer is alive with probability %v, %v", mbg.Alive(ordinary), pareto.Alive(ordinary))
	}
}
