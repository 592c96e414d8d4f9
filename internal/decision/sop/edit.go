package sop

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/event"
)

// Put replaces a step by one of the same name and lets the steps of its lane stand
// in the order of their offsets. A name that there is not changes nothing.
func (p *Process) Put(s Step) {
	at := p.Step(s.Name)
	if at < 0 {
		return
	}
	p.Steps = slices.Clone(p.Steps)
	p.Steps[at] = s
	var places []int
	var lane []Step
	for i := range p.Steps {
		if p.Steps[i].Lane == s.Lane {
			places, lane = append(places, i), append(lane, p.Steps[i])
		}
	}
	slices.SortStableFunc(lane, func(a, b Step) int { return cmp.Compare(a.At.rank(), b.At.rank()) })
	for i, place := range places {
		p.Steps[place] = lane[i]
	}
}

// rank orders offsets of one lane: by the moment, if the run begins at midnight.
func (o Offset) rank() time.Duration {
	return time.Duration(o.Days)*day + o.Clock + o.After
}

// Remove takes a step out.
func (p *Process) Remove(name string) {
	p.Steps = slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Name == name })
}

// Swap lets a step happen when its neighbour in the lane does, and the neighbour
// when the step did: the one before with -1, the one after with +1. Without such a
// neighbour nothing changes.
func (p *Process) Swap(name string, by int) {
	at := p.Step(name)
	if at < 0 {
		return
	}
	other := at + by
	for other >= 0 && other < len(p.Steps) && p.Steps[other].Lane != p.Steps[at].Lane {
		other += by
	}
	if other < 0 || other >= len(p.Steps) {
		return
	}
	p.Steps = slices.Clone(p.Steps)
	a, b := &p.Steps[at], &p.Steps[other]
	a.At, b.At = b.At, a.At
	*a, *b = *b, *a
}

// Add puts a new step a day after one, in the same lane, that says a text, and
// returns its name. A process without the step gets none.
func (p *Process) Add(after string, says Text) (name string) {
	at := p.Step(after)
	if at < 0 {
		return ""
	}
	return p.insert(at, p.Steps[at].Lane, says)
}

// Branch begins a new lane with a step a day after one, that says a text, and
// returns the lane's name. A process without the step gets none.
func (p *Process) Branch(after string, says Text) (lane string) {
	at := p.Step(after)
	if at < 0 {
		return ""
	}
	lane = unused("lane-", 2, func(name string) bool { return slices.Contains(p.Lanes(), name) })
	p.insert(at, lane, says)
	return lane
}

// insert puts a new step of a lane a day after the one at a place.
func (p *Process) insert(at int, lane string, says Text) (name string) {
	before := p.Steps[at]
	s := Step{Lane: lane, At: before.At, Late: Postpone, Channel: Task, Minutes: 2, Content: []Variant{{Text: says}}}
	if before.At.Timed || before.At.Days != 0 {
		s.At.Days++
	} else {
		s.At = Offset{Days: int(before.At.After/day) + 1}
	}
	s.Name = unused("step-", len(p.Steps)+1, func(name string) bool { return p.Step(name) >= 0 })
	p.Steps = slices.Insert(slices.Clone(p.Steps), at+1, s)
	p.Put(s)
	return s.Name
}

// unused returns the first numbered name that is not used.
func unused(prefix string, from int, used func(string) bool) string {
	for n := from; ; n++ {
		if name := prefix + strconv.Itoa(n); !used(name) {
			return name
		}
	}
}

// FreeName returns a name for a process that no other one has: the one that is wanted, or
// it with the first number that makes it one.
func FreeName(wanted string, used func(string) bool) string {
	if !used(wanted) {
		return wanted
	}
	return unused(wanted+"-", 2, used)
}

// OffsetOf returns the offset of a number and a unit, m, h or d, and a time of day
// as a clock shows it, "" for none. Errors say what was expected.
func OffsetOf(n int, unit, clock string) (Offset, error) {
	if clock != "" && unit == "d" {
		return ParseOffset(fmt.Sprintf("%dd %s", n, clock))
	}
	return ParseOffset(strconv.Itoa(n) + unit)
}

// Parts returns number, unit and time of day of an offset, as OffsetOf takes them.
func (o Offset) Parts() (n int, unit, clock string) {
	switch {
	case o.Timed:
		return o.Days, "d", clockText(o.Clock)
	case o.Days != 0:
		return o.Days, "d", ""
	}
	n, unit = Span(o.After).parts(time.Hour)
	return n, unit, ""
}

// Parts returns number and unit of a span: m, h or d.
func (s Span) Parts() (n int, unit string) { return s.parts(day) }

// parts takes the largest unit, up to one, that leaves no rest.
func (s Span) parts(largest time.Duration) (n int, unit string) {
	d := time.Duration(s)
	switch {
	case d != 0 && d%day == 0 && largest >= day:
		return int(d / day), "d"
	case d != 0 && d%time.Hour == 0:
		return int(d / time.Hour), "h"
	}
	return int(d / time.Minute), "m"
}

// Executors returns who can do the steps of processes about such subjects.
func Executors(of Subject) []Executor { return slices.Clone(executors[of]) }

// Begin lets something else begin the process. Its clock follows, and so do the times of
// its steps: where the new clock needs a time of day, those without one get ten o'clock.
func (p *Process) Begin(t Trigger) {
	p.Trigger, p.Clock = t, t.clock()
	if p.Clock == Relative {
		return
	}
	const morning = 10 * time.Hour
	p.Steps = slices.Clone(p.Steps)
	for i := range p.Steps {
		if at := &p.Steps[i].At; !at.Timed {
			*at = Offset{Days: at.Days + int(at.After/day), Timed: true, Clock: morning}
		}
	}
}

// Concern lets the process be about other subjects. What they cannot have goes:
// conditions, branches, stop rules and the goal of what is about no customers. What was
// said to one customer is a post of a group, else a task. Dates and days of the week still
// begin what they can begin; else the adding of a member does, or Monday.
func (p *Process) Concern(of Subject) {
	if p.Subject == of || len(executors[of]) == 0 {
		return
	}
	p.Subject, p.Executor, p.Again = of, executors[of][0], EachTrial
	t := Trigger{Dates: p.Trigger.Dates}
	switch {
	case len(t.Dates) > 0:
	case of == OfCustomer:
		t.Fact, p.Again = event.KindRelationAdded, Once
	default:
		if t.Weekdays = p.Trigger.Weekdays; len(t.Weekdays) == 0 {
			t.Weekdays = Weekdays()[:1]
		}
	}
	if of != OfCustomer {
		p.Goal, p.Stop = nil, nil
	}
	p.Steps = slices.Clone(p.Steps)
	for i := range p.Steps {
		p.Steps[i].concern(of)
	}
	p.Begin(t)
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return cmp.Compare(a.At.rank(), b.At.rank()) })
}

// concern leaves of a step what it can be about such subjects.
func (s *Step) concern(of Subject) {
	s.If, s.Choose, s.Lane = nil, nil, ""
	if of == OfCustomer {
		s.At.Days = max(0, s.At.Days)
	} else {
		s.Service, s.Promised, s.Tag, s.Executor = false, false, "", ""
		switch {
		case s.Channel == Tag:
			s.Channel = Wait
		case s.Channel.Reaches() && of == OfGroup:
			s.Channel = Group
		case s.Channel.Reaches():
			s.Channel = Task
		}
		if s.Channel == Task {
			s.Purpose = ""
		}
	}
	if s.Proof == ByPlatform && !s.Posts(of) {
		s.Proof = ""
	}
}

// clock returns the clock that goes with what begins a process.
func (t *Trigger) clock() Clock {
	switch {
	case t.Date == DueDate:
		return Cycle
	case t.Date == Birthday || len(t.Dates) > 0 || len(t.Weekdays) > 0:
		return Calendar
	}
	return Relative
}
