package web

import (
	"context"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
)

// Today is the lead's first page. Everything in it is a counter or a sum that
// the turn stored per store and day; reading it adds up at most the stores of
// the scope times 90 days.
type Today interface {
	// Today returns the page.
	Today(ctx context.Context, scope org.Scope) (TodayView, error)
	// LinkRates returns the link rate of the last 30 days by store and source,
	// lowest first. A source without orders is left out.
	LinkRates(ctx context.Context, scope org.Scope) ([]LinkRate, error)
	// Reasons returns how many customers are left alone today for each reason,
	// most frequent first.
	Reasons(ctx context.Context, scope org.Scope) ([]LeftAlone, error)
	// Withheld returns up to limit customers left alone today for one reason,
	// after the cursor, for "show reasons".
	Withheld(ctx context.Context, scope org.Scope, q WithheldQuery) (WithheldPage, error)
}

// TodayView is the page.
type TodayView struct {
	AsOf      time.Time  // newest fact that is folded in; zero: nothing arrived yet
	Related   int        // customers the brand can reach
	Figures   []Figure   // the four, in the order shown; a figure without data has Measurable false
	Links     []LinkRate // as LinkRates returns them
	LinkFloor float64    // share of linked orders below which value and need are not shown
	Plan      PlanSummary
	Alerts    []Alert // most costly to ignore first
	Execution []Execution
	Intake    Intake
	Holdout   Holdout
}

// FigureKey names a figure of Today.
type FigureKey string

// The figures.
const (
	FigureKept        FigureKey = "kept"        // share of yesterday's new customers who are still related
	FigureDeleted     FigureKey = "deleted"     // customers who deleted a member yesterday
	FigureRepurchased FigureKey = "repurchased" // share of customers due 30 days ago who bought since
	FigureLinked      FigureKey = "linked"      // share of the last 30 days' orders that belong to a known customer
)

// Figure is one number beside what is usual for this brand.
type Figure struct {
	Key        FigureKey
	Value      float64 // a share 0..1, except FigureDeleted: a count
	Base       int     // denominator of a share: new customers, due customers, orders
	Measurable bool
	// Low and High are the 10th and 90th percentile of the brand's own last 84
	// days, both 0 while there are fewer than 14 days.
	Low, High float64
	// Untouched is the hold-out's value, for FigureRepurchased; nil if there is
	// no hold-out or it is too small to say.
	Untouched *Contrast
}

// Contrast compares with customers left alone.
type Contrast struct {
	Value     float64 // of those left alone
	Effect    float64 // treated minus left alone
	Low, High float64 // 95 % interval of Effect
}

// LinkRate is how many orders of one store and source belong to a known
// customer.
type LinkRate struct {
	Store  id.Store // 0: the file names no store
	Name   string   // of the store
	Source string   // shop system: "youzan"
	Orders int
	Linked int
}

// PlanSummary is today's plan in numbers.
type PlanSummary struct {
	Day        time.Time
	Exists     bool // a plan was made today
	Contacts   int  // actions planned
	Withheld   int  // customers left alone, each with a reason
	Gain       insight.Estimate
	Budget     int    // contacts the customers' budgets would still allow today
	Bottleneck string // name of the store that loses most to staff capacity, "" if none does
	// Hour is what one more staff hour of contacts would gain where it gains most,
	// at HourStore; 0 where nobody is short of hands.
	Hour      insight.Estimate
	HourStore string
	// Reaches is the share of what no plan with the same room could exceed that this
	// one gains at least, over waiting; 0 where it is not known or there was nothing to
	// gain. It is the whole brand's.
	Reaches float64
	Rows    []PlanRow   // by expected gain, best first
	Because []LeftAlone // most frequent first
}

// PlanRow is the part of the plan that works on one limiting part in one way.
type PlanRow struct {
	Limiting  insight.Part
	Purpose   event.Purpose
	Channel   event.Channel
	Customers int
	Contacts  int // of the customers' budgets that it spends
	Gain      insight.Estimate
	Waiting   int // actions of the row that still wait for approval
}

// LeftAlone counts customers not disturbed for one reason.
type LeftAlone struct {
	Because   decision.Because
	Customers int
}

// WithheldQuery asks who is left alone for a reason.
type WithheldQuery struct {
	Because decision.Because
	After   string
	Limit   int
}

// WithheldPage is a page of customers left alone.
type WithheldPage struct {
	Customers []WithheldCustomer
	Next      string
}

// WithheldCustomer is one customer left alone today.
type WithheldCustomer struct {
	Customer id.Customer
	Name     string
	Store    string
	Won      *Winner // the message that is in the way, nil where none is
	decision.Withheld
}

// Winner is a message to a customer for which others are withheld. At is when it
// arrived, or when it set out where it is on its way; Kind and N are not set.
type Winner struct {
	Coming
	Underway bool
	Over     bool // the customer waited for a message, and none is on its way any more; nothing else is set
	More     int  // others that count in the same budget
}

// Winners returns the reasons behind which a message to the same customer stands.
func Winners() []decision.Because {
	return []decision.Because{decision.BecauseInDoubt, decision.BecausePending, decision.BecauseBudgetDay, decision.BecauseBudgetWeek, decision.BecauseBudgetMonth, decision.BecauseQuota}
}

// AlertKind says what needs a decision.
type AlertKind string

// The alerts, and where the page sends the reader.
const (
	AlertInDoubt      AlertKind = "in_doubt"      // dispatches without an answer -> Touch
	AlertBulkDeletion AlertKind = "bulk_deletion" // a member deleted many customers -> the alert
	AlertLosing       AlertKind = "losing"        // customers delete one member, or those of one store or contact way -> the alert
	AlertDeletedUs    AlertKind = "deleted_us"    // more customers deleted us than usual -> Customers
	AlertOrdersStale  AlertKind = "orders_stale"  // newest order of Source older than 24 h -> imports
	AlertDeadLetters  AlertKind = "dead_letters"  // inbox messages that could not be read -> connection
	AlertLinkRate     AlertKind = "link_rate"     // stores below the floor -> link rates
	AlertConnection   AlertKind = "connection"    // WeCom refuses the secret or stopped answering -> connection
	AlertHalted       AlertKind = "halted"        // mass sends that the circuit breaker stopped -> Touch
	AlertApproval     AlertKind = "approval"      // batches that wait for approval -> Touch
	AlertPosts        AlertKind = "posts"         // posts that wait for approval or are in doubt -> Groups and Moments
	AlertProcess      AlertKind = "process"       // version Count of process Name waits for the reader's approval -> the process
	AlertOneOff       AlertKind = "one_off"       // one-off message Name likewise -> its page
	AlertNoMaterial   AlertKind = "no_material"   // contacts withheld because nothing is written for them -> texts
	AlertForecast     AlertKind = "forecast"      // Count bought of Usual who were forecast a month ago -> model card
)

// Alert is one thing that needs a decision.
type Alert struct {
	Kind   AlertKind
	Count  int
	Usual  float64   // usual or forecast count, 0 if not known
	Since  time.Time // when it began
	Staff  id.Staff  // 0 if it is about nobody in particular
	Name   string    // of the member, store or source it is about
	Source string    // shop system
	Page   string    // of what it is about, where the kind leads to no page of its own
	Loss   int64     // alert of losses, 0 for others
	Seen   bool      // somebody has looked at it
}

// Execution is what one store did of its tasks of the last 7 days.
type Execution struct {
	Store   id.Store
	Name    string
	Staff   int // who had tasks
	Due     int // tasks whose window ended or will end today
	Done    int
	OnTime  int // done within their window
	Open    int // neither done nor answered
	UrgedAt time.Time
}

// Intake is who came in since the start of the day against what staff can
// serve.
type Intake struct {
	Added     int
	Low, High float64 // usual by this hour; both 0 if not known
	Half      int     // added but not yet confirmed by a member
	Staff     int     // active staff who may hold customers
	Capacity  int     // first contacts they can serve in a day
}

// Holdout is the state of the customers left alone on purpose.
type Holdout struct {
	On        bool
	Customers int
	Share     float64
	// Contaminated customers were reached in the last 30 days although held
	// out: by a group post, by Moments, by staff on their own.
	ByGroup, ByMoments, ByStaff int
}
