package decision

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// coming is a customer for whom a contact pays on one of the next days.
type coming struct {
	line       id.Line
	gain, cost float32 // fen, as of today
	growth     float32 // of the gain a day
	spread     float32 // of the gain, as option.spread
	staff      int32
	part, from uint8 // from: days from today on which it may happen first
}

// growthOf returns by how much a gain grows a day, by its course over a week.
func growthOf(week float64) float32 { return float32(math.Pow(week, 1./insight.WeekDays)) }

// passes tells whether passing time alone takes the reason away.
func passes(because Because) bool {
	switch because {
	case BecauseBudgetDay, BecauseBudgetWeek, BecauseBudgetMonth, BecauseQuota, BecauseNotDue, BecauseLater:
		return true
	}
	return false
}

// on returns the planner of the day so many days later, for what is asked about one
// customer.
func (p *Planner) on(days int) *Planner {
	for len(p.later) < days {
		next := len(p.later) + 1
		b := p.Brief
		b.Day, b.Now = b.Day.AddDate(0, 0, next), b.Now.AddDate(0, 0, next)
		p.later = append(p.later, NewPlanner(b))
	}
	return p.later[days-1]
}

// comes finds the first of the next days on which nothing that is known today forbids
// a contact with a customer who is left alone today. Orders are taken to be read by
// then as they are now.
func (p *Planner) comes(c Case, because Because) (as coming, found bool) {
	if !passes(because) {
		return coming{}, false
	}
	first := 1
	if because == BecauseNotDue {
		if c.Insight.NextDue.IsZero() {
			return coming{}, false
		}
		first = max(first, int(math.Ceil(c.Insight.NextDue.Sub(p.Now.Add(p.Settings.DueAhead)).Hours()/day.Hours())))
	}
	for d := first; d < p.Settings.DaysAhead; d++ {
		then, later := p.on(d), c
		later.OrdersAsOf = c.OrdersAsOf.AddDate(0, 0, d)
		would, nothing := then.propose(later)
		if then.refusal(later, would, nothing) != "" || then.waits(later, would) {
			continue
		}
		return p.comingOf(later, would, d), true
	}
	return coming{}, false
}

// comingOf returns the best of what would be done for a customer.
func (p *Planner) comingOf(c Case, would proposal, from int) (as coming) {
	best := would.near[0]
	for _, lever := range would.near {
		if net(lever) > net(best) {
			best = lever
		}
	}
	purpose, _ := purposeOf(best.Part)
	o := option{gain: float32(best.Life()), low: float32(best.LifeLow()), high: float32(best.LifeHigh())}
	line := p.lineFor(purpose, c)
	if would.promised != noMaterial {
		line = 0
	}
	return coming{line: line, gain: o.gain, cost: float32(best.Cost), growth: growthOf(best.Week), spread: float32(o.spread()),
		staff: p.holder(c.Profile), part: partIndex(best.Part), from: uint8(from)}
}

func partIndex(part insight.Part) uint8 {
	for i := range planned {
		if planned[i].part == part {
			return uint8(i)
		}
	}
	return 0
}

// NextContact returns on which of the days ahead the plan expects to reach a customer
// whom it leaves alone today, by what it expects of the customer's member.
func NextContact(b Brief, c Case, ahead []Ahead) (on Ahead, found bool) {
	p := NewPlanner(b)
	would, nothing := p.propose(c)
	because := p.refusal(c, would, nothing)
	if because == "" && p.waits(c, would) {
		because = BecauseLater
	}
	var as coming
	if because == "" {
		as = p.comingOf(c, would, 1)
	} else if as, found = p.comes(c, because); !found {
		return Ahead{}, false
	}
	if as.staff < 0 {
		return Ahead{}, false
	}
	if b.Prices != nil {
		as.gain *= b.Prices.Beliefs[as.part].factor(float64(as.gain), float64(as.spread))
	}
	if as.growth > 1 {
		as.from = uint8(p.Settings.DaysAhead - 1)
	}
	for d := int(as.from); d < p.Settings.DaysAhead; d++ {
		net := float64(as.gain)*math.Pow(float64(as.growth), float64(d)) - float64(as.cost)
		for _, row := range ahead {
			if !row.Day.Equal(p.Day.AddDate(0, 0, d)) || row.Staff != p.Org.Staff[as.staff].ID || net <= 0 {
				continue
			}
			if row.Channel == event.MassSend && row.Line == as.line && row.Purpose == planned[as.part].purpose || row.Channel == event.OneToOne && net >= row.Least*(1-rounding) {
				return row, true
			}
		}
	}
	return Ahead{}, false
}

// rounding is by how much a stored gain may differ from the one it was made of.
const rounding = 1e-5
