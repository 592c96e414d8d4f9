package ltv

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/stats/btyd"
	"siyu/internal/stats/calibration"
)

func drawForecast(t *rapid.T) btyd.Forecast {
	mean := math.Exp(rapid.Float64Range(-4, 3).Draw(t, "log mean"))
	return btyd.NegativeBinomialForecast(mean, math.Exp(rapid.Float64Range(-2, 3).Draw(t, "log size")), nil)
}

func TestTheScoreOfAMixtureFollowsFromItsMembers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, want := newContest([]string{"a", "b", "c"}), 0.
		customers := rapid.IntRange(1, 6).Draw(rt, "customers")
		for range customers {
			forecasts := []btyd.Forecast{drawForecast(rt), drawForecast(rt), drawForecast(rt)}
			y := rapid.IntRange(0, 200).Draw(rt, "y")
			c.add(forecasts, y)
			want += calibration.RankedProbability(mixed(forecasts, nil).CDF, y)
		}
		want /= float64(customers)
		if got := c.rps([]int{0, 1, 2}); math.Abs(got-want) > 1e-9*(1+want) {
			rt.Fatalf("%v, of the mixture itself %v", got, want)
		}
	})
}

func TestAMixtureIsADistribution(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := mixed([]btyd.Forecast{drawForecast(rt), drawForecast(rt)}, nil)
		mean, second, before := 0., 0., 0.
		for k, p := range f.CDF {
			if p < before || p > 1 {
				rt.Fatalf("P(X <= %d) is %v after %v", k, p, before)
			}
			mean += float64(k) * (p - before)
			second += float64(k) * float64(k) * (p - before)
			before = p
		}
		if math.Abs(mean-f.Expected) > 1e-6*(1+f.Expected) || math.Abs(second-mean*mean-f.Variance) > 1e-5*(1+f.Variance) {
			rt.Fatalf("mean %v and variance %v, by the distribution %v and %v", f.Expected, f.Variance, mean, second-mean*mean)
		}
		if low, high := f.Quantile(.1), f.Quantile(.9); f.CDF[high] < .9 || low > 0 && f.CDF[low-1] >= .1 {
			rt.Fatalf("%d to %d is not at least 80 %%", low, high)
		}
	})
}

func TestTheUsualMixtureIsLeftOnlyForWhatIsClearlyBetter(t *testing.T) {
	contestWith := func(single float64) *contest {
		c := newContest([]string{"bgnbd", "pnbd", regularName, windowName, pooledName})
		c.customers = 1
		for i := range c.products {
			for j := range i + 1 {
				c.products[i][j] = 1
			}
		}
		c.products[0][0] = single
		return c
	}
	if got := contestWith(.98).best(1); len(got) != 3 || got[0] != 1 {
		t.Errorf("chosen %v for 2 %% less of a single model", got)
	}
	if got := contestWith(.95).best(1); len(got) != 1 || got[0] != 0 {
		t.Errorf("chosen %v though a single model is 5 %% better", got)
	}
	rule := contestWith(1)
	rule.products[4][4] = .5
	if got := rule.best(1); len(got) != 3 || got[0] != 1 {
		t.Errorf("chosen %v though only a rule of thumb is better", got)
	}
	empty := newContest([]string{pooledName})
	if got := empty.best(1); len(got) != 1 || got[0] != 0 {
		t.Errorf("of one rule alone %v is chosen", got)
	}
}

func TestAShockIsLearnedFromPastTotalsAndBelievedOfNone(t *testing.T) {
	if s := shockOf(nil); s.SD != CommonShock || s.Origins != 0 {
		t.Errorf("without a past %+v", s)
	}
	missed := func(by float64) pastTotal {
		return pastTotal{total{mean: 1000, variance: 1000}, 1000 * math.Exp(by)}
	}
	calm, wild := shockOf([]pastTotal{missed(.01), missed(-.02), missed(.03)}), shockOf([]pastTotal{missed(.4), missed(-.3), missed(.35)})
	if !(calm.SD < CommonShock && calm.SD > .08) || !(wild.SD > .2 && wild.SD < .36) || wild.Origins != 3 {
		t.Errorf("after small misses %+v, after large ones %+v", calm, wild)
	}
}

func TestTotalsOfManyOriginsTellBiasAndShock(t *testing.T) {
	right, half := pastTotal{total{mean: 1000}, 1000}, pastTotal{total{mean: 500}, 1000}
	of := func(totals ...pastTotal) Misses { return (&Rolling{totals: totals}).Misses() }
	if none := of(); none.Shock != CommonShock || none.Origins != 0 {
		t.Errorf("without origins %+v", none)
	}
	calm, wild := of(right, right, right), of(half, half, half)
	if !(calm.Shock < CommonShock && wild.Shock > .4) || wild.Bias != -.5 || calm.Bias != 0 {
		t.Errorf("totals that were right %+v, half of what came %+v", calm, wild)
	}
}

func TestModelsThatDisagreeWidenTheTotal(t *testing.T) {
	at := func(a, b float64) float64 {
		o := &outcome{expected: []float64{a, b}, variance: []float64{10, 10}}
		low, high := o.mixedTotal([]int{0, 1}).interval(Shock{SD: .1})
		return high / low
	}
	if agreed, apart := at(1000, 1000), at(800, 1200); apart < 1.3*agreed {
		t.Errorf("the interval's ends are apart by %v where models agree, %v where not", agreed, apart)
	}
}
