package world

// Score compares said limiting parts with the true ones.
type Score struct {
	People   int     `json:"people"`
	MacroF1  float64 `json:"macro_f1"` // mean F1 over the parts that occur, NoPart included
	Accuracy float64 `json:"accuracy"`
	// Regret is the mean Worth lost against the true limiting part, in
	// expected orders in 30 days.
	Regret float64 `json:"regret"`
}

// Judge scores said[i] against truths[i]; both have the same length.
func Judge(truths []Truth, said []Part) Score {
	s := Score{People: len(truths)}
	hit, truly, claimed := map[Part]float64{}, map[Part]float64{}, map[Part]float64{}
	for i, t := range truths {
		truly[t.Limiting]++
		claimed[said[i]]++
		if said[i] == t.Limiting {
			hit[said[i]]++
			s.Accuracy++
		}
		s.Regret += t.Best() - t.Worth(said[i])
	}
	for part, n := range truly {
		s.MacroF1 += 2 * hit[part] / (n + claimed[part]) / float64(len(truly))
	}
	if s.People > 0 {
		s.Accuracy /= float64(s.People)
		s.Regret /= float64(s.People)
	}
	return s
}

// RandomRule says one of the four parts at random, by seed.
func RandomRule(truths []Truth, seed uint64) []Part {
	source, all := draws{mix(seed)}, parts()
	return say(truths, func(t Truth) Part {
		if i := source.below(len(all)+1, t.Person, drawKind); i < len(all) {
			return all[i]
		}
		return NoPart
	})
}

// MajorityRule says of everybody the part that is true of most.
func MajorityRule(truths []Truth) []Part {
	count, best := map[Part]int{}, NoPart
	for _, t := range truths {
		count[t.Limiting]++
	}
	for _, p := range parts() {
		if count[p] > count[best] {
			best = p
		}
	}
	return say(truths, func(Truth) Part { return best })
}

// Ends of the stages of RecencyRule in days.
const (
	recentDays  = 21
	dormantDays = 90
)

// RecencyRule says what shops say who look at the last order alone: bought
// lately: show something else; not lately: remind; long ago: remind in vain,
// so leave alone; never bought: win trust first. It knows every order, which
// Siyu need not.
func RecencyRule(truths []Truth) []Part {
	return say(truths, func(t Truth) Part {
		switch {
		case t.DaysSinceOrder < 0:
			return TrustPart
		case t.DaysSinceOrder <= recentDays:
			return NeedPart
		case t.DaysSinceOrder <= dormantDays:
			return ExposurePart
		default:
			return NoPart
		}
	})
}

func say(truths []Truth, rule func(Truth) Part) []Part {
	out := make([]Part, len(truths))
	for i, t := range truths {
		out[i] = rule(t)
	}
	return out
}
