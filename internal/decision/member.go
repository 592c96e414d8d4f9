package decision

import (
	"cmp"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Choose answers for all customers that Consider left open and forgets them. Gains
// are corrected for their uncertainty first. Then each member's room is given away:
// mass sends are opened as long as one more gains more than any other use, at most
// as many as the member may be asked to confirm; whom none of them reaches is
// contacted by hand, best first; hands that are left go to the best of the rest.
// Who is contacted does not hang on what is drawn; the draw is among what the
// channel then allows. Gains are counted over what waiting is worth (lookAhead); whom
// today does not reach is expected on one of the next days.
func (p *Planner) Choose(act func(Action), withhold func(Withheld)) {
	if p.Brief.Prices != nil {
		p.prices.Beliefs = p.Brief.Prices.Beliefs
	} else {
		p.prices.Beliefs = p.learnBeliefs()
	}
	p.correct()
	p.prices.Staff = map[id.Staff]Price{}
	from, until := p.Settings.Window(p.Day, p.Now)
	quiet := !from.Before(until) || p.Settings.rests(p.Day)
	order, begins := p.byStaff()
	p.sortExpected()
	members := func(do func(m *memberPlan)) {
		for staff := range p.Org.Staff {
			if own := order[begins[staff]:begins[staff+1]]; len(own) > 0 {
				do(p.memberPlan(staff, own))
			}
		}
	}
	if quiet {
		for _, at := range order {
			withhold(p.withheldCandidate(p.candidates.at(at), BecauseQuiet))
		}
	} else {
		for staff := range p.Org.Staff {
			own := order[begins[staff]:begins[staff+1]]
			p.overWaiting(staff, own)
			p.sortByRank(own)
		}
		p.priceCaps(members)
		p.prices.Bound.Most = p.prices.OneToOne*float64(max(0, p.caps.hands)) + p.prices.MassSend*float64(max(0, p.caps.sends))
		members(func(m *memberPlan) {
			if p.Brief.Prices == nil { // a turn gives single rooms away and keeps no prices
				p.prices.Bound.Most += m.mostGains()
			}
			m.answer(act, withhold)
			price := m.price()
			if p.looksAhead() {
				price.follow(p.usual(m.staff))
			}
			if price != (Price{}) {
				p.prices.Staff[p.Org.Staff[m.staff].ID] = price
			}
		})
	}
	if p.looksAhead() {
		for staff := range p.Org.Staff {
			p.planAhead(staff, order[begins[staff]:begins[staff+1]])
		}
	}
	p.candidates, p.options, p.days.expect = blocks[candidate]{}, blocks[option]{}, blocks[coming]{}
}

// byStaff returns the candidates' numbers, those of one member together, and
// where each member's begin.
func (p *Planner) byStaff() (order []uint32, begins []int) {
	begins = make([]int, len(p.Org.Staff)+1)
	for _, block := range p.candidates.list {
		for i := range block {
			begins[block[i].staff+1]++
		}
	}
	for i := 1; i < len(begins); i++ {
		begins[i] += begins[i-1]
	}
	next := slices.Clone(begins)
	order = make([]uint32, p.candidates.size())
	for i := range order {
		staff := p.candidates.at(uint32(i)).staff
		order[next[staff]] = uint32(i)
		next[staff]++
	}
	return order, begins
}

func (p *Planner) sortByRank(own []uint32) {
	slices.SortFunc(own, func(a, b uint32) int {
		x, y := p.candidates.at(a), p.candidates.at(b)
		return cmp.Or(cmp.Compare(y.rank, x.rank), cmp.Compare(x.customer, y.customer))
	})
}

// memberPlan is what one member does on the day.
type memberPlan struct {
	*Planner
	staff  int
	own    []uint32     // candidates, best first
	rank   []float32    // of each own: what a contact by hand gains, 0 where there may be none
	room   int          // contacts by hand
	least  float64      // what a contact by hand gains at least
	reach  []float32    // of each own: the most that an open mass send gains, 0 where none reaches
	by     []purposeSet // of each own: the purposes of open mass sends that reach
	next   float64      // what one more mass send would gain
	hands  map[int]bool // own contacted by hand
	open   []send
	closed []send  // could be made, too
	most   int     // mass sends that may be confirmed
	worth  float64 // of all that is done, prices of caps paid
}

// send is one mass send that could be made: its contents, and whom it reaches.
type send struct {
	contents
	who  []int     // places in own, best first
	gain []float32 // of each
}

type contents struct {
	part     uint8
	line     id.Line
	material uint32
	chunk    int // of as many as WeCom lets into one
}

func (p *Planner) memberPlan(staff int, own []uint32) *memberPlan {
	given := p.Given[p.Org.Staff[staff].ID]
	m := &memberPlan{Planner: p, staff: staff, own: own, room: max(0, p.Settings.HandsOf(p.Org.Staff[staff], p.Day)-given.Hands()), rank: make([]float32, len(own)),
		reach: make([]float32, len(own)), by: make([]purposeSet, len(own)), hands: map[int]bool{}}
	m.least = m.leastByHand()
	for at, number := range own {
		if c := p.candidates.at(number); !c.idle && c.channels&byHand != 0 && float64(c.rank) > m.least {
			m.rank[at] = c.rank
		}
	}
	m.most = max(0, p.Settings.MaxConfirmations-given.Confirmations)
	m.openSends(m.sendsPossible())
	m.takeHands()
	return m
}

// leastByHand is what a contact by hand gains at least: what a cap on all of them
// takes, and, in a turn, what the day's plan found this member's contact worth.
func (m *memberPlan) leastByHand() float64 {
	least := m.prices.OneToOne
	if day := m.Brief.Prices; day != nil {
		least = max(least, day.OneToOne, day.Staff[m.Org.Staff[m.staff].ID].Contact)
	}
	return least
}

// openSends opens mass sends one after the other, each time the one that adds most.
func (m *memberPlan) openSends(possible []send) {
	defer func() { m.closed = possible }()
	m.worth = m.worthWith(nil)
	for {
		best, worth := -1, m.worth+m.prices.MassSend
		for i := range possible {
			if with := m.worthWith(&possible[i]); with > worth {
				best, worth = i, with
			}
		}
		if best < 0 {
			return
		}
		if len(m.open) == m.most {
			m.next = worth - m.worth
			return
		}
		s := possible[best]
		for i, at := range s.who {
			m.reach[at] = max(m.reach[at], s.gain[i])
			m.by[at] |= 1 << s.part
		}
		m.worth, m.open = worth-m.prices.MassSend, append(m.open, s)
		possible = slices.Delete(possible, best, best+1)
	}
}

// sendsPossible returns the mass sends that could be made of what the candidates
// may get, in one order whatever is drawn.
func (m *memberPlan) sendsPossible() (sends []send) {
	place, size := map[contents]int{}, map[contents]int{}
	for at, number := range m.own {
		c := m.candidates.at(number)
		if c.idle || c.channels&byMassSend == 0 {
			continue
		}
		for i := range uint32(c.count) {
			o := m.options.at(c.first + i)
			if c.open&(1<<o.part) == 0 {
				continue
			}
			key := contents{part: o.part, line: o.line, material: o.material}
			chunk := size[key] / m.Settings.MaxPerMassSend
			size[key]++
			key.chunk = chunk
			n, known := place[key]
			if !known {
				n = len(sends)
				place[key] = n
				sends = append(sends, send{contents: key})
			}
			sends[n].who, sends[n].gain = append(sends[n].who, at), append(sends[n].gain, m.today(c, o))
		}
	}
	return sends
}

// worthWith returns what the member's day gains with the open mass sends and one
// more: everybody whom they reach, and the best others by hand.
func (m *memberPlan) worthWith(more *send) (sum float64) {
	room, next := m.room, 0
	for at, reach := range m.reach {
		if more != nil && next < len(more.who) && more.who[next] == at {
			reach = max(reach, more.gain[next])
			next++
		}
		switch {
		case reach > 0:
			sum += float64(reach)
		case room > 0 && m.rank[at] > 0:
			sum += float64(m.rank[at]) - m.prices.OneToOne
			room--
		}
	}
	return sum
}

// takeHands gives contacts by hand to the best whom no mass send reaches, and what
// is left of them to the best of the rest.
func (m *memberPlan) takeHands() {
	room := m.room
	for _, reached := range []bool{false, true} {
		for at, rank := range m.rank {
			if room == 0 || reached && m.caps.hands >= 0 {
				return
			}
			if rank > 0 && m.reach[at] > 0 == reached {
				m.hands[at] = true
				room--
			}
		}
	}
}

// sends returns how many mass sends have somebody left whom they reach.
func (m *memberPlan) sends() (n int) {
	for _, s := range m.open {
		if slices.ContainsFunc(s.who, func(at int) bool { return !m.hands[at] }) {
			n++
		}
	}
	return n
}

// answer says what is done for everybody, contacts by hand first, then mass sends
// with equal contents beside each other.
func (m *memberPlan) answer(act func(Action), withhold func(Withheld)) {
	var mass []Action
	said := m.allotWordings()
	for at, number := range m.own {
		c := m.candidates.at(number)
		switch {
		case c.idle:
			withhold(m.withheldCandidate(c, c.idles()))
		case m.hands[at] && m.caps.hands != 0:
			m.caps.hands--
			m.prices.Bound.Gains += float64(m.rank[at])
			a := m.action(c, event.OneToOne, c.open)
			m.say(&a, m.materialOf(c, a.Purpose), nil)
			act(a)
		case m.reach[at] > 0:
			m.prices.Bound.Gains += float64(m.reach[at])
			a := m.action(c, event.MassSend, m.by[at])
			m.say(&a, m.materialOf(c, a.Purpose), said[m.materialOf(c, a.Purpose)])
			mass = append(mass, a)
		default:
			withhold(m.withheldCandidate(c, m.because(c)))
		}
	}
	slices.SortStableFunc(mass, func(a, b Action) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Material, b.Material), cmp.Compare(a.Wording, b.Wording))
	})
	for _, a := range mass {
		act(a)
	}
}

// idles says why nothing is done today for a candidate for whom nothing pays.
func (c *candidate) idles() Because {
	if c.wait > 0 {
		return BecauseWait
	}
	return BecauseNothing
}

// because says what a candidate was withheld for whom the member could not reach.
func (m *memberPlan) because(c *candidate) Because {
	if m.prices.OneToOne >= float64(c.rank) || m.caps.hands == 0 || m.prices.MassSend > 0 && len(m.open) < m.most {
		return BecauseCap
	}
	return BecauseCapacity
}

// price returns what more room would gain.
func (m *memberPlan) price() (price Price) {
	price.Confirmation = m.next
	if len(m.hands) < m.room {
		return price
	}
	more := 0
	for at, rank := range m.rank {
		if rank == 0 || m.reach[at] > 0 || m.hands[at] {
			continue
		}
		if more++; more > ContactsAnHour {
			break
		}
		price.Contact = max(price.Contact, float64(rank))
		price.Hour += float64(rank)
	}
	return price
}
