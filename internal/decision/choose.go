package decision

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// proposal is what would be done for one customer if nothing forbade it.
type proposal struct {
	purpose event.Purpose
	lever   insight.Lever
	line    id.Line
	near    []insight.Lever // what may be drawn from, the limiting part first
	options purposeSet      // the same as a set
	// best is the highest net gain of what was drawn from. Whoever comes first is
	// decided by it and not by the draw, so that whether a contact happens does not
	// hang on what was drawn.
	best float64
	// promised is the text of a benefit that was promised so long ago; 0: none is.
	promised uint32
	since    time.Duration
}

// purposeSet is a set of the purposes a plan can choose.
type purposeSet uint8

// planned are the purposes a plan can choose, one per part.
var planned = [...]struct {
	part    insight.Part
	purpose event.Purpose
}{{insight.Trust, event.Serve}, {insight.Need, event.Ask}, {insight.Exposure, event.Remind}}

func purposeOf(part insight.Part) (purpose event.Purpose, bit purposeSet) {
	for i, p := range planned {
		if p.part == part {
			return p.purpose, 1 << i
		}
	}
	return "", 0
}

// PurposeOf returns the purpose of contacts that work on a part, "" where plans
// have none.
func PurposeOf(part insight.Part) event.Purpose {
	purpose, _ := purposeOf(part)
	return purpose
}

// names returns the purposes of the set.
func (s purposeSet) names() (names []string) {
	for i, p := range planned {
		if s&(1<<i) != 0 {
			names = append(names, string(p.purpose))
		}
	}
	return names
}

// propose chooses the purpose by what a contact on each part is worth over a year:
// lacking trust is served, lacking need is asked, lacking exposure is reminded if
// something is due. Purposes whose net gain comes within TieShare of the best are drawn
// by lot; where lacking trust is among them, or limits the next purchase, nothing that
// sells is. The second result says why nothing is proposed; the proposal then carries
// the best lever.
func (p *Planner) propose(c Case) (proposal, Because) {
	if c.Insight.Limiting == insight.Unknown || c.Insight.Limiting == "" {
		return proposal{}, BecauseEvidence
	}
	best, pays := worthMost(c.Insight)
	if !pays {
		return proposal{}, BecauseNothing
	}
	silent := p.Settings.silent(c.Profile, p.Now)
	near := p.Settings.nearTies(c.Insight.Levers, best, net)
	distrust := p.Settings.distrusted(c.Insight) || holds(near, insight.Trust)
	if distrust && !silent {
		if lever, material, since, owed := p.owed(c); owed {
			return p.promise(lever, material, since), ""
		}
	}
	near = p.sellable(near, c.Insight, distrust || silent)
	if len(near) == 0 && (distrust || silent && p.due(c.Insight)) {
		near = p.gentle(c.Insight.Levers)
	}
	switch {
	case len(near) == 0 && silent && p.due(c.Insight):
		return proposal{lever: best}, BecauseSilent
	case len(near) == 0:
		return proposal{lever: best}, BecauseNotDue
	}
	near = p.possible(near, c)
	drawn := near[0]
	if len(near) > 1 {
		l := newLot(p.seed, int64(c.Profile.ID))
		drawn = near[l.below(len(near))]
	}
	chosen := proposal{lever: drawn, near: near}
	for _, lever := range near {
		_, bit := purposeOf(lever.Part)
		chosen.options |= bit
		chosen.best = max(chosen.best, net(lever))
	}
	chosen.purpose, _ = purposeOf(drawn.Part)
	chosen.line = p.lineFor(chosen.purpose, c)
	return chosen, ""
}

func leverOn(levers []insight.Lever, part insight.Part) (insight.Lever, bool) {
	for _, l := range levers {
		if l.Part == part {
			return l, true
		}
	}
	return insight.Lever{}, false
}

func holds(levers []insight.Lever, part insight.Part) bool {
	_, found := leverOn(levers, part)
	return found
}

// net returns what a contact is worth over a year.
func net(l insight.Lever) float64 { return l.Life() - l.Cost }

// netSoon returns what it is worth within the horizon of the next purchase.
func netSoon(l insight.Lever) float64 { return l.Gain - l.Cost }

// worthMost returns the lever that is worth most of those that pay at the low end of what
// is believed, as the limiting part does; false where none pays.
func worthMost(c *insight.Customer) (best insight.Lever, pays bool) {
	for _, l := range c.Levers {
		_, bit := purposeOf(l.Part)
		surely := l.Part == c.Limiting || l.LifeLow() > l.Cost
		if bit != 0 && surely && net(l) > 0 && (!pays || net(l) > net(best)) {
			best, pays = l, true
		}
	}
	return best, pays
}

// nearTies returns the first lever and those whose worth comes close to its own.
func (s Settings) nearTies(levers []insight.Lever, first insight.Lever, worth func(insight.Lever) float64) []insight.Lever {
	near := make([]insight.Lever, 1, len(planned))
	near[0] = first
	for _, l := range levers {
		if _, bit := purposeOf(l.Part); bit == 0 || l.Part == first.Part {
			continue
		}
		if worth(l) > 0 && worth(l) >= worth(first)*(1-s.Explore.TieShare) {
			near = append(near, l)
		}
	}
	return near
}

// sellable takes selling purposes out where something forbids to sell, and where nothing
// is due.
func (p *Planner) sellable(near []insight.Lever, c *insight.Customer, forbidden bool) []insight.Lever {
	if !forbidden && p.due(c) {
		return near
	}
	kept := near[:0]
	for _, l := range near {
		if purpose, _ := purposeOf(l.Part); !purpose.Sells() {
			kept = append(kept, l)
		}
	}
	return kept
}

// gentle returns the best lever that pays and does not sell: how a silence that holds a
// reminder back is broken, and what is done where trust does.
func (p *Planner) gentle(levers []insight.Lever) (best []insight.Lever) {
	for _, l := range levers {
		purpose, bit := purposeOf(l.Part)
		if bit != 0 && !purpose.Sells() && net(l) > 0 && (best == nil || net(l) > net(best[0])) {
			best = []insight.Lever{l}
		}
	}
	return best
}

// possible leaves what may be done and has material, or the first where nothing
// has: a draw is among contacts that would all happen.
func (p *Planner) possible(near []insight.Lever, c Case) []insight.Lever {
	first, kept := near[0], near[:0]
	for _, l := range near {
		purpose, _ := purposeOf(l.Part)
		if p.unfit(c, purpose) == "" && p.materialFor(purpose, p.lineFor(purpose, c)) != noMaterial {
			kept = append(kept, l)
		}
	}
	if len(kept) == 0 {
		return append(kept, first)
	}
	return kept
}

func (p *Planner) due(c *insight.Customer) bool { return p.Settings.Due(c, p.Now) }

// Due tells whether a customer's next purchase is due, or will be within DueAhead: what
// reminds of it earlier comes too early.
func (s Settings) Due(c *insight.Customer, now time.Time) bool {
	return !c.NextDue.IsZero() && !c.NextDue.After(now.Add(s.DueAhead))
}

// needAge is how long an expressed need is worth coming back to.
const needAge = 60 * 24 * time.Hour

// lineFor returns what the contact is about: what is due, or what the customer
// last asked for.
func (p *Planner) lineFor(purpose event.Purpose, c Case) id.Line {
	switch purpose {
	case event.Remind, event.Promote:
		return c.Insight.DueLine
	case event.Ask:
		if n := len(c.Profile.Needs); n > 0 && c.Profile.Needs[n-1].At >= event.At(p.Now.Add(-needAge)) {
			return c.Profile.Needs[n-1].Line
		}
	}
	return 0
}
