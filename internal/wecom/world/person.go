package world

import (
	"math"
	"math/rand/v2"
)

// person is one inhabitant: identity, hidden state and what links it to the
// brand. The index in World.people never changes.
type person struct {
	draws
	traits
	hidden

	name, phone, union string
	external           string // WeCom's id, empty before the first relation
	gender             int    // WeCom's code: 1 male, 2 female
	phoneKnown         bool   // staff noted the phone on the relation
	source, store      int
	by                 int // who brought the person, index in World.people; -1: nobody did
	relations          []relation
	guide              int // member of staff with the oldest living relation, -1 if none
	group              int // index in Brand.Groups, -1
	lastOrder          int // day, -1
	referred           int // how many people this person brought
	orders             int
	came               int    // day
	marks              []mark // of a watched world
	surrounded         around // as last marked
}

// relation ties a person to a member of staff.
type relation struct {
	staff int
	ended bool
}

// newPerson makes the person with the serial number who comes through the
// source at the store. Who it is depends on seed and key alone.
func (w *World) newPerson(key uint64, source, store int) person {
	r := rand.New(rand.NewPCG(key, w.config.Seed))
	from := w.brand.Sources[source]
	p := person{
		draws: draws{key}, source: source, store: store, by: -1, group: -1, guide: -1, lastOrder: -1,
		name: w.words.name(r), phone: phone(len(w.people)), gender: 1 + r.IntN(2),
		phoneKnown: r.Float64() < w.unmasked,
	}
	if r.Float64() < unionShare {
		p.union = unionID(key)
	}
	p.traits = w.newTraits(r, from)
	p.hidden = newcomer(r, p.traits)
	return p
}

// unionShare is the share of customers whose unionid WeCom returns.
const unionShare = 0.9

// newTraits draws what a person from the source brings along. Spreads are
// assumptions of the demo, not measurements.
func (w *World) newTraits(r *rand.Rand, from Source) traits {
	t := traits{
		base:        meanBase + spreadBase*r.NormFloat64(),
		remember:    math.Exp2(-1 / logNormal(r, 13, 0.35)),
		disposition: share(from.trust + 0.17*r.NormFloat64()),
		patience:    logNormal(r, 2.4, 0.4),
		openness:    logNormal(r, 0.8, 0.3),
		talk:        logNormal(r, 0.8, 0.45),
		hunter:      r.Float64() < from.hunter,
		factors:     w.factors,
	}
	if t.hunter {
		t.base -= 1.5
	}
	likes := [lineCount]float64{0.68, 0.55, 0.25}
	for l, line := range w.brand.Lines {
		t.cycle[l] = float32(logNormal(r, rhythm*line.CycleDays, 0.28))
		if u := r.Float64(); u < likes[l] {
			t.appetite[l] = float32(logNormal(r, 0.9, 0.35))
		}
	}
	return t
}

// rhythm makes the median gap between purchases, which is the personal cycle
// plus the wait until the person gets round to it, come out near the line's
// published cycle.
const rhythm = 1.0

func newcomer(r *rand.Rand, t traits) hidden {
	h := hidden{
		trust:  share(t.disposition - 0.05 + 0.08*r.NormFloat64()),
		memory: 0.5 + 0.3*r.Float64(),
	}
	for l := range h.age {
		h.age[l] = neverBought
	}
	h.wishLine = int8(r.IntN(lineCount))
	if !t.hunter {
		h.wish = 0.3 * r.Float64()
	}
	return h
}

// logNormal returns a log-normal number with the median and the standard
// deviation of its logarithm.
func logNormal(r *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*r.NormFloat64())
}

// share keeps a number inside the unit interval, away from its ends.
func share(x float64) float64 { return min(0.97, max(0.03, x)) }

// reachable reports whether any member of staff still has the relation.
func (p *person) reachable() bool { return p.guide >= 0 }

// settle finds the guide after relations have changed.
func (p *person) settle() {
	p.guide = -1
	for _, r := range p.relations {
		if !r.ended {
			p.guide = r.staff
			return
		}
	}
}
