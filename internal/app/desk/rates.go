package desk

import (
	"cmp"
	"slices"

	"siyu/internal/id"
	"siyu/internal/insight/ltv"
	"siyu/internal/measurement/cohort"
	"siyu/internal/web"
)

// mostFactors is how many factors the model card lists of each kind.
const mostFactors = 24

// ratesOf tells what was chosen.
func ratesOf(c *ltv.RateChoice) web.RatesView {
	v := web.RatesView{Used: kindOf(c.RateKinds), Origins: c.Origins, Least: ltv.LeastRateOrigins, Plain: c.Plain}
	for _, t := range c.Trials {
		v.Trials = append(v.Trials, web.RateTrialView{Kind: kindOf(t.RateKinds), RPS: t.RPS, SE: t.SE, Groups: t.Groups, Customers: t.Customers, Repeats: t.Repeats, Prior: t.Prior, Spread: t.Spread})
	}
	return v
}

func kindOf(k ltv.RateKinds) web.RateKind {
	switch {
	case k.Stores && k.Months:
		return web.RateBoth
	case k.Stores:
		return web.RateStores
	case k.Months:
		return web.RateMonths
	}
	return ""
}

// addFactors lists the factors in force.
func (d *Desk) addFactors(v *web.RatesView, r *ltv.Rates) {
	if r == nil {
		return
	}
	stores := slices.SortedFunc(slices.Values(r.Stores), func(a, b ltv.Rate) int { return cmp.Compare(b.Customers, a.Customers) })
	for _, s := range stores[:min(len(stores), mostFactors)] {
		f := factorOf(s)
		f.Store = d.Brand.StoreName(id.Store(s.Key))
		v.Factors = append(v.Factors, f)
	}
	months := slices.SortedFunc(slices.Values(r.Months), func(a, b ltv.Rate) int { return cmp.Compare(b.Key, a.Key) })
	for _, m := range months[:min(len(months), mostFactors)] {
		f := factorOf(m)
		f.Month = cohort.Month(m.Key)
		v.Factors = append(v.Factors, f)
	}
	v.More = len(stores) + len(months) - len(v.Factors)
}

func factorOf(r ltv.Rate) web.FactorView {
	return web.FactorView{Customers: r.Customers, Repeats: r.Repeats, Factor: r.Factor, Low: r.Low, High: r.High, Prior: r.Prior}
}

// addForecasts tells of the groups of a scope which factor forecasts hold.
func addForecasts(v *web.WorthView, r *ltv.Rates) {
	if r == nil {
		return
	}
	v.StoresUsed, v.MonthsUsed = len(r.Stores) > 0, len(r.Months) > 0
	for i, s := range v.Sums.Stores {
		store, known := id.Parse[id.Store](s.Key)
		if known && i < len(v.StoreRates) {
			forecastOf(&v.StoreRates[i], r.Stores, int64(store))
		}
	}
	for i, c := range v.Sums.Order {
		if i < len(v.OrderRates) {
			forecastOf(&v.OrderRates[i], r.Months, int64(c.Month))
		}
	}
}

func forecastOf(v *web.RateView, rates []ltv.Rate, key int64) {
	if i := slices.IndexFunc(rates, func(r ltv.Rate) bool { return r.Key == key }); i >= 0 {
		v.Forecast, v.ForecastPrior = rates[i].Factor, rates[i].Prior
	}
}
