package world

import "math"

// lineCount is the number of product lines of the demo brand.
const lineCount = 3

// The law of buying. On the complementary log-log scale
//
//	eta = base + need + trust + exposure,  P(buys today) = 1 - exp(-exp(eta))
//
// with need = ln(sum over lines of appetite x readiness, plus the wish),
// trust = trustSlope x (trust - 1/2), exposure = memorySlope x (memory - 1/2).
const (
	meanBase     = -2.75 // ln of orders a day of a person for whom one line is due, at middling trust and memory
	spreadBase   = 0.5   // standard deviation between people
	trustSlope   = 3.0   // from no trust to full trust: x 20 in daily rate
	memorySlope  = 2.6   // from forgotten to top of mind: x 13
	notDue       = 0.004 // readiness right after a purchase, as a share of readiness when due
	firstTry     = 0.08  // readiness for a line one would like but never bought here
	dueFrom      = 0.70  // share of the personal cycle after which readiness rises
	dueFull      = 1.15  // and at which it is complete
	habitHolds   = 2.2   // cycles after which the habit begins to break
	wishHalfLife = 9.0   // days
	awayLogRate  = -0.9  // a person nobody at the brand can reach still walks past the shop
)

// The law of trust (0 to 1), memory (0 to 1) and fatigue (contacts).
const (
	trustHalfLife   = 150.0 // days in which trust drifts half-way back to the person's disposition
	fatigueHalfLife = 7.0   // days
	goodAnswer      = 0.10  // share of the missing trust gained by a helpful answer in time
	badAnswer       = 0.12  // share of the trust lost by a late or careless one
	complaintLoss   = 0.45  // share of the trust lost when something went wrong
	complaintRepair = 0.50  // share of the missing trust regained when it was put right
	goodPurchase    = 0.03  // share of the missing trust gained by a purchase that was as expected
	buyingReminds   = 0.60  // share of the missing memory regained by buying
	talkingReminds  = 0.35
	speakingReminds = 0.06 // saying something in a group
)

// Daily rates of everything that is not buying.
const (
	lapseRate    = 0.0006 // moves away, changes taste: never buys again
	hunterLapse  = 0.02   // who came for the gift only
	talkRate     = 0.014
	complainRate = 0.0008
	solveRate    = 0.30 // an open complaint, by staff of middling service
	deleteRate   = 0.00042
	lapsedLeaves = 6.0 // x deletion for those with nothing left to buy here
	referRate    = 0.0007
	joinRate     = 0.0032
	leaveRate    = 0.0016
)

// traits are what a person brings along; nothing changes them.
type traits struct {
	base        float64 // person's own part of eta
	cycle       [lineCount]float32
	appetite    [lineCount]float32 // 0: never uses this line
	remember    float64            // share of memory that survives a day
	disposition float64            // trust the person drifts to when nothing happens
	patience    float64            // contacts within a fatigue half-life borne gladly
	openness    float64            // how much asking and showing brings up
	talk        float64            // x of the rate of conversations
	factors                        // of the world's law
	hunter      bool               // came for the gift
}

// hidden is what nobody outside can see and everything depends on.
type hidden struct {
	age       [lineCount]float32 // days since this line was last bought; neverBought
	wish      float64            // something wanted beyond replenishment, in units of one due line
	wishLine  int8
	trust     float64
	memory    float64
	fatigue   float64
	complains bool // a complaint is open
	lapsed    bool
}

const neverBought = -1

// around is what surrounds a person on a day.
type around struct {
	day       int
	service   float64 // chance that staff answer well and in time
	reachable bool    // some member of staff still has the relation
	inGroup   bool
	vitality  float64 // of that group, 0 to 1
}

// acts is what a person does on a day.
type acts struct {
	chance    float64 // of buying, before the draw
	buys      bool
	line      int8 // bought line
	basket    int8 // second line in the same order, or -1
	talks     bool
	answered  bool // helpfully and in time; meaningful when talks
	complains bool
	solved    bool // an open complaint was put right
	deletes   bool
	refers    bool
	joins     bool
	leaves    bool
	speaks    bool // in the group
}

// live moves the person through one day and returns what it did.
func (t *traits) live(h *hidden, a around, src draws) acts {
	t.fade(h)
	today := src.on(a.day)
	out := acts{basket: -1}
	if !h.lapsed && today.uniform(drawLapse) < t.lapse() {
		h.lapsed = true
	}
	t.buy(h, a, today, &out)
	if !a.reachable {
		return out
	}
	t.speakUp(h, a, today, &out)
	t.moveAbout(h, a, today, &out)
	return out
}

// fade lets a night pass.
func (t *traits) fade(h *hidden) {
	for l := range h.age {
		if h.age[l] != neverBought {
			h.age[l]++
		}
	}
	h.wish *= wishKept
	h.memory *= t.remember
	h.fatigue *= fatigueKept
	h.trust += (t.disposition - h.trust) * trustDrift
}

// What a night leaves, from the half-lives above.
const (
	wishKept    = 0.925875 // 2^(-1/9)
	fatigueKept = 0.905724 // 2^(-1/7)
	trustDrift  = 0.004610 // 1 - 2^(-1/150)
)

// lapse returns the chance that the person has nothing left to buy here from
// today on.
func (t *traits) lapse() float64 {
	if t.hunter {
		return hunterLapse
	}
	return lapseRate
}

// wants returns readiness of each line and their sum with the wish: the
// need, in units of one line that is due.
func (t *traits) wants(h *hidden) (lines [lineCount]float64, sum float64) {
	if h.lapsed {
		return lines, 0
	}
	for l := range lines {
		if t.appetite[l] == 0 {
			continue
		}
		r := firstTry
		if h.age[l] != neverBought {
			r = readiness(float64(h.age[l] / t.cycle[l]))
		}
		lines[l] = float64(t.appetite[l]) * r
		sum += lines[l]
	}
	return lines, sum + h.wish
}

// readiness returns how ready a person is to replenish after a number of own
// cycles: nearly nothing, a smooth rise around the cycle, a plateau, and a
// slow decline once the habit is broken.
func readiness(cycles float64) float64 {
	switch {
	case cycles <= dueFrom:
		return notDue
	case cycles < dueFull:
		x := (cycles - dueFrom) / (dueFull - dueFrom)
		return notDue + (1-notDue)*x*x*(3-2*x)
	case cycles <= habitHolds:
		return 1
	default:
		return 1 / (1 + (cycles - habitHolds))
	}
}

// rate returns orders a day on the hazard scale: exp(eta).
func (t *traits) rate(h *hidden, need float64, reachable bool) float64 {
	eta := t.base + t.heed*trustSlope*(h.trust-0.5) + memorySlope*(h.memory-0.5)
	if !reachable {
		eta += awayLogRate
	}
	return need * math.Exp(eta)
}

// chanceOf returns 1 - exp(-rate); below a hundredth by its series, which is
// right to seven digits and four times as fast.
func chanceOf(rate float64) float64 {
	if rate < 0.01 {
		return rate * (1 - rate/2*(1-rate/3))
	}
	return -math.Expm1(-rate)
}

func (t *traits) buy(h *hidden, a around, today luck, out *acts) {
	lines, need := t.wants(h)
	out.chance = chanceOf(t.rate(h, need, a.reachable))
	if today.uniform(drawBuy) >= out.chance {
		return
	}
	out.buys = true
	out.line = pick(lines, h, need*today.uniform(drawLine))
	for l := range lines {
		if int8(l) != out.line && lines[l] > 0 && today.uniform(drawBasket) < basketShare*lines[l] {
			out.basket = int8(l)
			h.age[l] = 0
			break
		}
	}
	h.age[out.line] = 0
	h.supplied()
}

// supplied records what buying does to a person, whatever was bought.
func (h *hidden) supplied() {
	h.wish = 0
	h.memory += buyingReminds * (1 - h.memory)
	h.trust += goodPurchase * (1 - h.trust)
}

// basketShare is the chance that another line that is due is bought along.
const basketShare = 0.25

// pick returns the line in whose share of the need the point lies; what is
// beyond all lines belongs to the wish.
func pick(lines [lineCount]float64, h *hidden, point float64) int8 {
	for l, v := range lines {
		if point < v {
			return int8(l)
		}
		point -= v
	}
	return h.wishLine
}

// speakUp lets the person talk to staff and complain.
func (t *traits) speakUp(h *hidden, a around, today luck, out *acts) {
	if h.complains && today.uniform(drawSolve) < a.solving() {
		out.solved = true
		h.soothed(1)
	}
	if !h.complains && today.uniform(drawComplain) < trouble(out.buys) {
		out.complains = true
		h.wronged()
		return
	}
	if today.uniform(drawTalk) < t.talking(h) {
		out.talks = true
		out.answered = today.uniform(drawService) < a.service
		h.talked(out.answered, 1)
	}
}

// solving returns the chance that staff put an open complaint right today.
func (a around) solving() float64 { return 2 * solveRate * a.service }

// trouble returns the chance that something goes wrong today.
func trouble(buys bool) float64 {
	rate := complainRate
	if buys {
		rate *= 12 // there is something to complain about
	}
	return rate
}

// talking returns the chance that the person begins a conversation today.
func (t *traits) talking(h *hidden) float64 {
	return talkRate * t.talk * h.answering() * (1 + 2*h.wish)
}

// answering is how readily the person talks, by trust: 1 at middling trust.
func (h *hidden) answering() float64 { return 0.1 + 1.8*h.trust }

// wronged records that something went wrong.
func (h *hidden) wronged() {
	h.complains = true
	h.trust -= complaintLoss * h.trust
}

// soothed records that a complaint was put right, by so much of a contact.
func (h *hidden) soothed(share float64) {
	h.complains = false
	h.trust += share * complaintRepair * (1 - h.trust)
}

// talked records a conversation that the person wanted and that moves the
// person by a share of what conversations do.
func (h *hidden) talked(answered bool, share float64) {
	h.memory += share * talkingReminds * (1 - h.memory)
	if answered {
		h.trust += share * goodAnswer * (1 - h.trust)
	} else {
		h.trust -= share * badAnswer * h.trust
	}
}

// moveAbout decides about leaving, referring and groups.
func (t *traits) moveAbout(h *hidden, a around, today luck, out *acts) {
	out.deletes = today.uniform(drawDelete) < t.deletion(h)
	if out.deletes {
		return
	}
	out.refers = today.uniform(drawRefer) < t.referral(h)
	if a.inGroup {
		out.leaves = today.uniform(drawLeave) < a.leaving(h)
		out.speaks = today.uniform(drawSpeak) < t.speaking(h, a.vitality)
		if out.speaks {
			h.spoke()
		}
		return
	}
	out.joins = today.uniform(drawJoin) < h.joining()
}

// joining returns the chance that the person joins a group today.
func (h *hidden) joining() float64 { return joinRate * (0.3 + 1.2*h.trust) }

// leaving returns the chance that the person leaves the group today.
func (a around) leaving(h *hidden) float64 { return leaveRate * (2.2 - a.vitality - h.trust) }

// speaking returns the chance that the person says something in the group.
func (t *traits) speaking(h *hidden, vitality float64) float64 {
	return 0.05 * t.talk * vitality * (0.4 + h.trust)
}

// spoke records that the person said something in the group.
func (h *hidden) spoke() { h.memory += speakingReminds * (1 - h.memory) }

// referral returns the chance that the person brings somebody today.
func (t *traits) referral(h *hidden) float64 {
	if h.trust <= 0.55 {
		return 0
	}
	return referRate * 4 * h.trust * h.trust
}

// deletion returns the chance that the person deletes a member of staff
// today. Contacts beyond patience raise it, the more the less the trust.
func (t *traits) deletion(h *hidden) float64 {
	rate := deleteRate * (0.4 + 2.4*(1-h.trust)*(1-h.trust))
	if h.lapsed {
		rate *= lapsedLeaves
	}
	if over := h.fatigue/t.patience - 1; over > 0 {
		rate += 0.004 * over * (1.2 - h.trust)
	}
	if h.complains {
		rate += 0.004
	}
	return rate
}
