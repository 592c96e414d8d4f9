package world

import "math"

// Part is what holds the next purchase back.
type Part string

// The parts, in the order in which gains are listed.
const (
	NeedPart     Part = "need"
	TrustPart    Part = "trust"
	ExposurePart Part = "exposure"
	NoPart       Part = "none" // no lever is worth pulling
)

// parts lists the parts that a lever works on; lever i works on parts()[i].
func parts() [3]Part { return [3]Part{NeedPart, TrustPart, ExposurePart} }

// levers lists the contact by which each of parts() is worked on.
func levers() [3]Kind { return [3]Kind{Ask, Serve, Remind} }

// What the counterfactual assumes.
const (
	// Horizon is how many days ahead buying is counted.
	Horizon = 30
	// WorthPulling is the price of a contact in expected orders: a lever that
	// adds less is not worth a member's minute and a person's patience.
	WorthPulling = 0.03
	// replicates is the number of futures over which a gain is averaged. All
	// levers meet the same futures.
	replicates = 48
)

// Truth is the hidden state of one person and what each lever would do.
type Truth struct {
	Person         int    // index in the world
	ExternalUserID string // what WeCom calls the person, empty before the first relation
	Reachable      bool   // some member of staff has the relation

	// Parts of eta on the complementary log-log scale, uncentred; Need is
	// ln(leastNeed) for who will never buy again.
	Base, Need, Trust, Exposure float64
	// Memory and Confidence are the latent exposure and trust, 0 to 1.
	Memory, Confidence float64

	Expected float64    // orders in the next 30 days if nobody does anything
	Gain     [3]float64 // expected orders added by ask, serve, remind
	Limiting Part

	DaysSinceOrder int // -1 if never
}

// leastNeed keeps Need a number that files can hold.
const leastNeed = 1e-9

// Worth returns what working on the part is worth: the expected orders it
// adds less WorthPulling, the price of a contact; 0 for NoPart.
func (t Truth) Worth(p Part) float64 {
	for i, q := range parts() {
		if p == q {
			return t.Gain[i] - WorthPulling
		}
	}
	return 0
}

// Best returns the Worth of the limiting part, which no other part exceeds.
func (t Truth) Best() float64 { return t.Worth(t.Limiting) }

// Truth returns the ground truth of a person at the end of the last day that
// was lived: the simulator's own counterfactual. Each lever is one personal
// contact now (Ask, Serve or Remind, with the effects of Assumptions), after
// which nobody does anything; buying is the sum of daily chances over the
// Horizon, averaged over futures that all levers share.
func (w *World) Truth(person int) Truth {
	p := &w.people[person]
	t, h := &p.traits, p.hidden
	around := w.around(p, w.day)
	_, need := t.wants(&h)
	out := Truth{
		Person: person, ExternalUserID: p.external, Reachable: around.reachable,
		Base: t.base, Need: math.Log(max(need, leastNeed)), Trust: t.heed * trustSlope * (h.trust - 0.5), Exposure: memorySlope * (h.memory - 0.5),
		Memory: h.memory, Confidence: h.trust, DaysSinceOrder: -1,
	}
	if p.lastOrder >= 0 {
		out.DaysSinceOrder = w.day - p.lastOrder
	}
	out.Expected, out.Gain = t.counterfactual(h, around, p.draws, replicates)
	out.Limiting = limiting(out.Gain)
	return out
}

// limiting returns the part whose lever gains most, if that is worth a contact.
func limiting(gain [3]float64) Part {
	part, best := NoPart, WorthPulling
	for i, p := range parts() {
		if gain[i] >= best {
			part, best = p, gain[i]
		}
	}
	return part
}

// Truths returns Truth of everybody who ever had a relation, in person order.
func (w *World) Truths() []Truth {
	out := make([]Truth, 0, len(w.people))
	for i := range w.people {
		if w.people[i].external != "" {
			out = append(out, w.Truth(i))
		}
	}
	return out
}

// counterfactual returns expected orders within Horizon when nothing is done
// and what each lever adds to them, over that many futures.
func (t *traits) counterfactual(h hidden, a around, src draws, replicates int) (idle float64, gain [3]float64) {
	if h.lapsed {
		return 0, gain
	}
	for r := range uint64(replicates) {
		future := src.apart(futures + r)
		idle += t.expect(h, a, future)
		if !a.reachable {
			continue
		}
		u := [2]float64{future.uniform(a.day, drawAnswer), future.uniform(a.day, drawService)}
		for i, kind := range levers() {
			touched := h
			t.receive(&touched, kind, OneToOne, a.service, u)
			gain[i] += t.expect(touched, a, future)
		}
	}
	for i := range gain {
		if a.reachable {
			gain[i] = (gain[i] - idle) / float64(replicates)
		}
	}
	return idle / float64(replicates), gain
}

// futures keeps the replicates apart from every other use of a person's key.
const futures = 1 << 32

// expect returns the sum of daily chances along one future.
func (t *traits) expect(h hidden, a around, future draws) (sum float64) {
	for range Horizon {
		a.day++
		did := t.live(&h, a, future)
		sum += did.chance
		a.reachable = a.reachable && !did.deletes
	}
	return sum
}
