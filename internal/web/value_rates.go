package web

import "siyu/internal/measurement/cohort"

// RateKind is by what customers' rates of ordering may differ before their own
// orders tell.
type RateKind string

// The kinds.
const (
	RateStores RateKind = "stores"
	RateMonths RateKind = "months"
	RateBoth   RateKind = "both"
)

// RatesView is whether forecasts take stores and months of first order to differ,
// as the weekly backtest chose by days before its cut.
type RatesView struct {
	Used    RateKind // "": forecasts take all to be alike
	Origins int      // days it was judged from; 0: too few
	Least   int      // that it takes
	Plain   float64  // error (RPS) without
	Trials  []RateTrialView
	// Factors are those in force, of stores with most customers first, then of months,
	// latest first.
	Factors []FactorView
	More    int // factors that are not listed
}

// RateTrialView is how forecasts with factors of one kind fared.
type RateTrialView struct {
	Kind               RateKind
	RPS, SE            float64 // SE is that of the gain
	Groups             int
	Customers, Repeats int     // learned from
	Prior              float64 // share of the factors that is still 1, mean over customers
	Spread             float64 // how far they are apart: standard deviation of the log
}

// FactorView is how much more often customers of a store or month order than
// usual, as forecasts hold it.
type FactorView struct {
	Store              string       // name, "" for a month or a store that is gone
	Month              cohort.Month // 0 for a store
	Customers, Repeats int
	Factor, Low, High  float64 // central 80 %
	Prior              float64
}

// Better tells whether the kind made forecasts better by more than its standard
// error.
func (v RatesView) Better(t RateTrialView) bool { return v.Plain-t.RPS > t.SE }
