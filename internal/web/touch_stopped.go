package web

import (
	"context"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/org"
)

// Stopped are mass sends that the circuit breaker halted because more customers
// deleted a member, or complained, than the brand's own history explains.
type Stopped interface {
	// StoppedSends returns sends that wait for a decision, then those of the last four
	// weeks that were decided. Only headquarters sees them.
	StoppedSends(ctx context.Context, scope org.Scope) ([]StoppedSend, error)
	// ContinueSend sends what was taken back anew. A send that is decided is
	// fault.Conflict.
	ContinueSend(ctx context.Context, by Asker, send int64) error
	// CancelSend lets nobody else get it. A send that is decided is fault.Conflict.
	CancelSend(ctx context.Context, by Asker, send int64) error
}

// StoppedSend is one of them.
type StoppedSend struct {
	ID       int64
	Purpose  event.Purpose
	Text     string
	State    string // "halted", "continued", "cancelled"
	Halted   time.Time
	Because  string // "deleted", "complained"
	Evidence decision.Evidence
	Waiting  int // customers who have not got it and still may
	Decided  time.Time
	By       string
}

// Open tells whether it waits for a decision.
func (s StoppedSend) Open() bool { return s.State == "halted" }

func (v *visit) touchStopped() error {
	found, err := v.Stopped.StoppedSends(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showTouch("stopped", found)
}

func (v *visit) touchContinue() error {
	send, err := v.number("id")
	if err != nil {
		return err
	}
	if err := v.Stopped.ContinueSend(v.r.Context(), v.asker(), send); err != nil {
		return err
	}
	v.redirect("/touch/stopped?done=send_continue")
	return nil
}

func (v *visit) touchCancelSend() error {
	send, err := v.number("id")
	if err != nil {
		return err
	}
	if err := v.Stopped.CancelSend(v.r.Context(), v.asker(), send); err != nil {
		return err
	}
	v.redirect("/touch/stopped?done=send_cancel")
	return nil
}
