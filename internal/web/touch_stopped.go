package web

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

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
	// ContinueSend sends what was taken back anew, and keeps why the asker wants that. A
	// send that is decided is fault.Conflict.
	ContinueSend(ctx context.Context, by Asker, send int64, why string) error
	// CancelSend lets nobody else get it, and keeps why. A send that is decided is
	// fault.Conflict.
	CancelSend(ctx context.Context, by Asker, send int64, why string) error
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
	Why      string // in the words of who decided
}

// Open tells whether it waits for a decision.
func (s StoppedSend) Open() bool { return s.State == "halted" }

// stoppedPage is the page of halted sends. Of one whose form was refused it keeps the
// words and says what is wrong.
type stoppedPage struct {
	Sends []StoppedSend
	At    int64
	Why   string
	Wrong string
}

// Said returns the words of a form that was refused.
func (p stoppedPage) Said(send int64) string {
	if send == p.At {
		return p.Why
	}
	return ""
}

func (v *visit) touchStopped() error { return v.showStopped(stoppedPage{}) }

func (v *visit) showStopped(page stoppedPage) error {
	found, err := v.Stopped.StoppedSends(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	page.Sends = found
	return v.showTouch("stopped", page)
}

func (v *visit) touchContinue() error {
	return v.decideStopped(v.Stopped.ContinueSend, "/touch/stopped?done=send_continue")
}

func (v *visit) touchCancelSend() error {
	return v.decideStopped(v.Stopped.CancelSend, "/touch/stopped?done=send_cancel")
}

// mostWhy is how long a reason may be, in characters.
const mostWhy = 200

// decideStopped decides about a send for a reason, and leads to where that is said.
func (v *visit) decideStopped(decide func(context.Context, Asker, int64, string) error, to string) error {
	send, err := v.number("id")
	if err != nil {
		return err
	}
	why := strings.TrimSpace(v.r.FormValue("why"))
	if n := utf8.RuneCountInString(why); n == 0 || n > mostWhy {
		v.status = http.StatusUnprocessableEntity
		return v.showStopped(stoppedPage{At: send, Why: why, Wrong: v.lang.text("error.send_why", "Most", mostWhy)})
	}
	if err := decide(v.r.Context(), v.asker(), send, why); err != nil {
		return err
	}
	v.redirect(to)
	return nil
}
