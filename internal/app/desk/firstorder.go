package desk

import (
	"context"
	"slices"

	"siyu/internal/insight"
	"siyu/internal/insight/ltv"
	"siyu/internal/measurement/cohort"
	"siyu/internal/org"
	"siyu/internal/web"
)

// FirstOrders implements web.Value.
func (d *Desk) FirstOrders(_ context.Context, _ org.Scope) (v web.FirstOrdersView, err error) {
	m := d.Learned()
	if m == nil {
		return v, nil
	}
	first := &m.Value.First
	v.LearnedAt, v.Contacts, v.Events, v.Weeks = m.LearnedAt, first.Customers, first.Events, float64(ltv.Horizon)
	for _, f := range first.Ways {
		g := firstGroup(&m.Value, f, ltv.Contact{Way: f.Key})
		g.Way = f.Key
		v.Ways = append(v.Ways, g)
	}
	for _, f := range slices.Backward(first.Quarters) {
		quarter := ltv.Quarter(f.Key)
		g := firstGroup(&m.Value, f, ltv.Contact{Way: ltv.AnyWay, Quarter: quarter})
		g.Year, g.Quarter = quarter.Year(), quarter.Of()
		v.Quarters = append(v.Quarters, g)
	}
	return v, nil
}

// firstGroup tells what the model says of the contacts of one way or quarter.
func firstGroup(m *ltv.Model, f ltv.FirstFactor, c ltv.Contact) web.FirstGroup {
	tell := func(unit insight.Unit, r ltv.Ranged) insight.Estimate {
		e := insight.Estimate{Value: r.Value, Low: r.Low, High: r.High, Unit: unit, Evidence: insight.Fitted}
		switch {
		case f.Customers < cohort.Fewest:
			e.Evidence = insight.NotMeasurable
		case 2*f.Prior > 1:
			e.Evidence = insight.Prior
		}
		return e
	}
	return web.FirstGroup{
		Customers: f.Customers, Events: f.Events, Prior: f.Prior,
		Never:  tell(insight.Probability, m.First.Never(c)),
		Chance: tell(insight.Probability, m.First.Chances(c, 0, float64(ltv.Horizon))),
		Worth:  tell(insight.Fen, m.ContactWorth(c)),
	}
}
