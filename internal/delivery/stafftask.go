package delivery

import (
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

// StaffTaskState is where a staff task stands.
type StaffTaskState string

// The states of a staff task. Due and Postponed wait for the member.
const (
	Due       StaffTaskState = "due"
	Postponed StaffTaskState = "postponed" // From was moved
	DoneState StaffTaskState = "done"
	NoNeed    StaffTaskState = "no_need" // the member knows better
	Missed    StaffTaskState = "missed"  // not done when its window ended
	Taken     StaffTaskState = "taken"   // taken back: objection, complaint, purchase, replanned
)

// StaffTask is one message a member writes by hand, from the list on the
// phone.
type StaffTask struct {
	ID       int64 // of its touch
	Corp     id.Corp
	Staff    id.Staff
	Store    id.Store
	Customer id.Customer
	Purpose  event.Purpose
	Line     id.Line
	Material string
	Text     string // with {name} and {staff} still in it; pages fill them in
	Link     string
	Action   int64
	From     time.Time
	Until    time.Time
	State    StaffTaskState
	Since    time.Time // when State was entered
	Result   Result    // once done
	Because  string    // why it was taken back
}

// Result is what the member reports with one tap.
type Result string

// The results.
const (
	Answered   Result = "answered"
	NoAnswer   Result = "no_answer"
	WillBuy    Result = "will_buy"
	Complained Result = "complained"
	Refused    Result = "refused" // wants no marketing
)
