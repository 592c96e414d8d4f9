package profile

import (
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

// How much of the recent past the state keeps beside its totals. A customer
// with more of it loses the oldest entries, never the totals.
const (
	RecentOrders   = 48 // about a year of a weekly buyer
	RecentDays     = 60 // days with talk
	RecentTouches  = 64 // a year at the month budget of five
	RecentNeeds    = 12
	RecentMarks    = 24 // referrals, reactions, complaints, answers to surveys, judgements of members
	RecentOpenings = 48 // of content: a year of one a week
)

// AnswerWindow is how long after a touch a customer's message counts as an
// answer to it. Three days: mass messages are often read the next weekend day.
const AnswerWindow = 72 * time.Hour

// Apply folds one fact about this customer into the state. Facts may arrive in
// any order of time; each must be applied once. It fails only on a body that
// cannot be read.
func (c *Customer) Apply(f event.Fact) error {
	if f.Kind.Concluded() {
		return nil
	}
	at := event.At(f.At)
	if c.FirstSeen == 0 || at < c.FirstSeen {
		c.FirstSeen = at
	}
	if !stated(f.Kind) {
		c.LastFact = max(c.LastFact, at)
	}
	apply, ok := folds[f.Kind]
	if !ok || aboutIdentity(f.Kind) && f.Subject != event.Customer(c.ID) {
		return nil
	}
	if err := apply(c, f, at); err != nil {
		return fmt.Errorf("fold customer %s: %w", id.Text(c.ID), err)
	}
	return nil
}

// aboutIdentity tells whether a fact concerns the id it names and not the
// person: such facts of an alias are not the canonical customer's own.
func aboutIdentity(k event.Kind) bool {
	return k == event.KindCustomerMerged || k == event.KindCustomerUnmerged
}

// stated tells whether a fact is dated by who told it, and not by anything that
// happened with the customer.
func stated(k event.Kind) bool {
	switch k {
	case event.KindCustomerDescribed, event.KindCustomerReferred, event.KindCustomerStayed, event.KindReferralStayed,
		event.KindCustomerTagged, event.KindCustomerUntagged, event.KindRapportJudged:
		return true
	}
	return false
}

var folds = map[event.Kind]func(*Customer, event.Fact, event.Instant) error{
	event.KindCustomerSeen:     fold(func(c *Customer, b event.CustomerSeen, _ event.Instant) { c.seenBy(b.Corp) }),
	event.KindCustomerMerged:   fold(func(c *Customer, b event.CustomerMerged, _ event.Instant) { c.merge(b.Into) }),
	event.KindCustomerUnmerged: fold(func(c *Customer, _ event.CustomerUnmerged, _ event.Instant) { c.MergedInto = 0 }),
	event.KindMarketingRefused: fold(func(c *Customer, _ event.MarketingRefused, at event.Instant) { c.refuse(at) }),
	event.KindMarketingAllowed: fold(func(c *Customer, _ event.MarketingAllowed, at event.Instant) { c.allow(at) }),
	event.KindComplaintOpened:  fold(func(c *Customer, _ event.ComplaintOpened, at event.Instant) { c.complain(at) }),
	event.KindComplaintClosed:  fold(func(c *Customer, _ event.ComplaintClosed, at event.Instant) { c.closeComplaints(at) }),
	event.KindNeedExpressed: fold(func(c *Customer, b event.NeedExpressed, at event.Instant) {
		c.Needs = last(insert(c.Needs, Need{At: at, Line: b.Line, Asked: b.How == "asked"}, Need.when), RecentNeeds)
	}),
	event.KindReferralStayed: fold(func(c *Customer, b event.ReferralStayed, at event.Instant) {
		c.Referrals = last(insert(c.Referrals, Referral{At: at, Customer: b.Referred}, Referral.when), RecentMarks)
	}),
	event.KindCustomerReferred:  (*Customer).refer,
	event.KindCustomerStayed:    fold(func(c *Customer, _ event.CustomerStayed, at event.Instant) { c.Referrer.Stayed = at }),
	event.KindCustomerDescribed: fold((*Customer).describe),
	event.KindMomentReacted: fold(func(c *Customer, _ event.MomentReacted, at event.Instant) {
		c.Reactions = last(insert(c.Reactions, at, itself), RecentMarks)
	}),
	event.KindRelationAdded:    fold((*Customer).relate),
	event.KindRelationEnded:    fold((*Customer).endRelation),
	event.KindRelationTagged:   fold((*Customer).tagRelation),
	event.KindCustomerTagged:   fold((*Customer).tag),
	event.KindCustomerUntagged: fold((*Customer).untag),
	event.KindGroupJoined:      fold((*Customer).joinGroup),
	event.KindGroupLeft:        fold((*Customer).leaveGroup),
	event.KindOrderPaid:        fold((*Customer).buy),
	event.KindOrderRefunded:    fold((*Customer).refund),
	event.KindOrderCorrected:   fold((*Customer).correct),
	event.KindMessageExchanged: fold((*Customer).exchange),
	event.KindTouchDelivered:   fold((*Customer).receive),
	event.KindMassReceived:     fold((*Customer).receiveElsewhere),
	event.KindContentOpened:    fold((*Customer).openContent),
	event.KindSurveyAnswered:   fold((*Customer).answerSurvey),
	event.KindRapportJudged:    fold((*Customer).judge),
}

func fold[B event.Body](do func(*Customer, B, event.Instant)) func(*Customer, event.Fact, event.Instant) error {
	return func(c *Customer, f event.Fact, at event.Instant) error {
		body, err := event.Read[B](f)
		if err == nil {
			do(c, body, at)
		}
		return err
	}
}

func (c *Customer) seenBy(corp id.Corp) {
	for i, known := range c.Corps {
		if known == corp {
			return
		}
		if known > corp {
			c.Corps = append(c.Corps[:i], append([]id.Corp{corp}, c.Corps[i:]...)...)
			return
		}
	}
	c.Corps = append(c.Corps, corp)
}

func (c *Customer) merge(into id.Customer) {
	if into != c.ID {
		c.MergedInto = into
	}
}

// refuse and allow keep the later word: +t refused at t, -t allowed at t.
func (c *Customer) refuse(at event.Instant) {
	if at >= c.lastWord() {
		c.Refused = at
	}
}

func (c *Customer) allow(at event.Instant) {
	if at >= c.lastWord() {
		c.Refused = -at
	}
}

func (c *Customer) lastWord() event.Instant { return max(c.Refused, -c.Refused) }

// RefusesMarketing tells whether the customer's last word was to refuse.
func (c *Customer) RefusesMarketing() bool { return c.Refused > 0 }

func (c *Customer) complain(at event.Instant) {
	c.Complaints = last(insert(c.Complaints, Complaint{Opened: at}, Complaint.when), RecentMarks)
}

func (c *Customer) closeComplaints(at event.Instant) {
	for i := range c.Complaints {
		if c.Complaints[i].Closed == 0 && c.Complaints[i].Opened <= at {
			c.Complaints[i].Closed = at
		}
	}
}

// Complains tells whether a complaint is open.
func (c *Customer) Complains() bool {
	for _, x := range c.Complaints {
		if x.Closed == 0 {
			return true
		}
	}
	return false
}

func (n Need) when() event.Instant          { return n.At }
func (x Complaint) when() event.Instant     { return x.Opened }
func (o Order) when() event.Instant         { return o.At }
func (d TalkDay) when() event.Instant       { return d.At }
func (t Touch) when() event.Instant         { return t.At }
func itself(at event.Instant) event.Instant { return at }

// insert keeps list in order of time; equal times keep the order of arrival.
func insert[T any](list []T, item T, when func(T) event.Instant) []T {
	i := len(list)
	for i > 0 && when(list[i-1]) > when(item) {
		i--
	}
	list = append(list, item)
	copy(list[i+1:], list[i:])
	list[i] = item
	return list
}

// last returns the newest n, in a fresh array when something was dropped, so
// that the dropped ones do not stay in memory.
func last[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	return append([]T(nil), list[len(list)-n:]...)
}
