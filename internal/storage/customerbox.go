package storage

import (
	"encoding/binary"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// The state of a customer is kept as one box of bytes, written by hand because
// a night reads one of every customer: times are differences to another time,
// ids and words that come again are named by their place. Equal states are
// equal bytes.

// The versions that lead boxes. A box is of a later one only where the state
// says something that those before have no place for, so that who says nothing
// of the kind takes no room for it. Boxes that begin with a CBOR map are older
// than all and still open.
const (
	stateVersion  = 1
	laterVersion  = 2 // tags, referrer, description
	openedVersion = 3 // openings
	talkedVersion = 4 // with whom the customer chatted last
	servedVersion = 5 // which touches answered the customer
	askedVersion  = 6 // answers to surveys, what members think of the customer
)

// stateWords are the words that boxes need not spell. Boxes name them by their
// place: more may be appended, none may move or go.
var stateWords = [...]string{"",
	string(event.ByCustomer), string(event.ByStaff), string(event.ByTransfer), string(event.ByNobody),
	string(event.MassSend), string(event.OneToOne), string(event.Welcome), string(event.Moments), string(event.GroupPost),
	string(event.Serve), string(event.Ask), string(event.Remind), string(event.Promote), string(event.Greet),
	string(event.Close), string(event.Lukewarm), string(event.Cold),
	string(event.MassElsewhere)}

// firstSpelled is the number of the first word that a box of this version
// spells: of how many stateWords there were. Those that came later have
// negative numbers, so that no spelled one gets another.
const firstSpelled = 15

// statePacker writes a box.
type statePacker struct {
	bytes []byte
	table []string // stateWords
	words []string // spelled in this box
	ids   []int64  // written in this box
}

// packCustomer appends the box of a state to bytes.
func packCustomer(bytes []byte, c *profile.Customer) []byte {
	p := statePacker{bytes: bytes, table: stateWords[:]}
	p.customer(c)
	return p.bytes
}

func (p *statePacker) customer(c *profile.Customer) {
	version := versionOf(c)
	p.bytes = append(p.bytes, version)
	p.fixed(int64(c.ID))
	p.integer(int64(c.FirstSeen))
	p.time(c.LastFact, c.FirstSeen)
	p.integer(int64(c.Refused))
	p.id(int64(c.MergedInto))
	packList(p, c.Corps, func(corp, _ id.Corp) { p.word(string(corp)) })
	packList(p, c.Relations, func(r, _ profile.Relation) { p.relation(&r, c.FirstSeen) })
	packList(p, c.Groups, func(m, _ profile.Membership) {
		p.id(int64(m.Group))
		p.time(m.Since, c.FirstSeen)
		p.time(m.Until, m.Since)
	})
	p.orders(&c.Orders, c.FirstSeen)
	p.talk(&c.Talk, c.FirstSeen)
	p.touches(&c.Touches, c.FirstSeen)
	packList(p, c.Complaints, func(x, before profile.Complaint) {
		p.time(x.Opened, before.Opened)
		p.time(x.Closed, x.Opened)
	})
	packList(p, c.Needs, func(n, before profile.Need) {
		p.time(n.At, before.At)
		p.id(int64(n.Line))
		p.flag(n.Asked)
	})
	packList(p, c.Referrals, func(r, before profile.Referral) { p.time(r.At, before.At) })
	packList(p, c.Reactions, func(at, before event.Instant) { p.time(at, before) })
	if version >= laterVersion {
		p.tags(c.Tags)
		p.description(c)
	}
	if version >= openedVersion {
		p.openings(&c.Openings, c.FirstSeen)
	}
	if version >= talkedVersion {
		p.id(int64(c.Talk.LastWith))
	}
	if version >= servedVersion {
		for i := range c.Touches.Recent {
			p.flag(c.Touches.Recent[i].Service)
		}
	}
	if version >= askedVersion {
		p.asked(c)
	}
}

// versionOf returns the first version that has a place for all that the state
// says.
func versionOf(c *profile.Customer) byte {
	switch o := &c.Openings; {
	case len(c.Surveys) > 0 || len(c.Judged) > 0:
		return askedVersion
	case slices.ContainsFunc(c.Touches.Recent, func(t profile.Touch) bool { return t.Service }):
		return servedVersion
	case c.Talk.LastWith != 0:
		return talkedVersion
	case o.Count != 0 || o.Last != 0 || len(o.Recent) > 0:
		return openedVersion
	case toldLater(c):
		return laterVersion
	}
	return stateVersion
}

// toldLater tells whether the state holds anything that the first version has no
// place for.
func toldLater(c *profile.Customer) bool {
	d := &c.Described
	return len(c.Tags) > 0 || c.Referrer != (profile.Referrer{}) || d.At != 0 || d.BirthMonth != 0 || d.BirthDay != 0 ||
		d.City != "" || d.Level != "" || d.Campaign != "" || len(d.Tags) > 0 ||
		slices.ContainsFunc(c.Referrals, func(r profile.Referral) bool { return r.Customer != 0 })
}

func (p *statePacker) tags(list []profile.Tagged) {
	packList(p, list, func(t, _ profile.Tagged) {
		p.fixed(int64(t.Tag))
		p.integer(int64(t.At))
		p.word(t.By)
	})
}

func (p *statePacker) description(c *profile.Customer) {
	for _, r := range c.Referrals {
		p.id(int64(r.Customer))
	}
	r, d := &c.Referrer, &c.Described
	p.id(int64(r.By))
	p.id(int64(r.As))
	p.time(r.Since, c.FirstSeen)
	p.time(r.Stayed, r.Since)
	p.time(d.At, c.FirstSeen)
	p.integer(int64(d.BirthMonth))
	p.integer(int64(d.BirthDay))
	p.word(d.City)
	p.word(d.Level)
	p.word(d.Campaign)
	packList(p, d.Tags, func(tag, _ string) { p.word(tag) })
}

// packList writes the length of a list and its items, each with the one before
// it.
func packList[T any](p *statePacker, list []T, item func(item, before T)) {
	p.integer(int64(len(list)))
	var before T
	for i := range list {
		item(list[i], before)
		before = list[i]
	}
}

func (p *statePacker) relation(r *profile.Relation, since event.Instant) {
	p.id(int64(r.Staff))
	p.time(r.Since, since)
	p.time(r.Until, r.Since)
	p.word(string(r.End))
	p.integer(int64(r.AddWay))
	p.word(r.State)
	p.flag(r.Half)
	packList(p, r.Tags, func(tag, _ string) { p.word(tag) })
	p.time(r.NextUntil, r.Since)
	p.word(string(r.NextEnd))
}

func (p *statePacker) orders(o *profile.Orders, since event.Instant) {
	p.integer(int64(o.Count))
	p.integer(int64(o.Days))
	p.time(o.First, since)
	p.time(o.Last, since)
	p.integer(int64(o.Turnover))
	p.integer(int64(o.Refunded))
	packList(p, o.Recent, func(x, before profile.Order) {
		p.fixed(int64(x.ID))
		p.time(x.At, before.At)
		p.integer(int64(x.Amount))
		p.integer(int64(x.Refunded))
		p.id(int64(x.Store))
		p.word(x.Shop)
		packList(p, x.Lines, func(line, _ id.Line) { p.id(int64(line)) })
	})
}

func (p *statePacker) talk(t *profile.Talk, since event.Instant) {
	p.integer(int64(t.Inbound))
	p.integer(int64(t.Outbound))
	p.time(t.LastIn, since)
	p.time(t.LastOut, since)
	packList(p, t.Days, func(d, before profile.TalkDay) {
		p.time(d.At, before.At)
		p.integer(int64(d.In))
		p.integer(int64(d.Out))
		p.flag(d.Started)
	})
}

func (p *statePacker) touches(t *profile.Touches, since event.Instant) {
	p.integer(int64(t.Count))
	p.time(t.Last, since)
	packList(p, t.Recent, func(x, before profile.Touch) {
		p.time(x.At, before.At)
		p.id(int64(x.Staff))
		p.word(string(x.Channel))
		p.word(string(x.Purpose))
		p.time(x.Answered, x.At)
	})
}

func (p *statePacker) openings(o *profile.Openings, since event.Instant) {
	p.integer(int64(o.Count))
	p.time(o.Last, since)
	packList(p, o.Recent, func(x, before profile.Opening) {
		p.time(x.At, before.At)
		p.id(int64(x.Content))
		p.id(x.Touch)
	})
}

func (p *statePacker) asked(c *profile.Customer) {
	packList(p, c.Surveys, func(x, before profile.SurveyAnswer) {
		p.time(x.At, before.At)
		p.id(int64(x.Survey))
		p.integer(int64(x.Score))
		p.id(x.Touch)
	})
	packList(p, c.Judged, func(x, before profile.Judgement) {
		p.time(x.At, before.At)
		p.word(string(x.Rapport))
	})
}

func (p *statePacker) integer(v int64) { p.bytes = binary.AppendVarint(p.bytes, v) }

func (p *statePacker) fixed(v int64) {
	p.bytes = binary.LittleEndian.AppendUint64(p.bytes, uint64(v)) //nolint:gosec // an id, kept as bits
}

func (p *statePacker) flag(v bool) { p.bytes = append(p.bytes, byte(flag(v))) }

// time writes how much later than another time one is; 0, which means never,
// stays 0.
func (p *statePacker) time(at, after event.Instant) {
	apart := int64(at - after)
	switch {
	case at == 0:
		apart = 0
	case apart >= 0:
		apart++
	}
	p.integer(apart)
}

// word writes the number of a word of the table or of one spelled before, or
// the number that comes next, and spells it.
func (p *statePacker) word(w string) {
	for i, known := range p.table {
		if known == w {
			p.integer(numberAt(i, firstSpelled))
			return
		}
	}
	for i, known := range p.words {
		if known == w {
			p.integer(int64(firstSpelled + i))
			return
		}
	}
	p.integer(int64(firstSpelled + len(p.words)))
	p.words = append(p.words, w)
	p.integer(int64(len(w)))
	p.bytes = append(p.bytes, w...)
}

// numberAt returns the number of the word at a place of a table that had as
// many words as set when the version was set: its place, or -1, -2, ... for
// those that came later.
func numberAt(place, set int) int64 {
	if place < set {
		return int64(place)
	}
	return int64(set - 1 - place)
}

// id writes ids that come again in the same way; 0 has number 0.
func (p *statePacker) id(v int64) {
	if v == 0 {
		p.integer(0)
		return
	}
	for i, known := range p.ids {
		if known == v {
			p.integer(int64(1 + i))
			return
		}
	}
	p.integer(int64(1 + len(p.ids)))
	p.ids = append(p.ids, v)
	p.fixed(v)
}
