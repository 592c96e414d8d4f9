package mind

import (
	"slices"

	"siyu/internal/insight"
	"siyu/internal/insight/exposure"
)

// Assumption is what one personal contact that works on a part is assumed to
// do, until randomised contacts have shown it. It is printed wherever a gain
// that rests on it is shown.
type Assumption struct {
	Part insight.Part `json:"part"`
	// Effect is the share of the gap to the best fifth that the contact closes
	// at once; of exposure, whose gap is that on average over the horizon, of that.
	Effect float64 `json:"effect"`
	// HalfLife is in how many days half of that is gone; 0: it stays.
	HalfLife float64 `json:"half_life"`
	// Unseen is the standard deviation of the part between customers, on the
	// eta scale, beyond what its features show.
	Unseen float64 `json:"unseen"`
	// Spread is the standard deviation of the effect on the log scale.
	Spread float64 `json:"spread"`
	// Cost is the staff time of the contact, in fen.
	Cost float64 `json:"cost"`
}

// Settings are what understanding takes from the brand.
type Settings struct {
	Version int `json:"version"`
	// Horizon is how many days ahead a repurchase is judged.
	Horizon     int          `json:"horizon"`
	Assumptions []Assumption `json:"assumptions"`
	// MaxFatigue is the probability of losing the relation by one more contact
	// from which on no contact pays, once draws have identified it.
	MaxFatigue float64 `json:"max_fatigue"`
	// StrangerDays is for how long a customer without any order or exchange is
	// too new to say what limits.
	StrangerDays float64 `json:"stranger_days"`
	// Discount per year: .1 makes a yuan in a year worth 1/1.1 of one now. Gains of
	// contacts are not discounted.
	Discount float64 `json:"discount"`
}

// A contact takes a clerk three minutes at 40 yuan an hour.
const contactCost = 200

// Defaults returns the settings of a new installation. The effects are
// assumptions, not measurements of any brand: a reminder restores seven tenths of what
// is forgotten and fades like memory; serving well closes four fifths of the
// gap in trust, of which half is left after half a
// year; asking and showing wakes three tenths of a missing need, for a week or two. They
// are round figures near those that lost least against the best choice in four worlds
// of the demo (docs/limiting-part.md), which are not those it is judged by.
func Defaults() Settings {
	return Settings{
		Version: 1,
		Horizon: 30,
		Assumptions: []Assumption{
			{Part: insight.Need, Effect: .3, HalfLife: 10, Unseen: 1, Spread: .5, Cost: contactCost},
			{Part: insight.Trust, Effect: .8, HalfLife: 180, Spread: .5, Cost: contactCost},
			{Part: insight.Exposure, Effect: .7, HalfLife: 14, Unseen: .2, Spread: .5, Cost: contactCost},
		},
		MaxFatigue:   .05,
		StrangerDays: 3,
	}
}

// Priced returns the settings with every contact at a cost, fen, and nobody contacted
// whom one more contact loses with a probability of maxFatigue or more.
func (s Settings) Priced(cost, maxFatigue float64) Settings {
	s.Assumptions = slices.Clone(s.Assumptions)
	for i := range s.Assumptions {
		s.Assumptions[i].Cost = cost
	}
	s.MaxFatigue = maxFatigue
	return s
}

// over returns the share of the gap closed on average over a horizon of days.
func (a Assumption) over(days float64) float64 {
	if a.HalfLife <= 0 {
		return a.Effect
	}
	return a.Effect * exposure.MeanLeft(a.HalfLife, days)
}

// between returns the share of the gap closed on average from one number of days after
// the contact until another.
func (a Assumption) between(from, until float64) float64 {
	return (until*a.over(until) - from*a.over(from)) / (until - from)
}
