// Package repurchase is the one model behind the three parts: the probability
// that a customer buys within the horizon, on the complementary log-log scale
//
//	eta = base + need + trust + exposure,  P = 1 - exp(-exp(eta)).
//
// A part is the sum of its features' coefficients, centred on the brand's
// customers, so that the parts add up exactly and 0 is an ordinary customer.
// Coefficients are fitted on the brand's own past under stated priors.
package repurchase

import (
	"siyu/internal/insight"
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/trust"
	"siyu/internal/stats/regression"
)

// The columns of a row: the intercept, then the features part by part.
const (
	needAt     = 1
	trustAt    = needAt + need.Count
	exposureAt = trustAt + trust.Count
	columns    = exposureAt + exposure.Count
	memoryAt   = exposureAt + exposure.Memory
)

// span is where a part's columns stand.
type span struct{ from, to int }

func spanOf(part insight.Part) span {
	switch part {
	case insight.Need:
		return span{needAt, trustAt}
	case insight.Trust:
		return span{trustAt, exposureAt}
	default:
		return span{exposureAt, columns}
	}
}

// basePrior is the belief about the intercept: one customer in ten buys within
// a month, give or take a lot.
func basePrior() regression.Prior { return regression.Prior{Mean: -2.25, SD: 2} }

// features returns the features of all columns but the intercept, which has an
// empty key.
func features() []feature.Feature {
	all := []feature.Feature{{Prior: basePrior()}}
	all = append(all, need.Features()...)
	all = append(all, trust.Features()...)
	return append(all, exposure.Features()...)
}

func priors() []regression.Prior {
	all := features()
	p := make([]regression.Prior, len(all))
	for i, f := range all {
		p[i] = f.Prior
	}
	return p
}

// row is a customer's features at a moment.
type row struct {
	measured  [columns]feature.Measured
	exchanges int // that trust rests on
}

// brand is what measuring needs to know of the brand.
type brand struct {
	cycles   need.Cycles
	trust    trust.Brand
	halfLife float64
}

func (r *row) measure(v past.View, b brand, logRhythm float64) {
	r.measured[0] = feature.Measured{Value: 1}
	need.Measure(v, b.cycles, logRhythm, r.measured[needAt:trustAt])
	r.exchanges = trust.Measure(v, b.trust, r.measured[trustAt:exposureAt])
	exposure.Measure(v, b.halfLife, r.measured[exposureAt:])
}
