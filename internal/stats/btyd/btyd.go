// Package btyd holds "buy till you die" models: how often a customer orders
// while active, when the customer silently stops, and what an order is worth.
//
// Customers order at an own random rate until they drop out. Nobody sees the
// dropout; it is inferred from silence that is long for this customer. All
// likelihoods are taken in log space on compressed tuples, all searches run
// over log parameters with analytic gradients, and no input makes them fail:
// where the data have no interior maximum (for instance nobody has dropped
// out yet) a weak prior holds the estimate and Fit.AtBorder says so.
package btyd

import (
	"siyu/internal/stats"
)

// Forecast is what a model says about one customer over a horizon.
type Forecast struct {
	Expected float64 // mean number of orders
	Variance float64 // of the number of orders
	// CDF[k] is the probability of at most k orders; it ends at the first k
	// where that reaches distributionEnd.
	CDF []float64
}

// None returns the probability of no order.
func (f Forecast) None() float64 { return f.CDF[0] }

// Quantile returns the smallest k with at least q probability of k or fewer.
func (f Forecast) Quantile(q float64) int {
	for k, p := range f.CDF {
		if p >= q {
			return k
		}
	}
	return len(f.CDF) - 1
}

// Model forecasts orders.
type Model interface {
	// Name is a word for commands and tables: "bgnbd".
	Name() string
	// Forecast returns the predictive distribution of the orders in the
	// horizon after the summary's age. The CDF reuses buffer.
	Forecast(s Summary, horizon stats.Weeks, buffer []float64) Forecast
}

// Lifetime is a model of customers who order at an own rate until they drop
// out.
type Lifetime interface {
	Model
	// LogLikelihood returns that of one customer.
	LogLikelihood(s Summary) float64
	// Alive returns the probability that the customer has not dropped out.
	Alive(s Summary) float64
	// Expected returns the expected orders in the horizon after the summary's
	// age.
	Expected(s Summary, horizon stats.Weeks) float64
	// ExpectedNew returns the expected repeat orders in the horizon after a
	// first order.
	ExpectedNew(horizon stats.Weeks) float64
}

// Parameter is a fitted number with its standard error, NaN-free: the error
// is 0 where the curvature does not give one.
type Parameter struct {
	Name  string
	Value float64
	Error float64
}

// Fit is a fitted model's report.
type Fit struct {
	Parameters    []Parameter
	LogLikelihood float64 // without any prior
	Converged     bool
	// AtBorder says that the data alone have no interior maximum, or tell
	// less about some parameter than a log-normal prior with sd priorSD,
	// which therefore was added.
	AtBorder    bool
	Evaluations int
}

// distributionEnd is where predictive distributions are cut off.
const distributionEnd = 1 - 1e-10

// distributionLimit bounds the length of a predictive distribution, for
// customers who order several times a day.
const distributionLimit = 100_000
