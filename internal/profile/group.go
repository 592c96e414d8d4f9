package profile

import (
	"fmt"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Group is what is known of one group chat.
type Group struct {
	ID        id.Group      `cbor:"1,keyasint"`
	Corp      id.Corp       `cbor:"2,keyasint,omitempty"`
	Name      string        `cbor:"3,keyasint,omitempty"`
	Owner     id.Staff      `cbor:"4,keyasint,omitempty"`
	Created   event.Instant `cbor:"5,keyasint,omitempty"`
	Dismissed event.Instant `cbor:"6,keyasint,omitempty"`
	Customers int           `cbor:"7,keyasint,omitempty"` // members who are customers, as WeCom last said
	Staff     int           `cbor:"8,keyasint,omitempty"`
	Version   string        `cbor:"9,keyasint,omitempty"`
	Days      []GroupDay    `cbor:"10,keyasint,omitempty"` // the last RecentDays with anything, oldest first
	LastTalk  event.Instant `cbor:"11,keyasint,omitempty"` // of a customer
}

// GroupDay is what happened in a group on one business day.
type GroupDay struct {
	At       event.Instant `cbor:"1,keyasint"` // of the day's first fact
	Joins    int           `cbor:"2,keyasint,omitempty"`
	Leaves   int           `cbor:"3,keyasint,omitempty"`
	Messages int           `cbor:"4,keyasint,omitempty"` // of customers
}

func (d GroupDay) when() event.Instant { return d.At }

// Apply folds a fact about the group, or about a customer in it, into the
// state. Facts that do not touch the group change nothing.
func (g *Group) Apply(f event.Fact) error {
	at := event.At(f.At)
	var err error
	switch f.Kind {
	case event.KindGroupSeen:
		err = g.see(f)
	case event.KindGroupDismissed:
		g.Dismissed = at
	case event.KindGroupJoined:
		g.day(at).Joins++
	case event.KindGroupLeft:
		g.day(at).Leaves++
	case event.KindMessageExchanged:
		g.day(at).Messages++
		g.LastTalk = max(g.LastTalk, at)
	}
	if err != nil {
		return fmt.Errorf("fold group %s: %w", id.Text(g.ID), err)
	}
	return nil
}

func (g *Group) see(f event.Fact) error {
	b, err := event.Read[event.GroupSeen](f)
	if err != nil {
		return err
	}
	g.Corp, g.Name, g.Owner, g.Version = b.Corp, b.Name, b.Owner, b.Version
	g.Created, g.Customers, g.Staff = event.At(b.CreatedAt), b.Customers, b.Staff
	return nil
}

func (g *Group) day(at event.Instant) *GroupDay {
	for i := len(g.Days) - 1; i >= 0; i-- {
		if g.Days[i].At.Day() == at.Day() {
			return &g.Days[i]
		}
	}
	g.Days = last(insert(g.Days, GroupDay{At: at}, GroupDay.when), RecentDays)
	for i := range g.Days {
		if g.Days[i].At == at {
			return &g.Days[i]
		}
	}
	return &GroupDay{}
}

// Since sums up what happened in the group after the instant.
func (g *Group) Since(after event.Instant) GroupDay {
	sum := GroupDay{At: after}
	for _, d := range g.Days {
		if d.At > after {
			sum.Joins += d.Joins
			sum.Leaves += d.Leaves
			sum.Messages += d.Messages
		}
	}
	return sum
}

// GroupOf returns the group that a fact about a customer or group touches, 0
// for none.
func GroupOf(f event.Fact) (id.Group, error) {
	switch f.Kind {
	case event.KindGroupSeen, event.KindGroupDismissed:
		return id.Group(f.Subject.ID), nil
	case event.KindGroupJoined:
		b, err := event.Read[event.GroupJoined](f)
		return b.Group, err
	case event.KindGroupLeft:
		b, err := event.Read[event.GroupLeft](f)
		return b.Group, err
	case event.KindMessageExchanged:
		b, err := event.Read[event.MessageExchanged](f)
		if !b.Inbound {
			return 0, err
		}
		return b.Group, err
	}
	return 0, nil
}
