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

// ReasonKeys returns the keys of all reasons, for the locale files.
func ReasonKeys() []string {
	var keys []string
	talked := trust.Features()
	for i := range talked {
		talked[i] = talked[trust.Told(i)]
	}
	for _, part := range [][]feature.Feature{need.Features(), talked, {groupFeature()}, exposure.Features()} {
		for _, f := range part {
			keys = append(keys, f.Key)
			if f.Absent.Key != "" {
				keys = append(keys, f.Absent.Key)
			}
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
		m.needReasons(&chosen, p)
	case insight.Exposure:
		m.exposureReasons(&chosen, p)
	default:
		m.trustReasons(&chosen, p)
	}
	return chosen.list
}

func (m *Model) trustReasons(to *reasons, p *Parts) {
	var weights [trust.Count]float64
	scale := m.Slope * m.Coefficients[trustAt]
	for i := range weights {
		weights[trust.Told(i)] += scale * m.Score.Coefficients[1+i] * (p.row.trust[i].Value - m.TrustMeans[i])
	}
	for i, weight := range weights {
		measured := &p.row.trust[i]
		switch {
		case !trust.Silent(i, measured):
			to.add(m.TrustColumns[i], weight, measured)
		case !p.Heard: // messages are not known, or not for long: nobody has been silent
		case measured.Nothing():
			to.addAbsence(m.TrustColumns[i], weight, p.Known)
		default:
			to.add(m.TrustColumns[i], weight, measured)
		}
	}
	to.add(m.Columns[groupAt], m.weight(p, groupAt), &p.row.measured[groupAt])
}

// exposureReasons says of nobody whose messages are not known, or not for long, that there
// was no contact.
func (m *Model) exposureReasons(to *reasons, p *Parts) {
	for j := exposureAt; j < columns; j++ {
		if measured := &p.row.measured[j]; p.Heard || !measured.Nothing() {
			to.add(m.Columns[j], m.weight(p, j), measured)
		}
	}
}

// weight returns what the j-th column adds to eta.
func (m *Model) weight(p *Parts, j int) float64 {
	return m.Slope * m.Coefficients[j] * (p.row.measured[j].Value - m.Means[j])
}

func (m *Model) needReasons(to *reasons, p *Parts) {
	var weights [need.Count]float64
	for i := range weights {
		weights[need.Told(i, p.Peer != Newcomer)] += m.weight(p, needAt+i)
	}
	for i, weight := range weights {
		to.add(m.Columns[needAt+i], weight, &p.row.measured[needAt+i])
	}
}

// reasons keeps the strongest few.
type reasons struct {
	most int
	list []insight.Reason
}

// add tells a feature by its weight. A feature of which the customer has
// nothing is told by its absence, or not at all.
func (r *reasons) add(column Column, weight float64, f *feature.Measured) {
	if f.Nothing() {
		r.addAbsence(column, weight, 0)
		return
	}
	r.put(insight.Reason{Key: column.Name, Weight: weight, Number: f.Number, Line: f.Line})
}

// addAbsence tells by its weight that the customer had nothing of a feature for so many days.
func (r *reasons) addAbsence(column Column, weight, days float64) {
	r.put(insight.Reason{Key: column.Absent, Weight: weight, Number: days})
}

func (r *reasons) put(reason insight.Reason) {
	if math.Abs(reason.Weight) < told || reason.Key == "" {
		return
	}
	at := len(r.list)
	for at > 0 && math.Abs(r.list[at-1].Weight) < math.Abs(reason.Weight) {
		at--
	}
	if at == r.most {
		return
	}
	if r.list == nil {
		r.list = make([]insight.Reason, 0, r.most)
	}
	if len(r.list) < r.most {
		r.list = append(r.list, insight.Reason{})
	}
	copy(r.list[at+1:], r.list[at:])
	r.list[at] = reason
}
