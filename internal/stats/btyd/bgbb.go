package btyd

import "math"

// Occasions is what customers did at numbered occasions, at each of which they
// may buy once: a yearly donation, a monthly course.
type Occasions struct {
	Bought int     // occasions at which they bought
	Last   int     // the number of the last of these, 0 without any
	Of     int     // occasions so far
	Count  float64 // customers
}

// possible tells whether anybody can have done so.
func (o Occasions) possible() bool {
	return o.Bought >= 0 && o.Bought <= o.Last && o.Last <= o.Of && (o.Bought > 0) == (o.Last > 0) && o.Count > 0 && !math.IsInf(o.Count, 1)
}

// BGBB is the beta-geometric/beta-Bernoulli model of Fader, Hardie and Shang
// (2010, Marketing Science 29(6), 1086-1108): an active customer buys at an
// occasion with a chance drawn from Beta(Alpha, Beta) and drops out before one
// with a chance drawn from Beta(Gamma, Delta).
type BGBB struct {
	Alpha, Beta, Gamma, Delta float64
}

// FitBGBB returns the model with the largest likelihood. Impossible occasions
// are left out.
func FitBGBB(customers []Occasions) (BGBB, Fit) {
	l := bgbbLikelihood{}
	most := 0
	for _, o := range customers {
		if o.possible() {
			l.customers, l.count, most = append(l.customers, o), l.count+o.Count, max(most, o.Of)
		}
	}
	l.factors = newBGBBFactors(most)
	m := maximise(likelihood{
		names:     []string{"alpha", "beta", "gamma", "delta"},
		minusMean: l.minusMean,
		customers: l.count,
		start:     make([]float64, 4),
		unit:      []float64{1, 1, 1, 1},
	})
	return BGBB{m.values[0], m.values[1], m.values[2], m.values[3]}, m.fit
}

// LogLikelihood returns the log-likelihood of one of the customers (eq. 5).
func (m BGBB) LogLikelihood(o Occasions) float64 { return m.factors(o.Of).histories(o, nil).log }

// Alive returns the probability that the customer is still active at the next
// occasion (eq. 11).
func (m BGBB) Alive(o Occasions) float64 {
	f := m.factors(o.Of + 1)
	return math.Exp(f.history(o, o.Of) + f.stayed(o.Of+1) - f.stayed(o.Of) - f.histories(o, nil).log)
}

// Expected returns the expected purchases at some occasions to come (eq. 14,
// as a sum).
func (m BGBB) Expected(o Occasions, next int) float64 {
	f := m.factors(o.Of + next)
	here := f.history(o, o.Of) - f.histories(o, nil).log - f.stayed(o.Of)
	sum := 0.
	for n := o.Of + 1; n <= o.Of+next; n++ {
		sum += math.Exp(here + f.stayed(n))
	}
	return sum * (m.Alpha + float64(o.Bought)) / (m.Alpha + m.Beta + float64(o.Of))
}

// Probability returns the probability of so many purchases at the first
// occasions of a new customer (eq. 7).
func (m BGBB) Probability(bought, occasions int) float64 {
	f, sum := m.factors(occasions), 0.
	for end := bought; end <= occasions; end++ {
		ways := logRising(1, float64(end)) - logRising(1, float64(bought)) - logRising(1, float64(end-bought))
		sum += math.Exp(ways + f.history(Occasions{Bought: bought, Of: occasions}, end))
	}
	return sum
}

// bgbbFactors are the rising factorials that likelihoods are made of.
type bgbbFactors struct {
	gamma                         float64
	buy, skip, either, stay, both rising
}

func newBGBBFactors(most int) *bgbbFactors {
	return &bgbbFactors{buy: newRising(most), skip: newRising(most), either: newRising(most), stay: newRising(most), both: newRising(most + 1)}
}

func (m BGBB) factors(most int) *bgbbFactors {
	f := newBGBBFactors(most)
	f.fill(m)
	return f
}

func (f *bgbbFactors) fill(m BGBB) {
	f.gamma = m.Gamma
	f.buy.fill(m.Alpha)
	f.skip.fill(m.Beta)
	f.either.fill(m.Alpha + m.Beta)
	f.stay.fill(m.Delta)
	f.both.fill(m.Gamma + m.Delta)
}

// stayed returns the log of the probability of being active for so many
// occasions at least.
func (f *bgbbFactors) stayed(occasions int) float64 {
	return f.stay.log[occasions] - f.both.log[occasions]
}

// history returns the log of the probability that a customer bought as told and
// dropped out after the occasion end, or not by the last.
func (f *bgbbFactors) history(o Occasions, end int) float64 {
	log := f.buy.log[o.Bought] + f.skip.log[end-o.Bought] - f.either.log[end]
	if end == o.Of {
		return log + f.stayed(end)
	}
	return log + math.Log(f.gamma) + f.stay.log[end] - f.both.log[end+1]
}

// bgbbHistories is the log-likelihood over all ends that a customer may have
// come to, with its slopes in the parameters.
type bgbbHistories struct {
	log    float64
	slopes [4]float64
}

// histories sums over the ends; weights, if there is room for them, keeps the
// terms.
func (f *bgbbFactors) histories(o Occasions, weights []float64) bgbbHistories {
	h := bgbbHistories{log: math.Inf(-1)}
	weights = weights[:0]
	for end := o.Last; end <= o.Of; end++ {
		weights = append(weights, f.history(o, end))
		h.log = logAdd(h.log, weights[end-o.Last])
	}
	for i, log := range weights {
		end, weight := o.Last+i, math.Exp(log-h.log)
		either := f.either.slope[end]
		h.slopes[0] += weight * (f.buy.slope[o.Bought] - either)
		h.slopes[1] += weight * (f.skip.slope[end-o.Bought] - either)
		dropped, both := 0., f.both.slope[end]
		if end < o.Of {
			dropped, both = 1/f.gamma, f.both.slope[end+1]
		}
		h.slopes[2] += weight * (dropped - both)
		h.slopes[3] += weight * (f.stay.slope[end] - both)
	}
	return h
}

// logAdd returns the log of the sum of what two numbers are the logs of.
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log1p(math.Exp(b-a))
}

type bgbbLikelihood struct {
	customers []Occasions
	count     float64
	factors   *bgbbFactors
	weights   []float64
}

// minusMean is minus the log-likelihood per customer at the logs of the
// parameters.
func (l *bgbbLikelihood) minusMean(theta, gradient []float64) float64 {
	m := BGBB{math.Exp(theta[0]), math.Exp(theta[1]), math.Exp(theta[2]), math.Exp(theta[3])}
	l.factors.fill(m)
	sum, slopes := 0., [4]float64{}
	for _, o := range l.customers {
		h := l.factors.histories(o, l.weights)
		sum += o.Count * h.log
		for i, slope := range h.slopes {
			slopes[i] += o.Count * slope
		}
	}
	for i, at := range []float64{m.Alpha, m.Beta, m.Gamma, m.Delta} {
		gradient[i] = -slopes[i] * at / l.count
	}
	return -sum / l.count
}
