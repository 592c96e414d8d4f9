package decision

import "math"

// Belief is what a plan believes of the gains of one part over all customers, on
// the log scale. Gains that look best are partly those that were overrated most:
// a plan that takes them as they are promises more than it delivers. Each gain is
// therefore drawn towards the mean as far as it is unsure (empirical Bayes; Efron
// and Morris, JASA 70, 1975).
type Belief struct {
	Mean     float64 `json:"mean"`
	Variance float64 `json:"variance"` // of true gains between customers
	// Common is the variance that the gains of all customers share, because they
	// rest on one assumption: it says nothing about one customer against another.
	Common float64 `json:"common"`
	Gains  int     `json:"gains"` // from so many
}

// fewGains are too few to learn from what is usual.
const fewGains = 30

// reliability returns which part of a gain's distance from the mean is believed.
func (b Belief) reliability(variance float64) float64 {
	own := max(0, variance-b.Common)
	if b.Gains < fewGains || own == 0 {
		return 1
	}
	return b.Variance / (b.Variance + own)
}

// believe corrects an option's gain.
func (b Belief) believe(o *option) {
	factor := b.factor(float64(o.gain), o.spread())
	o.gain, o.low, o.high = o.gain*factor, o.low*factor, o.high*factor
}

// factor returns what corrects a gain of a spread on the log scale.
func (b Belief) factor(gain, spread float64) float32 {
	if spread == 0 || gain <= 0 {
		return 1
	}
	return float32(math.Exp((b.reliability(spread*spread) - 1) * (math.Log(gain) - b.Mean)))
}

// learnBeliefs returns what the candidates' gains show.
func (p *Planner) learnBeliefs() (beliefs [len(planned)]Belief) {
	var sum, squares, unsure [len(planned)]float64
	for i := range beliefs {
		beliefs[i].Common = math.Inf(1)
	}
	for _, block := range p.options.list {
		for i := range block {
			o := &block[i]
			if o.gain <= 0 {
				continue
			}
			b, logGain, variance := &beliefs[o.part], math.Log(float64(o.gain)), o.spread()*o.spread()
			b.Gains++
			b.Common = min(b.Common, variance)
			sum[o.part], squares[o.part], unsure[o.part] = sum[o.part]+logGain, squares[o.part]+logGain*logGain, unsure[o.part]+variance
		}
	}
	for i := range beliefs {
		b := &beliefs[i]
		if b.Gains == 0 {
			*b = Belief{}
			continue
		}
		n := float64(b.Gains)
		b.Mean = sum[i] / n
		b.Variance = max(0, squares[i]/n-b.Mean*b.Mean-(unsure[i]/n-b.Common))
	}
	return beliefs
}

// correct draws gains to what is believed. What does not pay then is no option any
// more.
func (p *Planner) correct() {
	for _, block := range p.options.list {
		for i := range block {
			p.prices.Beliefs[block[i].part].believe(&block[i])
		}
	}
	for _, block := range p.candidates.list {
		for i := range block {
			p.rank(&block[i])
		}
	}
}

// rank says what a contact gains today over waiting.
func (p *Planner) rank(c *candidate) {
	c.rank = 0
	pays := purposeSet(0)
	for i := range uint32(c.count) {
		if o := p.options.at(c.first + i); p.today(c, o) > 0 {
			pays |= 1 << o.part
			c.rank = max(c.rank, p.today(c, o))
		}
	}
	if c.idle = pays == 0; !c.idle {
		c.open = pays
	}
}

// today returns what an option gains today over waiting.
func (p *Planner) today(c *candidate, o *option) float32 { return o.net() - c.wait }
