package decision

import (
	"fmt"
	"time"

	"siyu/internal/event"
)

// slot is when and how a contact happens, and with which probability it was
// then and not at another hour.
type slot struct {
	channel     event.Channel
	from, until time.Time
	probability float64
}

// slot draws when a contact begins: at the start of the working time that is
// left, or, for TimingShare of them, at any hour of it alike. A staff task
// ends with the working day, a WeCom task may wait WindowDays.
func (p *Planner) slot(channel event.Channel, number int64) slot {
	from, until := p.Settings.Window(p.Day, p.Now)
	hours := p.hoursLeft()
	s := slot{channel: channel, from: from, until: until}
	share := p.Settings.Explore.TimingShare
	l := newLot(p.seed+1, number) // +1: independent of the draw of the purpose
	later := 0
	if l.uniform() < share {
		later = l.below(hours)
	}
	s.from = from.Add(time.Duration(later) * time.Hour)
	s.probability = share / float64(hours)
	if later == 0 {
		s.probability += 1 - share
	}
	if channel == event.MassSend {
		y, m, d := p.Day.Date()
		last := time.Date(y, m, d+p.Settings.WindowDays-1, 0, 0, 0, 0, p.Day.Location())
		s.until = clockTime(last, p.Settings.QuietFrom)
	}
	return s
}

// hoursLeft is how many hours of the working day can be drawn, at least the
// current one.
func (p *Planner) hoursLeft() int {
	from, until := p.Settings.Window(p.Day, p.Now)
	return max(1, int(until.Sub(from)/time.Hour))
}

// timingNames names the hours that can be drawn, as alternatives are stored.
func (p *Planner) timingNames() []string {
	if p.Settings.Explore.TimingShare == 0 {
		return nil
	}
	names := make([]string, p.hoursLeft())
	for i := range names {
		names[i] = fmt.Sprintf("start+%dh", i)
	}
	return names
}
