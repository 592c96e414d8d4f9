package wecom

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"siyu/internal/fault"
)

// Outcome says what a call did at the platform, as far as we can know.
type Outcome string

// The outcomes of a call.
const (
	Done     Outcome = "done"      // errcode 0
	NoEffect Outcome = "no_effect" // refused, or it never left: a repetition is safe
	InDoubt  Outcome = "in_doubt"  // it left and no readable answer came: only the platform knows
)

// Reaction says what an error asks of the caller. The client itself has
// already done what it could: refreshed tokens, paused, repeated.
type Reaction string

// The reactions to errors.
const (
	TryLater     Reaction = "try_later"     // busy, limited or unreachable
	FixSettings  Reaction = "fix_settings"  // secret, corp id, agent id, trusted IP: a person with the admin console
	AskRights    Reaction = "ask_rights"    // the app, or the member, lacks a permission or licence
	SkipObject   Reaction = "skip_object"   // this member, tag, row or object is not ours or not valid; go on with the others
	RelationLost Reaction = "relation_lost" // the two do not know each other (any more)
	StopNormal   Reaction = "stop_normal"   // already done by somebody; nothing is wrong
	RenewMedia   Reaction = "renew_media"   // upload again
	OurDefect    Reaction = "our_defect"    // the request is wrong
)

// Codes this package or its callers branch on.
const (
	CodeOK               = 0
	CodeBusy             = -1
	CodeVersionConflict  = 6000
	CodeBadSecret        = 40001
	CodeBadToken         = 40014
	CodeBadLogin         = 40029
	CodeTokenExpired     = 42001
	CodeWelcomed         = 41051
	CodeWelcomeElsewhere = 41096
	CodeDispatching      = 41063 // the message is still being handed to members
	CodeRateLimit        = 45009
	CodeConcurrency      = 45033
	CodeNoRelation       = 84061
	CodeTooManyInScope   = 81017
	CodeAllInvalid       = 81013
	CodeBadCorp          = 40013
	CodeNotPermitted     = 48002
	CodeUntrustedIP      = 60020
	CodeNotOurs          = 301002 // another app made it
	CodeBadMessage       = 41047  // no such mass message
	CodeBadMoment        = 41060  // no such post in Moments
	CodeMemberMoment     = 41067  // a member made the post, no app
)

// Error is a call that did not succeed. It never holds a URL, a token or a
// secret. It carries a fault code, and unwraps to the context's error if that
// is what ended the call.
type Error struct {
	Call    string  // path below /cgi-bin/
	Code    int     // errcode; 0 if no answer could be read
	Message string  // errmsg or what went wrong, for people and logs
	Outcome Outcome // never Done
	cause   error
}

func (e *Error) Error() string {
	if e.Code != 0 {
		return fmt.Sprintf("wecom %s: errcode %d: %s", e.Call, e.Code, e.Message)
	}
	return fmt.Sprintf("wecom %s: %s", e.Call, e.Message)
}

// Unwrap returns a fault whose key is "wecom." and the reaction.
func (e *Error) Unwrap() error {
	reaction := e.Reaction()
	code := fault.Upstream
	if reaction == OurDefect {
		code = fault.Internal
	}
	cause := e.cause
	if cause == nil {
		cause = errors.New(e.Message)
	}
	return &fault.Fault{Code: code, Key: "wecom." + string(reaction), Err: cause}
}

// Reaction returns what the error asks of the caller. Codes nobody has
// documented ask to skip the object.
func (e *Error) Reaction() Reaction {
	switch {
	case errors.Is(e.cause, errMisuse):
		return OurDefect
	case e.Code == 0:
		return TryLater
	}
	return reactionTo(e.Code)
}

// IsCode reports whether err is an answer of the platform with this errcode.
func IsCode(err error, code int) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == code
}

// IsForeign reports whether the platform answered that an object is not there, or that
// this app did not make it. Other answers to skip an object do not say whose it is.
func IsForeign(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains([]int{CodeNotOurs, CodeBadMessage, CodeBadMoment, CodeMemberMoment}, e.Code)
}

// OutcomeOf returns the outcome of a call that returned err. An error that
// did not come from a call means the call was never made.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Done
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Outcome
	}
	return NoEffect
}

// ReactionOf returns what err asks of the caller; TryLater if it is not an
// answer of the platform.
func ReactionOf(err error) Reaction {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reaction()
	}
	return TryLater
}

//nolint:cyclop // a table
func reactionTo(code int) Reaction {
	switch code {
	case CodeBusy, CodeVersionConflict, CodeRateLimit, CodeConcurrency, CodeWelcomeElsewhere, CodeDispatching, CodeBadToken, CodeTokenExpired, 40100:
		return TryLater
	case CodeBadSecret, 40013, 40056, 40091, 50001, 50003, 60020:
		return FixSettings
	case 40098, 48002, 48004, 48005, 84074, 84083:
		return AskRights
	case CodeNoRelation, 84084:
		return RelationLost
	case CodeWelcomed:
		return StopNormal
	case 40004, 40005, 40006, 40007, 40008, 40009, 40011:
		return RenewMedia
	case 40031, 40032, 40035, 40058, 40063, 41001, 41002, 41004, 41006, 41009, 41011, 41016, 41017, 41033, 41037,
		44001, 44004, 45001, 45002, CodeTooManyInScope:
		return OurDefect
	default:
		return SkipObject
	}
}

// refused is an answer with an errcode. -1 says only that the platform was
// busy; for a call with an effect that leaves open what it did first.
func refused(call string, code int, message string, repeatable bool) *Error {
	outcome := NoEffect
	if code < 0 && !repeatable {
		outcome = InDoubt
	}
	return &Error{Call: call, Code: code, Message: message, Outcome: outcome}
}

var errMisuse = errors.New("wrong arguments")

// contextCause keeps only the context's own errors: others may hold URLs.
func contextCause(err error) error {
	for _, known := range [...]error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}
