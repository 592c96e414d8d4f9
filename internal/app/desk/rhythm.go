package desk

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/repurchase"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/shrink"
	"siyu/internal/web"
)

// addRhythm tells of sums what is provisional and how often groups buy again.
func (d *Desk) addRhythm(v *web.WorthView) {
	stores := v.Sums.StoreRates()
	for i, s := range v.Sums.Stores {
		v.StoreRates = append(v.StoreRates, rateOf(stores[i], s.Repeats, s.Usual))
	}
	m := d.Learned()
	if m == nil {
		return
	}
	pending := v.Sums.Pending(&m.Value.Amounts.Refunds)
	v.Pending = web.PendingView{Days: pending.Days, Turnover: pending.Turnover, Coming: insight.Estimate{
		Value: pending.Coming.Value, Low: pending.Coming.Low, High: pending.Coming.High, Unit: insight.Fen, AsOf: v.Sums.AsOf, Evidence: insight.Fitted}}
	if m.Value.Orders == nil {
		return
	}
	expected := map[float64]float64{}
	months := v.Sums.OrderRates(func(weeks float64) float64 {
		expected[weeks] = m.Value.Orders.AfterFirst(stats.Weeks(weeks))
		return expected[weeks]
	})
	for i, c := range v.Sums.Order {
		v.OrderRates = append(v.OrderRates, rateOf(months[i], c.Repeats, float64(c.Customers)*expected[v.Sums.Age(c.Month)]))
	}
	v.Newcomers = newcomersOf(m.Value.Orders)
	addForecasts(v, m.Value.Orders.Rates)
}

func newcomersOf(f *ltv.Forecaster) web.NewcomersView {
	v := web.NewcomersView{Name: ltv.Mixture, Models: f.AfterFirstNames(), Weeks: int(f.Watched())}
	if len(v.Models) == 1 {
		v.Name = v.Models[0]
	}
	return v
}

func rateOf(f shrink.Factor, repeats, usual float64) web.RateView {
	return web.RateView{Repeats: repeats, Usual: usual, Value: f.Value, Low: f.Low, High: f.High, Prior: f.Prior}
}

// bulkOf tells what stands out among a customer's orders.
func (d *Desk) bulkOf(c *profile.Customer) (v web.BulkView) {
	m := d.Learned()
	if m == nil {
		return v
	}
	found := m.Value.Amounts.Bulk.OrdersOf(c)
	return web.BulkView{Orders: found.Orders, Largest: found.Largest, From: found.From}
}

// dueOf tells when each of the customer's product lines is due again.
func (d *Desk) dueOf(c *profile.Customer) (list []web.LineDue) {
	m := d.Learned()
	if m == nil {
		return nil
	}
	now := event.At(d.Clock.Now())
	for _, due := range need.All(repurchase.View(c, now, now), m.Repurchase.Cycles) {
		list = append(list, web.LineDue{Line: due.Line, At: due.At, Days: int(math.Round(due.Days)), Gaps: due.Gaps})
	}
	return list
}

// amountParameters tells of amounts what the spend model does not hold.
func amountParameters(a *ltv.Amounts) []web.ParameterView {
	list := []web.ParameterView{
		parameterOf("dependence", a.Dependence.Correlation), parameterOf("dependence_p", a.Dependence.P), parameterOf("dependence_n", float64(a.Dependence.Customers)),
	}
	if a.Bulk.Limit > 0 {
		const fenOfYuan = 100
		list = append(list, parameterOf("bulk_limit", a.Bulk.Limit/fenOfYuan), parameterOf("bulk_orders", float64(a.Bulk.Above)), parameterOf("bulk_buyers", float64(a.Bulk.Buyers)))
	}
	if r := &a.Refunds; r.Known() {
		final := parameterOf("refund_final", r.Final)
		final.Error = r.Error[len(r.Error)-1]
		list = append(list, final, parameterOf("refund_mature", float64(r.Mature())), parameterOf("refund_young", r.Young), parameterOf("refund_orders", float64(r.Refunded)))
	}
	return list
}
