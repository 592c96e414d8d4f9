package cohort

import (
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Moved is how much value referrals move: a share of what a customer who was
// brought and stayed is worth counts for who brought the customer. Over a whole
// brand as much is given as is received, so that totals stay.
type Moved struct {
	Referred  int     `json:"referred,omitempty"`  // customers who were brought and stayed
	Given     float64 `json:"given,omitempty"`     // fen, of their value
	Referrers int     `json:"referrers,omitempty"` // customers who brought one who stayed
	Received  float64 `json:"received,omitempty"`  // fen
}

func (m *Moved) add(o Moved) {
	m.Referred += o.Referred
	m.Given += o.Given
	m.Referrers += o.Referrers
	m.Received += o.Received
}

// Any tells whether a referral concerns the group.
func (m Moved) Any() bool { return m.Referred > 0 || m.Referrers > 0 }

// AfterReferrals returns the expected value of the group, fen, with what
// referrals move.
func (s Sum) AfterReferrals() float64 { return s.Value - s.Given + s.Received }

// seat is where a customer of a referral stands in the divisions of a place.
type seat struct {
	place                     *place
	contact, order            int // -1: in none
	way, code, line, campaign int // numbers
	staff                     id.Staff
}

// moves are the referrals that were seen, until both sides are known.
type moves struct {
	given     []gift
	referrers map[id.Customer]seat
}

// gift is the value that a referred customer gives.
type gift struct {
	by   id.Customer
	fen  float64
	from seat
}

// addReferral notes a customer who was brought and stayed, or who brought one.
func (t *Tally) addReferral(p *place, c *profile.Customer, known *insight.Customer, staff id.Staff) {
	s := t.seatOf(p, c, staff)
	if len(c.Referrals) > 0 {
		if t.moves.referrers == nil {
			t.moves.referrers = map[id.Customer]seat{}
		}
		t.moves.referrers[c.ID] = s
	}
	if c.Referrer.Stayed != 0 && known.Value.Evidence != insight.NotMeasurable {
		t.moves.given = append(t.moves.given, gift{c.Referrer.By, t.Share * known.Value.Value, s})
	}
}

func (t *Tally) seatOf(p *place, c *profile.Customer, staff id.Staff) seat {
	s := seat{place: p, contact: -1, order: -1, way: t.ways.of(noWay), code: t.codes.of(""), line: t.lines.of(mainLine(c)), campaign: t.campaigns.of(c.Described.Campaign), staff: staff}
	if first := firstRelation(c); first != nil {
		s.contact, s.way, s.code = t.calendar.of(first.Since), t.ways.of(first.AddWay), t.codes.of(first.State)
	}
	if c.Orders.Count > 0 && c.Orders.First != 0 {
		s.order = t.calendar.of(c.Orders.First)
	}
	return s
}

// Referrers returns, as they were told, who brought the customers that were
// added.
func (t *Tally) Referrers() []id.Customer {
	list := make([]id.Customer, len(t.moves.given))
	for i := range t.moves.given {
		list[i] = t.moves.given[i].by
	}
	return list
}

// Settle moves the value of referred customers to who brought them; answers
// returns who answers for a customer. It is called once, after everybody was
// added. What nobody who was added brought is not moved.
func (t *Tally) Settle(answers func(id.Customer) id.Customer) {
	counted := map[id.Customer]bool{}
	for _, g := range t.moves.given {
		by := answers(g.by)
		to, known := t.moves.referrers[by]
		if !known {
			continue
		}
		g.from.move(Moved{Referred: 1, Given: g.fen})
		one := Moved{Received: g.fen}
		if !counted[by] {
			counted[by], one.Referrers = true, 1
		}
		to.move(one)
	}
	t.moves = moves{}
}

// movedPlace is what referrals move in each division of a place.
type movedPlace struct {
	all                           Moved
	contact, order                [Months + 1]Moved
	noContact, noOrder            Moved
	ways, codes, lines, campaigns []Moved // by number
	staff                         map[id.Staff]Moved
}

func (p *place) moves() *movedPlace {
	if p.moved == nil {
		p.moved = &movedPlace{staff: map[id.Staff]Moved{}}
	}
	return p.moved
}

// whole returns the sum of the place's customers.
func (p *place) whole() Sum {
	s := p.all.sum()
	if p.moved != nil {
		s.Moved = p.moved.all
	}
	return s
}

func (s seat) move(what Moved) {
	m := s.place.moves()
	m.all.add(what)
	contact, order := &m.noContact, &m.noOrder
	if s.contact >= 0 {
		contact = &m.contact[s.contact]
	}
	if s.order >= 0 {
		order = &m.order[s.order]
	}
	contact.add(what)
	order.add(what)
	moveTo(&m.ways, s.way, what)
	moveTo(&m.codes, s.code, what)
	moveTo(&m.lines, s.line, what)
	moveTo(&m.campaigns, s.campaign, what)
	member := m.staff[s.staff]
	member.add(what)
	m.staff[s.staff] = member
}

func moveTo(list *[]Moved, number int, what Moved) {
	for len(*list) <= number {
		*list = append(*list, Moved{})
	}
	(*list)[number].add(what)
}

// add adds all of another place but its members.
func (m *movedPlace) add(o *movedPlace) {
	m.all.add(o.all)
	m.noContact.add(o.noContact)
	m.noOrder.add(o.noOrder)
	for i := range o.contact {
		m.contact[i].add(o.contact[i])
		m.order[i].add(o.order[i])
	}
	for _, pair := range []struct{ to, from *[]Moved }{{&m.ways, &o.ways}, {&m.codes, &o.codes}, {&m.lines, &o.lines}, {&m.campaigns, &o.campaigns}} {
		for number, what := range *pair.from {
			moveTo(pair.to, number, what)
		}
	}
}
