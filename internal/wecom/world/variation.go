package world

import "siyu/internal/fault"

// Law names how the people of a world differ from the standard ones, so that
// what is inferred can be tried where it must not find anything.
type Law string

// The laws.
const (
	Standard    Law = ""                        // as docs/simulator.md says
	NoEffect    Law = "contacts_have_no_effect" // a contact changes neither memory, trust nor wish
	NoFatigue   Law = "nobody_tires"            // contacts never tire
	TrustIsIdle Law = "buying_ignores_trust"    // trust moves everything but buying
)

// factors scale the constants of the law for everybody in a world.
type factors struct {
	sway float64 // of what a contact does
	tire float64 // of how much it tires
	heed float64 // of trustSlope
}

func (l Law) factors() (factors, error) {
	f := factors{sway: 1, tire: 1, heed: 1}
	switch l {
	case Standard:
	case NoEffect:
		f.sway = 0
	case NoFatigue:
		f.tire = 0
	case TrustIsIdle:
		f.heed = 0
	default:
		return f, fault.New(fault.Invalid, "law %q is not known", l)
	}
	return f, nil
}
