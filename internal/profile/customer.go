// Package profile is the state of customers, groups and staff, folded from
// facts. Folding the same facts twice gives the same state; nothing here
// reads a clock or a database.
package profile

import (
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/money"
)

// Customer is what is known of one person, without personal data. It is kept
// small, because a million of them are read in one night: lists hold the most
// recent entries only, beside totals that hold everything.
type Customer struct {
	ID         id.Customer   `cbor:"1,keyasint"`
	Corps      []id.Corp     `cbor:"2,keyasint,omitempty"` // that know this person, sorted
	FirstSeen  event.Instant `cbor:"3,keyasint"`
	LastFact   event.Instant `cbor:"4,keyasint"`
	Relations  []Relation    `cbor:"5,keyasint,omitempty"`
	Groups     []Membership  `cbor:"6,keyasint,omitempty"`
	Orders     Orders        `cbor:"7,keyasint,omitempty"`
	Talk       Talk          `cbor:"8,keyasint,omitempty"`
	Touches    Touches       `cbor:"9,keyasint,omitempty"`
	Refused    event.Instant `cbor:"10,keyasint,omitempty"` // last word on marketing: refused at t, or allowed at -t; 0: never asked
	Complaints []Complaint   `cbor:"11,keyasint,omitempty"`
	Needs      []Need        `cbor:"12,keyasint,omitempty"` // most recent last
	// 13 held the times of Referrals
	Reactions  []event.Instant `cbor:"14,keyasint,omitempty"` // likes and comments of Moments
	MergedInto id.Customer     `cbor:"15,keyasint,omitempty"` // not 0: that customer answers for this one
	Referrals  []Referral      `cbor:"17,keyasint,omitempty"` // brought customers who stayed, by time
	Referrer   Referrer        `cbor:"18,keyasint,omitempty"`
	Described  Description     `cbor:"19,keyasint,omitempty"`
	Tags       []Tagged        `cbor:"16,keyasint,omitempty"` // of the brand's own, in order of their ids
	Openings   Openings        `cbor:"20,keyasint,omitempty"`
	Surveys    []SurveyAnswer  `cbor:"21,keyasint,omitempty"` // most recent last
	Judged     []Judgement     `cbor:"22,keyasint,omitempty"` // by members, most recent last
}

// Relation is one staff x customer connection, present or past.
type Relation struct {
	Staff  id.Staff      `cbor:"1,keyasint"`
	Since  event.Instant `cbor:"2,keyasint"`
	Until  event.Instant `cbor:"3,keyasint,omitempty"` // 0: still connected
	End    event.EndedBy `cbor:"4,keyasint,omitempty"`
	AddWay int           `cbor:"5,keyasint,omitempty"`
	State  string        `cbor:"6,keyasint,omitempty"`
	Half   bool          `cbor:"7,keyasint,omitempty"`
	Tags   []string      `cbor:"8,keyasint,omitempty"`
	// An end after Until: of a connection whose beginning is still to be told,
	// because callbacks arrive in any order.
	NextUntil event.Instant `cbor:"9,keyasint,omitempty"`
	NextEnd   event.EndedBy `cbor:"10,keyasint,omitempty"`
}

// Active tells whether the relation still stands and messages can be sent.
func (r Relation) Active() bool { return r.Until == 0 && !r.Half }

// Membership is the customer's time in one group.
type Membership struct {
	Group id.Group      `cbor:"1,keyasint"`
	Since event.Instant `cbor:"2,keyasint"`
	Until event.Instant `cbor:"3,keyasint,omitempty"`
}

// Orders sums up what the customer bought.
type Orders struct {
	Count    int           `cbor:"1,keyasint,omitempty"` // orders paid and not refunded in full
	Days     int           `cbor:"2,keyasint,omitempty"` // distinct business days with an order
	First    event.Instant `cbor:"3,keyasint,omitempty"`
	Last     event.Instant `cbor:"4,keyasint,omitempty"`
	Turnover money.Fen     `cbor:"5,keyasint,omitempty"` // before refunds
	Refunded money.Fen     `cbor:"6,keyasint,omitempty"`
	Recent   []Order       `cbor:"7,keyasint,omitempty"` // the last RecentOrders, oldest first
}

// Order is one purchase in the list of recent ones.
type Order struct {
	ID       id.Order      `cbor:"1,keyasint"`
	At       event.Instant `cbor:"2,keyasint"`
	Amount   money.Fen     `cbor:"3,keyasint"`
	Refunded money.Fen     `cbor:"4,keyasint,omitempty"`
	Store    id.Store      `cbor:"5,keyasint,omitempty"`
	Shop     string        `cbor:"7,keyasint,omitempty"` // system it came from
	Lines    []id.Line     `cbor:"6,keyasint,omitempty"`
}

// Net returns what the brand kept of the order.
func (o Order) Net() money.Fen { return o.Amount - o.Refunded }

// Talk sums up one-to-one messages.
type Talk struct {
	Inbound  int           `cbor:"1,keyasint,omitempty"`
	Outbound int           `cbor:"2,keyasint,omitempty"`
	LastIn   event.Instant `cbor:"3,keyasint,omitempty"`
	LastOut  event.Instant `cbor:"4,keyasint,omitempty"`
	Days     []TalkDay     `cbor:"5,keyasint,omitempty"` // the last RecentDays with talk, oldest first
	LastWith id.Staff      `cbor:"6,keyasint,omitempty"` // the member of the newest message of either side
}

// TalkDay is one day on which staff and customer wrote to each other.
type TalkDay struct {
	At      event.Instant `cbor:"1,keyasint"` // of the day's first message
	In      int           `cbor:"2,keyasint,omitempty"`
	Out     int           `cbor:"3,keyasint,omitempty"`
	Started bool          `cbor:"4,keyasint,omitempty"` // the customer wrote first, with no message to answer
}

// Touches sums up what the brand sent.
type Touches struct {
	Count  int           `cbor:"1,keyasint,omitempty"`
	Last   event.Instant `cbor:"2,keyasint,omitempty"`
	Recent []Touch       `cbor:"3,keyasint,omitempty"` // the last RecentTouches, oldest first
}

// Touch is one message of the brand to the customer.
type Touch struct {
	At       event.Instant `cbor:"1,keyasint"`
	Staff    id.Staff      `cbor:"2,keyasint,omitempty"`
	Channel  event.Channel `cbor:"3,keyasint"`
	Purpose  event.Purpose `cbor:"4,keyasint"`
	Answered event.Instant `cbor:"5,keyasint,omitempty"` // first message of the customer within AnswerWindow
	Service  bool          `cbor:"6,keyasint,omitempty"` // answered the customer or served a purchase
}

// Complaint is one complaint, open while Closed is 0.
type Complaint struct {
	Opened event.Instant `cbor:"1,keyasint"`
	Closed event.Instant `cbor:"2,keyasint,omitempty"`
}

// Need is something the customer asked for or looked at.
type Need struct {
	At    event.Instant `cbor:"1,keyasint"`
	Line  id.Line       `cbor:"2,keyasint,omitempty"`
	Asked bool          `cbor:"3,keyasint,omitempty"` // else browsed
}

// Related tells whether any relation is active: only then can the brand reach
// the customer.
func (c *Customer) Related() bool {
	for _, r := range c.Relations {
		if r.Active() {
			return true
		}
	}
	return false
}

// RelatedTo tells whether the customer is connected with this member.
func (c *Customer) RelatedTo(staff id.Staff) bool {
	return slices.ContainsFunc(c.Relations, func(r Relation) bool { return r.Staff == staff && r.Active() })
}

// Clone returns a copy that shares no memory with the state.
func (c *Customer) Clone() Customer {
	k := *c
	k.Corps, k.Relations, k.Groups = slices.Clone(c.Corps), slices.Clone(c.Relations), slices.Clone(c.Groups)
	for i := range k.Relations {
		k.Relations[i].Tags = slices.Clone(k.Relations[i].Tags)
	}
	k.Orders.Recent, k.Talk.Days = slices.Clone(c.Orders.Recent), slices.Clone(c.Talk.Days)
	for i := range k.Orders.Recent {
		k.Orders.Recent[i].Lines = slices.Clone(k.Orders.Recent[i].Lines)
	}
	k.Touches.Recent, k.Complaints, k.Needs = slices.Clone(c.Touches.Recent), slices.Clone(c.Complaints), slices.Clone(c.Needs)
	k.Tags, k.Openings.Recent = slices.Clone(c.Tags), slices.Clone(c.Openings.Recent)
	k.Referrals, k.Reactions = slices.Clone(c.Referrals), slices.Clone(c.Reactions)
	k.Described.Tags = slices.Clone(c.Described.Tags)
	k.Surveys, k.Judged = slices.Clone(c.Surveys), slices.Clone(c.Judged)
	return k
}
