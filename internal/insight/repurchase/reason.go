package repurchase

import (
	"math"

	"siyu/internal/insight"
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/need"
	"siyu/internal/insight/trust"
)

// told is the weight from which on a feature is told as a reason.
const told = .05

// lessThanUsual ends the key of a reason whose feature lies below the brand's
// mean: "answers less than usual".
const lessThanUsual = ".less"

// ReasonKeys returns the keys of all reasons, for the locale files.
func ReasonKeys() []string {
	var keys []string
	for _, part := range [][]feature.Feature{need.Features(), trust.Features(), exposure.Features()} {
		for _, f := range part {
			keys = append(keys, f.Key, f.Key+lessThanUsual)
		}
	}
	return keys
}

// Reasons returns the features that make up most of a part, strongest first,
// at most most.
func (m *Model) Reasons(p *Parts, part insight.Part, most int) []insight.Reason {
	chosen := reasons{most: most}
	switch part {
	case insight.Need:
		m.addReasons(&chosen, p, needSpan())
	case insight.Exposure:
		m.addReasons(&chosen, p, exposureSpan())
	default:
		weight := m.Slope * m.Coefficients[trustAt]
		for j := range p.row.trust {
			chosen.add(m.TrustColumns[j], weight*m.Score.Coefficients[1+j], &p.row.trust[j], m.TrustMeans[j])
		}
	}
	return chosen.list
}

func (m *Model) addReasons(to *reasons, p *Parts, s span) {
	for j := s.from; j < s.to; j++ {
		to.add(m.Columns[j], m.Slope*m.Coefficients[j], &p.row.measured[j], m.Means[j])
	}
}

// reasons keeps the strongest few.
type reasons struct {
	most int
	list []insight.Reason
}

func (r *reasons) add(key string, coefficient float64, f *feature.Measured, mean float64) {
	weight := coefficient * (f.Value - mean)
	if math.Abs(weight) < told {
		return
	}
	at := len(r.list)
	for at > 0 && math.Abs(r.list[at-1].Weight) < math.Abs(weight) {
		at--
	}
	if at == r.most {
		return
	}
	if f.Value < mean {
		key += lessThanUsual
	}
	if r.list == nil {
		r.list = make([]insight.Reason, 0, r.most)
	}
	if len(r.list) < r.most {
		r.list = append(r.list, insight.Reason{})
	}
	copy(r.list[at+1:], r.list[at:])
	r.list[at] = insight.Reason{Key: key, Weight: weight, Number: f.Number, Line: f.Line}
}
