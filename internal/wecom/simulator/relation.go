package simulator

import (
	"time"

	"siyu/internal/fault"
)

// Friendship is a customer and a member adding each other. AddWay and State
// are what the platform reports as add_way and state.
type Friendship struct {
	UserID, ExternalUserID string
	AddWay                 int
	State                  string
}

// Ways of adding that the simulator itself uses.
const (
	AddWayScan        = 1
	AddWayAdmin       = 202
	AddWayAcquisition = 16
)

// maxCustomers is the number of customers one member can have after extension.
const maxCustomers = 20000

// AddRelation lets a customer and a member become connected. Now, it issues a
// welcome code to every app that listens, unless the rules withhold it.
func (h People) AddRelation(f Friendship) error {
	return h.act(func(p *Platform) error { return p.befriend(h, f, bondAdded) })
}

// HalfAdd lets a customer add a member who has not confirmed yet. The pair
// stays invisible to calls; the welcome code can be used all the same.
func (h People) HalfAdd(f Friendship) error {
	return h.act(func(p *Platform) error { return p.befriend(h, f, bondHalf) })
}

// ConfirmHalf lets the member accept a customer who half-added them.
func (h People) ConfirmHalf(userID, externalUserID string) error {
	return h.act(func(p *Platform) error {
		rel, err := p.pair(userID, externalUserID)
		if err != nil {
			return err
		}
		if rel.bond != bondHalf {
			return fault.New(fault.Conflict, "%q has nothing to confirm for %q", userID, externalUserID)
		}
		return p.befriend(h, Friendship{UserID: userID, ExternalUserID: externalUserID, AddWay: rel.way, State: rel.state}, bondAdded)
	})
}

func (p *Platform) befriend(h People, f Friendship, to bond) error {
	m, err := p.org.of(f.UserID)
	if err != nil {
		return err
	}
	e, err := p.people.of(f.ExternalUserID)
	if err != nil {
		return err
	}
	if !m.serves() {
		return fault.New(fault.Conflict, "member %q has no customer contact", f.UserID)
	}
	if p.friendsOf(m) >= maxCustomers {
		return fault.New(fault.Conflict, "member %q has %d customers, the most there can be", f.UserID, maxCustomers)
	}
	rel := e.with(m)
	if rel != nil && rel.bond >= to && rel.bond <= bondAdded {
		return fault.New(fault.Conflict, "%q and %q are connected already", f.UserID, f.ExternalUserID)
	}
	rel = p.connect(m, e, rel)
	confirmed := rel.bond == bondHalf
	rel.bond, rel.added, rel.way, rel.state, rel.oper = to, h.when(), f.AddWay, f.State, m.UserID
	p.countAdd(rel, confirmed)
	p.announceAdd(h, rel)
	return nil
}

// connect returns the pair to be used: a new one, or the old one. A member
// who deleted the customer has lost what they noted.
func (p *Platform) connect(m *member, e *external, old *relation) *relation {
	if old == nil {
		old = &relation{member: m, ext: e}
		m.relations = append(m.relations, old)
		e.relations = append(e.relations, old)
	}
	if old.bond == bondDeletedByMember {
		old.tags, old.own, old.mobiles = nil, nil, nil
		old.remark, old.desc, old.company = "", "", ""
	}
	if old.bond != bondHalf {
		old.chatted, old.codeGiven = false, false
	}
	return old
}

func (p *Platform) countAdd(rel *relation, confirmed bool) {
	day := p.dayOf(rel.member, rel.added)
	if !confirmed {
		day.applies++
	}
	if rel.bond == bondAdded {
		day.contacts++
	}
}

func (p *Platform) announceAdd(h People, rel *relation) {
	change := "add_external_contact"
	if rel.bond == bondHalf {
		change = "add_half_external_contact"
	}
	e := pairEvent(change, rel)
	if rel.state != "" {
		e.fields = append(e.fields, text("State", rel.state))
	}
	if !h.silent {
		e.perApp = p.welcomes.issue(p, rel)
	}
	h.emit(p, e)
}

// friendsOf counts the member's present customers.
func (p *Platform) friendsOf(m *member) int {
	n := 0
	for _, r := range m.relations {
		if r.bond == bondAdded {
			n++
		}
	}
	return n
}

// DeleteByMember lets the member delete the customer.
func (h People) DeleteByMember(userID, externalUserID string) error {
	return h.onPair(userID, externalUserID, func(p *Platform, rel *relation) error {
		rel.bond = bondDeletedByMember
		h.emit(p, pairEvent("del_external_contact", rel))
		return nil
	})
}

// DeleteInBulk lets the member delete so many customers one after the other, those
// added last first, and returns how many there were to delete. Each is told of by a
// callback of its own, as WeCom does.
func (h People) DeleteInBulk(userID string, most int) (deleted int, err error) {
	return deleted, h.act(func(p *Platform) error {
		m, err := p.org.of(userID)
		if err != nil {
			return err
		}
		for i := len(m.relations) - 1; i >= 0 && deleted < most; i-- {
			if rel := m.relations[i]; rel.bond == bondAdded {
				rel.bond = bondDeletedByMember
				h.emit(p, pairEvent("del_external_contact", rel))
				deleted++
			}
		}
		return nil
	})
}

// DeleteByCustomer lets the customer delete the member: the loss signal.
func (h People) DeleteByCustomer(userID, externalUserID string) error {
	return h.onPair(userID, externalUserID, func(p *Platform, rel *relation) error {
		rel.bond = bondDeletedByCustomer
		p.dayOf(rel.member, h.when()).negative++
		h.emit(p, pairEvent("del_follow_user", rel))
		return nil
	})
}

type dayKey struct {
	member uint32
	day    int32
}

// dayCount holds what one member saw on one day apart from chats.
type dayCount struct{ applies, contacts, negative int }

func (p *Platform) dayOf(m *member, at time.Time) *dayCount {
	key := dayKey{m.number, dayNumber(at)}
	if p.daily[key] == nil {
		p.daily[key] = &dayCount{}
	}
	return p.daily[key]
}

// beijing is the offset of the platform's days; there is no summer time.
const (
	beijing   = 8 * time.Hour
	dayLength = 24 * time.Hour
)

// dayNumber counts Beijing days since 1970-01-01.
func dayNumber(at time.Time) int32 {
	return int32((at.UnixMilli() + beijing.Milliseconds()) / dayLength.Milliseconds())
}

func dayStart(day int32) time.Time {
	return time.UnixMilli(int64(day)*dayLength.Milliseconds() - beijing.Milliseconds())
}
