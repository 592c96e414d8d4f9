package web

import (
	"context"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/money"
	"siyu/internal/org"
)

// Customers reads customers. Lists come from one indexed table by keyset;
// one customer costs a handful of reads by key.
type Customers interface {
	// Customers returns one page of the list. A name search goes to the
	// in-memory name index and combines with the other filters.
	Customers(ctx context.Context, scope org.Scope, q CustomerQuery) (CustomerPage, error)
	// Customer returns all that is known of one customer. For a merged id it
	// returns the customer that answers for it.
	Customer(ctx context.Context, scope org.Scope, c id.Customer) (CustomerView, error)
	// Timeline returns a page of what happened, newest first.
	Timeline(ctx context.Context, scope org.Scope, q TimelineQuery) (TimelinePage, error)
	// ValueCurve returns cumulated expected value for 0, 13, 26, 39 and 52
	// weeks from now, each with its interval. It has no points where value is
	// not measurable.
	ValueCurve(ctx context.Context, scope org.Scope, c id.Customer) (ValueCurve, error)
}

// Sort is the order of the customer list.
type Sort string

// The orders; ties are broken by customer id.
const (
	SortValue  Sort = "value"  // highest expected value first
	SortDue    Sort = "due"    // soonest due first, nothing due last
	SortRecent Sort = "recent" // latest fact first
	SortFresh  Sort = "fresh"  // latest due first, nothing due last
)

// CustomerQuery asks for one page of customers. Zero fields do not filter.
type CustomerQuery struct {
	Name      string // part of a name or remark, at least one character
	Limiting  insight.Part
	Stage     insight.Stage
	Store     id.Store
	Staff     id.Staff
	DueBefore time.Time // next due before this time
	Refused   *bool     // do-not-disturb set, or not set
	Related   bool      // only those a member can reach, no mere shop buyers
	Sort      Sort
	After     string
	Limit     int
}

// CustomerPage is one page of customers.
type CustomerPage struct {
	Rows  []CustomerRow
	Next  string
	Total int // customers that match, -1 where no counter or index gives it cheaply
}

// CustomerRow is one customer in a list.
type CustomerRow struct {
	ID         id.Customer
	Name       string // "" if WeCom shows none
	Store      string
	Staff      string        // the member who holds the most recent active relation
	Stage      insight.Stage // "" if not understood since there are stages
	Left       bool          // all relations are over
	Limiting   insight.Part
	Repurchase insight.Estimate
	Value      insight.Estimate
	NextDue    time.Time
	DueLine    id.Line
	Due        []LineDue // as CustomerView.Due
	Orders     int
	LastOrder  time.Time
	Turnover   money.Fen
	LastTouch  time.Time
	Month      int  // touches since the start of the month
	Refused    bool // do-not-disturb
	Since      time.Time
}

// CustomerView is the customer page.
type CustomerView struct {
	ID     id.Customer
	Name   string
	Left   time.Time // all relations are over since; zero: one stands, or there was none
	Store  string
	Owners []Owner
	Groups []GroupOf
	Known  insight.Customer
	// Horizon is how many days Known.Repurchase and what limits look ahead.
	Horizon int
	Rank    Ranks
	Orders  OrderSummary
	Bulk    BulkView
	Due     []LineDue // by line: what is due by today, the freshest first, then what is to come
	// Discount of Known.Value, per year.
	Discount float64
	Refused  time.Time // do-not-disturb since, zero: may be contacted
	// RefusedBy is "customer" or the console account that set it.
	RefusedBy string
	Held      bool // in the hold-out
	Complaint time.Time
	Next      *NextAction        // today's action, nil if withheld
	Withheld  *decision.Withheld // why nothing happens today, nil if an action is planned
	Won       *Winner            // the message for which nothing else happens, nil where none is
	Coming    *ComingContact     // on one of the next days, nil if none is expected
	Asked     []Asked            // what processes ask of members about the customer, and waits
	Budget    []BudgetLine       // "why not more": what is used and what is allowed
	Identity  []Identity
	Merged    []Merged
	Likely    []LikelySame
	Tags      []TagOf
	// TagChoices are all tags there are.
	TagChoices []TagGroup
	Referral   ReferralView
	Described  Description
	Rapport    event.Rapport // as a member judged it last, "" if nobody did
	RapportAt  time.Time
	Surveys    []SurveySaid // latest first
}

// SurveySaid is what the customer answered to the question of a survey.
type SurveySaid struct {
	Title string
	Score int // event.LeastScore to event.MostScore
	At    time.Time
}

// Basis returns what the customer's value counts.
func (c CustomerView) Basis() insight.Basis { return c.Known.Basis() }

// LineDue is when a customer is expected to buy a product line again.
type LineDue struct {
	Line id.Line // 0: orders that show no line
	At   time.Time
	Days int // the own cycle, shrunk to the line's
	Gaps int // own gaps it rests on beside the line's cycle
}

// Asked is a contact that a process asks of a member: a message by hand or a call.
type Asked struct {
	Task
	Staff string    // name
	Seen  time.Time // when the member first saw it, zero: not yet
}

// ComingContact is what the plan expects to do on one of the next days, where it does
// nothing today. The nights in between decide anew.
type ComingContact struct {
	Day     time.Time
	Purpose event.Purpose
	Channel event.Channel
}

// Owner is one relation, present or past.
type Owner struct {
	Staff id.Staff
	Name  string
	Store string
	Since time.Time
	Until time.Time // zero: active
	End   event.EndedBy
}

// GroupOf is a group the customer is in.
type GroupOf struct {
	ID    id.Group
	Name  string
	Since time.Time
}

// Ranks say where each part stands among the brand's customers.
type Ranks struct{ Need, Trust, Exposure Rank }

// Rank is which shares of the brand's customers have less of a part and more;
// the others have as much.
type Rank struct {
	Less, More float64
	Known      bool
}

// OrderSummary sums up linked orders.
type OrderSummary struct {
	Count     int
	First     time.Time
	Last      time.Time
	Turnover  money.Fen // refunds taken off
	LinkRate  float64   // of the customer's store, 0..1; negative: no orders known at all
	LinkFloor float64
}

// NextAction is today's action for one customer.
type NextAction struct {
	decision.Action
	StaffName string
	Text      string // with name and staff filled in
	State     ActionState
	Why       string    // it is cancelled, "" where that is not known
	Seen      time.Time // when the member first saw the task, zero: not yet
}

// ActionState says how far an action is.
type ActionState string

// The states of an action.
const (
	ActionWaiting     ActionState = "waiting"  // for approval
	ActionApproved    ActionState = "approved" // will be queued
	ActionUnconfirmed ActionState = "unconfirmed"
	ActionDone        ActionState = "done"
	ActionRejected    ActionState = "rejected"
	ActionCancelled   ActionState = "cancelled"
	ActionInDoubt     ActionState = "in_doubt"
)

// BudgetLine is one limit on contacts and how much of it is used.
type BudgetLine struct {
	Window string // "day", "week", "month", "wecom"
	Used   int
	Limit  int
}

// Identity is one way by which the customer is recognised.
type Identity struct {
	Kind event.IdentityKind
	Corp id.Corp
	Mask string // what may be shown: "138****1234", "wm…9Qz"
	At   time.Time
}

// Merged is another id that this customer answers for.
type Merged struct {
	From     id.Customer
	Name     string
	Evidence event.IdentityKind
	At       time.Time
}

// LikelySame is another customer who shares evidence but was not merged.
type LikelySame struct {
	Customer id.Customer
	Name     string
	Store    string
	Evidence event.IdentityKind
}

// TimelineQuery asks what happened with a customer.
type TimelineQuery struct {
	Customer id.Customer
	// Records asks for the record history (identities, merges, tags, changes
	// made by console accounts) instead of customer events.
	Records bool
	After   string
	Limit   int
}

// TimelinePage is one page of what happened.
type TimelinePage struct {
	Entries []TimelineEntry
	Next    string
}

// KindNote is a timeline entry that is no fact: a note a person wrote, which
// stands in the vault alone.
const KindNote event.Kind = "note"

// TimelineEntry is one thing that happened. Which fields are set depends on
// Kind; web has one sentence per kind of event and KindNote.
type TimelineEntry struct {
	At      time.Time
	Kind    event.Kind
	Staff   string // name of the member involved
	By      string // console account or the side that acted (event.EndedBy)
	Amount  money.Fen
	Lines   []id.Line
	Shop    string
	Store   string
	Group   string // name
	Channel event.Channel
	Called  bool // the contact by hand was a call
	Purpose event.Purpose
	Score   int    // of a survey
	Detail  string // reason or way, a word of the fact's vocabulary ("asked", "quota")
	Note    string // text a person wrote, from the vault
}

// ValueCurve is how a customer's value is expected to come in. After a year it
// is the Value that the page's headline names.
type ValueCurve struct {
	Basis  insight.Basis
	Points []ValuePoint
}

// ValuePoint is expected cumulated value after some weeks, in fen.
type ValuePoint struct {
	Weeks int     `json:"weeks"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Records are the changes a person makes to what is known of a customer.
// Each becomes a fact; the page shows it at the next read.
type Records interface {
	// Record keeps what the customer said or asked.
	Record(ctx context.Context, by Asker, r Record) error
	// Judge keeps how the asker finds the customer to be; the latest word of anybody
	// stands.
	Judge(ctx context.Context, by Asker, c id.Customer, rapport event.Rapport) error
	// SetMarketing sets or lifts do-not-disturb. Refusing also cancels what is
	// planned or unconfirmed for the customer.
	SetMarketing(ctx context.Context, by Asker, c id.Customer, allowed bool) error
	// Merge makes into answer for both.
	Merge(ctx context.Context, by Asker, from, into id.Customer) error
	// Unmerge takes a merge back.
	Unmerge(ctx context.Context, by Asker, c, from id.Customer) error
}

// RecordKind is what a person records of a customer.
type RecordKind string

// The kinds of record.
const (
	RecordNote      RecordKind = "note"      // free text, vault only
	RecordComplaint RecordKind = "complaint" // opens a complaint
	RecordSolved    RecordKind = "solved"    // closes the open complaint
	RecordNeed      RecordKind = "need"      // asked for Line
)

// Record is what a person records of a customer.
type Record struct {
	Customer id.Customer
	Kind     RecordKind
	Line     id.Line
	Note     string // at most 2000 bytes, kept in the vault
}
