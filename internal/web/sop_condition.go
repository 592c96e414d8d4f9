package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision/sop"
)

// conditionForm is a condition as a person picks it: a sign of the customer or its
// absence. One that says more stands as it is and is changed in the text.
type conditionForm struct {
	Field string
	Is    string // value of the pick; "": none
	Since sop.Since
	Lane  string // of a branch
	Picks []pick
	Steps bool // it asks what became of steps: since when does not matter
}

// pick is one choice of a list.
type pick struct{ Value, Say string }

// asWritten is the pick of a condition that lists do not have.
const asWritten = "written"

// absent stands before the sign that has to be missing.
const absent = "not_"

// doneStep stands before the name of a step that has to be done.
const doneStep = "done:"

// signsOf returns what a condition can be about: signs of the customer, or the steps
// before a place.
func signsOf(p *sop.Process, place int) (signs []sop.Condition) {
	if p.Subject == sop.OfCustomer {
		for _, sign := range sop.Signals() {
			signs = append(signs, sop.Condition{Did: sign})
		}
		return signs
	}
	for _, step := range p.StepsBefore(place) {
		signs = append(signs, sop.Condition{Done: step})
	}
	return signs
}

// valueOf returns the value of the pick of a sign.
func valueOf(sign *sop.Condition) string {
	if sign.Done != "" {
		return doneStep + sign.Done
	}
	return string(sign.Did)
}

// conditionOf returns how a condition about one of some signs is picked in a field; none
// says that there is none.
func conditionOf(w sop.Words, field string, c *sop.Condition, signs []sop.Condition, none string) conditionForm {
	f := conditionForm{Field: field, Picks: []pick{{"", none}}, Steps: w.Of != nil && w.Of.Subject != sop.OfCustomer}
	for i := range signs {
		is := &signs[i]
		f.Picks = append(f.Picks, pick{valueOf(is), w.Condition(is)}, pick{absent + valueOf(is), w.Condition(&sop.Condition{Not: is})})
	}
	sign, missing := signOf(c)
	switch {
	case c == nil:
	case sign == nil:
		f.Is = asWritten
		f.Picks = append(f.Picks, pick{asWritten, w.Condition(c)})
	case missing:
		f.Is, f.Since = absent+valueOf(sign), sign.Since
	default:
		f.Is, f.Since = valueOf(sign), sign.Since
	}
	return f
}

// signOf returns the sign that a condition asks for, nil where it asks for more,
// and whether it has to be missing.
func signOf(c *sop.Condition) (sign *sop.Condition, missing bool) {
	if c != nil && c.Not != nil {
		c, missing = c.Not, true
	}
	if c == nil || c.Did == "" && c.Done == "" || len(c.Lines) > 0 {
		return nil, false
	}
	return c, missing
}

// picked returns the condition that was picked, nil for none; was is the one that
// stands there.
func picked(is, since string, was *sop.Condition) *sop.Condition {
	switch {
	case is == "":
		return nil
	case is == asWritten:
		return was
	}
	sign, missing := strings.CutPrefix(is, absent)
	c := &sop.Condition{Did: sop.Signal(sign), Since: sop.Since(since)}
	if step, done := strings.CutPrefix(sign, doneStep); done {
		c = &sop.Condition{Done: step}
	}
	if missing {
		return &sop.Condition{Not: c}
	}
	return c
}

// nth returns one of the values of a field, "" where there are fewer.
func (v *visit) nth(field string, i int) string {
	if values := v.r.PostForm[field]; i < len(values) {
		return values[i]
	}
	return ""
}

// asksOf gives a step's form its condition and its branches; the last one is empty,
// to be filled in.
func (v *visit) asksOf(w sop.Words, p *sop.Process, f *stepForm) {
	w.Of = p
	signs := signsOf(p, p.Step(f.Name))
	if len(signs) == 0 {
		return
	}
	f.Asks = append(f.Asks, conditionOf(w, "s.if", f.If, signs, v.lang.text("process.always")))
	for i := range f.Choose {
		turn := conditionOf(w, "s.turn", &f.Choose[i].If, signs, v.lang.text("process.no_branch"))
		turn.Lane = f.Choose[i].Lane
		f.Turns = append(f.Turns, turn)
	}
	f.Turns = append(f.Turns, conditionOf(w, "s.turn", nil, signs, v.lang.text("process.no_branch")))
	for _, lane := range p.Lanes() {
		switch {
		case lane == f.Lane:
		case lane == "":
			f.Lanes = append(f.Lanes, pick{"", v.lang.text("sop.lane.main")})
		default:
			f.Lanes = append(f.Lanes, pick{lane, lane})
		}
	}
	f.Lanes = append(f.Lanes, pick{newLane, v.lang.text("process.new_lane")})
	f.Turns[len(f.Turns)-1].Lane = newLane
}

// newLane is the pick that begins a lane. No lane is called so.
const newLane = "+"

// applyAsks takes condition and branches of a step over. A branch into a new lane
// begins it with a step that is to be filled in. A lane that is not there is new, too:
// of a form that was not taken over.
func (v *visit) applyAsks(p *sop.Process, s *sop.Step) {
	if _, asked := v.r.PostForm["s.if"]; !asked {
		return
	}
	s.If = picked(v.nth("s.if", 0), v.nth("s.if_since", 0), s.If)
	var turns []sop.Choice
	for i, is := range v.r.PostForm["s.turn"] {
		var was *sop.Condition
		if i < len(s.Choose) {
			was = &s.Choose[i].If
		}
		c := picked(is, v.nth("s.turn_since", i), was)
		if c == nil {
			continue
		}
		lane := v.nth("s.turn_lane", i)
		if lane != "" && !slices.Contains(p.Lanes(), lane) {
			text := v.lang.text("process.new_says")
			p.Put(*s) // the branch begins a day after where the step stands from now on
			lane = p.Branch(s.Name, sop.Text{ZH: text, EN: text})
		}
		turns = append(turns, sop.Choice{If: *c, Lane: lane})
	}
	s.Choose = turns
}

// stopSign is a sign of the customer that may end a run early, and whether it does.
type stopSign struct {
	pick
	Ends bool
}

// endsOf gives the head's form its goal and what ends a run early.
func (v *visit) endsOf(w sop.Words, f *headForm) {
	if f.Subject != sop.OfCustomer {
		return
	}
	var goal *sop.Condition
	if f.Goal != nil {
		goal = &f.Goal.If
	}
	f.Goals = append(f.Goals, conditionOf(w, "h.goal", goal, signsOf(f.Process, 0), v.lang.text("sop.goal.none")))
	for _, sign := range sop.Signals() {
		ends := slices.ContainsFunc(f.Stop, func(s sop.Stop) bool { return plainStop(s) == sign })
		f.Signs = append(f.Signs, stopSign{pick{string(sign), w.Condition(&sop.Condition{Did: sign})}, ends})
	}
	for i := range f.Stop {
		if plainStop(f.Stop[i]) == "" {
			f.Stops = append(f.Stops, w.Condition(&f.Stop[i].If))
		}
	}
}

// plainStop returns the sign that alone ends a run, "" for a rule that asks more.
func plainStop(s sop.Stop) sop.Signal {
	if sign, missing := signOf(&s.If); sign != nil && !missing && sign.Since == "" {
		return sign.Did
	}
	return ""
}

// applyEnds takes over the goal of a process and what ends a run early.
func (v *visit) applyEnds(p *sop.Process) error {
	if v.said("h.ends") == "" {
		return nil
	}
	days, err := v.whole("h.goal_days")
	if err != nil {
		return err
	}
	var was *sop.Condition
	if p.Goal != nil {
		was = &p.Goal.If
	}
	goal := picked(v.said("h.goal"), v.said("h.goal_since"), was)
	p.Goal = nil
	if goal != nil {
		p.Goal = &sop.Goal{If: *goal, Within: sop.Span(time.Duration(days) * 24 * time.Hour)}
	}
	p.Stop = endsBy(p.Stop, v.r.PostForm["h.stop"])
	return nil
}

// endsBy returns stop rules that name exactly these signs, beside those that ask more.
func endsBy(was []sop.Stop, signs []string) (stops []sop.Stop) {
	named := func(name string) bool {
		return slices.ContainsFunc(stops, func(s sop.Stop) bool { return s.Name == name })
	}
	for _, s := range was {
		if sign := plainStop(s); sign == "" || slices.Contains(signs, string(sign)) {
			stops = append(stops, s)
		}
	}
	for _, sign := range signs {
		if slices.ContainsFunc(was, func(s sop.Stop) bool { return string(plainStop(s)) == sign }) {
			continue
		}
		name := sign
		for n := 2; named(name); n++ {
			name = sign + "-" + strconv.Itoa(n)
		}
		stops = append(stops, sop.Stop{Name: name, If: sop.Condition{Did: sop.Signal(sign)}})
	}
	return stops
}
