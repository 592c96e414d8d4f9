package decision

import (
	"errors"
	"fmt"
	"math"
	"time"

	"siyu/internal/org"
)

// QuotaMode is how many mass messages WeCom lets one customer receive. The
// corp's administrator chooses it in the mass-send assistant; WeCom counts
// what the company and what members send together.
type QuotaMode string

// WeCom's modes (its page on mass messages of 2025-11-17).
const (
	QuotaMonthDays QuotaMode = "month_days" // as many in a calendar month as it has days; WeCom's default
	QuotaWeek      QuotaMode = "week"       // 7 in a calendar week
	QuotaDay       QuotaMode = "day"        // 1 a day
)

// Budget is how much contact one customer bears, over all channels together.
type Budget struct {
	Day   int // contacts in one business day
	Week  int // in 7 business days, the current one included
	Month int // in 30 business days, the current one included
}

// ChannelBudget is how much of it may come by one channel. A zero Budget is none
// of its own.
type ChannelBudget struct{ OneToOne, MassSend Budget }

// HoldoutRule says which share of customers is left alone for ever, so that
// what contact is worth can be measured.
type HoldoutRule struct {
	Share      float64 // 0..0.5, for a brand of LargeFrom customers or more
	SmallShare float64 // 0..0.5, for a smaller one: fewer customers need a larger share to show anything
	LargeFrom  int     // customers
	OffBelow   int     // customers; a smaller brand could not learn from a hold-out in a year
}

// Explore is how much is left to chance so that effects can be learned.
type Explore struct {
	// TieShare of the best net gain: purposes that come this close are drawn
	// by lot. 0..0.5.
	TieShare float64
	// TimingShare of contacts, other than serving ones, happens on a drawn day:
	// today or one of the next six. 0..0.5.
	TimingShare float64
}

// Settings are the rules of the plan. A stored decision names its Version.
type Settings struct {
	Version int
	Budget  Budget
	// LowTrust is the budget of customers whom lacking trust holds back; a zero one
	// is Budget.
	LowTrust      Budget
	ChannelBudget ChannelBudget
	Caps          Caps
	// SilentAfter is after how long without a word or a visit, on either side, the
	// next contact does not sell; 0: never.
	SilentAfter time.Duration
	// DaysAhead is how many days a night looks at, its own included; 0 or 1: its own.
	DaysAhead int
	// Weekdays is which share of a member's contacts by hand fits into each weekday,
	// Sunday first, 0..1; 0: nobody is contacted by plan. nil: all days alike.
	Weekdays []float64
	// Promises are benefits promised when customers were added.
	Promises []Promise
	// QuietFrom and QuietUntil are times of day, counted from midnight in the
	// brand's zone, between which nothing begins: quiet from the evening one
	// until the morning one.
	QuietFrom, QuietUntil time.Duration
	OrderMaxAge           time.Duration // of the newest order read; older: no contact that sells
	Holdout               HoldoutRule
	Capacity              int // one-to-one contacts of a member in a day, where the member has no own figure
	MaxConfirmations      int // mass sends a member is asked to confirm in a day
	MaxPerMassSend        int // customers in one mass send
	WindowDays            int // business days a WeCom task may wait for confirmation, the first included
	Quota                 QuotaMode
	DueAhead              time.Duration // something due within it counts as due
	MaxFatigue            float64       // probability that one more contact costs the relation, from which the customer is left alone once draws have identified it
	Explore               Explore
}

// Defaults returns the settings of a new installation.
func Defaults() Settings {
	return Settings{
		Version: 1,
		// Agencies that cap themselves stay at 4 company messages a month or
		// 1 to 3 a week; one a day is what any channel rule known to us allows.
		Budget: Budget{Day: 1, Week: 2, Month: 5},
		// Who does not trust hears half as often: every message is one more reason to leave.
		LowTrust:    Budget{Day: 1, Week: 1, Month: 3},
		SilentAfter: 60 * day,                                  // two months: whoever sells first is deleted
		DaysAhead:   7,                                         // a week, as budgets count
		QuietFrom:   21 * time.Hour, QuietUntil: 9 * time.Hour, // shops' hours; nobody is woken
		OrderMaxAge: 24 * time.Hour, // shop exports are daily: later, "has not bought" may be untrue
		Holdout:     HoldoutRule{Share: 0.05, SmallShare: 0.20, LargeFrom: 30_000, OffBelow: 2_000},
		Capacity:    30, // 30 conversations of 3 to 4 minutes beside serving in the store: two hours
		// A clerk who is asked more often stops reading what is confirmed.
		MaxConfirmations: 3,
		MaxPerMassSend:   10_000, // add_msg_template takes no more
		WindowDays:       2,      // today and tomorrow: a clerk's day off must not waste the plan
		Quota:            QuotaMonthDays,
		DueAhead:         3 * 24 * time.Hour, // delivery and a weekend
		MaxFatigue:       0.05,               // one relation in twenty
		Explore:          Explore{TieShare: 0.10, TimingShare: 0.05},
	}
}

// Unsaid returns what holds of rules that a stored document does not name, because it
// is older than they are: to be read over. Whoever says 0 means it.
func Unsaid() Settings {
	d := Defaults()
	return Settings{LowTrust: d.LowTrust, SilentAfter: d.SilentAfter, DaysAhead: d.DaysAhead}
}

const day = 24 * time.Hour

// Validate returns all that is wrong with the settings, nil if nothing is.
func (s Settings) Validate() error {
	var wrong []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	check(s.Version > 0, "version %d: must be above 0", s.Version)
	check(s.Budget.Day >= 0 && s.Budget.Day <= s.Budget.Week && s.Budget.Week <= s.Budget.Month && s.Budget.Month <= 31,
		"budget %d a day, %d a week, %d a month: must rise from 0 to at most 31", s.Budget.Day, s.Budget.Week, s.Budget.Month)
	for _, b := range []Budget{s.LowTrust, s.ChannelBudget.OneToOne, s.ChannelBudget.MassSend} {
		check(b.Day >= 0 && b.Day <= b.Week && b.Week <= b.Month && b.Month <= 31,
			"budget %d a day, %d a week, %d a month of low trust or one channel: must rise from 0 to at most 31", b.Day, b.Week, b.Month)
	}
	check(s.Caps.OneToOne >= 0 && s.Caps.MassSends >= 0, "caps %d contacts and %d mass sends: must be 0 (none) or more", s.Caps.OneToOne, s.Caps.MassSends)
	check(s.SilentAfter >= 0 && s.SilentAfter <= 366*day, "silent after %s: must be 0 (never) to 366 days", s.SilentAfter)
	check(s.DaysAhead >= 0 && s.DaysAhead <= MaxDaysAhead, "days ahead %d: must be 0 to %d", s.DaysAhead, MaxDaysAhead)
	check(len(s.Promises) <= mostPromises, "%d promises: at most %d", len(s.Promises), mostPromises)
	for _, p := range s.Promises {
		wrong = append(wrong, p.validate())
	}
	check(len(s.Weekdays) == 0 || len(s.Weekdays) == 7, "%d weekdays: must be 7, or none", len(s.Weekdays))
	for i, x := range s.Weekdays {
		check(x >= 0 && x <= 1, "share %g of %s: must be 0 to 1", x, time.Weekday(i))
	}
	check(s.QuietUntil >= 0 && s.QuietUntil < s.QuietFrom && s.QuietFrom <= day,
		"quiet from %s until %s: the morning must come before the evening of one day", s.QuietFrom, s.QuietUntil)
	check(s.OrderMaxAge >= time.Hour && s.OrderMaxAge <= 7*day, "order max age %s: must be 1h to 168h", s.OrderMaxAge)
	check(share(s.Holdout.Share) && share(s.Holdout.SmallShare), "hold-out shares %g and %g: must be 0 to 0.5", s.Holdout.Share, s.Holdout.SmallShare)
	check(s.Holdout.OffBelow >= 0 && s.Holdout.OffBelow <= s.Holdout.LargeFrom,
		"hold-out off below %d, large from %d: must rise from 0", s.Holdout.OffBelow, s.Holdout.LargeFrom)
	check(s.Capacity >= 0 && s.Capacity <= 500, "capacity %d: must be 0 to 500 contacts a day", s.Capacity)
	check(s.MaxConfirmations >= 0 && s.MaxConfirmations <= 10, "max confirmations %d: must be 0 to 10 a day", s.MaxConfirmations)
	check(s.MaxPerMassSend >= 1 && s.MaxPerMassSend <= 10_000, "max per mass send %d: must be 1 to 10000", s.MaxPerMassSend)
	check(s.WindowDays >= 1 && s.WindowDays <= 7, "window days %d: must be 1 to 7", s.WindowDays)
	check(s.Quota == QuotaMonthDays || s.Quota == QuotaWeek || s.Quota == QuotaDay, "quota %q: must be month_days, week or day", s.Quota)
	check(s.DueAhead >= 0 && s.DueAhead <= 31*day, "due ahead %s: must be 0 to 744h", s.DueAhead)
	check(s.MaxFatigue > 0 && s.MaxFatigue <= 1, "max fatigue %g: must be above 0 to 1", s.MaxFatigue)
	check(share(s.Explore.TieShare) && share(s.Explore.TimingShare),
		"explore shares %g and %g: must be 0 to 0.5", s.Explore.TieShare, s.Explore.TimingShare)
	return errors.Join(wrong...)
}

func share(x float64) bool { return x >= 0 && x <= 0.5 }

// HandsOf returns how many contacts by hand a member has room for on a day.
func (s Settings) HandsOf(member org.Staff, day time.Time) int {
	if member.Capacity > 0 {
		return s.share(member.Capacity, day)
	}
	return s.share(s.Capacity, day)
}

// share returns how many of a member's contacts by hand fit into a day.
func (s Settings) share(contacts int, day time.Time) int {
	if len(s.Weekdays) != 7 {
		return contacts
	}
	return int(math.Round(float64(contacts) * s.Weekdays[day.Weekday()]))
}

// rests tells whether nobody is contacted by plan on a day.
func (s Settings) rests(day time.Time) bool {
	return len(s.Weekdays) == 7 && s.Weekdays[day.Weekday()] == 0
}

// Window returns when contacts of the business day may begin. It is empty
// (from not before until) when the day's working time is over at now.
func (s Settings) Window(day, now time.Time) (from, until time.Time) {
	from, until = clockTime(day, s.QuietUntil), clockTime(day, s.QuietFrom)
	if now.After(from) {
		from = now
	}
	return from, until
}

// Quiet tells whether nothing may begin at now in the zone of now.
func (s Settings) Quiet(now time.Time) bool {
	y, m, d := now.Date()
	from, until := s.Window(time.Date(y, m, d, 0, 0, 0, 0, now.Location()), now)
	return now.Before(from) || !now.Before(until)
}

// clockTime returns the time of day after midnight, as a clock on the wall
// shows it.
func clockTime(day time.Time, after time.Duration) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, int(after), day.Location())
}
