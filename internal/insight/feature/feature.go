// Package feature is what the parts of a repurchase are made of: numbers
// measured at a moment, each with what is believed of its effect before the
// brand's own history has spoken.
package feature

import (
	"siyu/internal/id"
	"siyu/internal/stats/regression"
)

// Feature is one term of a part.
type Feature struct {
	// Key names a sentence in the locale files.
	Key string
	// Absent is what is said of who has nothing of it; without a key nothing
	// is said.
	Absent Absence
	// Prior is the belief about the coefficient, on the complementary log-log
	// scale for one unit of the feature.
	Prior regression.Prior
}

// Absence names a sentence in the locale files.
type Absence struct{ Key string }

// Measured is a feature's value for one customer at one moment.
type Measured struct {
	Value float64
	// Number fills the sentence: days, cycles, counts.
	Number float64
	Line   id.Line // what it is about, 0: nothing in particular
}

// Nothing tells whether the customer has nothing of the feature.
func (m *Measured) Nothing() bool { return m.Value == 0 && m.Number == 0 }
