package ltv

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// priorName is what is usual of brands, put to the repeat orders there are. It is
// no model to choose: it speaks while these are too few to learn from.
const priorName = "prior"

// How far brands are from PriorOrders: a factor on the rate of their customers,
// Gamma with mean 1 and this shape, the standard deviation of whose log is .97.
// In the first half-year a customer of the public logs bought again .9 (CDNOW) and
// 2.5 times (grocery), where PriorOrders says 1.1.
const usualShape = 1.5

// repeatsUntil counts repeat orders until a day, up to those that are enough to
// learn from.
func repeatsUntil(log *btyd.Log, until btyd.Day) (repeats int, enough bool) {
	for i := range log.Customers() {
		for j, o := range log.Orders(i) {
			if o.Day > until {
				break
			}
			if j > 0 {
				repeats++
			}
		}
		if repeats >= enoughRepeats {
			return repeats, true
		}
	}
	return repeats, false
}

// chooseUsual is the choice where repeat orders are too few. The shock of its
// totals holds what is not known of the factor.
func chooseUsual(log *btyd.Log, until btyd.Day, repeats int) Choice {
	rate := usualRateOf(newPanel(log, panelOf{until: until}))
	return Choice{Name: priorName, Members: []string{priorName}, K: 1, Prior: true, Repeats: repeats,
		Shock: Shock{SD: math.Sqrt(CommonShock*CommonShock + rate.variance)}}
}

// fitUsual returns PriorOrders at the factor that the panel tells.
func fitUsual(p *panel) (btyd.BGNBD, btyd.Fit) {
	rate, m := usualRateOf(p), PriorOrders()
	m.Alpha /= rate.factor
	fit := btyd.Fit{Converged: true, AtBorder: true, Parameters: []btyd.Parameter{
		{Name: "r", Value: m.R}, {Name: "alpha", Value: m.Alpha, Error: m.Alpha * math.Sqrt(rate.variance)}, {Name: "a", Value: m.A}, {Name: "b", Value: m.B}}}
	fit.LogLikelihood = totalOf(p, m.LogLikelihood)
	return m, fit
}

// usualRate is what repeat orders tell of a brand's factor: its mean and the
// variance of its log.
type usualRate struct{ factor, variance float64 }

// Customers may be as regular as the first few k of MBG/CNBD-k, each as likely as
// another: of regular ones it says little that nobody bought again within days.
// Exposure and factor are worked out in turn.
const (
	usualRegular = 3
	usualRounds  = 8
)

// usualRateOf mixes what the panel tells of the factor at each k, by how likely k
// makes as many repeat orders as there are.
func usualRateOf(p *panel) usualRate {
	seen := totalOf(p, func(c btyd.Summary) float64 { return float64(c.Frequency) })
	ages, spread := agesOf(p), overPoisson(p)
	var rates [usualRegular]regularRate
	most := math.Inf(-1)
	for i := range rates {
		rates[i] = ages.rate(i+1, seen/spread, spread)
		most = max(most, rates[i].likelihood)
	}
	weights, mean, log, square := 0., 0., 0., 0.
	for _, r := range rates {
		w, l := math.Exp(r.likelihood-most), math.Log(r.factor)
		weights, mean, log, square = weights+w, mean+w*r.factor, log+w*l, square+w*(l*l+r.variance)
	}
	log /= weights
	return usualRate{mean / weights, square/weights - log*log}
}

// regularRate is what is known of the factor if k is right, and the log of how
// likely it makes what was seen.
type regularRate struct {
	usualRate
	likelihood float64
}

// rate puts repeat orders, already over their spread, to the factor by the
// conjugate of the Poisson law (negative binomial marginal); orders vary more than
// Poisson's by the spread (quasi-likelihood, Wedderburn 1974, Biometrika 61).
// Customers stop after some orders, so that these are fewer than in proportion to the
// factor: expected ones are taken at the factor itself.
func (a ages) rate(k int, seen, spread float64) regularRate {
	factor, expected := 1., 0.
	for range usualRounds {
		expected = a.expected(k, factor) / factor / spread
		factor = (usualShape + seen) / (usualShape + expected)
	}
	r := regularRate{usualRate: usualRate{factor, mathext.Zeta(2, usualShape+seen)}}
	r.likelihood = -(usualShape + seen) * math.Log(usualShape+expected)
	if seen > 0 {
		r.likelihood += seen * math.Log(max(expected, math.SmallestNonzeroFloat64))
	}
	return r
}

// ages are how many customers are how old, days; of a year's day more or less
// nothing hangs.
type ages map[int]float64

func agesOf(p *panel) ages {
	const exact, steps = 64, 32
	of := ages{}
	for _, t := range p.tuples {
		days := daysOf(t.Age)
		if days > exact {
			days = int(math.Exp(math.Round(math.Log(float64(days))*steps) / steps))
		}
		of[days] += t.Count
	}
	return of
}

// expected returns the repeat orders that PriorOrders at a factor makes of the
// customers, as many fewer as MBG/CNBD-k has of regular customers at the usual rate
// than of others: the first come later.
func (a ages) expected(k int, factor float64) float64 {
	usual := PriorOrders()
	m := usual
	m.Alpha /= factor
	plain := btyd.MBGCNBD{K: 1, R: usual.R, Alpha: usual.Alpha, A: usual.A, B: usual.B}
	regular := plain
	regular.K, regular.Alpha = k, plain.Alpha/float64(k)
	sum := 0.
	for _, days := range slices.Sorted(maps.Keys(a)) {
		if weeks := stats.WeeksOfDays(days); days > 0 {
			sum += a[days] * m.ExpectedNew(weeks) * regular.ExpectedNew(weeks) / plain.ExpectedNew(weeks)
		}
	}
	return sum
}

// overPoisson returns the variance over the mean of the orders of a customer of the
// panel's mean age, as PriorOrders has it.
func overPoisson(p *panel) float64 {
	weeks := stats.Weeks(totalOf(p, func(c btyd.Summary) float64 { return float64(c.Age) }) / float64(max(1, len(p.cases))))
	f := PriorOrders().Forecast(btyd.Summary{}, weeks, nil)
	if !(f.Expected > 0) {
		return 1
	}
	return max(1, f.Variance/f.Expected)
}
