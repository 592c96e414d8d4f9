package profile

import (
	"siyu/internal/event"
	"siyu/internal/id"
)

// relation returns the entry for the member, added at the end if missing.
func (c *Customer) relation(staff id.Staff) *Relation {
	for i := range c.Relations {
		if c.Relations[i].Staff == staff {
			return &c.Relations[i]
		}
	}
	c.Relations = append(c.Relations, Relation{Staff: staff})
	return &c.Relations[len(c.Relations)-1]
}

func (c *Customer) relate(b event.RelationAdded, at event.Instant) {
	r := c.relation(b.Staff)
	switch {
	case r.Since == at && !b.Half:
		r.Half = false // the one-sided add was confirmed
	case at < r.Since:
		return // an older connection of the same two, learned late
	case at <= r.Until:
		r.Since, r.AddWay, r.State = at, b.AddWay, b.State // its end was known first
	case at <= r.NextUntil:
		*r = Relation{Staff: b.Staff, Since: at, Until: r.NextUntil, End: r.NextEnd, AddWay: b.AddWay, State: b.State, Tags: r.Tags}
	default:
		*r = Relation{Staff: b.Staff, Since: at, AddWay: b.AddWay, State: b.State, Half: b.Half, Tags: r.Tags}
	}
}

func (c *Customer) endRelation(b event.RelationEnded, at event.Instant) {
	r := c.relation(b.Staff)
	switch {
	case at < r.Since:
	case r.Until == 0, r.End == event.ByNobody:
		r.Until, r.End = at, b.By
	case at > r.Until:
		r.NextUntil, r.NextEnd = max(r.NextUntil, at), b.By
	}
}

func (c *Customer) tagRelation(b event.RelationTagged, _ event.Instant) {
	c.relation(b.Staff).Tags = b.Tags
}

// Staff returns the members with an active relation, oldest relation first.
func (c *Customer) Staff() []id.Staff {
	var active []Relation
	for _, r := range c.Relations {
		if r.Active() && r.Since != 0 {
			active = insert(active, r, func(r Relation) event.Instant { return r.Since })
		}
	}
	staff := make([]id.Staff, len(active))
	for i, r := range active {
		staff[i] = r.Staff
	}
	return staff
}

// Owner returns the first of Staff, 0 if there is none.
func (c *Customer) Owner() id.Staff {
	var first *Relation
	for i := range c.Relations {
		r := &c.Relations[i]
		if r.Active() && r.Since != 0 && (first == nil || r.Since < first.Since) {
			first = r
		}
	}
	if first == nil {
		return 0
	}
	return first.Staff
}

// LostAt returns when the customer last deleted a member of staff, 0 if never.
func (c *Customer) LostAt() event.Instant {
	var lost event.Instant
	for _, r := range c.Relations {
		if r.End == event.ByCustomer {
			lost = max(lost, r.Until)
		}
	}
	return lost
}

func (c *Customer) membership(group id.Group) *Membership {
	for i := range c.Groups {
		if c.Groups[i].Group == group {
			return &c.Groups[i]
		}
	}
	c.Groups = append(c.Groups, Membership{Group: group})
	return &c.Groups[len(c.Groups)-1]
}

func (c *Customer) joinGroup(b event.GroupJoined, at event.Instant) {
	m := c.membership(b.Group)
	if at < m.Since {
		return
	}
	m.Since = at
	if m.Until <= at {
		m.Until = 0
	}
}

func (c *Customer) leaveGroup(b event.GroupLeft, at event.Instant) {
	m := c.membership(b.Group)
	if at >= m.Since && m.Until == 0 {
		m.Until = at
	}
}
