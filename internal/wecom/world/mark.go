package world

// mark is one thing that happened to a person of a watched world, kept so that
// Oracle can look at it from outside.
type mark struct {
	day      int
	kind     markKind
	before   bool     // a contact that came before the person's own hour
	linked   bool     // a purchase whose order leads to the person
	did      acts     // of an own day
	contact  Kind     // of a contact
	channel  Channel  // of a contact
	reaction reaction // to a contact
	around   around   // from this day on
}

type markKind uint8

const (
	aroundMark markKind = iota
	ownMark
	contactMark
)

// markAround notes what surrounds the person where it has changed.
func (w *World) markAround(p *person, a around) {
	a.day, a.vitality = 0, 0
	if !w.config.Watched || len(p.marks) > 0 && a == p.surrounded {
		return
	}
	p.surrounded = a
	p.marks = append(p.marks, mark{day: w.day, kind: aroundMark, around: a})
}

// markOwn notes what the person did, unless it was nothing.
func (w *World) markOwn(p *person, did acts) {
	did.chance = 0
	if !w.config.Watched || did == (acts{basket: -1}) || did == (acts{basket: -1, answered: true}) {
		return
	}
	linked := did.buys && p.phoneKnown && p.uniform(w.day, drawMask) < w.unmasked
	p.marks = append(p.marks, mark{day: w.day, kind: ownMark, did: did, linked: linked})
}

func (w *World) markContact(p *person, contact Kind, channel Channel, r reaction) {
	if !w.config.Watched {
		return
	}
	own := opening + p.below(closing-opening, w.day, drawHour)
	p.marks = append(p.marks, mark{day: w.day, kind: contactMark, before: w.hour < own, contact: contact, channel: channel, reaction: r})
}
