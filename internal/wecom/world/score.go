package world

import "math"

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

// AloneRule says of everybody to leave them alone, which is also what comes of saying
// that nothing can be measured.
func AloneRule(truths []Truth) []Part { return say(truths, func(Truth) Part { return NoPart }) }

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

// GainRule says the lever that is expected to gain most, if that is worth a
// contact: what loses least that can be known.
func GainRule(known []Posterior) []Part {
	out := make([]Part, len(known))
	for i := range known {
		out[i] = limiting(known[i].Gain)
	}
	return out
}

// naming is how often the rule of largest macro-F1 is refined.
const naming = 30

// NameRule says the part that adds most to macro-F1 by what is known, which
// weighs rare parts like frequent ones and costs orders: each part k stands at
// 2 hit_k / (true_k + said_k), and naming it once more where it is true with
// chance p adds (p (true_k + said_k) - hit_k) / (true_k + said_k)^2.
func NameRule(known []Posterior) []Part {
	var truly, said, hit [4]float64
	for i := range known {
		for k, p := range known[i].Chance {
			truly[k], said[k], hit[k] = truly[k]+p, said[k]+p, hit[k]+p*p
		}
	}
	out := make([]Part, len(known))
	for range naming {
		var saidNow, hitNow [4]float64
		for i := range known {
			best, most := 0, math.Inf(-1)
			for k, p := range known[i].Chance {
				all := truly[k] + said[k]
				if adds := (p*all - hit[k]) / (all * all); all > 0 && adds > most {
					best, most = k, adds
				}
			}
			saidNow[best]++
			hitNow[best] += known[i].Chance[best]
			out[i] = NoPart
			if all := parts(); best < len(all) {
				out[i] = all[best]
			}
		}
		for k := range said {
			said[k], hit[k] = (said[k]+saidNow[k])/2, (hit[k]+hitNow[k])/2
		}
	}
	return out
}
