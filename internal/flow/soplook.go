package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// looked is what was read of customers to ask processes about them.
type looked struct {
	*Operator
	read    sop.Needs
	today   int64
	states  map[id.Customer]*profile.Customer
	judged  map[id.Customer]*Judged
	known   map[id.Customer]*insight.Customer
	members map[id.Customer][]int64
}

// look reads what is needed of customers that answer for themselves.
func (o *Operator) look(ctx context.Context, customers []id.Customer, needs sop.Needs, now time.Time) (*looked, error) {
	l := &looked{Operator: o, read: needs, today: event.At(now).Day()}
	if needs.Profile || needs.Rules {
		states, err := o.flow.states.LoadCustomers(ctx, customers)
		if err != nil {
			return nil, fmt.Errorf("load customers: %w", err)
		}
		l.states = make(map[id.Customer]*profile.Customer, len(states))
		for i := range states {
			l.states[states[i].ID] = &states[i]
		}
	}
	if needs.Rules {
		judged, err := o.flow.facets.Judged(ctx, customers)
		if err != nil {
			return nil, err
		}
		l.judged = make(map[id.Customer]*Judged, len(judged))
		for i := range judged {
			l.judged[judged[i].ID] = &judged[i]
		}
	}
	var err error
	if needs.Insight {
		if l.known, err = o.understood(ctx, customers); err != nil {
			return nil, err
		}
	}
	if needs.Member || needs.Rules {
		l.members, err = o.flow.audiences.MembershipsOf(ctx, customers)
	}
	return l, err
}

// understood returns all that is understood of customers, of those of whom anything
// is.
func (o *Operator) understood(ctx context.Context, customers []id.Customer) (map[id.Customer]*insight.Customer, error) {
	list, err := o.flow.known.LoadInsights(ctx, customers)
	known := make(map[id.Customer]*insight.Customer, len(list))
	for i := range list {
		known[list[i].ID] = &list[i]
	}
	return known, err
}

// seen returns what conditions are asked of, of one customer.
func (l *looked) seen(who id.Customer, p *Process) sop.Seen {
	s := sop.Seen{Read: l.read, Profile: l.states[who], Insight: l.known[who], In: true}
	if p != nil && p.Audience != 0 && l.read.Member {
		s.In = slices.Contains(l.members[who], p.Audience)
	}
	s.Fits = l.fits(who)
	return s
}

// fits returns what asks rules of audiences of a customer, nil where rows were not
// read. The row is made when the first rule asks.
func (l *looked) fits(who id.Customer) func(*audience.Rule) bool {
	if !l.read.Rules {
		return nil
	}
	var asked *audience.Asked
	return func(rule *audience.Rule) bool {
		state := l.states[who]
		if state == nil {
			return false
		}
		if asked == nil {
			subject, has := l.flow.subject(state, l.judged[who])
			if !has {
				return false
			}
			row := audience.NewRow(subject, l.today)
			asked = &audience.Asked{Row: &row, Today: l.today, Members: func(number int64) bool { return l.member(who, number) }}
		}
		return l.matcher(rule).Matches(*asked)
	}
}

// member tells whether the customer is in an audience, as far as its members are
// stored or in the index.
func (l *looked) member(who id.Customer, number int64) bool {
	if slices.Contains(l.members[who], number) {
		return true
	}
	ix := l.flow.Index()
	if ix == nil {
		return false
	}
	crowd := ix.Members(number)
	return crowd != nil && crowd.Has(who)
}
