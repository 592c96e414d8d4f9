package sop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/event"
)

func (c *checker) steps() {
	if len(c.p.Steps) == 0 {
		c.flaw("steps", Missing)
	}
	if len(c.p.Steps) > MaxSteps {
		c.flaw("steps", TooLong, "N", strconv.Itoa(MaxSteps))
		return
	}
	seen := map[int]bool{}
	for i := range c.p.Steps {
		s, path := &c.p.Steps[i], at("", "steps", i)
		c.name(below(path, "name"), s.Name)
		if seen[s.Number()] {
			c.flaw(below(path, "name"), Twice, "Value", s.Name)
		}
		seen[s.Number()] = true
		if s.Lane != "" {
			c.name(below(path, "lane"), s.Lane)
		}
		c.text(below(path, "title"), s.Title, 3*maxTitle)
		c.offset(below(path, "at"), s.At)
		c.how(path, s)
		c.content(path, s)
		c.at = i
		if s.If != nil {
			c.condition(below(path, "if"), s.If, 1)
		}
		for n := range s.Choose {
			c.condition(below(at(path, "choose", n), "if"), &s.Choose[n].If, 1)
		}
	}
}

func (c *checker) offset(path string, o Offset) {
	switch {
	case o.Days < -maxDays || o.Days > maxDays || o.After > maxAfter:
		c.flaw(path, Range, "Value", o.String(), "Known", fmt.Sprintf("-%dd..%dd, 0h..72h", maxDays, maxDays))
	case o.After < 0, c.p.Clock == Relative && o.Days < 0:
		c.flaw(path, Range, "Value", o.String(), "Known", "0d..")
	case c.p.Clock != Relative && !o.Timed:
		c.flaw(path, NoTimeOfDay, "Value", o.String())
	}
}

// purposes are what steps may be for.
var purposes = []event.Purpose{event.Serve, event.Ask, event.Remind, event.Promote, event.Greet}

// how checks what a step is in itself.
func (c *checker) how(path string, s *Step) {
	known := word(c, below(path, "channel"), s.Channel, Channels())
	if s.Within != 0 {
		c.span(below(path, "within"), s.Within, time.Minute, maxWindow)
	}
	word(c, below(path, "late"), s.Late, []Late{"", Drop, Postpone})
	word(c, below(path, "proof"), s.Proof, []Proof{"", ByPlatform, ByTap, ByPhoto})
	switch {
	case !known:
	case s.Channel.Reaches() && c.p.Subject != OfCustomer:
		c.flaw(below(path, "channel"), Mismatch, "Value", string(s.Channel), "Known", string(OfCustomer))
	case s.Channel.Reaches() || s.Channel == Group || s.Channel == Moments:
		word(c, below(path, "purpose"), s.Purpose, purposes)
	case s.Channel == Task && c.p.Subject == OfCustomer && s.Purpose != "":
		word(c, below(path, "purpose"), s.Purpose, purposes)
	case s.Purpose != "":
		c.flaw(below(path, "purpose"), Mismatch, "Value", string(s.Purpose), "Known", "private, mass, call, group, moments; task about a customer")
	}
	if s.Proof == ByPlatform && s.Channel != Mass && !s.Posts(c.p.Subject) {
		c.flaw(below(path, "proof"), Mismatch, "Value", string(s.Proof), "Known", "mass, group, moments")
	}
	if s.Service && s.Purpose.Sells() {
		c.flaw(below(path, "service"), SellsHere)
	}
	if s.Service && s.Channel == Mass {
		c.flaw(below(path, "service"), Mismatch, "Value", string(Mass), "Known", "private, call")
	}
	if s.Promised && !s.Purpose.Sells() {
		c.flaw(below(path, "promised"), Mismatch, "Value", string(s.Purpose), "Known", "remind, promote")
	}
	c.executor(below(path, "executor"), s)
	if (s.Channel == Tag) != (s.Tag != "") || s.Channel == Tag && c.p.Subject != OfCustomer {
		c.flaw(below(path, "tag"), Mismatch, "Value", string(s.Channel), "Known", string(Tag))
	}
	if s.Minutes < 0 || s.Minutes > maxMinutes {
		c.flaw(below(path, "minutes"), Range, "Value", fmt.Sprint(s.Minutes), "Known", fmt.Sprintf("0..%d", maxMinutes))
	}
}

// executor checks who does a step, where it says so itself. Messages are sent by who is a
// friend of the customer in WeCom, which who acts for the store need not be.
func (c *checker) executor(path string, s *Step) {
	switch {
	case s.Executor == "":
	case c.p.Subject != OfCustomer:
		c.flaw(path, Mismatch, "Value", string(c.p.Subject), "Known", string(OfCustomer))
	case !word(c, path, s.Executor, []Executor{ByStore}):
	case s.Channel == Private || s.Channel == Mass:
		c.flaw(path, NoFriend, "Value", string(s.Channel), "Known", "call, task")
	case s.Channel != Call && s.Channel != Task:
		c.flaw(path, Mismatch, "Value", string(s.Channel), "Known", "call, task")
	}
}

func (c *checker) content(path string, s *Step) {
	acts := s.Channel.Reaches() || s.Channel.Manual()
	if acts && len(s.Content) == 0 {
		c.flaw(below(path, "content"), Missing)
	}
	if !acts && len(s.Content) > 0 {
		c.flaw(below(path, "content"), Mismatch, "Value", string(s.Channel), "Known", "private, mass, group, moments, call, task")
	}
	if len(s.Content) > MaxVariants {
		c.flaw(below(path, "content"), TooLong, "N", strconv.Itoa(MaxVariants))
	}
	for i := range s.Content {
		v, where := &s.Content[i], at(path, "content", i)
		if v.Text.Empty() == (v.Material == "") {
			c.flaw(where, OnePart)
		}
		c.text(below(where, "text"), v.Text, maxText)
		for _, text := range []string{v.Text.ZH, v.Text.EN} {
			if strings.ContainsAny(strings.NewReplacer("{name}", "", "{staff}", "").Replace(text), "{}") {
				c.flaw(below(where, "text"), Placeholder)
				break
			}
		}
		if v.Link != "" && !strings.HasPrefix(v.Link, "https://") {
			c.flaw(below(where, "link"), BadLink, "Value", v.Link)
		}
		c.files(below(where, "files"), v.Files)
		if v.Weight < 0 || v.Weight > 1000 {
			c.flaw(below(where, "weight"), Range, "Value", fmt.Sprint(v.Weight), "Known", "0..1000")
		}
	}
}

// lanes checks that every lane is entered from a step before it, and that steps
// of a lane stand in the order of time.
func (c *checker) lanes() {
	entered := map[string]int{"": -1}
	last := map[string]*Step{}
	for i := range c.p.Steps {
		s, path := &c.p.Steps[i], at("", "steps", i)
		if _, known := entered[s.Lane]; !known {
			c.flaw(below(path, "lane"), Unreachable, "Value", s.Lane)
			entered[s.Lane] = i
		}
		if before := last[s.Lane]; before != nil && s.At.before(before.At) {
			c.flaw(below(path, "at"), Order, "Value", before.Name)
		}
		last[s.Lane] = s
		for n, choice := range s.Choose {
			where := below(at(path, "choose", n), "lane")
			switch {
			case choice.Lane == s.Lane:
				c.flaw(where, NoLane, "Value", choice.Lane)
			case !slices.ContainsFunc(c.p.Steps[i+1:], func(o Step) bool { return o.Lane == choice.Lane }):
				c.flaw(where, NoLane, "Value", choice.Lane)
			default:
				if _, known := entered[choice.Lane]; !known {
					entered[choice.Lane] = i
				}
			}
		}
	}
}

// before tells whether an offset always falls before another one.
func (o Offset) before(other Offset) bool {
	if o.Days != other.Days {
		return o.Days < other.Days && o.After <= 0 && other.After <= 0
	}
	return o.Timed == other.Timed && (o.Clock < other.Clock || o.After < other.After)
}
