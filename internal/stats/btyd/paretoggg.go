package btyd

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"siyu/internal/stats"
)

// ParetoGGG is the Pareto/GGG model of Platzer and Reutterer (2016, Marketing
// Science 35(5), 779-799): as ParetoNBD, but the time between orders of a
// customer is Gamma(k, k lambda), the more regular the larger the customer's own
// k, which is drawn from Gamma(T, Gamma).
//
// It has no likelihood in closed form: what is known of it is a sample.
type ParetoGGG struct {
	T, Gamma float64
	R        float64
	Alpha    float64 // weeks
	S        float64
	Beta     float64 // weeks
}

// Sampling is how much to draw, and for what.
type Sampling struct {
	Warmup  int // rounds before the first draw
	Draws   int
	Every   int         // rounds from one draw to the next
	Horizon stats.Weeks // to foretell orders of
	Seed    uint64
}

// Sample is what a Markov chain has drawn from the posterior distribution: the
// parameters, and what it says of the customers in their sequence.
type Sample struct {
	Parameters []ParetoGGG
	Alive      []float64 // probability of not having dropped out
	Expected   []float64 // orders in the horizon
}

// SampleParetoGGG draws from the posterior distribution of Pareto/GGG by
// Metropolis within Gibbs. The parameters have a prior of Gamma(.001, .001) each,
// as in BTYDplus. The same seed gives the same draws. Customers must have possible
// summaries.
func SampleParetoGGG(customers []Summary, how Sampling) Sample {
	return newGGGChain(customers, how.Seed, ParetoGGG{T: 1, Gamma: 1, R: 1, Alpha: 1, S: 1, Beta: 1}).sample(how)
}

// SampleParetoNBD draws from the posterior distribution of Pareto/NBD, of which
// ParetoNBD is the mode: Pareto/GGG with a k of 1 for everybody (Ma and Liu 2007;
// Abe 2009). T and Gamma are 0.
func SampleParetoNBD(customers []Summary, how Sampling) Sample {
	return newGGGChain(customers, how.Seed, ParetoGGG{R: 1, Alpha: 1, S: 1, Beta: 1}).sample(how)
}

// gggChain is the state of the chain. A round draws, for each customer, the rate
// of ordering, k, the rate of dropping out and whether and when the customer did,
// and then the parameters. These are drawn with as much as possible of what
// depends on them integrated out, as chains of the parameters given the rates
// hardly move: beta without s and without any rate of dropping out, t without
// gamma, r without alpha.
type gggChain struct {
	source    *rand.PCG
	random    *rand.Rand
	now       ParetoGGG
	customers []gggCustomer
}

type gggCustomer struct {
	Summary
	k, lambda, mu float64
	alive         bool
	silent        float64 // weeks from the last order to dropping out, or to now
}

func newGGGChain(customers []Summary, seed uint64, start ParetoGGG) *gggChain {
	source := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	c := &gggChain{source: source, random: rand.New(source), now: start}
	for _, s := range customers {
		c.customers = append(c.customers, gggCustomer{Summary: s, k: 1, lambda: (1 + float64(s.Frequency)) / (1 + float64(s.Age)),
			mu: 1 / (1 + float64(s.Age)), alive: true, silent: float64(s.Age - s.Recency)})
	}
	return c
}

func (c *gggChain) sample(how Sampling) Sample {
	s := Sample{Alive: make([]float64, len(c.customers)), Expected: make([]float64, len(c.customers))}
	c.run(how, func() {
		s.Parameters = append(s.Parameters, c.now)
		for i := range c.customers {
			if u := &c.customers[i]; u.alive {
				s.Alive[i] += 1 / float64(how.Draws)
				s.Expected[i] += c.orders(u, float64(how.Horizon)) / float64(how.Draws)
			}
		}
	})
	return s
}

// run calls keep at each draw.
func (c *gggChain) run(how Sampling, keep func()) {
	for range how.Warmup {
		c.round()
	}
	for range how.Draws {
		for range how.Every {
			c.round()
		}
		keep()
	}
}

func (c *gggChain) round() {
	for i := range c.customers {
		c.drawCustomer(&c.customers[i])
	}
	c.drawParameters()
}

func (c *gggChain) drawCustomer(u *gggCustomer) {
	c.drawRate(u)
	if c.now.T > 0 {
		c.drawRegularity(u)
	}
	c.drawDropout(u)
}

// gamma draws from a gamma distribution; not 0, where small shapes underflow.
func (c *gggChain) gamma(shape, rate float64) float64 {
	return max(distuv.Gamma{Alpha: shape, Beta: rate, Src: c.source}.Rand(), 1e-300)
}

// accept tells whether to take a proposal by the log of its ratio.
func (c *gggChain) accept(logRatio float64) bool { return -c.random.ExpFloat64() < logRatio }

// logSilence returns the log of the probability that the next order is not due
// for so many weeks after the last.
func logSilence(k, lambda, weeks float64) float64 {
	if k == 1 {
		return -lambda * weeks
	}
	return math.Log(mathext.GammaIncRegComp(k, k*lambda*weeks))
}

// drawRate draws the rate given k and the silence. The proposal is what it would
// be if the silence, from some point on, told as much as one of a Poisson
// process; where k is 1 it does and every proposal is taken.
func (c *gggChain) drawRate(u *gggCustomer) {
	slow := min(u.k, 1) * u.silent
	rate := c.gamma(c.now.R+u.k*float64(u.Frequency), c.now.Alpha+u.k*float64(u.Recency)+slow)
	if u.k == 1 || c.accept(logSilence(u.k, rate, u.silent)+slow*rate-logSilence(u.k, u.lambda, u.silent)-slow*u.lambda) {
		u.lambda = rate
	}
}

// leastRegularity bounds k from below, as BTYDplus does: orders of smaller ones
// would come in bursts with ages between.
const leastRegularity = .1

// drawRegularity draws k: of customers without a time between orders from the
// prior, of others by a step on the log scale, about as long as what x such times
// leave open.
func (c *gggChain) drawRegularity(u *gggCustomer) {
	if u.Frequency == 0 {
		k := c.gamma(c.now.T, c.now.Gamma)
		if k > leastRegularity && c.accept(logSilence(k, u.lambda, u.silent)-logSilence(u.k, u.lambda, u.silent)) {
			u.k = k
		}
		return
	}
	step := 2.4 / math.Sqrt(c.now.T+.6*float64(u.Frequency))
	k := u.k * math.Exp(step*c.random.NormFloat64())
	if k > leastRegularity && c.accept(c.logRegularity(u, k)-c.logRegularity(u, u.k)) {
		u.k = k
	}
}

// logRegularity returns the log density of ln k.
func (c *gggChain) logRegularity(u *gggCustomer, k float64) float64 {
	x := float64(u.Frequency)
	places, _ := math.Lgamma(k)
	return c.now.T*math.Log(k) - c.now.Gamma*k +
		x*(k*math.Log(k*u.lambda)-places) + k*(u.LogGaps-u.lambda*float64(u.Recency)) +
		logSilence(k, u.lambda, u.silent)
}

// drawDropout draws the rate of dropping out given when, and then whether and
// when given the rate, with the probability of the silence under an envelope: an
// order is due for sure within no time where k < 1 at the rate k lambda, the last
// that its hazard falls to; where k >= 1, whose hazard grows, within the mean at
// none and from then on at the rate lambda (Barlow and Proschan 1965, Mathematical
// Theory of Reliability: P(> v means) <= e^(1-v)).
func (c *gggChain) drawDropout(u *gggCustomer) {
	gone := 1.
	if u.alive {
		gone = 0
	}
	u.mu = c.gamma(c.now.S+gone, c.now.Beta+float64(u.Recency)+u.silent)
	until := float64(u.Age - u.Recency)
	none, hazard := 0., u.k*u.lambda
	if u.k > 1 {
		none, hazard = min(1/u.lambda, until), u.lambda
	}
	stays := math.Exp(logSilence(u.k, u.lambda, until) - u.mu*until)
	early := -math.Expm1(-u.mu * none)
	late := u.mu / (u.mu + hazard) * math.Exp(-u.mu*none) * -math.Expm1(-(u.mu+hazard)*(until-none))
	for {
		at := c.random.Float64() * (stays + early + late)
		if at < stays {
			u.alive, u.silent = true, until
			return
		}
		var when, bound float64
		if at < stays+early {
			when = c.truncated(u.mu, none)
		} else {
			after := c.truncated(u.mu+hazard, until-none)
			when, bound = none+after, -hazard*after
		}
		if c.accept(logSilence(u.k, u.lambda, when) - bound) {
			u.alive, u.silent = false, when
			return
		}
	}
}

// truncated draws an exponential time that is less than most.
func (c *gggChain) truncated(rate, most float64) float64 {
	return min(most, -math.Log1p(c.random.Float64()*math.Expm1(-rate*most))/rate)
}

// orders draws how many orders a customer places in the horizon who is active.
func (c *gggChain) orders(u *gggCustomer, horizon float64) float64 {
	end, n := min(horizon, c.random.ExpFloat64()/u.mu), 0.
	for at := c.gapBeyond(u.k, u.k*u.lambda, u.silent) - u.silent; at < end; at += c.gamma(u.k, u.k*u.lambda) {
		n++
	}
	return n
}

// gapBeyond draws a Gamma(k, rate) time between orders that is longer than least:
// among all while many are; then under the exponential that touches the density
// at least.
func (c *gggChain) gapBeyond(k, rate, least float64) float64 {
	if rate*least <= k {
		for {
			if gap := c.gamma(k, rate); gap > least {
				return gap
			}
		}
	}
	slope := rate
	if k > 1 {
		slope -= (k - 1) / least
	}
	for {
		gap := least + c.random.ExpFloat64()/slope
		if c.accept((k-1)*math.Log(gap/least) - (rate-slope)*(gap-least)) {
			return gap
		}
	}
}

// hyper is the shape and the rate of the priors of all parameters, which lie
// within e^hyperLimit of 1 where customers do not tell them.
const (
	hyper      = .001
	hyperLimit = 30
)

func (c *gggChain) drawParameters() {
	var k, lambda gggSums
	for i := range c.customers {
		k.add(c.customers[i].k)
		lambda.add(c.customers[i].lambda)
	}
	if c.now.T > 0 {
		c.now.T, c.now.Gamma = c.drawGamma(k, c.now.T)
	}
	c.now.R, c.now.Alpha = c.drawGamma(lambda, c.now.R)
	c.drawLifetime()
}

// gggSums is all that the parameters of a gamma distribution ask of numbers.
type gggSums struct {
	count, sum, logs float64
}

func (s *gggSums) add(v float64) {
	s.count, s.sum, s.logs = s.count+1, s.sum+v, s.logs+math.Log(v)
}

// drawGamma draws the shape and the rate of a gamma distribution, the shape with
// the rate integrated out.
func (c *gggChain) drawGamma(of gggSums, shape float64) (newShape, rate float64) {
	theta := math.Log(shape)
	for range 3 {
		theta = c.slice(theta, 4/math.Sqrt(of.count+1), func(theta float64) float64 {
			v := math.Exp(theta)
			own, _ := math.Lgamma(v)
			all, _ := math.Lgamma(of.count*v + hyper)
			return hyper*theta - hyper*v + v*of.logs - of.count*own + all - (of.count*v+hyper)*math.Log(of.sum+hyper)
		})
	}
	newShape = math.Exp(theta)
	return newShape, c.gamma(of.count*newShape+hyper, of.sum+hyper)
}

// drawLifetime draws beta with s and all rates of dropping out integrated out,
// and then s: who dropped out at u did so with the density s beta^s (beta+u)^-(s+1),
// who is active at u stayed with probability (beta/(beta+u))^s.
func (c *gggChain) drawLifetime() {
	gone := 0.
	exposure := func(beta float64) (all, ofGone float64) {
		for i := range c.customers {
			u := &c.customers[i]
			l := math.Log1p((float64(u.Recency) + u.silent) / beta)
			all += l
			if !u.alive {
				ofGone += l
			}
		}
		return all, ofGone
	}
	for i := range c.customers {
		if !c.customers[i].alive {
			gone++
		}
	}
	theta := c.slice(math.Log(c.now.Beta), 1, func(theta float64) float64 {
		all, ofGone := exposure(math.Exp(theta))
		return hyper*theta - hyper*math.Exp(theta) - gone*theta - ofGone - (gone+hyper)*math.Log(all+hyper)
	})
	c.now.Beta = math.Exp(theta)
	all, _ := exposure(c.now.Beta)
	c.now.S = c.gamma(gone+hyper, all+hyper)
}

// slice draws from a density by its log (Neal 2003, Annals of Statistics 31(3),
// 705-767): an interval around the point that is stepped out by its width until
// both ends are below a level under the density at the point, or at the limit, and
// shrunk to where a draw is not.
func (c *gggChain) slice(at, width float64, log func(float64) float64) float64 {
	level := log(at) - c.random.ExpFloat64()
	low := at - width*c.random.Float64()
	high := low + width
	for low > -hyperLimit && log(low) > level {
		low -= width
	}
	for high < hyperLimit && log(high) > level {
		high += width
	}
	low, high = max(low, -hyperLimit), min(high, hyperLimit)
	for {
		next := low + (high-low)*c.random.Float64()
		if log(next) > level {
			return next
		}
		if next < at {
			low = next
		} else {
			high = next
		}
	}
}
