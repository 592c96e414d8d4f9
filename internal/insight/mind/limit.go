package mind

import (
	"math"

	"siyu/internal/insight"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
)

// limits is what choosing the limiting part looks at.
type limits struct {
	view       past.View
	parts      *repurchase.Parts
	worth      ltv.Worth
	measurable bool
	linkRate   float64 // above 0 where orders are known
}

// limit finds the part with the largest gap to the best fifth times lever
// effect over cost, among the levers whose gain is above their cost. While
// only priors speak a lever must pay even at the low end of its gain.
func (m *Model) limit(out *insight.Customer, settings *Settings, l limits) {
	out.Levers = m.levers(out, settings, l)
	switch {
	case l.stranger(settings):
		out.Limiting = insight.Unknown
		_, _, tooNew := reasonsBeside()
		out.Repurchase.Because = append(out.Repurchase.Because, tooNew)
	case out.Fatigue >= settings.MaxFatigue:
		out.Limiting = insight.None
	default:
		out.Limiting = limiting(out.Levers, m.Repurchase.Fitted)
	}
}

// stranger tells whether nothing has happened yet that anything could be said
// from.
func (l limits) stranger(settings *Settings) bool {
	since, _ := l.view.Since()
	return !l.worth.Bought && l.parts.Exchanges == 0 && l.view.Days(since) < settings.StrangerDays
}

// levers returns what working on each part would do, best first.
func (m *Model) levers(out *insight.Customer, settings *Settings, l limits) []insight.Lever {
	perOrder := l.worth.PerOrder
	if l.worth.Turnover > 0 {
		perOrder *= out.Value.Value / l.worth.Turnover
	}
	if l.linkRate > 0 {
		perOrder /= l.linkRate // whoever buys more also places more orders that nobody can link
	}
	levers := make([]insight.Lever, 0, len(settings.Assumptions))
	for _, a := range settings.Assumptions {
		lever := m.lever(a, settings.Horizon, l, perOrder)
		lever.Cost = a.Cost + out.Fatigue*max(0, out.Value.Value)
		levers = append(levers, lever)
	}
	sortLevers(levers)
	return levers
}

func (m *Model) lever(a Assumption, horizon int, l limits, perOrder float64) insight.Lever {
	p := l.parts
	level := m.Repurchase.Tops[p.Peer].Of(a.Part)
	own := ownOf(a.Part, p.Need, p.Trust, p.Exposure)
	if a.Part == insight.Need && !l.measurable {
		own = level.Mean // nobody knows what the customer needs: as much as others of the kind
	}
	gap := max(0, level.Reach(a.Unseen)-own)
	effect := a.over(float64(horizon))
	gain := func(effect float64) float64 {
		return perOrder * repurchase.Orders(p.Eta()) * math.Expm1(gap*min(1, effect))
	}
	return insight.Lever{Part: a.Part, Gap: gap, Effect: effect, Assumed: true,
		Gain: gain(effect), GainLow: gain(effect * math.Exp(-central80*a.Spread)), GainHigh: gain(effect * math.Exp(central80*a.Spread))}
}

func ownOf(part insight.Part, need, trust, exposure float64) float64 {
	switch part {
	case insight.Need:
		return need
	case insight.Trust:
		return trust
	default:
		return exposure
	}
}

// score is what the limiting part has most of.
func score(l insight.Lever) float64 { return l.Gap * l.Effect / max(l.Cost, 1) }

// sortLevers sorts the few levers by score, without the allocation of a
// general sort.
func sortLevers(levers []insight.Lever) {
	for i := 1; i < len(levers); i++ {
		for j := i; j > 0 && score(levers[j]) > score(levers[j-1]); j-- {
			levers[j], levers[j-1] = levers[j-1], levers[j]
		}
	}
}

func limiting(levers []insight.Lever, fitted bool) insight.Part {
	for _, l := range levers {
		gain := l.Gain
		if !fitted {
			gain = l.GainLow
		}
		if l.Gap > 0 && gain > l.Cost {
			return l.Part
		}
	}
	return insight.None
}
