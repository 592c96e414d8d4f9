package web

import (
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision"
)

// PlanRules are the rules of the plan beyond how often and when customers are
// contacted. Zero budgets and caps are none.
type PlanRules struct {
	DaysAhead     int
	Weekdays      [7]float64 // share of a usual day, Sunday first
	Capacity      int        // contacts by hand of a member in a day, where the member has no own figure
	Confirmations int        // mass sends that a member is asked to confirm in a day
	Silent        int        // days after which the next contact does not sell, 0: never
	LowTrust      decision.Budget
	ByHand        decision.Budget
	BySend        decision.Budget
	Caps          decision.Caps
}

// WeekdayRule is a field of the form.
type WeekdayRule struct {
	Day   int
	Share float64
}

// Week returns the weekdays in the order of a working week.
func (r PlanRules) Week() (week []WeekdayRule) {
	for i := range 7 {
		day := (i + 1) % 7
		week = append(week, WeekdayRule{day, r.Weekdays[day]})
	}
	return week
}

// Bounds of the form; those of a member's day are what decision takes.
const (
	mostContacts = 500
	mostSends    = 10
	mostCapped   = 10_000_000
	mostDays     = 366
	mostInMonth  = 31
	mostAYear    = 365
)

func (f *formReader) planRules() PlanRules {
	r := PlanRules{
		DaysAhead: f.whole("days_ahead", 1, decision.MaxDaysAhead), Capacity: f.whole("capacity", 0, mostContacts),
		Confirmations: f.whole("confirmations", 0, mostSends), Silent: f.whole("silent_days", 0, mostDays),
		LowTrust: f.budget("low"), ByHand: f.budget("hand"), BySend: f.budget("send"),
		Caps: decision.Caps{OneToOne: f.whole("cap_hands", 0, mostCapped), MassSends: f.whole("cap_sends", 0, mostCapped)},
	}
	for day := range r.Weekdays {
		r.Weekdays[day] = f.percent("weekday_"+strconv.Itoa(day), 100)
	}
	if strings.HasPrefix(f.wrong, "weekday_") {
		f.wrong = "weekday"
	}
	return r
}

// budget reads how often a day, a week and a month; all 0 for none of its own.
func (f *formReader) budget(name string) decision.Budget {
	number := func(part string) int {
		n, err := strconv.Atoi(strings.TrimSpace(f.values(name + "_" + part)))
		if err != nil || n < 0 || n > mostInMonth {
			f.mark(name)
		}
		return n
	}
	b := decision.Budget{Day: number("day"), Week: number("week"), Month: number("month")}
	if b.Day > b.Week || b.Week > b.Month || b != (decision.Budget{}) && b.Day == 0 {
		f.mark(name)
	}
	return b
}

// SilentAfter returns the rule about silence as plans know it.
func (r PlanRules) SilentAfter() time.Duration { return time.Duration(r.Silent) * 24 * time.Hour }
