package web

import (
	"cmp"
	"slices"

	"siyu/internal/decision/sop"
)

// laneView is a process as a person reads it: its head in words, and its steps in
// lanes on their clock.
type laneView struct {
	Title, About, Trigger, Clock, Again, Executor, Goal, Stops string
	Owner                                                      string // who answers for it, "" for nobody
	Lanes                                                      []lane
	Edit                                                       bool // steps have buttons that change them
}

// lane is the main lane, or one that the run branches into.
type lane struct {
	Name  string // "" for the main one
	Steps []laneStep
}

// laneStep is a step in words.
type laneStep struct {
	Name, Title, When, Channel, Class, Proof, Late string
	By                                             string // who does it, "" where the process says it
	Kind                                           string // customer, staff or self: who has to do with it
	If                                             string // "" for always
	OfRun                                          bool   // If and Turns ask about the run, not about a customer
	Minutes                                        float64
	Says                                           []laneText
	Turns                                          []laneTurn
	Tag                                            string
	Standing                                       int // who waits for it
}

// laneText is one wording.
type laneText struct{ Name, Text, Material, Link string }

// laneTurn is a way into another lane.
type laneTurn struct{ If, Lane string }

// speaker returns the words in which the visitor reads processes.
func (v *visit) speaker() (sop.Words, error) {
	names, err := v.Audiences.Names(v.r.Context(), v.seat.Scope)
	return sop.Words{Say: v.lang.text, Rules: v.lang.words, Names: names, Language: v.lang.process()}, err
}

// process returns the language in which texts of processes are read.
func (l *locale) process() sop.Language {
	if l.isChinese() {
		return sop.Chinese
	}
	return sop.English
}

func drawProcess(w sop.Words, p *sop.Process) laneView {
	w.Of = p
	view := laneView{
		Title: titleOf(w, p), About: p.About.In(w.Language), Trigger: w.Trigger(p), Clock: w.Say("sop.clock." + string(p.Clock)), Again: w.Say("sop.again." + string(p.Again)),
		Executor: w.Say("sop.executor." + string(p.Executor)), Goal: w.Goal(p.Goal), Stops: w.Stops(p.Stop),
		Owner: p.Owner,
	}
	for _, name := range p.Lanes() {
		one := lane{Name: name}
		for i := range p.Steps {
			if p.Steps[i].Lane == name {
				one.Steps = append(one.Steps, drawStep(w, p, &p.Steps[i]))
			}
		}
		if len(one.Steps) > 0 {
			view.Lanes = append(view.Lanes, one)
		}
	}
	return view
}

// titleOf returns what a process is called, its name where it has no title.
func titleOf(w sop.Words, p *sop.Process) string { return cmp.Or(p.Title.In(w.Language), p.Name) }

func drawStep(w sop.Words, p *sop.Process, s *sop.Step) laneStep {
	step := laneStep{
		Name: s.Name, Title: stepTitle(w, s), When: w.Offset(s.At, p.Clock), Channel: w.Say("sop.channel." + string(s.Channel)),
		Kind: kindOf(s.Channel), Tag: s.Tag, OfRun: p.Subject != sop.OfCustomer, Minutes: s.Minutes, Late: w.Say("sop.late." + string(cmp.Or(s.Late, sop.Drop))),
	}
	if s.Channel.Reaches() || s.Channel.Manual() && s.Service {
		step.Class = w.Say("sop.class." + classOf(s))
	}
	if s.Channel.Reaches() || s.Channel.Manual() {
		step.Proof = w.Say("sop.proof." + string(s.ProofOf()))
	}
	if s.Executor != "" {
		step.By = w.Say("sop.executor." + string(s.Executor))
	}
	if s.If != nil {
		step.If = w.Condition(s.If)
	}
	for _, c := range s.Content {
		step.Says = append(step.Says, laneText{Name: c.Name, Text: c.Text.In(p.Speaks()), Material: c.Material, Link: c.Link})
	}
	for i := range s.Choose {
		step.Turns = append(step.Turns, laneTurn{If: w.Condition(&s.Choose[i].If), Lane: cmp.Or(s.Choose[i].Lane, w.Say("sop.lane.main"))})
	}
	return step
}

func stepTitle(w sop.Words, s *sop.Step) string { return cmp.Or(s.Title.In(w.Language), s.Name) }

func kindOf(c sop.Channel) string {
	switch {
	case c.Reaches():
		return "customer"
	case c.Manual():
		return "staff"
	}
	return "self"
}

func classOf(s *sop.Step) string {
	switch {
	case s.Service:
		return "service"
	case s.Promised:
		return "promised"
	}
	return "marketing"
}

// stand notes how many wait for each step.
func (v *laneView) stand(standing []ProcessStanding) {
	for _, at := range standing {
		for i := range v.Lanes {
			j := slices.IndexFunc(v.Lanes[i].Steps, func(s laneStep) bool { return s.Name == at.Step })
			if j >= 0 {
				v.Lanes[i].Steps[j].Standing += at.N
			}
		}
	}
}
