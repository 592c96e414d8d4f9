package bench

import (
	"context"

	"siyu/internal/event"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/past"
	"siyu/internal/stats"
)

// Valued is how fast value is learned and told.
type Valued struct {
	Figures               // Rate and times are of telling one customer's value, after the fit
	Fit           float64 `json:"fit_seconds"`
	LogLikelihood float64 `json:"log_likelihood"`
	Converged     bool    `json:"converged"`
	Expected      float64 `json:"expected_orders"` // of all customers in a year
}

// Value fits the purchase and spend models to made-up customers and then tells
// everybody's value over a year.
func Value(ctx context.Context, o Options) (result Valued, err error) {
	const year = stats.Weeks(52)
	result.Customers = o.Customers
	g := &ground{options: o}
	g.organise()
	now := event.At(firstMorning)
	crowd, ids := newCrowd(g.staff, now), customerIDs(o.Customers)
	forgetPeak()
	learner := ltv.NewLearner()
	for _, c := range ids {
		p := crowd.person(c)
		learner.Add(&p, now)
	}
	began := started()
	model := learner.Model(learner.History(ltv.Choice{}))
	result.Fit = began.passed().Seconds()
	fit := model.Orders.Members[0].Fit
	result.LogLikelihood, result.Converged = fit.LogLikelihood, fit.Converged
	all := make(times, 0, len(ids))
	for _, c := range ids {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		p := crowd.person(c)
		view := past.View{Customer: &p, At: now, Orders: now}
		began := started()
		worth := model.Over(view, year)
		took := began.passed()
		all, result.Seconds = append(all, took), result.Seconds+took.Seconds()
		result.Expected += worth.Orders
	}
	result.take(all)
	result.Rate, result.RSS = float64(o.Customers)/result.Seconds, resident(ownProcess)
	return result, nil
}
