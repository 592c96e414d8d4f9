package decision

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Contact is one message the customer received, or may receive from what is
// underway.
type Contact struct {
	At      event.Instant
	Channel event.Channel
	Service bool // answers the customer or serves a purchase
}

// spent counts contacts against the budgets.
type spent struct{ day, week, month, quota int }

func (s spent) atLeast(o spent) spent {
	return spent{max(s.day, o.day), max(s.week, o.week), max(s.month, o.month), max(s.quota, o.quota)}
}

// horizons are the beginnings of the periods in which contacts count.
type horizons struct{ day, week, month, quota event.Instant }

// horizonsOf returns the periods that end with the business day. The day's
// time must carry the brand's zone.
func (s Settings) horizonsOf(day time.Time) horizons {
	y, m, d := day.Date()
	back := func(days int) event.Instant {
		return event.At(time.Date(y, m, d-days, 0, 0, 0, 0, day.Location()))
	}
	h := horizons{day: back(0), week: back(6), month: back(29)}
	switch s.Quota {
	case QuotaDay:
		h.quota = h.day
	case QuotaWeek:
		h.quota = back((int(day.Weekday()) + 6) % 7) // weeks begin on Monday
	default:
		h.quota = back(d - 1)
	}
	return h
}

func (h horizons) count(s *spent, c Contact) {
	if c.Channel == event.Welcome || c.Service {
		return // the customer added, asked or complained: it takes nobody's patience
	}
	if c.At >= h.day {
		s.day++
	}
	if c.At >= h.week {
		s.week++
	}
	if c.At >= h.month {
		s.month++
	}
	if c.At >= h.quota && TakesQuota(c.Channel) {
		s.quota++
	}
}

// TakesQuota tells whether WeCom counts a message by the channel against what one
// customer may receive.
func TakesQuota(c event.Channel) bool { return c == event.MassSend || c == event.MassElsewhere }

func (h horizons) countAll(touches []profile.Touch, underway []Contact) (s spent) {
	for i := len(touches) - 1; i >= 0 && touches[i].At >= min(h.month, h.quota); i-- {
		h.count(&s, Contact{touches[i].At, touches[i].Channel, touches[i].Service})
	}
	for _, c := range underway {
		h.count(&s, c)
	}
	return s
}

// countBy counts the contacts by one channel alone.
func (h horizons) countBy(channel event.Channel, touches []profile.Touch, underway []Contact) (s spent) {
	for i := len(touches) - 1; i >= 0 && touches[i].At >= min(h.month, h.quota); i-- {
		if touches[i].Channel == channel {
			h.count(&s, Contact{touches[i].At, channel, touches[i].Service})
		}
	}
	for _, c := range underway {
		if c.Channel == channel {
			h.count(&s, c)
		}
	}
	return s
}

// quotaLimit returns how many mass messages WeCom delivers in the period.
func (s Settings) quotaLimit(day time.Time) int {
	switch s.Quota {
	case QuotaDay:
		return 1
	case QuotaWeek:
		return 7
	default:
		y, m, _ := day.Date()
		return time.Date(y, m+1, 0, 0, 0, 0, 0, day.Location()).Day()
	}
}

// exhausted returns the first budget that leaves no room for one more contact with
// a customer whom a part limits, "" if all do.
func (s Settings) exhausted(used spent, limiting insight.Part, day time.Time) Because {
	if s.LowTrust != (Budget{}) && limiting == insight.Trust {
		if because := s.LowTrust.overdrawn(used); because != "" {
			return because
		}
	}
	if because := s.Budget.overdrawn(used); because != "" {
		return because
	}
	if used.quota >= s.quotaLimit(day) {
		return BecauseQuota
	}
	return ""
}

// of returns the budget of one channel, a zero one where it has none.
func (b ChannelBudget) of(channel event.Channel) Budget {
	switch channel {
	case event.OneToOne:
		return b.OneToOne
	case event.MassSend:
		return b.MassSend
	}
	return Budget{}
}

func (b Budget) overdrawn(used spent) Because {
	switch {
	case used.day >= b.Day:
		return BecauseBudgetDay
	case used.week >= b.Week:
		return BecauseBudgetWeek
	case used.month >= b.Month:
		return BecauseBudgetMonth
	}
	return ""
}
