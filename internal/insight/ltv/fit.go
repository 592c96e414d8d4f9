// Package ltv says how many orders a customer will still place and what they
// are worth, from the rhythm and the amounts of past orders, and how far that
// can be trusted.
package ltv

import (
	"slices"

	"siyu/internal/stats/btyd"
)

// Automatic asks for all models; the best on an inner backtest is chosen.
const Automatic = "auto"

// ModelNames returns the models, the one that is used without a backtest first.
func ModelNames() []string { return []string{"bgnbd", "pooled"} }

// Named tells whether there is a model with this name.
func Named(name string) bool { return slices.Contains(ModelNames(), name) }

// FitModel fits the named model to compressed customers. The name must be one
// of ModelNames.
func FitModel(name string, tuples []btyd.Tuple) (btyd.Model, btyd.Fit) {
	if name == "pooled" {
		return btyd.FitPooledRate(tuples)
	}
	return btyd.FitBGNBD(tuples)
}
