package simulator

import (
	"slices"
	"time"

	"siyu/internal/fault"
)

// Message is one chat message. In a single chat From and To are a member and
// a customer, in a group Room is the chat id and To is empty. Kind is a
// msgtype of the archive ("text", "image", "voice", ...). Length is the number
// of characters of a text, else bytes or seconds. ReplyTo is the sequence
// number of the message it answers, 0 for none. Text is optional: without it
// the archive makes up a body of that length.
type Message struct {
	From, To, Room string
	Kind           string
	Length         int
	ReplyTo        uint32
	Text           string
}

// party is a member or an external contact in the message log.
type party uint32

const externalBit party = 1 << 31

// entry is one message of the log, small because a year has a million.
type entry struct {
	at      int64 // unix ms
	from    party
	to      party
	room    uint32 // group number + 1
	replyTo uint32
	length  uint32
	kind    uint8
}

// chatLog is every message in the order it was written down. Sequence numbers
// are positions + 1.
type chatLog struct {
	entries   []entry
	byDay     map[int32][]uint32
	kinds     []string
	texts     map[uint32]string
	announced time.Time
}

func newChatLog() chatLog {
	return chatLog{byDay: map[int32][]uint32{}, texts: map[uint32]string{}}
}

// ChatMessage lets a message be written and returns its sequence number in
// the archive.
func (h People) ChatMessage(m Message) (seq uint32, err error) {
	err = h.act(func(p *Platform) error {
		kind, err := p.chats.kind(m.Kind)
		if err != nil {
			return err
		}
		e := entry{at: h.when().UnixMilli(), length: uint32(m.Length), replyTo: m.ReplyTo, kind: kind}
		if err := p.address(h, m, &e); err != nil {
			return err
		}
		seq = p.chats.add(e)
		if m.Text != "" {
			p.chats.texts[seq] = m.Text
		}
		p.announceArchive(h)
		return nil
	})
	return seq, err
}

// address resolves sender and receiver and notes on the pair that they talked.
func (p *Platform) address(h People, m Message, e *entry) error {
	from, fromPerson, err := p.party(m.From)
	if err != nil {
		return err
	}
	e.from = from
	if m.Room != "" {
		g, err := p.groups.of(m.Room)
		if err != nil {
			return err
		}
		if !h.silent && g.present[m.From] == 0 {
			return fault.New(fault.Conflict, "%q is not in group %q", m.From, m.Room)
		}
		e.room = g.number + 1
		return nil
	}
	to, toPerson, err := p.party(m.To)
	if err != nil {
		return err
	}
	e.to = to
	if (fromPerson.member == nil) == (toPerson.member == nil) {
		return fault.New(fault.Invalid, "a single chat is between a member and a customer, not %q and %q", m.From, m.To)
	}
	if fromPerson.member == nil {
		fromPerson, toPerson = toPerson, fromPerson
	}
	rel := toPerson.ext.with(fromPerson.member)
	if rel == nil || rel.bond > bondAdded {
		return fault.New(fault.Conflict, "%q and %q are not connected", m.From, m.To)
	}
	rel.lastChat, rel.chatted = max(rel.lastChat, e.at), true
	if from&externalBit != 0 {
		p.links.customerWrote(h, rel)
	}
	return nil
}

// person is a member or an external contact.
type person struct {
	member *member
	ext    *external
}

func (p *Platform) party(id string) (party, person, error) {
	if m := p.org.members[id]; m != nil {
		return party(m.number), person{member: m}, nil
	}
	if e := p.people.byID[id]; e != nil {
		return party(e.number) | externalBit, person{ext: e}, nil
	}
	return 0, person{}, fault.New(fault.NotFound, "nobody has the id %q", id)
}

func (p *Platform) nameOf(who party) string {
	if who&externalBit != 0 {
		return p.people.order[who&^externalBit].ExternalUserID
	}
	return p.org.order[who].UserID
}

// kind returns the number of a message kind; a year holds only a few kinds.
func (l *chatLog) kind(name string) (uint8, error) {
	i := slices.Index(l.kinds, name)
	if i < 0 {
		if err := needKind(name); err != nil {
			return 0, err
		}
		l.kinds = append(l.kinds, name)
		i = len(l.kinds) - 1
	}
	return uint8(i), nil
}

func (l *chatLog) add(e entry) uint32 {
	l.entries = append(l.entries, e)
	seq := uint32(len(l.entries))
	day := dayNumber(time.UnixMilli(e.at))
	l.byDay[day] = append(l.byDay[day], seq)
	return seq
}

// onDay calls f for every message of a Beijing day, in the order written.
func (l *chatLog) onDay(day int32, f func(entry)) {
	for _, seq := range l.byDay[day] {
		f(l.entries[seq-1])
	}
}
