package delivery

import (
	"errors"
	"fmt"
	"time"
)

// Settings are the gate's own times and limits; the rules about customers are
// decision.Settings.
type Settings struct {
	// Quarantine is how long WeCom's own lists get to catch up before they are
	// believed. How long they really take is not published.
	Quarantine time.Duration
	// CallTimeout bounds one call with all its repetitions. A row that is in
	// calling for longer has no live owner.
	CallTimeout time.Duration
	// RetryAfter is the first pause after a refusal without effect; it doubles
	// each time, up to MaxCalls calls.
	RetryAfter time.Duration
	MaxCalls   int
	// ResultsWithin is how long after a confirmation the last results may come
	// in; a customer without one counts as not reached.
	ResultsWithin time.Duration
	// StopWithin bounds how long the turns of a minute together, and a person,
	// wait for WeCom to stop tasks. What was not stopped by then is stopped by
	// Read.
	StopWithin time.Duration
	// MomentsPerDay is how many posts of the brand a member is asked to publish in
	// Moments in a day. WeCom's own display limits are not published; this keeps
	// customers from seeing the brand more often than its people.
	MomentsPerDay int
	// Approve lets mass sends go out without a person.
	Approve bool
}

// Defaults returns the settings of a new installation: a person approves.
func Defaults() Settings {
	return Settings{
		Quarantine:    10 * time.Minute,
		CallTimeout:   time.Minute,
		RetryAfter:    time.Minute,
		MaxCalls:      5, // a quarter of an hour in all
		ResultsWithin: 24 * time.Hour,
		StopWithin:    5 * time.Second,
		MomentsPerDay: 1,
	}
}

// Validate returns all that is wrong with the settings, nil if nothing is.
func (s Settings) Validate() error {
	var wrong []error
	within := func(name string, value, low, high time.Duration) {
		if value < low || value > high {
			wrong = append(wrong, fmt.Errorf("%s %s: must be %s to %s", name, value, low, high))
		}
	}
	within("quarantine", s.Quarantine, 0, 24*time.Hour)
	within("call timeout", s.CallTimeout, time.Second, 10*time.Minute)
	within("retry after", s.RetryAfter, time.Second, time.Hour)
	within("results within", s.ResultsWithin, time.Hour, 7*24*time.Hour)
	within("stop within", s.StopWithin, time.Millisecond, stopSpan)
	if s.MaxCalls < 1 || s.MaxCalls > 20 {
		wrong = append(wrong, fmt.Errorf("max calls %d: must be 1 to 20", s.MaxCalls))
	}
	if s.MomentsPerDay < 1 || s.MomentsPerDay > 10 {
		wrong = append(wrong, fmt.Errorf("moments per day %d: must be 1 to 10", s.MomentsPerDay))
	}
	if s.Quarantine < 2*s.CallTimeout {
		wrong = append(wrong, fmt.Errorf("quarantine %s: must be at least twice the call timeout %s, or a call could still be on its way", s.Quarantine, s.CallTimeout))
	}
	return errors.Join(wrong...)
}
