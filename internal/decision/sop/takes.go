package sop

import (
	"time"

	"siyu/internal/decision"
)

// Takes returns how long the step, in a process about such subjects, takes of the time
// that its member has for contacts by hand: what it says itself, else as long as a
// contact. What WeCom sends takes a confirmation instead, and 0 of it.
func (s *Step) Takes(of Subject) time.Duration {
	switch {
	case s.Channel == Mass, s.Posts(of), !s.Channel.Reaches() && !s.Channel.Manual():
		return 0
	case s.Minutes > 0:
		return time.Duration(s.Minutes * float64(time.Minute))
	}
	return decision.ContactTakes
}
