package mind

import (
	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// spent is what earlier contacts on a part have closed of its gap by a moment, each
// as a share, by the assumption table.
type spent struct {
	closed [profile.RecentTouches]float64
	n      int
}

// spent returns what contacts in person have closed of the gaps in need and trust,
// which hardly show otherwise: what is asked and answered well is felt and not said.
// What reminders have left, memory holds already. The plan so counts the same of a
// contact as what measures its effect.
func (l *limits) spent(a *Assumption) (had spent) {
	purpose := worksOn(a.Part)
	if purpose == "" {
		return had
	}
	for _, t := range l.view.Touches() {
		inPerson := t.Channel == event.OneToOne || t.Channel == event.MassSend
		if t.Purpose == purpose && inPerson && had.n < len(had.closed) {
			had.closed[had.n] = a.closedAfter(l.view.Days(t.At))
			had.n++
		}
	}
	return had
}

// worksOn returns the purpose of contacts that close a part's gap unseen, "" where
// the part itself shows what they did.
func worksOn(part insight.Part) event.Purpose {
	switch part {
	case insight.Need:
		return event.Ask
	case insight.Trust:
		return event.Serve
	default:
		return ""
	}
}

// left returns the share of the gap that is left, if contacts do so many times what
// is assumed.
func (s *spent) left(times float64) float64 {
	left := 1.
	for _, closed := range s.closed[:s.n] {
		left *= 1 - min(1, times*closed)
	}
	return left
}
