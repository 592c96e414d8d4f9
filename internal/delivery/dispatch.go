package delivery

import (
	"fmt"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// State is where a dispatch stands at the gate.
type State string

// The states of a dispatch.
const (
	Planned  State = "planned"  // waits for approval and its window
	Claimed  State = "claimed"  // one node prepares the call; nothing has left
	Calling  State = "calling"  // the call may be on its way
	Accepted State = "accepted" // WeCom has the task
	Rejected State = "rejected" // WeCom refused it for good
	InDoubt  State = "in_doubt" // WeCom may or may not have it
	Resent   State = "resent"   // a person sent it anew, as another dispatch
	Dropped  State = "dropped"  // will not be sent
)

// TaskState is where an accepted dispatch stands with the member.
type TaskState string

// The states of a WeCom task. It is NoTask until the dispatch is accepted.
const (
	NoTask     TaskState = ""
	Open       TaskState = "open"       // waits for the member's confirmation
	Sending    TaskState = "sending"    // the member confirmed; not every result is known yet
	Confirmed  TaskState = "confirmed"  // and every result is known
	Cancelling TaskState = "cancelling" // asked WeCom to stop; its answer is not yet final
	Cancelled  TaskState = "cancelled"  // stopped before the member sent it
)

// CancelReason says why an accepted task is taken back.
type CancelReason string

// The reasons. After an objection, a complaint, a purchase, or where two records
// are one person, the customers whom it does not concern get the message by a
// new dispatch. Replanned takes back only what has not left yet. What the circuit
// breaker halted waits in a new dispatch for a person; SendEnded is what the person
// may decide. StepStopped is a rule of the process that a step is of: like an objection it
// concerns some customers; Retired concerns all.
const (
	WindowOver CancelReason = "window_over"
	Objection  CancelReason = "objection"
	Complaint  CancelReason = "complaint"
	Purchase   CancelReason = "purchase"
	SamePerson CancelReason = "same_person"
	Replanned  CancelReason = "replanned"
	ByPerson   CancelReason = "person"
	SendHalted CancelReason = "send_halted"
	SendEnded  CancelReason = "send_cancelled"
	Retired    CancelReason = "retired" // the process that wanted it was taken out of use

	StepStopped CancelReason = "stopped"
)

// What is known of a dispatch in doubt.
const (
	NoReply      = "no_answer"     // the call left, no readable answer came
	ProcessEnded = "process_ended" // who called is gone
	NotListed    = "not_listed"    // WeCom's list shows nothing like it
)

// Automatic is the ApprovedBy of a dispatch that settings let go without a
// person.
const Automatic = "automatic"

// Dispatch is one mass message: one call to WeCom, one task of one member, up
// to MaxCustomers touches.
type Dispatch struct {
	ID       int64
	Corp     id.Corp
	Staff    id.Staff // who confirms it
	Store    id.Store
	Day      time.Time // business day whose confirmations it uses up
	Purpose  event.Purpose
	Line     id.Line
	Material string  // content code
	Text     string  // exactly as sent; no personal data
	Link     string  // exactly as sent, with the Marker; "" without
	Marker   string  // tells this dispatch from all others inside Link; "" without a link
	Title    string  // of the card that shows the link, "" puts the address under the text
	Content  id.Code // whose openings the link counts, 0 where none are counted
	Files    string  // codes of the pictures and files that go with it, separated by blanks
	Wording  id.Code // of Text where there were several to draw from, else 0
	Send     int64   // kept by the ledger: the Send that it is part of
	Process  int64   // whose step it is, 0 for none
	Step     string  // name of the step, "" where Process is 0 or not known
	Promised bool    // the step speaks of a benefit promised at the add
	Postpone bool    // leaves on a later day where its member is asked to confirm enough on this one
	From     time.Time
	Until    time.Time // what is unconfirmed then is cancelled

	State      State
	ApprovedBy string    // Automatic or a console account; "" waits for a person
	NotBefore  time.Time // after a refusal without effect
	Attempts   int       // calls that were opened
	Node       string    // owner since Claimed
	Fence      int64     // of the owner; a later start of the same node has a higher one
	Since      time.Time // when State was entered
	Called     time.Time // when Calling was last entered
	Request    [32]byte  // sha256 over what was called with
	MsgID      string    // WeCom's name for it, once accepted
	Because    string    // why it was rejected, is in doubt, was dropped, resent or cancelled
	DecidedBy  string    // console account that resent or dropped it
	ResendOf   int64     // the dispatch it takes the place of, 0 for none

	// CancelFor is why the task is to be taken back, "" if it is not. Set while
	// the call is still on its way, it takes effect on acceptance.
	CancelFor CancelReason
	Task      TaskState
	TaskSince time.Time
	Read      time.Time   // when results were last read back
	Urged     []time.Time // reminders of the last day, at most UrgeLimit

	// Words are those that it is watched with, where there are several wordings of them;
	// 0: its own, or those of its Send. The ledger keeps the Send alone.
	Words id.Code
}

// enter moves the dispatch along the arrows of the package comment.
func (d *Dispatch) enter(to State, now time.Time, because string) error {
	if !slices.Contains(arrows[d.State], to) {
		return fault.New(fault.Conflict, "dispatch %d is %s and cannot become %s", d.ID, d.State, to)
	}
	d.State, d.Since, d.Because = to, now, because
	return nil
}

var arrows = map[State][]State{
	Planned: {Claimed, Dropped, Accepted}, // accepted: found in WeCom's list after a restore
	Claimed: {Planned, Calling, Dropped},
	Calling: {Accepted, Rejected, InDoubt, Planned},
	InDoubt: {Accepted, Rejected, Planned, Resent, Dropped},
}

// OwnedBy tells whether this start of this node opened or claimed the
// dispatch.
func (d *Dispatch) OwnedBy(o Owner) bool { return d.Node == o.Node && d.Fence == o.Fence }

func (d *Dispatch) mustBeOwnedBy(o Owner) error {
	if d.OwnedBy(o) {
		return nil
	}
	return fault.New(fault.Conflict, "dispatch %d belongs to %s/%d, not to %s/%d", d.ID, d.Node, d.Fence, o.Node, o.Fence)
}

// Owner is one start of one node. Fence grows with every start, so that a
// process that was stopped and wakes up later can be told from its successor.
type Owner struct {
	Node  string
	Fence int64
}

func (o Owner) String() string { return fmt.Sprintf("%s/%d", o.Node, o.Fence) }
