package simulator

import "time"

// People is the hand by which people act: staff in their client, customers in
// WeChat, administrators in the console. Acts of Platform.People happen now
// and push events; acts of Platform.Past happened at a given time, before
// anybody listened, and push none.
type People struct {
	p      *Platform
	at     time.Time
	silent bool
}

// People returns the hand by which people act now.
func (p *Platform) People() People { return People{p: p} }

// Past returns the hand by which people acted at that time, without events
// and without welcome codes: the history before the product connects.
func (p *Platform) Past(at time.Time) People { return People{p: p, at: at, silent: true} }

func (h People) when() time.Time {
	if h.silent {
		return h.at
	}
	return h.p.clock.Now()
}

func (h People) act(f func(*Platform) error) error {
	return h.p.do(func() error { return f(h.p) })
}

func (h People) emit(p *Platform, e event) {
	if !h.silent {
		e.at = h.when()
		p.emit(e)
	}
}
