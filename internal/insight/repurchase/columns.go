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
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/trust"
	"siyu/internal/stats/regression"
)

// The columns of the regression: the intercept, the features of need, the
// trust score, whether the customer stays in a group, the features of exposure.
const (
	needAt     = 1
	trustAt    = needAt + need.Count
	groupAt    = trustAt + 1
	exposureAt = groupAt + 1
	columns    = exposureAt + exposure.Count
	memoryAt   = exposureAt + exposure.Memory
)

// span is where a part's columns stand.
type span struct{ from, to int }

func needSpan() span     { return span{needAt, trustAt} }
func trustSpan() span    { return span{trustAt, exposureAt} }
func exposureSpan() span { return span{exposureAt, columns} }

// basePrior is the belief about the intercept: one customer in ten buys within
// a month, give or take a lot.
func basePrior() regression.Prior { return regression.Prior{Mean: -2.25, SD: 2} }

// trustPrior is the belief about the trust score: who is twice as likely to
// show trust is twice as likely to buy, give or take a fifth of that. It is held
// closely as that of memory is: while little is known of acts of trust, the score
// differs between the ways in which customers came, and these bring customers who
// would buy more or less whatever they trusted.
func trustPrior() regression.Prior { return regression.Prior{Mean: 1, SD: .2} }

// features returns the features of all columns; the intercept has no key.
func features() []feature.Feature {
	all := []feature.Feature{{Prior: basePrior()}}
	all = append(all, need.Features()...)
	all = append(all, feature.Feature{Key: "trust.score", Prior: trustPrior()})
	all = append(all, groupFeature())
	return append(all, exposure.Features()...)
}

// groupFeature is having joined a group and stayed. It is no feature of the
// trust score, for who is in a group already cannot show trust by joining one.
func groupFeature() feature.Feature {
	return feature.Feature{Key: "trust.group", Absent: feature.Absence{Key: "trust.no_group"}, Prior: regression.Prior{Mean: .2, SD: .2}}
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
	trust     [trust.Count]feature.Measured
	exchanges int // that trust rests on
}

// brand is what measuring needs to know of the brand.
type brand struct {
	cycles   need.Cycles
	trust    trust.Brand
	score    *trust.Score // nil: the score is not known yet
	halfLife float64
	horizon  int
}

func (r *row) measure(v past.View, b *brand, logRhythm float64) {
	r.measured[0] = feature.Measured{Value: 1}
	need.Measure(v, b.cycles, need.Rhythm{Log: logRhythm, Horizon: b.horizon}, r.measured[needAt:trustAt])
	r.exchanges = trust.Measure(v, b.trust, r.trust[:])
	if b.score != nil {
		r.measured[trustAt] = feature.Measured{Value: b.score.Of(r.trust[:])}
	}
	if v.InGroup() {
		r.measured[groupAt] = feature.Measured{Value: 1}
	}
	exposure.Measure(v, b.halfLife, b.horizon, r.measured[exposureAt:])
}

func (r *row) values() (x [columns]float64) {
	for i := range r.measured {
		x[i] = r.measured[i].Value
	}
	return x
}
