package repurchase

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/trust"
	"siyu/internal/profile"
)

// Version names the form of the model; estimates carry it.
const Version = "repurchase-10"

// Model is a fitted repurchase model. It is stored as JSON and never changed.
type Model struct {
	Version  string          `json:"version"`
	Horizon  int             `json:"horizon"` // days
	Orders   *ltv.Forecaster `json:"orders"`  // whose P0 is the rhythm of the present
	Cycles   need.Cycles     `json:"cycles"`
	Trust    trust.Brand     `json:"trust"`
	Score    trust.Score     `json:"score"`
	HalfLife float64         `json:"half_life"` // days, of memory
	Memory   MemoryTest      `json:"memory"`    // of that half-life against recency
	// Columns names the coefficients; the first, the intercept, has no name.
	Columns      []Column    `json:"columns"`
	TrustColumns []Column    `json:"trust_columns"`
	Coefficients []float64   `json:"coefficients"`
	Covariance   [][]float64 `json:"covariance"`
	PriorWeights []float64   `json:"prior_weights"` // 1: only the prior speaks
	// Recalibration on eta alone, so that the parts still add up.
	Slope float64 `json:"slope"`
	Shift float64 `json:"shift"`
	// Most is how many orders one horizon holds at most: however ready a
	// customer is, the next order waits until the last one is used up.
	Most float64 `json:"most"`
	// Means are the features' means over the brand's customers now, which
	// parts are centred on.
	Means      []float64 `json:"means"`
	TrustMeans []float64 `json:"trust_means"`
	// Tops are the parts that the best fifth of each kind of customer have, by
	// Peer.
	Tops []Top `json:"tops"`
	// Buyer is the mean customer who has bought, and Newcomers the share of
	// customers who have not, as far as orders lead to them.
	Buyer     Buyer   `json:"buyer"`
	Newcomers float64 `json:"newcomers"`
	// Shown is the share of the orders of a customer whose phone is known that lead to
	// the customer, 0 where no orders are known.
	Shown     float64 `json:"shown"`
	Fitted    bool    `json:"fitted"` // false: the stated priors speak
	Converged bool    `json:"converged"`
	Rows      int     `json:"rows"`
	Buys      int     `json:"buys"` // rows with an order within the horizon
	Origins   int     `json:"origins"`
}

// Column is a coefficient's feature by the keys of its sentences.
type Column struct {
	Name   string `json:"name"`
	Absent string `json:"absent,omitempty"` // said of who has nothing of it
}

func columnsOf(features []feature.Feature) []Column {
	names := make([]Column, len(features))
	for i, f := range features {
		names[i] = Column{Name: f.Key, Absent: f.Absent.Key}
	}
	return names
}

// Parts are a customer's estimate on the complementary log-log scale.
type Parts struct {
	Base, Need, Trust, Exposure float64
	SD                          [3]float64 // of need, trust, exposure
	EtaSD                       float64
	Exchanges                   int // that trust rests on
	Peer                        Peer
	// Heard tells whether messages had been known long enough for silence to speak, Known
	// for how many days those of the customer could be.
	Heard bool
	Known float64
	row   row
}

// Eta returns the sum of base and parts.
func (p *Parts) Eta() float64 { return p.Base + p.Need + p.Trust + p.Exposure }

// Probability returns the chance to buy at eta.
func Probability(eta float64) float64 { return -math.Expm1(-math.Exp(eta)) }

// Expected returns the expected orders within the horizon at a rate, which is
// the exponential of eta; below Most.
func (m *Model) Expected(rate float64) float64 { return saturated(rate, m.Most) }

// RateOf returns the rate at which so many orders are expected within the horizon: what
// Expected undoes. Orders of Most or more have the highest rate that means anything.
func (m *Model) RateOf(orders float64) float64 {
	return orders / max(1-orders/m.Most, 1e-3)
}

// saturated returns rate x most / (rate + most): nearly the rate where that is
// small, never more than most.
func saturated(rate, most float64) float64 { return rate / (1 + rate/most) }

// Of returns the parts of the customer in the view.
func (m *Model) Of(v past.View) (p Parts) {
	logRhythm, _ := m.Orders.LogRhythm(v)
	p.row.measure(v, m.brand(), logRhythm)
	p.Peer = peerOf(v)
	p.Exchanges = p.row.exchanges
	since, _ := v.Since()
	p.Heard, p.Known = m.Trust.Heard(v.At), v.Days(max(since, m.Trust.Since))
	p.Base = m.base()
	p.Need, p.SD[0] = m.part(needSpan(), &p.row)
	p.Trust, p.SD[1] = m.part(trustSpan(), &p.row)
	p.Exposure, p.SD[2] = m.part(exposureSpan(), &p.row)
	unsure := m.Slope * m.Coefficients[trustAt] * m.Score.Deviation(p.row.trust[:], m.TrustMeans)
	p.SD[1] = math.Hypot(p.SD[1], unsure)
	p.EtaSD = math.Hypot(m.etaSD(&p.row), unsure)
	return p
}

// ExposureAfter returns the part that exposure will have so many days after the view
// if nothing happens until then.
func (m *Model) ExposureAfter(p *Parts, days float64) float64 {
	return m.exposureWhere(p, func(measured []feature.Measured) { exposure.Fade(measured, m.HalfLife, days) })
}

// ExposureVisited returns the part that exposure has if the customer also comes to the
// shop for the orders that do not lead there. Of one whose phone is known the share Shown
// leads, so at e^eta of those that do in a horizon there are (1/Shown - 1) e^eta of them;
// nobody knows when, so they are taken to come at any time. Without a known share, or
// with all shown, it is the part that is measured.
func (m *Model) ExposureVisited(p *Parts) float64 {
	if m.Shown <= 0 || m.Shown >= 1 {
		return p.Exposure
	}
	perDay := (1/m.Shown - 1) * math.Exp(p.Eta()) / float64(m.Horizon)
	return m.exposureWhere(p, func(measured []feature.Measured) { exposure.Visit(measured, perDay, m.HalfLife, m.Horizon) })
}

func (m *Model) exposureWhere(p *Parts, change func([]feature.Measured)) float64 {
	measured, s := p.row.measured, exposureSpan()
	change(measured[s.from:s.to])
	value := 0.0
	for j := s.from; j < s.to; j++ {
		value += m.Coefficients[j] * (measured[j].Value - m.Means[j])
	}
	return m.Slope * value
}

func (m *Model) brand() *brand {
	b := &brand{cycles: m.Cycles, trust: m.Trust, halfLife: m.HalfLife, horizon: m.Horizon}
	if len(m.Score.Coefficients) > 0 {
		b.score = &m.Score
	}
	return b
}

func (m *Model) base() float64 {
	sum := 0.0
	for j := range trustAt { // the others were centred when they were learned
		sum += m.Coefficients[j] * m.Means[j]
	}
	return m.Shift + m.Slope*sum
}

// part returns the part's value and its standard deviation by the delta
// method.
func (m *Model) part(s span, r *row) (value, sd float64) {
	var apart [columns]float64
	for j := s.from; j < s.to; j++ {
		apart[j] = r.measured[j].Value - m.Means[j]
		value += m.Coefficients[j] * apart[j]
	}
	return m.Slope * value, m.Slope * m.deviation(s, &apart)
}

func (m *Model) etaSD(r *row) float64 {
	x := r.values()
	for j := trustAt; j < columns; j++ {
		x[j] -= m.Means[j]
	}
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

// settle centres the parts on the customers who can be reached now and notes
// what the best fifth of comparable customers have.
func (m *Model) settle(l Learning) {
	var rows []row
	var kinds []Peer
	m.Means, m.TrustMeans = make([]float64, columns), make([]float64, trust.Count)
	for i := range l.Customers {
		v := past.View{Customer: &l.Customers[i], At: l.Now, Orders: l.Until}
		if !eligible(&l.Customers[i], v) {
			continue
		}
		var r row
		logRhythm, _ := m.Orders.LogRhythm(v)
		r.measure(v, m.brand(), logRhythm)
		rows, kinds = append(rows, r), append(kinds, peerOf(v))
		addValues(m.Means, r.measured[:])
		addValues(m.TrustMeans, r.trust[:])
	}
	divide(m.Means, len(rows))
	divide(m.TrustMeans, len(rows))
	m.Means[0] = 1
	m.Tops = m.tops(rows, kinds)
	m.settleBuyer(rows, kinds)
	m.Shown = l.shown()
}

func addValues(sums []float64, measured []feature.Measured) {
	for j := range measured {
		sums[j] += measured[j].Value
	}
}

func divide(sums []float64, n int) {
	for j := range sums {
		sums[j] /= float64(max(1, n))
	}
}

// eligible tells whether the customer is one of those that parts are centred
// on: related, and not merged into another.
func eligible(c *profile.Customer, v past.View) bool { return c.MergedInto == 0 && v.Related() }

// View returns how the model sees a customer now, orders being known until
// some moment.
func View(c *profile.Customer, now, until event.Instant) past.View {
	return past.View{Customer: c, At: now, Orders: min(now, until)}
}
