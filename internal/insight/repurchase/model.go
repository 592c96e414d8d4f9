package repurchase

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/trust"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Version names the form of the model; estimates carry it.
const Version = "repurchase-1"

// Model is a fitted repurchase model. It is stored as JSON and never changed.
type Model struct {
	Version  string      `json:"version"`
	Horizon  int         `json:"horizon"` // days
	Orders   btyd.BGNBD  `json:"orders"`  // whose P0 is the rhythm of the present
	Cycles   need.Cycles `json:"cycles"`
	Trust    trust.Brand `json:"trust"`
	HalfLife float64     `json:"half_life"` // days, of memory
	// Columns names the coefficients; the first, the intercept, has no name.
	Columns      []string    `json:"columns"`
	Coefficients []float64   `json:"coefficients"`
	Covariance   [][]float64 `json:"covariance"`
	PriorWeights []float64   `json:"prior_weights"` // 1: only the prior speaks
	// Recalibration on eta alone, so that the parts still add up.
	Slope float64 `json:"slope"`
	Shift float64 `json:"shift"`
	// Means are the features' means over the brand's customers now, which
	// parts are centred on.
	Means []float64 `json:"means"`
	// Tops are the parts that the best fifth of comparable customers have.
	Tops      map[Peer]Top `json:"tops"`
	Fitted    bool         `json:"fitted"` // false: the stated priors speak
	Converged bool         `json:"converged"`
	Rows      int          `json:"rows"`
	Buys      int          `json:"buys"` // rows with an order within the horizon
	Origins   int          `json:"origins"`
}

// Parts are a customer's estimate on the complementary log-log scale.
type Parts struct {
	Base, Need, Trust, Exposure float64
	SD                          [3]float64 // of need, trust, exposure
	EtaSD                       float64
	Exchanges                   int // that trust rests on
	Peer                        Peer
	row                         row
}

// Eta returns the sum of base and parts.
func (p *Parts) Eta() float64 { return p.Base + p.Need + p.Trust + p.Exposure }

// Probability returns the chance to buy at eta.
func Probability(eta float64) float64 { return -math.Expm1(-math.Exp(eta)) }

// Of returns the parts of the customer in the view.
func (m *Model) Of(v past.View) (p Parts) {
	logRhythm, bought := ltv.LogRhythm(m.Orders, v, stats.WeeksOfDays(m.Horizon))
	p.Peer = peerOf(v, bought)
	p.row.measure(v, m.brand(), logRhythm)
	p.Exchanges = p.row.exchanges
	p.Base = m.base()
	p.Need, p.SD[0] = m.part(insight.Need, &p.row)
	p.Trust, p.SD[1] = m.part(insight.Trust, &p.row)
	p.Exposure, p.SD[2] = m.part(insight.Exposure, &p.row)
	p.EtaSD = m.etaSD(&p.row)
	return p
}

func (m *Model) brand() brand { return brand{cycles: m.Cycles, trust: m.Trust, halfLife: m.HalfLife} }

func (m *Model) base() float64 {
	sum := 0.0
	for j, b := range m.Coefficients {
		sum += b * m.Means[j]
	}
	return m.Shift + m.Slope*sum
}

// part returns the part's value and its standard deviation by the delta
// method.
func (m *Model) part(part insight.Part, r *row) (value, sd float64) {
	s := spanOf(part)
	var apart [columns]float64
	for j := s.from; j < s.to; j++ {
		apart[j] = r.measured[j].Value - m.Means[j]
		value += m.Coefficients[j] * apart[j]
	}
	return m.Slope * value, m.Slope * m.deviation(s, &apart)
}

func (m *Model) etaSD(r *row) float64 {
	x := r.values()
	return m.Slope * m.deviation(span{0, columns}, &x)
}

func (m *Model) deviation(s span, x *[columns]float64) float64 {
	sum := 0.0
	for j := s.from; j < s.to; j++ {
		if x[j] == 0 {
			continue
		}
		line, cross := m.Covariance[j], 0.0
		for k := j + 1; k < s.to; k++ {
			cross += line[k] * x[k]
		}
		sum += x[j] * (line[j]*x[j] + 2*cross)
	}
	return math.Sqrt(max(0, sum))
}

// told is the weight from which on a feature is told as a reason.
const told = .05

// Reasons returns the features that make up most of a part, strongest first,
// at most most.
func (m *Model) Reasons(p *Parts, part insight.Part, most int) []insight.Reason {
	var reasons []insight.Reason
	s := spanOf(part)
	for j := s.from; j < s.to; j++ {
		f := &p.row.measured[j]
		weight := m.Slope * m.Coefficients[j] * (f.Value - m.Means[j])
		if math.Abs(weight) < told {
			continue
		}
		reason := insight.Reason{Key: keyOf(m.Columns[j], f.Value < m.Means[j]), Weight: weight, Number: f.Number, Line: f.Line}
		at := len(reasons)
		for at > 0 && math.Abs(reasons[at-1].Weight) < math.Abs(weight) {
			at--
		}
		if at == most {
			continue
		}
		if reasons == nil {
			reasons = make([]insight.Reason, 0, most+1)
		}
		reasons = append(reasons, insight.Reason{})
		copy(reasons[at+1:], reasons[at:])
		reasons[at] = reason
		reasons = reasons[:min(len(reasons), most)]
	}
	return reasons
}

// lessThanUsual ends the key of a reason whose feature lies below the brand's
// mean: "answers less than usual".
const lessThanUsual = ".less"

func keyOf(column string, less bool) string {
	if less {
		return column + lessThanUsual
	}
	return column
}

// ReasonKeys returns the keys of all reasons, for the locale files.
func ReasonKeys() []string {
	var keys []string
	for _, f := range features()[1:] {
		keys = append(keys, f.Key, keyOf(f.Key, true))
	}
	return keys
}

// settle centres the parts on the customers who can be reached now and notes
// what the best fifth of comparable customers have.
func (m *Model) settle(l Learning) {
	horizon := stats.WeeksOfDays(l.Horizon)
	var rows []row
	var peers []Peer
	m.Means = make([]float64, columns)
	for i := range l.Customers {
		v := past.View{Customer: &l.Customers[i], At: l.Now, Orders: l.Until}
		if !eligible(&l.Customers[i], v) {
			continue
		}
		var r row
		logRhythm, bought := ltv.LogRhythm(m.Orders, v, horizon)
		r.measure(v, m.brand(), logRhythm)
		rows, peers = append(rows, r), append(peers, peerOf(v, bought))
		for j := range r.measured {
			m.Means[j] += r.measured[j].Value
		}
	}
	for j := range m.Means {
		m.Means[j] /= float64(max(1, len(rows)))
	}
	m.Means[0] = 1
	m.Tops = m.tops(rows, peers)
}

// eligible tells whether the customer is one of those that parts are centred
// on: related, and not merged into another.
func eligible(c *profile.Customer, v past.View) bool { return c.MergedInto == 0 && v.Related() }

// View returns how the model sees a customer now, orders being known until
// some moment.
func View(c *profile.Customer, now, until event.Instant) past.View {
	return past.View{Customer: c, At: now, Orders: min(now, until)}
}
