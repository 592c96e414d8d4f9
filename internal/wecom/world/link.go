package world

// What makes people open a link: trust in who sent it, and a wish that it may
// answer. An assumption of the demo. To have opened it changes nobody.
const (
	opensAnyway   = 0.06
	opensByTrust  = 0.42
	opensByWish   = 0.25
	opensItAgain  = 0.2 // of those who opened it, soon after
	mostWishOpens = 1.0
)

// linkPart is the part of a person's chance that decides about links.
const linkPart = 1 << 52

// OnLink lets people open the links in messages from now on: open is called
// with each address that somebody goes to.
func (w *World) OnLink(open func(address string) error) { w.open = open }

// follow lets a person open the link of a message, or not. What the message is
// called decides with the person's own chance, so that no other draw moves.
func (w *World) follow(i int, channel Channel, message, address string) error {
	p := &w.people[i]
	if w.open == nil || address == "" || p.guide < 0 {
		return nil
	}
	src := p.apart(linkPart ^ serialOf(message))
	likely := channel.weight() * (opensAnyway + opensByTrust*p.trust + opensByWish*min(p.wish, mostWishOpens))
	if src.uniform(w.day, drawOpen) >= likely {
		return nil
	}
	if err := w.open(address); err != nil {
		return err
	}
	if src.uniform(w.day, drawOpenAgain) >= opensItAgain {
		return nil
	}
	return w.open(address)
}
