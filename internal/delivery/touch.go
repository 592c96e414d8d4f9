package delivery

import (
	"encoding/binary"
	"strconv"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
)

// TouchState is where one message to one customer stands.
type TouchState string

// The states of a touch. An Underway touch is wherever its dispatch or staff
// task is; all others are final, unless a member says to have sent what was taken
// back.
const (
	Underway  TouchState = "underway"
	Delivered TouchState = "delivered"
	Failed    TouchState = "failed"    // WeCom could not deliver it
	Withdrawn TouchState = "withdrawn" // dropped out at the gate, or its task was cancelled
)

// TouchKey says which message to whom this is. No two touches share a key,
// whatever plans it: a second plan of the same message is a constraint of the
// database, not a second message.
type TouchKey struct {
	Customer   id.Customer // canonical when it was planned
	Run        string      // plan day, campaign or process run: "plan/2026-05-05"
	Step       int
	Occurrence int
	Channel    event.Channel
}

// ID returns the number of the touch, derived from the key.
func (k TouchKey) ID() int64 {
	sum := id.Hash("touch", id.Text(k.Customer), k.Run, strconv.Itoa(k.Step), strconv.Itoa(k.Occurrence), string(k.Channel))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// Touch is one message to one customer.
type Touch struct {
	ID int64 // Key.ID()
	TouchKey
	Dispatch      int64 // 0: a staff task, whose ID is the touch's
	Staff         id.Staff
	Purpose       event.Purpose
	Action        int64 // decision.Action.ID
	State         TouchState
	Because       string    // why it failed or was withdrawn
	At            time.Time // when State was entered
	Planned       time.Time // when it was decided; sending it again leaves that as it is; zero: not known
	Service       bool      // answers the customer or serves a purchase: budgets neither stop nor count it
	content.Drawn           // of the wordings of what is said
}

// decided returns when the message was decided: what came after it, a purchase above all,
// may speak against it.
func (t *Touch) decided() time.Time {
	if t.Planned.IsZero() {
		return t.At
	}
	return t.Planned
}

func (t *Touch) end(state TouchState, because string, at time.Time) {
	t.State, t.Because, t.At = state, because, at
}
