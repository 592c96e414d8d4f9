package web

import (
	"context"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// CalendarDays is how many days the calendar shows, today included.
const CalendarDays = 14

// Calendars are what customers will receive on the coming days. They are added up in the
// background from what is stored, some minutes old at most; while they are added up for
// the first time all methods are fault.Conflict with the key
// "error.calendar_building".
type Calendars interface {
	// ComingDays returns days by audiences or by stores.
	ComingDays(ctx context.Context, scope org.Scope, by CalendarBy) (ComingView, error)
	// ComingDay returns what some customers will receive on one day.
	ComingDay(ctx context.Context, scope org.Scope, q CalendarQuery) (CalendarDay, error)
	// BatchMeets returns what else reaches customers of a batch on its day.
	BatchMeets(ctx context.Context, scope org.Scope, batch int64) (Meeting, error)
	// ProcessMeets returns what else reaches the customers whom a process would take
	// in when it is put to work, on the days of its steps.
	ProcessMeets(ctx context.Context, scope org.Scope, name string) (ProcessMeeting, error)
}

// CalendarBy says what the rows of the calendar are.
type CalendarBy string

// The rows.
const (
	ByAudience CalendarBy = "audience"
	ByStores   CalendarBy = "store"
)

// All returns what rows there are.
func (CalendarBy) All() []CalendarBy { return []CalendarBy{ByAudience, ByStores} }

// ComingView is the page.
type ComingView struct {
	By   CalendarBy
	AsOf time.Time
	Days []time.Time
	Rows []CalendarRow // everybody in scope first
	More int           // rows that are left out
	// Twice counts, by day, customers who would hear more than once, and Over those who
	// would hear more than the week's budget allows.
	Twice, Over []int
	// Ahead counts, by day, contacts that the plan expects beyond today; of whom is
	// decided on the day.
	Ahead []int
	// Posts counts, by day, posts into groups and Moments that somebody in scope sees.
	Posts []int
	// Unforeseen are processes that customers enter by what happens to them.
	Unforeseen []Unforeseen
}

// Unforeseen is a process of which nobody can know who will enter.
type Unforeseen struct {
	Process sop.Process
	Days    int     // over which entries were counted; 0 for none, or for who does not see the whole brand
	Usual   float64 // customers who entered on a day, of those that are not held out
}

// CalendarRow is some customers and how many of them will receive something, by day.
type CalendarRow struct {
	Audience int64    // number, 0 for a store or everybody
	Store    id.Store // 0 for an audience or everybody
	Name     string
	Size     int
	Cells    []CalendarCell
}

// CalendarCell is one day of some customers.
type CalendarCell struct {
	N     int // who will receive something
	Seen  int // who sees a post in a group or in Moments
	Shade int // 0 to 6, by the share of the row
}

// CalendarQuery asks for one day of an audience, a store, or everybody in scope.
type CalendarQuery struct {
	Day      time.Time
	Audience int64
	Store    id.Store
}

// CalendarKind says where something planned comes from.
type CalendarKind string

// The kinds, in the order in which the earlier one wins a customer.
const (
	ComesService  CalendarKind = "service"  // steps that answer customers: nothing holds them up
	ComesOut      CalendarKind = "out"      // a member has it
	ComesApproved CalendarKind = "approved" // mass messages that leave when their time comes
	ComesWaiting  CalendarKind = "waiting"  // mass messages that wait for approval
	ComesStep     CalendarKind = "step"     // steps of processes that fall due
	ComesLater    CalendarKind = "later"    // steps after those, if nothing stops their runs
	ComesDate     CalendarKind = "date"     // steps of processes that begin on a date
)

// CalendarKinds returns all of them.
func CalendarKinds() []CalendarKind {
	return []CalendarKind{ComesService, ComesOut, ComesApproved, ComesWaiting, ComesStep, ComesLater, ComesDate}
}

// Coming is something that will reach customers on a day.
type Coming struct {
	Kind    CalendarKind
	Process string // name, "" for what the plan gives
	Title   sop.Text
	Step    sop.Text
	Purpose event.Purpose
	Channel event.Channel
	Batch   int64 // one of the batches, 0 for none
	Batches int
	At      time.Time // the earliest
	N       int       // customers, of those who are asked about
	// Expected: they have not entered the process yet, and will if nothing changes.
	Expected bool
	Post     int64  // 0 for what is no post, and for one that a step will make
	Says     string // beginning of the post's text
	Targets  int    // groups, or members who publish in Moments, of a post
}

// CalendarDay is what some customers will receive on a day.
type CalendarDay struct {
	CalendarRow
	Day    time.Time
	AsOf   time.Time
	Coming []Coming // most customers first
	Twice  int
	Over   int
	Pairs  []Pair
	Posts  []Coming // into groups and Moments, most customers first
	Seen   []Pair   // something and a post that the same customers see
}

// Pair is two things that reach the same customers on a day.
type Pair struct {
	First, Second Coming // First wins
	Both          int
	Withheld      int // customers from whom Second is withheld
}

// Meeting is what else reaches the customers of something.
type Meeting struct {
	Customers int
	Pairs     []Pair
	Over      int    // customers who would hear more than the week's budget allows
	Week      int    // the week's budget
	Seen      []Pair // posts that the same customers see
}

// ProcessMeeting is Meeting for a process.
type ProcessMeeting struct {
	Title sop.Text
	Known bool // who would enter is known beforehand
	AsOf  time.Time
	Meeting
	Days []time.Time // on which its steps fall for those who enter now
}
