package desk

import (
	"context"
	"fmt"

	"siyu/internal/flow"
	"siyu/internal/insight"
	"siyu/internal/insight/mind"
	"siyu/internal/insight/repurchase"
	"siyu/internal/measurement/effect"
	"siyu/internal/web"
)

// EffectTable names what effects are multiples of: the assumptions, and the model
// whose gaps they close. What a contact costs is no part of what it does.
func EffectTable(s *mind.Settings) string {
	return fmt.Sprint(repurchase.Version, " ", s.Priced(0, 0).Assumptions)
}

// Spreads returns the standard deviation of each assumption around what it says.
func Spreads(s *mind.Settings) (spreads effect.Orders) {
	for i, part := range effect.Levers() {
		for _, a := range s.Assumptions {
			if a.Part == part {
				spreads[i] = a.Spread
			}
		}
	}
	return spreads
}

// NewestEffects returns what is known of contacts, nothing before the first month
// is over.
func NewestEffects(ctx context.Context, db Models, s *mind.Settings) (effect.Record, error) {
	_, document, err := db.NewestModel(ctx, flow.EffectName)
	if err != nil {
		return effect.Record{}, err
	}
	return flow.EffectsOf(document, EffectTable(s)), nil
}

func contactsOf(r *effect.Record, s *mind.Settings) web.ContactsView {
	v := web.ContactsView{Lost: mind.ValueLost, At: r.At, Until: r.Until, Days: effect.Days, Tiring: contactOf(r.Tiring(mind.HazardSpread)), Losses: r.Losses}
	for _, f := range r.Findings(Spreads(s)) {
		e := contactOf(f)
		for _, a := range s.Assumptions {
			if a.Part == f.Part {
				e.Assumed, e.HalfLife = a.Effect, a.HalfLife
			}
		}
		if f.Grade == insight.Assumed {
			e.Low, e.High = mind.AssumedInterval(f.Assumed)
		}
		v.Levers = append(v.Levers, e)
	}
	return v
}

func contactOf(f effect.Finding) web.ContactView {
	e := web.ContactView{Part: f.Part, Grade: f.Grade, Times: f.Times, Weight: f.Weight, Open: f.Open, Held: f.Held, Reached: f.Reached, Drawn: f.Drawn, AtOnce: f.AtOnce, Later: f.Later}
	e.Low, e.High = f.Interval()
	if f.MeasuredSD > 0 {
		e.Seen, e.Measured = true, f.Measured
		e.MeasuredLow, e.MeasuredHigh = f.MeasuredInterval()
	}
	return e
}
