package simulator

import (
	"slices"
	"time"
)

// welcomeLife is how long a welcome code can be used.
const welcomeLife = 20 * time.Second

const welcomeCodeLength = 43

// welcome is the one welcome message a new pair may receive, whichever app
// sends it.
type welcome struct {
	rel    *relation
	issued time.Time
	sentBy *app
	sent   time.Time
}

type welcomeCode struct {
	*welcome
	app *app
}

type welcomeBook struct {
	codes map[string]welcomeCode
	order []string
}

// welcomeMemory is how long a code is known at all; a year of them would only
// fill the memory.
const welcomeMemory = time.Hour

func newWelcomeBook() welcomeBook { return welcomeBook{codes: map[string]welcomeCode{}} }

// issue makes a code for every app, unless the console already welcomes, the
// two have talked since they met, the half-added customer was welcomed, or
// the contact belongs to another corp.
func (b *welcomeBook) issue(p *Platform, rel *relation) map[*app][]field {
	if rel.chatted || rel.codeGiven || rel.ext.Type == ExternalWeCom || slices.Contains(p.cfg.ConsoleWelcome, rel.member.UserID) {
		return nil
	}
	w := &welcome{rel: rel, issued: p.wire.Now()}
	b.forget(w.issued.Add(-welcomeMemory))
	fields := map[*app][]field{}
	for _, a := range p.apps {
		code := p.randomText(welcomeCodeLength)
		b.codes[code] = welcomeCode{w, a}
		b.order = append(b.order, code)
		fields[a] = []field{text("WelcomeCode", code)}
	}
	return fields
}

func (b *welcomeBook) forget(before time.Time) {
	for len(b.order) > 0 && b.codes[b.order[0]].issued.Before(before) {
		delete(b.codes, b.order[0])
		b.order = b.order[1:]
	}
}

func welcomeRoutes(t map[string]route) {
	t[contactPath+"send_welcome_msg"] = post(RightCustomers, sendWelcome)
}

type welcomeRequest struct {
	WelcomeCode string `json:"welcome_code"`
	content
}

func sendWelcome(c *call, q welcomeRequest) (any, error) {
	if q.WelcomeCode == "" {
		return nil, refuse(codeNoWelcomeCode, "missing welcome code")
	}
	code, ok := c.welcomes.codes[q.WelcomeCode]
	if !ok || code.app != c.app {
		return nil, refuse(codeBadWelcomeCode, "invalid welcome code")
	}
	if err := code.usable(c); err != nil {
		return nil, err
	}
	if err := q.check(c); err != nil {
		return nil, err
	}
	code.sentBy, code.sent = c.app, c.wire
	code.rel.codeGiven = true
	n := c.ledger.message(q.WelcomeCode, KindWelcome, q.hash())
	c.ledger.deliver(ledgerRow{at: c.now.UnixMilli(), message: n, ext: code.rel.ext, member: code.rel.member})
	return nil, nil
}

func (w *welcome) usable(c *call) error {
	switch {
	case w.sentBy != nil && c.wire.Before(w.sent.Add(c.cfg.WelcomeTime)):
		return refuse(codeWelcomeUnderWay, "welcome msg is being distributed")
	case w.sentBy != nil || w.rel.chatted:
		return refuse(codeWelcomed, "externaluser has started chatting")
	case c.wire.After(w.issued.Add(welcomeLife)):
		return refuse(codeBadWelcomeCode, "welcome code expired")
	case w.rel.bond > bondAdded:
		return refuse(codeNoRelation, "not external contact")
	}
	return nil
}
