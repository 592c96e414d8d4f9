package web

import (
	"context"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
)

// Touches reads what is planned, waits, or went wrong on its way to customers.
// Batches, dispatches and tasks number some thousands a day; nothing here
// walks single touches.
type Touches interface {
	// Batches returns what waits for approval, by expected gain.
	Batches(ctx context.Context, scope org.Scope, q BatchQuery) (BatchPage, error)
	// Batch returns one batch that waits, with up to 20 sample customers.
	Batch(ctx context.Context, scope org.Scope, batch int64) (BatchView, error)
	// Unconfirmed returns WeCom and staff tasks and posts that wait for a member,
	// those whose window ends first at the top.
	Unconfirmed(ctx context.Context, scope org.Scope, after string) (TaskPage, error)
	// Execution returns tasks of the last 7 days by member, most open first,
	// then by store.
	Execution(ctx context.Context, scope org.Scope, after string) (ExecutionPage, error)
	// InDoubt returns dispatches whose call has no known answer, oldest first,
	// at most 100.
	InDoubt(ctx context.Context, scope org.Scope) ([]Doubt, error)
	// Quotas returns what may still be sent.
	Quotas(ctx context.Context, scope org.Scope) ([]Quota, error)
}

// BatchQuery narrows the approval queue. Zero fields do not filter.
type BatchQuery struct {
	Limiting insight.Part
	Purpose  event.Purpose
	After    string
}

// BatchPage is one page of the approval queue.
type BatchPage struct {
	Batches []Batch
	Next    string
}

// Batch is a group of planned actions that are approved together: one store,
// one member, one purpose, one text.
type Batch struct {
	ID        int64
	Store     string
	Staff     string
	Purpose   event.Purpose
	Channel   event.Channel
	Limiting  insight.Part
	Customers int
	Gain      insight.Estimate // not measurable where no plan expects anything of it
	Text      string           // with placeholders
	From      time.Time
	Until     time.Time
	Approved  []string // accounts that approved it; another person is needed
}

// BatchView is a batch with sample customers.
type BatchView struct {
	Batch
	Title   string // of the card with the link
	Link    string // "" without
	Counted bool   // openings of the link are counted
	Opened  int
	Samples []Sample
	Quota   BatchQuota
	Process BatchStep
	Files   []content.File // pictures and files that go with it
}

// Expected tells whether the plan expects anything of the batch.
func (b Batch) Expected() bool { return b.Gain.Evidence != insight.NotMeasurable }

// BatchQuota says how many mass messages WeCom still lets the customers of a
// batch receive.
type BatchQuota struct {
	Limit   int         // of one customer in the period
	Until   time.Time   // when the period ends
	Left    []QuotaLeft // fewest left first
	Skipped int         // customers who have none left: WeCom would skip them
	Who     []Skipped   // up to 20 of them
}

// QuotaLeft counts customers who may still receive Low to High messages.
type QuotaLeft struct{ Low, High, Customers int }

// Skipped is a customer whom WeCom would skip.
type Skipped struct {
	Customer id.Customer
	Name     string
}

// Sample is one customer of a batch.
type Sample struct {
	Customer id.Customer
	Name     string
	Because  []insight.Reason
	Gain     insight.Estimate
	Text     string // filled in
}

// TaskPage is one page of tasks that wait for members.
type TaskPage struct {
	Tasks []OpenTask
	Next  string
}

// OpenTask is a dispatch, a post, a list of staff tasks or the tasks of a step of a
// process that waits for a member.
type OpenTask struct {
	ID        int64 // of posts the post's
	Staff     string
	Store     string
	Channel   event.Channel
	Purpose   event.Purpose
	Customers int
	Since     time.Time
	Until     time.Time
	UrgedAt   time.Time
	// Of tasks of a process that are no contact.
	Process string // name, "" for all others
	Title   sop.Text
	Step    sop.Text
	How     sop.Channel
	Tasks   int // Customers is 0 where they are not about customers
}

// ExecutionPage is one page of what members did.
type ExecutionPage struct {
	Staff []StaffExecution
	Next  string
}

// StaffExecution is what one member did of the tasks of the last 7 days.
type StaffExecution struct {
	Staff   id.Staff
	Name    string
	Store   string
	Due     int
	Done    int
	OnTime  int
	Open    int
	UrgedAt time.Time
	// Urges is how often the member was urged in the last 24 hours; UrgeNext is when
	// the member may be urged again, zero: now.
	Urges    int
	UrgeNext time.Time
	SeenAt   time.Time // when the member last saw a task that was new, zero: never
	Unseen   int       // mass messages to confirm and contacts by hand that wait and that the member has not seen
	// Unreached is why messages of the app do not reach the member, "" where they do.
	Unreached Unreachable
}

// Unreachable is why WeCom does not deliver messages of the app to a member.
type Unreachable string

// The reasons.
const (
	OutOfReach Unreachable = "invalid"    // the app may not see the member, or there is none
	Unlicensed Unreachable = "unlicensed" // the member's account has no licence
)

// Doubt is a dispatch whose call may or may not have reached WeCom.
type Doubt struct {
	Dispatch  int64
	Staff     string
	Store     string
	Purpose   event.Purpose
	Channel   event.Channel
	Customers int
	CalledAt  time.Time
	CheckedAt time.Time // last comparison with WeCom's own list, zero: not yet
	Listed    bool      // WeCom's list shows a task that looks the same
	Evidence  string    // word for what is known: "no_answer", "process_ended", "listed", "not_listed"
	Text      string
}

// Quota is one limit of the platform.
type Quota struct {
	Name  string // "mass_send_month", "mass_send_day", "confirm_day", "moments_month"
	Used  int
	Limit int
	Until time.Time // when it starts anew
}

// Decisions are what a person decides about touches.
type Decisions interface {
	// Approvable tells whether the asker may approve a batch, and who did.
	Approvable(ctx context.Context, by Asker, batch int64) (ApprovalView, error)
	// Approve lets batches go out, as far as the rules of approval let the asker;
	// a batch that is no longer waiting is skipped without error.
	Approve(ctx context.Context, by Asker, a ApprovalAsked) (ApprovalDone, error)
	// Reject withholds a batch for today.
	Reject(ctx context.Context, by Asker, batch int64) error
	// TakeBack takes a mass send back that its member has not confirmed. stopped
	// says that WeCom has stopped it already; else WeCom did not answer and is
	// asked again until it does. What was confirmed is fault.Conflict.
	TakeBack(ctx context.Context, by Asker, dispatch int64) (stopped bool, err error)
	// UrgeStore reminds all staff of a store who have open tasks, or those who
	// belong to no store for store 0: each at most three times in 24 hours and once in
	// four. It returns how many were reminded. Where nobody could be because of these
	// limits it is fault.Forbidden with key "error.urged_enough" or "error.urged_lately".
	UrgeStore(ctx context.Context, by Asker, store id.Store) (staff int, err error)
	// UrgeStaff reminds one member under the same limits.
	UrgeStaff(ctx context.Context, by Asker, staff id.Staff) (reminded int, err error)
	// Resend sends an in-doubt dispatch again as a new dispatch.
	Resend(ctx context.Context, by Asker, dispatch int64) error
	// Drop gives an in-doubt dispatch up.
	Drop(ctx context.Context, by Asker, dispatch int64) error
}
