package decision

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Asked says that somebody was asked into a group, or waits for it.
type Asked struct {
	Group id.Group
	At    event.Instant
}

// AskAgain is after how long a customer may be asked into the same group again:
// a month, as long as the longest contact budget.
const AskAgain = 30 * day

// Asking is the intent to ask customers into a group.
type Asking struct {
	Group id.Group
	Day   time.Time // the business day, in the brand's zone
	Now   time.Time
	May   func(id.Staff) bool // who may ask: works, holds customers, belongs to who invites
}

// Invite returns who asks the customer into the group, or why nobody does. It is
// asked when the invitation begins and again when the member gets the task.
func (s Settings) Invite(c Standing, a Asking) (id.Staff, Because) {
	if c.Profile == nil {
		return 0, BecauseGone
	}
	if _, in := JoinedAt(c.Profile, a.Group); in {
		return 0, BecauseInGroup
	}
	staff := asker(c.Profile, a.May)
	switch {
	case c.Profile.RefusesMarketing(): // before all that a member could mend
		return 0, BecauseRefused
	case staff == 0:
		return 0, BecauseStaff
	}
	because := s.Recheck(c, Intent{Staff: staff, Purpose: event.Invite, Channel: event.OneToOne, Planned: a.Now, Day: a.Day})
	switch {
	case because != "":
		return 0, because
	case c.Pending:
		return 0, BecausePending
	}
	for _, earlier := range c.Asked {
		if earlier.Group == a.Group && earlier.At > event.At(a.Now.Add(-AskAgain)) {
			return 0, BecauseInvited
		}
	}
	return staff, ""
}

// asker returns the member with whom the customer chatted last, either way, else the one
// whose contact the customer answered last, else the one known longest, of those who may
// ask; 0 for none. WeCom counts the last chat alike.
func asker(c *profile.Customer, may func(id.Staff) bool) id.Staff {
	answered := lastAnswered(c)
	var longest, answerer *profile.Relation
	for i := range c.Relations {
		r := &c.Relations[i]
		if !r.Active() || !may(r.Staff) {
			continue
		}
		switch r.Staff {
		case c.Talk.LastWith:
			return r.Staff
		case answered:
			answerer = r
		}
		if longest == nil || r.Since < longest.Since {
			longest = r
		}
	}
	switch {
	case answerer != nil:
		return answerer.Staff
	case longest != nil:
		return longest.Staff
	}
	return 0
}

// JoinedAt returns since when the customer is in the group.
func JoinedAt(c *profile.Customer, group id.Group) (since event.Instant, in bool) {
	for _, m := range c.Groups {
		if m.Group == group && m.Until == 0 && m.Since != 0 {
			return m.Since, true
		}
	}
	return 0, false
}

// Uninvite returns why a member should not ask the customer any more, "" if
// nothing speaks against it. inAudience tells whether the customer still is in
// the audience that is invited.
func Uninvite(c *profile.Customer, staff id.Staff, inAudience bool) Because {
	switch {
	case !c.RelatedTo(staff):
		return BecauseGone
	case c.RefusesMarketing():
		return BecauseRefused
	case c.Complains():
		return BecauseComplaint
	case !inAudience:
		return BecauseLeft
	}
	return ""
}
