// Package need measures whether something is due or wanted: the customer's
// rhythm of buying, the cycle of what was bought, and what the customer asked
// for or looked at.
package need

import (
	"math"

	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/stats/regression"
)

// The features, in the order of Measure. Told says which speak together.
const (
	rhythm = iota
	never
	neverLong
	due
	asked
	browsed
	// Count is the number of features.
	Count
)

// Half-lives of expressed needs, in days.
const (
	askedHalfLife   = 14.0
	browsedHalfLife = 7.0
)

// nothingReady is the readiness that is left when nothing is due: people buy
// for other reasons too.
const nothingReady = .05

// Told returns the feature whose sentence speaks for the i-th: what has
// happened and what has not are the two sides of one history of buying. It is
// i itself for features that speak for themselves.
func Told(i int, bought bool) int {
	switch {
	case i > due || i == due && bought:
		return i
	case bought:
		return rhythm
	}
	return neverLong
}

// Features returns the terms of need with what is believed of them: the slope
// on the rhythm was .29 to 1.17 in public sets of orders; the others are
// assumptions that the brand's own history replaces.
func Features() []feature.Feature {
	features := make([]feature.Feature, Count)
	features[rhythm] = feature.Feature{Key: "need.rhythm", Prior: regression.Prior{Mean: .6, SD: .3}}
	features[never] = feature.Feature{Key: "need.never_bought", Prior: regression.Prior{Mean: -1, SD: 1}}
	features[neverLong] = feature.Feature{Key: "need.never_bought_long", Prior: regression.Prior{Mean: -.5, SD: .5}}
	features[due] = feature.Feature{Key: "need.due", Prior: regression.Prior{Mean: .4, SD: .3}}
	features[asked] = feature.Feature{Key: "need.asked", Prior: regression.Prior{Mean: .6, SD: .4}}
	features[browsed] = feature.Feature{Key: "need.browsed", Prior: regression.Prior{Mean: .3, SD: .3}}
	return features
}

// Measure writes the features at the view into out, one for each of Features.
// The rhythm comes from a purchase model fitted before the view; its Log is
// ignored for a customer who has not bought.
func Measure(v past.View, usual Cycles, rhythmOf Rhythm, out []feature.Measured) {
	clear(out)
	p := v.Purchases()
	if p.Days == 0 {
		since, _ := v.Since()
		known := max(0, v.Days(since))
		out[never] = feature.Measured{Value: 1, Number: known}
		out[neverLong] = feature.Measured{Value: math.Log1p(known / 28), Number: known}
	} else {
		out[rhythm] = feature.Measured{Value: rhythmOf.Log, Number: v.Days(p.Last)}
		out[due] = dueness(v, usual, rhythmOf.Horizon)
	}
	express(v, p, out)
}

// Rhythm is what a purchase model says of the horizon.
type Rhythm struct {
	Log     float64 // ln(-ln P0)
	Horizon int     // days
}

// dueness is the log of what becomes ready to be bought again within the
// horizon, on its average day; lines add up.
func dueness(v past.View, usual Cycles, horizon int) feature.Measured {
	all, n := rhythms(v)
	m := feature.Measured{}
	sum, most := 0.0, -1.0
	for _, r := range all[:n] {
		cycle := r.cycle(usual.Of(r.line))
		cycles := v.Days(r.last) / cycle
		ready := readyWithin(cycles, float64(horizon)/cycle)
		sum += ready
		if ready > most {
			most, m.Number, m.Line = ready, cycles, r.line
		}
	}
	m.Value = math.Log(nothingReady+sum) - math.Log(nothingReady)
	return m
}

// express measures needs expressed since the last purchase: buying meets them.
func express(v past.View, p past.Purchases, out []feature.Measured) {
	for _, n := range v.Needs() {
		if n.At < p.Last {
			continue
		}
		which, halfLife := browsed, browsedHalfLife
		if n.Asked {
			which, halfLife = asked, askedHalfLife
		}
		out[which] = feature.Measured{Value: max(out[which].Value, v.Faded(n.At, halfLife)), Number: v.Days(n.At), Line: n.Line}
	}
}
