package lifecycle

import (
	"cmp"
	"math"
	"slices"

	"siyu/internal/catalog"
	"siyu/internal/stats"
)

const (
	most    = .80 // share of gaps that are over when a customer begins to decline
	nearAll = .90 // and when a customer is lost

	// enoughGaps must have ended, of enoughReturns customers, for a line to have cut
	// points of its own, and enoughOpen be left waiting for gaps to be followed.
	enoughGaps, enoughReturns, enoughOpen = 30, 20, 30

	// spread is the standard deviation, on the log scale, of lines' cut points around
	// what is expected of them: three in ten are off by more than two thirds.
	spread = .5

	// A line nobody knows anything about: a packet of tea or coffee is used up in 45
	// days, silence is called a warning after twice that and a loss after four times.
	usualCycle                     = 45.0
	usualDeclining, usualLostTimes = 2.0, 4.0

	// steps is how many points of a curve are kept.
	steps = 40
)

// Learned returns the cut points of the brand and of all lines that were bought or
// stand in the catalogue.
func (l *Learner) Learned(known catalog.Catalog) Cuts {
	c := Cuts{Brand: Cut{Seen: l.brand.seen()}}
	expected := expectation{declining: usualDeclining * usualCycle, lost: usualLostTimes * usualCycle, half: usualCycle, from: FromNothing}
	c.Brand.lean(expected)
	if c.Brand.From == FromGaps {
		expected = expectation{declining: float64(c.Brand.Declining), lost: float64(c.Brand.Lost), half: c.Brand.Half, from: FromBrand}
	}
	for _, line := range known.Lines {
		cut := Cut{Line: line.ID}
		if w := l.lines[line.ID]; w != nil {
			cut.Seen = w.seen()
		}
		cut.lean(expected.of(line.Cycle.Hours() / 24))
		c.Lines = append(c.Lines, cut)
	}
	for line, w := range l.lines {
		if _, named := known.Line(line); !named {
			cut := Cut{Line: line, Seen: w.seen()}
			cut.lean(expected)
			c.Lines = append(c.Lines, cut)
		}
	}
	slices.SortFunc(c.Lines, func(a, b Cut) int { return cmp.Compare(a.Line, b.Line) })
	return c
}

// expectation is what is expected of a line whose own gaps say nothing.
type expectation struct {
	declining, lost, half float64
	from                  From
}

// of returns what is expected of a line with a cycle in days, 0 where it is not known:
// silence counts in cycles.
func (e expectation) of(cycle float64) expectation {
	if cycle <= 0 {
		return e
	}
	times := cycle / max(1, e.half)
	return expectation{declining: e.declining * times, lost: e.lost * times, half: cycle, from: FromCycle}
}

// lean sets the cut points: what the own gaps say and what is expected, each by its
// precision on the log scale.
func (c *Cut) lean(e expectation) {
	if c.Watched == 0 {
		c.From = e.from
		c.set(e.declining, e.lost)
		return
	}
	c.From = FromGaps
	declining, own := c.Most.lean(e.declining, c.Watched)
	lost, ownLost := c.NearAll.lean(e.lost, c.Watched)
	c.Own = min(own, ownLost)
	c.set(declining, lost)
}

func (c *Cut) set(declining, lost float64) {
	c.Declining = max(1, int(math.Round(declining)))
	c.Lost = max(c.Declining+1, int(math.Round(lost)))
}

// lean returns the percentile drawn towards what is expected, and its own weight. An
// interval without an end ends beyond what can be followed.
func (p Percentile) lean(expected float64, watched int) (days, own float64) {
	const grain = .5 // of a day: percentiles are whole days
	high := float64(p.High)
	if p.High == 0 {
		high = float64(2 * watched)
	}
	low := max(1, float64(p.Low))
	deviation := max(math.Log((high+grain)/(low-grain)), 0) / (2 * stats.Central80)
	own = spread * spread / (spread*spread + deviation*deviation)
	return math.Exp(own*math.Log(float64(max(1, p.Days))) + (1-own)*math.Log(expected)), own
}
