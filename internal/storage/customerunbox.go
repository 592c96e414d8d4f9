package storage

import (
	"encoding/binary"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/profile"
)

// opener opens boxes of customers. Lists of many customers share the memory
// that it keeps, so that opening a million makes no million of lists.
type opener struct {
	relations  []profile.Relation
	groups     []profile.Membership
	orders     []profile.Order
	lines      []id.Line
	days       []profile.TalkDay
	touches    []profile.Touch
	complaints []profile.Complaint
	needs      []profile.Need
	marks      []event.Instant
	tags       []profile.Tagged
	referrals  []profile.Referral
	openings   []profile.Opening
	surveys    []profile.SurveyAnswer
	judged     []profile.Judgement
	corps      []id.Corp
	later      []string          // stateWords from firstSpelled
	spelled    map[string]string // words seen before

	// of the box that is open
	bytes  []byte
	words  []string
	ids    []int64
	broken bool
}

func newOpener() *opener {
	return &opener{later: stateWords[firstSpelled:], spelled: map[string]string{}}
}

// reuse takes back the memory of all states that were opened: they must not be
// looked at any more.
func (o *opener) reuse() {
	o.relations, o.groups, o.orders, o.lines = o.relations[:0], o.groups[:0], o.orders[:0], o.lines[:0]
	o.days, o.touches, o.complaints, o.needs = o.days[:0], o.touches[:0], o.complaints[:0], o.needs[:0]
	o.marks, o.corps, o.tags, o.referrals, o.openings = o.marks[:0], o.corps[:0], o.tags[:0], o.referrals[:0], o.openings[:0]
	o.surveys, o.judged = o.surveys[:0], o.judged[:0]
}

// carve returns room for n items out of memory that is shared with others.
// Appending to it moves it elsewhere.
func carve[T any](from *[]T, n int) []T {
	if n == 0 {
		return nil
	}
	begin := len(*from)
	if begin+n > cap(*from) {
		*from, begin = make([]T, 0, max(n, min(2*cap(*from), mostCarved))), 0
	}
	*from = (*from)[:begin+n]
	return (*from)[begin : begin+n : begin+n]
}

// mostCarved is how many items are allocated at once: enough for the touches
// of a chunk of customers.
const mostCarved = 1 << 18

// open opens a box into c, whose fields it all overwrites. The state is good
// until reuse.
func (o *opener) open(box []byte, c *profile.Customer) error {
	const cborMap = 5 // major type, in the upper three bits
	if len(box) > 0 && box[0]>>5 == cborMap {
		return openOldest(box, c)
	}
	o.bytes, o.words, o.ids, o.broken = box, o.words[:0], o.ids[:0], false
	version := o.byte()
	if version < stateVersion || version > askedVersion {
		return fault.New(fault.Internal, "open the state of a customer: its version is not known")
	}
	o.customer(c)
	c.Tags, c.Referrer, c.Described, c.Openings = nil, profile.Referrer{}, profile.Description{}, profile.Openings{}
	c.Talk.LastWith = 0
	if version >= laterVersion {
		o.tagged(c)
		o.description(c)
	}
	if version >= openedVersion {
		o.opened(&c.Openings, c.FirstSeen)
	}
	if version >= talkedVersion {
		c.Talk.LastWith = id.Staff(o.id())
	}
	if version >= servedVersion {
		for i := range c.Touches.Recent {
			c.Touches.Recent[i].Service = o.byte() == 1
		}
	}
	c.Surveys, c.Judged = nil, nil
	if version >= askedVersion {
		o.asked(c)
	}
	if o.broken || len(o.bytes) > 0 {
		return fault.New(fault.Internal, "open the state of a customer: the box is damaged")
	}
	return nil
}

// openOldest opens a box in CBOR. The times of referrals stood apart in it.
func openOldest(box []byte, c *profile.Customer) error {
	var old struct {
		profile.Customer
		Brought []event.Instant `cbor:"13,keyasint,omitempty"`
	}
	if err := cbor.Unmarshal(box, &old); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	*c = old.Customer
	for _, at := range old.Brought {
		c.Referrals = append(c.Referrals, profile.Referral{At: at})
	}
	return nil
}

func (o *opener) customer(c *profile.Customer) {
	c.ID, c.FirstSeen = id.Customer(o.fixed()), event.Instant(o.integer())
	c.LastFact = o.time(c.FirstSeen)
	c.Refused, c.MergedInto = event.Instant(o.integer()), id.Customer(o.id())
	c.Corps = carve(&o.corps, o.count())
	for i := range c.Corps {
		c.Corps[i] = id.Corp(o.word())
	}
	c.Relations = carve(&o.relations, o.count())
	for i := range c.Relations {
		o.relation(&c.Relations[i], c.FirstSeen)
	}
	c.Groups = carve(&o.groups, o.count())
	for i := range c.Groups {
		m := &c.Groups[i]
		m.Group, m.Since = id.Group(o.id()), o.time(c.FirstSeen)
		m.Until = o.time(m.Since)
	}
	o.bought(&c.Orders, c.FirstSeen)
	o.talk(&c.Talk, c.FirstSeen)
	o.touched(&c.Touches, c.FirstSeen)
	c.Complaints = carve(&o.complaints, o.count())
	var before event.Instant
	for i := range c.Complaints {
		x := &c.Complaints[i]
		x.Opened = o.time(before)
		x.Closed, before = o.time(x.Opened), x.Opened
	}
	c.Needs, before = carve(&o.needs, o.count()), 0
	for i := range c.Needs {
		before = o.time(before)
		c.Needs[i] = profile.Need{At: before, Line: id.Line(o.id()), Asked: o.byte() == 1}
	}
	c.Referrals, before = carve(&o.referrals, o.count()), 0
	for i := range c.Referrals {
		before = o.time(before)
		c.Referrals[i] = profile.Referral{At: before}
	}
	c.Reactions = o.times()
}

func (o *opener) tagged(c *profile.Customer) {
	c.Tags = carve(&o.tags, o.count())
	for i := range c.Tags {
		c.Tags[i] = profile.Tagged{Tag: id.Tag(o.fixed()), At: event.Instant(o.integer()), By: o.word()}
	}
}

func (o *opener) description(c *profile.Customer) {
	for i := range c.Referrals {
		c.Referrals[i].Customer = id.Customer(o.id())
	}
	r, d := &c.Referrer, &c.Described
	r.By, r.As, r.Since = id.Customer(o.id()), id.Customer(o.id()), o.time(c.FirstSeen)
	r.Stayed, d.At = o.time(r.Since), o.time(c.FirstSeen)
	d.BirthMonth, d.BirthDay = int(o.integer()), int(o.integer())
	d.City, d.Level, d.Campaign = o.word(), o.word(), o.word()
	if n := o.count(); n > 0 {
		d.Tags = make([]string, n)
		for i := range d.Tags {
			d.Tags[i] = o.word()
		}
	}
}

func (o *opener) relation(r *profile.Relation, since event.Instant) {
	r.Staff, r.Since = id.Staff(o.id()), o.time(since)
	r.Until = o.time(r.Since)
	r.End, r.AddWay, r.State, r.Half, r.Tags = event.EndedBy(o.word()), int(o.integer()), o.word(), o.byte() == 1, nil
	if n := o.count(); n > 0 {
		r.Tags = make([]string, n)
		for i := range r.Tags {
			r.Tags[i] = o.word()
		}
	}
	r.NextUntil, r.NextEnd = o.time(r.Since), event.EndedBy(o.word())
}

func (o *opener) bought(all *profile.Orders, since event.Instant) {
	all.Count, all.Days = int(o.integer()), int(o.integer())
	all.First, all.Last = o.time(since), o.time(since)
	all.Turnover, all.Refunded = money.Fen(o.integer()), money.Fen(o.integer())
	all.Recent = carve(&o.orders, o.count())
	var before event.Instant
	for i := range all.Recent {
		x := &all.Recent[i]
		x.ID, x.At = id.Order(o.fixed()), o.time(before)
		x.Amount, x.Refunded, before = money.Fen(o.integer()), money.Fen(o.integer()), x.At
		x.Store, x.Shop = id.Store(o.id()), o.word()
		x.Lines = carve(&o.lines, o.count())
		for j := range x.Lines {
			x.Lines[j] = id.Line(o.id())
		}
	}
}

func (o *opener) talk(t *profile.Talk, since event.Instant) {
	t.Inbound, t.Outbound = int(o.integer()), int(o.integer())
	t.LastIn, t.LastOut = o.time(since), o.time(since)
	t.Days = carve(&o.days, o.count())
	var before event.Instant
	for i := range t.Days {
		before = o.time(before)
		t.Days[i] = profile.TalkDay{At: before, In: int(o.integer()), Out: int(o.integer()), Started: o.byte() == 1}
	}
}

func (o *opener) touched(t *profile.Touches, since event.Instant) {
	t.Count, t.Last = int(o.integer()), o.time(since)
	t.Recent = carve(&o.touches, o.count())
	var before event.Instant
	for i := range t.Recent {
		before = o.time(before)
		t.Recent[i] = profile.Touch{At: before, Staff: id.Staff(o.id()), Channel: event.Channel(o.word()), Purpose: event.Purpose(o.word()), Answered: o.time(before)}
	}
}

func (o *opener) opened(all *profile.Openings, since event.Instant) {
	all.Count, all.Last = int(o.integer()), o.time(since)
	all.Recent = carve(&o.openings, o.count())
	var before event.Instant
	for i := range all.Recent {
		before = o.time(before)
		all.Recent[i] = profile.Opening{At: before, Content: id.Code(o.id()), Touch: o.id()}
	}
}

func (o *opener) asked(c *profile.Customer) {
	var before event.Instant
	c.Surveys = carve(&o.surveys, o.count())
	for i := range c.Surveys {
		before = o.time(before)
		c.Surveys[i] = profile.SurveyAnswer{At: before, Survey: id.Code(o.id()), Score: int(o.integer()), Touch: o.id()}
	}
	c.Judged, before = carve(&o.judged, o.count()), 0
	for i := range c.Judged {
		before = o.time(before)
		c.Judged[i] = profile.Judgement{At: before, Rapport: event.Rapport(o.word())}
	}
}

func (o *opener) times() []event.Instant {
	list := carve(&o.marks, o.count())
	var before event.Instant
	for i := range list {
		before = o.time(before)
		list[i] = before
	}
	return list
}

// spoil makes everything that is still read a zero.
func (o *opener) spoil() { o.bytes, o.broken = nil, true }

func (o *opener) byte() byte {
	if len(o.bytes) == 0 {
		o.spoil()
		return 0
	}
	b := o.bytes[0]
	o.bytes = o.bytes[1:]
	return b
}

func (o *opener) integer() int64 {
	if len(o.bytes) > 0 && o.bytes[0] < 0x80 { // most are small
		b := o.bytes[0]
		o.bytes = o.bytes[1:]
		return int64(b>>1) ^ -int64(b&1)
	}
	v, n := binary.Varint(o.bytes)
	if n <= 0 {
		o.spoil()
		return 0
	}
	o.bytes = o.bytes[n:]
	return v
}

func (o *opener) fixed() int64 {
	if len(o.bytes) < 8 {
		o.spoil()
		return 0
	}
	v := binary.LittleEndian.Uint64(o.bytes)
	o.bytes = o.bytes[8:]
	return int64(v) //nolint:gosec // an id, kept as bits
}

func (o *opener) time(after event.Instant) event.Instant {
	switch apart := o.integer(); {
	case apart == 0:
		return 0
	case apart > 0:
		return after + event.Instant(apart-1)
	default:
		return after + event.Instant(apart)
	}
}

// count reads the length of a list, of which every item takes a byte or more.
func (o *opener) count() int {
	n := o.integer()
	if n < 0 || n > int64(len(o.bytes)) {
		o.spoil()
		return 0
	}
	return int(n)
}

func (o *opener) word() string {
	n := o.integer()
	if n >= 0 && n < firstSpelled {
		return stateWords[n]
	}
	if n < 0 {
		return o.laterWord(n)
	}
	switch n -= firstSpelled; {
	case n < int64(len(o.words)):
		return o.words[n]
	case n != int64(len(o.words)):
		o.spoil()
		return ""
	}
	length := o.count()
	w := o.spell(o.bytes[:length])
	o.bytes, o.words = o.bytes[length:], append(o.words, w)
	return w
}

func (o *opener) laterWord(n int64) string {
	if n < -int64(len(o.later)) {
		o.spoil()
		return ""
	}
	return o.later[-n-1]
}

// mostSpelled bounds how many words are remembered: shops, channel states and
// tags are few.
const mostSpelled = 10_000

func (o *opener) spell(letters []byte) string {
	if w, known := o.spelled[string(letters)]; known {
		return w
	}
	w := string(letters)
	if len(o.spelled) < mostSpelled {
		o.spelled[w] = w
	}
	return w
}

func (o *opener) id() int64 {
	switch n := o.integer(); {
	case n == 0:
		return 0
	case n > 0 && n <= int64(len(o.ids)):
		return o.ids[n-1]
	case n == int64(len(o.ids))+1:
		v := o.fixed()
		o.ids = append(o.ids, v)
		return v
	}
	o.spoil()
	return 0
}
