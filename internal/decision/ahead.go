package decision

import (
	"cmp"
	"math"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Ahead is what a plan expects a member to do on one of the days after its own: how
// many customers, for one purpose, about one line, by one channel. Nothing of it is
// handed over; the plans of the nights in between decide anew.
type Ahead struct {
	Day       time.Time // start of the business day
	Staff     id.Staff
	Store     id.Store
	Purpose   event.Purpose
	Channel   event.Channel
	Line      id.Line
	Customers int
	Gain      float64 // fen, of all of them, as corrected
	Least     float64 // fen: the smallest net gain among them
}

// MaxDaysAhead bounds Settings.DaysAhead: two weeks, beyond which more happens to a
// customer than a plan can foresee.
const MaxDaysAhead = 14

// looksAhead tells whether the plan is of a night that looks at more than its day. A
// turn gives only what the night left, at the night's prices.
func (p *Planner) looksAhead() bool { return p.Settings.DaysAhead > 1 && p.Brief.Prices == nil }

// job is a customer as the course of one member's next days sees it.
type job struct {
	gain, cost float32 // gain as of today, corrected
	growth     float32
	value      float32 // gain of the day that is looked at
	candidate  int32   // number, nobody: may not be contacted today
	class      uint16  // number in days.classes
	channels   channelSet
	from       uint8
	day        uint8 // on which it is planned, unplaced: on none
	hand       bool
}

const (
	unplaced = math.MaxUint8
	nobody   = -1
	// reached is the wait of a candidate who is contacted today.
	reached = -1
)

// class is what one mass send can be about; texts change from day to day.
type class struct {
	line id.Line
	part uint8
}

// classDays is what becomes of a class in the course of the next days.
type classDays struct {
	class
	sent uint16  // days on which a mass send is expected, as bits
	sum  float32 // what it gains on the day that is looked at
}

// days is the course of one member's next days.
type days struct {
	jobs    []job
	classes []classDays
	number  map[class]uint16
	hand    [MaxDaysAhead]float32 // what a contact by hand must gain on a day
	tops    []uint16
	usual   Price
	first   map[int32]float64 // what the first night takes for usual, by member
	rows    map[aheadKey]Ahead
	expect  blocks[coming]
	order   []uint32 // of expect, those of one member together
	begins  []int
	list    []Ahead // of all members
}

type aheadKey struct {
	class uint16
	day   uint8
	hand  bool
}

// lookAhead says what each of a member's candidates would forgo by a contact today:
//
//	w = max over the next days d on which the customer is expected to be reached of
//	    gain x growth^d - cost - price(d),
//
// the value of waiting. The course of the next days is worked through once: each day
// the mass sends that gain most are made, as many as the member may confirm, and the
// best others are contacted by hand, as far as they gain more than the room was worth in
// the last nights, because others will come; price(d) is that worth or the net gain of the
// first who finds no hands, and 0 for mass sends, which one more costs nothing. What a
// contact gains today is then its net gain minus w, its reduced profit where a customer
// can be contacted once: who can be had tomorrow as well makes room for who cannot, and
// who gains more by waiting waits.
func (p *Planner) lookAhead(staff int, own []uint32) {
	p.gather(staff, own)
	if p.Before == nil {
		p.begin(staff)
	}
	p.days.usual = p.usual(staff)
	p.workThrough(staff, 0)
	for i := range p.days.jobs {
		j := &p.days.jobs[i]
		if j.candidate == nobody {
			continue
		}
		if c := p.candidates.at(uint32(j.candidate)); c.channels&drawnToday == 0 {
			c.wait = p.days.waiting(j, p.Settings.DaysAhead)
			p.rank(c)
		}
	}
}

// overWaiting counts gains of a member's candidates over what waiting is worth.
func (p *Planner) overWaiting(staff int, own []uint32) {
	switch {
	case p.looksAhead():
		p.lookAhead(staff, own)
	case p.Settings.DaysAhead > 1:
		p.letGrow(own)
	}
}

// letGrow lets those of a member's candidates wait whose gain grows. It is what a turn
// knows of the next days.
func (p *Planner) letGrow(own []uint32) {
	for _, number := range own {
		c := p.candidates.at(number)
		if best := p.bestOf(c); best.growth > 1 && c.channels&drawnToday == 0 {
			c.wait = best.gain*float32(math.Pow(float64(best.growth), float64(p.Settings.DaysAhead-1))) - best.cost
			p.rank(c)
		}
	}
}

// usual returns what the room of a member was worth in the last nights. The first night
// takes the best who would find no hands today, which is more: waiting then counts for
// little, until nights have shown what room is worth.
func (p *Planner) usual(staff int) Price {
	if p.Before != nil {
		return p.Before.Staff[p.Org.Staff[staff].ID]
	}
	return Price{UsualContact: p.days.first[int32(staff)]}
}

// begin notes what the first night takes for usual, of the member whose jobs are
// gathered.
func (p *Planner) begin(staff int) {
	d, left := p.days, p.roomOn(staff, 0).hands
	for i := range d.jobs {
		j := &d.jobs[i]
		if j.from > 0 || j.candidate == nobody {
			continue
		}
		if left--; left < 0 {
			d.first[int32(staff)] = float64(max(0, j.gain-j.cost))
			return
		}
	}
}

// gather collects whom a member may contact today or on the next days, best first.
func (p *Planner) gather(staff int, own []uint32) {
	d := p.days
	d.jobs, d.classes = d.jobs[:0], d.classes[:0]
	clear(d.number)
	last := uint8(p.Settings.DaysAhead - 1)
	for _, number := range own {
		c := p.candidates.at(number)
		if c.wait == reached || c.idle && c.wait == 0 {
			continue
		}
		best := p.bestOf(c)
		d.add(class{best.line, best.part}, job{gain: best.gain, cost: best.cost, growth: best.growth, channels: c.channels, candidate: int32(number)}, last)
	}
	for _, number := range d.order[d.begins[staff]:d.begins[staff+1]] {
		c := d.expect.at(number)
		gain := c.gain * p.prices.Beliefs[c.part].factor(float64(c.gain), float64(c.spread))
		d.add(class{c.line, c.part}, job{gain: gain, cost: c.cost, growth: c.growth, channels: byHand | byMassSend, from: c.from, candidate: nobody}, last)
	}
	slices.SortFunc(d.jobs, func(a, b job) int { return cmp.Compare(b.gain-b.cost, a.gain-a.cost) })
}

// add adds a job. Whose gain grows while it waits is looked at on the last of the
// days: the nights until then see when the growth ends.
func (d *days) add(of class, j job, last uint8) {
	n, known := d.number[of]
	if !known {
		n = uint16(len(d.classes))
		d.number[of], d.classes = n, append(d.classes, classDays{class: of})
	}
	j.class = n
	if j.growth > 1 {
		j.from = last
	}
	d.jobs = append(d.jobs, j)
}

func (p *Planner) bestOf(c *candidate) *option {
	best := p.options.at(c.first)
	for i := uint32(1); i < uint32(c.count); i++ {
		if o := p.options.at(c.first + i); o.net() > best.net() {
			best = o
		}
	}
	return best
}

// workThrough places jobs on the days from first on.
func (p *Planner) workThrough(staff, first int) {
	d := p.days
	clear(d.hand[:])
	for i := range d.jobs {
		j := &d.jobs[i]
		j.day, j.hand, j.value = unplaced, false, j.gain
		if first > 0 {
			j.value *= float32(math.Pow(float64(j.growth), float64(first)))
		}
	}
	for at := first; at < p.Settings.DaysAhead; at++ {
		r := p.roomOn(staff, at)
		d.work(at, r)
		for i := range d.jobs {
			d.jobs[i].value *= d.jobs[i].growth
		}
	}
}

// room is what a member can do on one of the days, and what it must gain there.
type room struct {
	hands, sends int
	hand, send   float32 // fen: a contact by hand, a mass send
}

// roomOn returns it. Whoever else will need a member on a later day is not known yet;
// what the room was worth in the last nights stands for them.
func (p *Planner) roomOn(staff, at int) room {
	then := p.Day.AddDate(0, 0, at)
	r := room{hands: p.Settings.HandsOf(p.Org.Staff[staff], then), sends: p.Settings.MaxConfirmations}
	if p.Settings.rests(then) {
		r.sends = 0
	}
	if at == 0 {
		given := p.Given[p.Org.Staff[staff].ID]
		r.hands, r.sends = max(0, r.hands-given.Hands()), max(0, r.sends-given.Confirmations)
		return r
	}
	usual := p.days.usual
	r.hand, r.send = float32(usual.UsualContact), float32(usual.UsualConfirmation)
	return r
}

// work places jobs on one day.
func (d *days) work(at int, r room) {
	open := func(j *job) bool { return j.day == unplaced && int(j.from) <= at && j.value > j.cost }
	for i := range d.classes {
		d.classes[i].sum = 0
	}
	waiting := 0
	for i := range d.jobs {
		if j := &d.jobs[i]; open(j) {
			waiting++
			if j.channels&byMassSend != 0 {
				d.classes[j.class].sum += j.value - j.cost
			}
		}
	}
	if waiting > r.hands {
		d.send(at, r)
	}
	d.hand[at] = r.hand
	if r.hands == 0 {
		d.hand[at] = float32(math.Inf(1))
	}
	for i := range d.jobs {
		j := &d.jobs[i]
		switch {
		case !open(j):
		case j.channels&byMassSend != 0 && d.classes[j.class].sent&(1<<at) != 0:
			j.day = uint8(at)
		case j.channels&byHand == 0 || j.value-j.cost <= r.hand:
		case r.hands > 0:
			j.day, j.hand = uint8(at), true
			r.hands--
		default:
			d.hand[at] = max(d.hand[at], j.value-j.cost)
		}
	}
}

// send makes the mass sends of a day that gain most.
func (d *days) send(at int, r room) {
	d.tops = d.tops[:0]
	for n := range d.classes {
		if d.classes[n].sum > r.send {
			d.tops = append(d.tops, uint16(n))
		}
	}
	slices.SortFunc(d.tops, func(a, b uint16) int {
		x, y := &d.classes[a], &d.classes[b]
		return cmp.Or(cmp.Compare(y.sum, x.sum), cmp.Compare(x.part, y.part), cmp.Compare(x.line, y.line))
	})
	for _, n := range d.tops[:min(r.sends, len(d.tops))] {
		d.classes[n].sent |= 1 << at
	}
}

// waiting returns what the customer is worth on the best of the days after today.
func (d *days) waiting(j *job, ahead int) (most float32) {
	value, sent := j.gain, d.classes[j.class].sent
	for at := 1; at < ahead; at++ {
		value *= j.growth
		if j.channels&byMassSend != 0 && sent&(1<<at) != 0 {
			most = max(most, value-j.cost)
		} else if j.channels&byHand != 0 {
			most = max(most, value-j.cost-d.hand[at])
		}
	}
	return most
}

// planAhead adds what is expected of a member on the days after today, of those whom
// today does not reach.
func (p *Planner) planAhead(staff int, own []uint32) {
	p.gather(staff, own)
	p.days.usual = Price{} // what is known to come, whoever else may
	p.workThrough(staff, 1)
	d := p.days
	clear(d.rows)
	for i := range d.jobs {
		j := &d.jobs[i]
		if j.day == unplaced {
			continue
		}
		key := aheadKey{j.class, j.day, j.hand}
		row, known := d.rows[key]
		gain := float64(j.gain) * math.Pow(float64(j.growth), float64(j.day))
		if least := gain - float64(j.cost); !known || least < row.Least {
			row.Least = least
		}
		row.Customers, row.Gain = row.Customers+1, row.Gain+gain
		d.rows[key] = row
	}
	member := &p.Org.Staff[staff]
	for key, row := range d.rows {
		of := d.classes[key.class]
		row.Day, row.Staff, row.Store, row.Purpose, row.Line = p.Day.AddDate(0, 0, int(key.day)), member.ID, member.Store, planned[of.part].purpose, of.line
		row.Channel = event.MassSend
		if key.hand {
			row.Channel = event.OneToOne
		}
		d.list = append(d.list, row)
	}
}

// sortExpected puts those who are expected on the next days in the order of members.
func (p *Planner) sortExpected() {
	d := p.days
	d.begins = make([]int, len(p.Org.Staff)+1)
	for _, block := range d.expect.list {
		for i := range block {
			d.begins[block[i].staff+1]++
		}
	}
	for i := 1; i < len(d.begins); i++ {
		d.begins[i] += d.begins[i-1]
	}
	next := slices.Clone(d.begins)
	d.order = make([]uint32, d.expect.size())
	for i := range d.order {
		staff := d.expect.at(uint32(i)).staff
		d.order[next[staff]] = uint32(i)
		next[staff]++
	}
}

// Ahead returns, after Choose, what is expected of members on the days after today, in
// no order.
func (p *Planner) Ahead() []Ahead { return p.days.list }
