package web

import (
	"fmt"
	"time"

	"siyu/internal/id"
	"siyu/internal/insight"
)

// ReferralView is who brought a customer, whom the customer brought, and which
// value that moves. The value of a customer is the own one, less Given, and
// Received.
type ReferralView struct {
	Share  float64   // of a referred customer's value that counts for who brought the customer
	Days   int       // after which a referred customer who is still there has stayed
	By     *Referred // nil: nobody is known to have brought the customer
	Since  time.Time // when the customer came
	Stayed time.Time // when the customer was found to have stayed, zero: not yet
	Given  insight.Estimate
	// Brought are the customers brought who stayed; Latest tells that there may be
	// more than those.
	Brought  []Brought
	Latest   bool
	Received insight.Estimate
}

// Referred is the other side of a referral. ID is 0 where the asker may not see
// the customer.
type Referred struct {
	ID   id.Customer
	Name string
}

// Brought is one customer who was brought and stayed.
type Brought struct {
	Referred
	At    time.Time        // since when
	Value insight.Estimate // given by this one
}

// Any tells whether there is anything to show.
func (r ReferralView) Any() bool { return r.By != nil || len(r.Brought) > 0 }

// Moves tells whether value was moved.
func (r ReferralView) Moves() bool { return r.Given.Value > 0 || r.Received.Value > 0 }

// After returns an own value, fen, with what referrals move.
func (r ReferralView) After(own float64) float64 { return own - r.Given.Value + r.Received.Value }

// Description is how shops describe a customer.
type Description struct {
	BirthMonth, BirthDay  int
	City, Level, Campaign string
	Tags                  []string
}

// Any tells whether a shop says anything.
func (d Description) Any() bool {
	return d.BirthMonth != 0 || d.City != "" || d.Level != "" || d.Campaign != "" || len(d.Tags) > 0
}

// Birthday returns month and day as "05-20", "" if they are not known.
func (d Description) Birthday() string {
	if d.BirthMonth == 0 {
		return ""
	}
	return fmt.Sprintf("%02d-%02d", d.BirthMonth, d.BirthDay)
}
