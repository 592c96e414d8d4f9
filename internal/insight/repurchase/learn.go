package repurchase

import (
	"math"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/insight/exposure"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/trust"
	"siyu/internal/profile"
	"siyu/internal/stats/regression"
)

// Learning is what a model is learned from.
type Learning struct {
	Customers []profile.Customer // a sample, as known now
	// Until is the start of the business day until which orders are known.
	Until   event.Instant
	Now     event.Instant
	Horizon int // days
	Catalog catalog.Catalog
	Orders  *ltv.History    // from which the purchase models are fitted at past moments
	Present *ltv.Forecaster // those of the present, over the horizon
	Archive bool            // messages are known from the first one on
	// LinkRate is the share of the brand's recent orders that lead to a customer,
	// negative without orders.
	LinkRate float64
}

// How much of the past is looked at.
const (
	// mostOrigins is how many past moments are looked back from, a horizon
	// apart, so that each order is an outcome once. Half a year follows the
	// seasons and still forgets.
	mostOrigins = trust.Windows
	// fewestRows is from how many customers on a past moment counts.
	fewestRows = 50
	// EnoughBuys is from how many outcomes on the brand's own history speaks;
	// below it the parts are the stated priors.
	EnoughBuys = 100
	// slopeSD is how far the held-out slope of recalibration may stray from 1.
	slopeSD = .15
)

// Learn fits the model: the trust score on acts of trust, the half-life of
// memory by held-out horizons before the newest, the coefficients on all, the slope of
// the recalibration on the newest, held out, its intercept so that the newest
// horizon's total comes out. What foretells a horizon, the trust score, cycles and rates
// of the brand among it, was learned from what was known when the horizon began.
func Learn(l Learning) *Model {
	m := &Model{Version: Version, Horizon: l.Horizon, Orders: l.Present, Slope: 1, Most: usualMost, HalfLife: usualHalfLife()}
	m.Columns, m.TrustColumns = columnsOf(features()), columnsOf(trust.Features())
	newest := m.learnBrand(l)
	origins := l.origins(m.Trust, newest)
	m.judgeMemory(origins)
	m.Score = scoreOf(origins)
	tell(origins, &m.Score)
	m.fit(origins)
	m.settle(l)
	return m
}

// learnBrand learns what is known of the brand now. Which ways of having come are told apart
// is as of the newest origin: of others nobody has seen a whole horizon. What was known of
// the brand then is returned.
func (m *Model) learnBrand(l Learning) (then *brand) {
	since := l.heardSince()
	m.Cycles, m.Trust = l.brandAt(past.View{At: l.Now, Orders: l.Until}, since)
	then = l.brandThen(l.start(0), since)
	if len(then.trust.Ways) > 0 {
		m.Trust.Ways = then.trust.Ways
	}
	return then
}

// brandThen returns what was known of the brand at a past moment.
func (l Learning) brandThen(at, since event.Instant) *brand {
	b := &brand{horizon: l.Horizon, halfLife: usualHalfLife()}
	b.cycles, b.trust = l.brandAt(past.View{At: at, Orders: at}, since)
	return b
}

// brandAt learns cycles, and what trust needs to know of the brand, as somebody would have
// who saw every customer as in the view.
func (l Learning) brandAt(v past.View, since event.Instant) (need.Cycles, trust.Brand) {
	cycles, ways := need.NewCycleLearner(), trust.NewLearner(since)
	for i := range l.Customers {
		v.Customer = &l.Customers[i]
		cycles.Add(v)
		ways.Add(v)
	}
	return cycles.Cycles(l.Catalog), ways.Brand()
}

// heardSince returns of when the first known message is, 0 without message archive.
func (l Learning) heardSince() (first event.Instant) {
	if !l.Archive {
		return 0
	}
	for i := range l.Customers {
		if days := l.Customers[i].Talk.Days; len(days) > 0 && (first == 0 || days[0].At < first) {
			first = days[0].At
		}
	}
	return first
}

// start returns the k-th past moment that is looked back to, 0 for the newest.
func (l Learning) start(k int) event.Instant {
	return l.Until - event.Instant((k+1)*l.Horizon*past.Day)
}

// scoreOf learns the trust score from origins, the newest first.
func scoreOf(origins []origin) trust.Score {
	learner := trust.NewScoreLearner()
	for window, o := range origins {
		for i := range o.rows {
			learner.Add(window, o.rows[i].trust[:], o.acted[i])
		}
	}
	if len(origins) > 0 && !origins[0].alike {
		return learner.Unjudged()
	}
	return learner.Learned()
}

// tell writes the score into the rows of origins.
func tell(origins []origin, score *trust.Score) {
	for _, o := range origins {
		for i := range o.rows {
			r := &o.rows[i]
			r.measured[trustAt].Value = score.Of(r.trust[:])
		}
	}
}

// judgeMemory chooses the half-life by horizons before the newest, and compares it with
// recency on the newest, which has not chosen it.
func (m *Model) judgeMemory(origins []origin) {
	if len(origins) < 2 {
		return
	}
	chosen := chooseHalfLife(origins[1:])
	tellOlder(origins)
	held := foretell(origins, chosen, priors())
	m.HalfLife, m.Slope = exposure.HalfLives()[chosen], held.slope
	m.Memory = against(held.each, foretell(origins, recencyAlone, priors()).each)
}

// tellOlder writes the score into the rows of origins that all but the newest of them teach.
func tellOlder(origins []origin) {
	score := scoreOf(origins[1:])
	tell(origins, &score)
}

// mostChoosing is how many horizons choose the half-life at most, each foretold by what is
// older.
const mostChoosing = 2

// chooseHalfLife takes, of the half-lives whose forecasts of the newest of the horizons
// are within a standard error of the best one's, the one nearest to the usual
// (the one-standard-error rule of Breiman, Friedman, Olshen and Stone 1984,
// section 3.4.3): months in which the candidates say the same do not move it. With nothing
// older than the horizon that would choose it is the usual one.
func chooseHalfLife(origins []origin) (chosen int) {
	byContacts := make([]origin, len(origins))
	for i, o := range origins {
		o.memory = o.contacts
		byContacts[i] = o
	}
	open := priors()
	open[memoryAt].SD = openSD
	tried, best := make([]foretold, len(exposure.HalfLives())), 0
	for from := 0; from < mostChoosing && len(byContacts)-from >= 2; from++ {
		tellOlder(byContacts[from:])
		for k := range tried {
			tried[k].add(foretell(byContacts[from:], k, open))
		}
	}
	for k := range tried {
		if tried[k].sum > tried[best].sum {
			best = k
		}
	}
	chosen = best
	for k := range tried {
		if behind := against(tried[best].each, tried[k].each); behind.Gain <= behind.SE && unusual(k) < unusual(chosen) {
			chosen = k
		}
	}
	return chosen
}

// openSD is the standard deviation of what is believed of memory while half-lives are
// compared: held closely, the belief would choose the half-life whose memory is as large
// as it says.
const openSD = 2.

// foretold is how a fit on older origins foretold the newest.
type foretold struct {
	each  []float64 // log-likelihoods
	sum   float64
	slope float64 // of the recalibration
}

// add counts the outcomes of another horizon, too.
func (f *foretold) add(other foretold) {
	f.each, f.sum = append(f.each, other.each...), f.sum+other.sum
}

// foretell asks about the newest of the origins what the older ones taught.
func foretell(origins []origin, k int, beliefs []regression.Prior) foretold {
	older, newest := gather(origins[1:], k), gather(origins[:1], k)
	fit := regression.CLogLog(older, beliefs)
	f := foretold{each: likelihoods(newest, fit.Coefficients), slope: slope(newest, fit.Coefficients)}
	for _, one := range f.each {
		f.sum += one
	}
	return f
}

// unusual returns how far a half-life lies from the usual one, on the log scale.
func unusual(k int) float64 { return math.Abs(math.Log(exposure.HalfLives()[k] / usualHalfLife())) }

// usualHalfLife stands while there is no history to choose by: two weeks.
func usualHalfLife() float64 { return exposure.HalfLives()[1] }

// MemoryTest is how much better memory with the chosen half-life foretold the
// newest held-out horizon than the latest contact alone.
type MemoryTest struct {
	Gain float64 `json:"gain"` // of log-likelihood
	SE   float64 `json:"se"`
}

// Better tells whether the half-life says more than recency does. Where it does
// not, nothing is said of a half-life.
func (t MemoryTest) Better() bool { return t.Gain > t.SE }

func against(one, other []float64) (t MemoryTest) {
	squares := 0.0
	for i := range one {
		d := one[i] - other[i]
		t.Gain += d
		squares += d * d
	}
	n := float64(max(1, len(one)))
	t.SE = math.Sqrt(max(0, squares-t.Gain*t.Gain/n))
	return t
}

// likelihoods returns the log-likelihood of each outcome.
func likelihoods(d regression.Data, coefficients []float64) []float64 {
	line := etas(d, coefficients)
	each := make([]float64, d.Rows())
	for i, bought := range d.Y {
		p := Probability(line.Row(i)[1])
		if bought {
			each[i] = math.Log(max(p, math.SmallestNonzeroFloat64))
		} else {
			each[i] = -math.Exp(line.Row(i)[1])
		}
	}
	return each
}

// origin is a past moment with the rows of those who were related then.
// Memory is measured with every candidate half-life, and as recency alone.
type origin struct {
	rows   []row
	memory [][memories]float64 // one for each of exposure.HalfLives, and recency
	// contacts is memory of contacts with each of exposure.HalfLives, visits fading
	// by the usual one: what half-lives are chosen by. The last is recency again.
	contacts [][memories]float64
	orders   []int // days with an order within the horizon
	acted    []bool
	// alike tells whether acts of trust within the horizon were seen as those of the horizon
	// before it.
	alike bool
}

// The ways in which memory is measured for learning.
const (
	recencyAlone = 4 // behind exposure.HalfLives
	memories     = recencyAlone + 1
)

// origins looks back a horizon at a time, newest first. The rhythm of each
// row comes from a fit on orders before its origin, as do cycles and rates of the brand.
func (l Learning) origins(now trust.Brand, newest *brand) []origin {
	var all []origin
	for k := range mostOrigins {
		at, b := l.start(k), newest
		if k > 0 {
			b = l.brandThen(at, now.Since)
		}
		b.trust.Ways = now.Ways
		o := l.origin(at, b)
		if len(o.rows) < fewestRows {
			break
		}
		all = append(all, o)
	}
	return all
}

func (l Learning) origin(at event.Instant, b *brand) origin {
	orders := l.Orders.Until(past.DayOf(at-1), l.Horizon, originCustomers)
	until := at + event.Instant(l.Horizon*past.Day)
	o := origin{alike: b.trust.Alike(at, l.Horizon)}
	for i := range l.Customers {
		c := &l.Customers[i]
		v := past.View{Customer: c, At: at, Orders: at}
		if !v.Related() {
			continue
		}
		logRhythm, _ := orders.LogRhythm(v)
		var r row
		r.measure(v, b, logRhythm)
		memory := [memories]float64{recencyAlone: exposure.Recency(v)}
		contacts := memory
		for k, halfLife := range exposure.HalfLives() {
			memory[k] = exposure.Remembered(v, halfLife, l.Horizon).Value
			contacts[k] = exposure.RememberedContacts(v, halfLife, usualHalfLife(), l.Horizon)
		}
		o.rows, o.memory, o.contacts = append(o.rows, r), append(o.memory, memory), append(o.contacts, contacts)
		o.orders = append(o.orders, past.OrdersBetween(c, at, until))
		o.acted = append(o.acted, trust.Acted(past.View{Customer: c, At: until, Orders: until}, at, b.trust))
	}
	return o
}

// originCustomers is on how many customers the purchase models are fitted at a
// past moment at most: there are several, and each night fits them anew.
const originCustomers = 4000

// gather joins origins into rows with the k-th half-life. Trust and exposure
// are centred on each origin's customers: what is seen of talk and contacts
// grows from one day to another, and who is seen more has not become another.
func gather(origins []origin, k int) regression.Data {
	d := regression.Data{Columns: columns}
	for _, o := range origins {
		first := len(d.X)
		var means [columns]float64
		for i := range o.rows {
			x := o.rows[i].values()
			x[memoryAt] = o.memory[i][k]
			d.Append(x[:], o.orders[i] > 0)
			for j := trustAt; j < columns; j++ {
				means[j] += x[j] / float64(len(o.rows))
			}
		}
		for i := first; i < len(d.X); i++ {
			d.X[i] -= means[(i-first)%columns]
		}
	}
	return d
}

// slope returns how much eta must be stretched to fit rows it was not fitted
// on, held near 1.
func slope(d regression.Data, coefficients []float64) float64 {
	fit := regression.CLogLog(etas(d, coefficients), []regression.Prior{{SD: 1}, {Mean: 1, SD: slopeSD}})
	return fit.Coefficients[1]
}

// etas returns rows of 1 and eta.
func etas(d regression.Data, coefficients []float64) regression.Data {
	line := regression.Data{Columns: 2}
	for i := range d.Y {
		eta := 0.0
		for j, x := range d.Row(i) {
			eta += x * coefficients[j]
		}
		line.Append([]float64{1, eta}, d.Y[i])
	}
	return line
}

// fit fits all origins with the chosen half-life and matches the newest
// origin's total.
func (m *Model) fit(origins []origin) {
	k := 0
	for i, halfLife := range exposure.HalfLives() {
		if halfLife == m.HalfLife {
			k = i
		}
	}
	all := gather(origins, k)
	fit := regression.CLogLog(all, priors())
	m.Coefficients, m.Covariance, m.Converged = fit.Coefficients, fit.Covariance, fit.Converged
	m.Rows, m.Origins = all.Rows(), len(origins)
	for _, bought := range all.Y {
		if bought {
			m.Buys++
		}
	}
	m.Fitted = m.Buys >= EnoughBuys
	for j, p := range priors() {
		m.PriorWeights = append(m.PriorWeights, fit.PriorWeight(j, p))
	}
	if len(origins) > 1 && m.Fitted {
		m.Shift = shift(etas(gather(origins[:1], k), fit.Coefficients), m.Slope)
	} else {
		m.Slope = 1
	}
	if m.Fitted {
		m.Most = most(etas(all, fit.Coefficients), origins)
	}
}

// mosts are the candidates for Model.Most, usualMost stands while there are too
// few orders to choose by.
func mosts() []float64 { return []float64{1, 1.5, 2, 3, 5, 10} }

const usualMost = 3.0

// most chooses how many orders a horizon holds at most by the likelihood of
// the orders that were placed, taken as Poisson counts.
func most(d regression.Data, origins []origin) (best float64) {
	likeliest := math.Inf(-1)
	for _, most := range mosts() {
		sum, i := 0.0, 0
		for _, o := range origins {
			for _, n := range o.orders {
				mean := saturated(math.Exp(d.Row(i)[1]), most)
				sum += float64(n)*math.Log(mean) - mean
				i++
			}
		}
		if sum > likeliest {
			likeliest, best = sum, most
		}
	}
	return best
}

// shift returns what must be added to slope x eta so that as many buy as did.
func shift(d regression.Data, slope float64) float64 {
	stretched := regression.Data{Columns: 2}
	for i := range d.Y {
		stretched.Append([]float64{1, slope * d.Row(i)[1]}, d.Y[i])
	}
	const fixed = 1e-6
	fit := regression.CLogLog(stretched, []regression.Prior{{SD: .5}, {Mean: 1, SD: fixed}})
	return fit.Coefficients[0]
}
