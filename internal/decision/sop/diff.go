package sop

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// ChangeKind is what kind of change a version made, and under "sop.change." a
// sentence for people in the locale files.
type ChangeKind string

// The kinds, and which of Step, Was and Is are filled in.
const (
	ChangedTitle    ChangeKind = "title"    // Was, Is
	ChangedAbout    ChangeKind = "about"    // Was, Is
	ChangedTrigger  ChangeKind = "trigger"  // Was, Is
	ChangedAgain    ChangeKind = "again"    // Was, Is
	ChangedOwner    ChangeKind = "owner"    // Was, Is
	ChangedExecutor ChangeKind = "executor" // Was, Is
	ChangedPerDay   ChangeKind = "per_day"  // Was, Is
	ChangedLanguage ChangeKind = "language" // Was, Is
	ChangedGoal     ChangeKind = "goal"     // Was, Is
	StopAdded       ChangeKind = "stop_added"
	StopRemoved     ChangeKind = "stop_removed"
	StopChanged     ChangeKind = "stop_changed"
	StepAdded       ChangeKind = "step_added"     // Step, Is: when
	StepRemoved     ChangeKind = "step_removed"   // Step, Was: when
	StepMoved       ChangeKind = "step_moved"     // Step, Was, Is: when
	StepRenamed     ChangeKind = "step_renamed"   // Step, Was, Is: titles
	StepLane        ChangeKind = "step_lane"      // Step, Was, Is
	StepChannel     ChangeKind = "step_channel"   // Step, Was, Is
	StepPurpose     ChangeKind = "step_purpose"   // Step, Was, Is
	StepWindow      ChangeKind = "step_window"    // Step, Was, Is
	StepCondition   ChangeKind = "step_condition" // Step, Was, Is
	StepBranches    ChangeKind = "step_branches"  // Step, Was, Is
	StepContent     ChangeKind = "step_content"   // Step, Was, Is: one wording
	StepSays        ChangeKind = "step_says"      // Step, Is: a wording that is new
	StepSaysNot     ChangeKind = "step_says_not"  // Step, Was: a wording that is no more
	StepService     ChangeKind = "step_service"   // Step, Was, Is
	StepProof       ChangeKind = "step_proof"     // Step, Was, Is
	StepMinutes     ChangeKind = "step_minutes"   // Step, Was, Is
	StepTag         ChangeKind = "step_tag"       // Step, Was, Is
	StepExecutor    ChangeKind = "step_executor"  // Step, Was, Is
	StepsReordered  ChangeKind = "steps_reordered"
)

// ChangeKinds returns all of them.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{ChangedTitle, ChangedAbout, ChangedTrigger, ChangedAgain, ChangedOwner, ChangedExecutor, ChangedPerDay, ChangedLanguage,
		ChangedGoal, StopAdded, StopRemoved, StopChanged, StepAdded, StepRemoved, StepMoved, StepRenamed, StepLane, StepChannel, StepPurpose,
		StepWindow, StepCondition, StepBranches, StepContent, StepSays, StepSaysNot, StepService, StepProof, StepMinutes, StepTag, StepExecutor, StepsReordered}
}

// Change is one difference between two versions of a process. Words.Change says
// it.
type Change struct {
	Kind    ChangeKind
	Step    *Step // as it is, or as it was where it was removed
	Stop    string
	Was, Is Part
}

// Harmless tells whether the change leaves alone who is told something, when, and what,
// and does not make a task of a post that is approved when it is made.
func (c Change) Harmless() bool {
	if c.Kind == StepProof && c.Was.Word == string(ByPlatform) && c.Step.Channel.Manual() {
		return false
	}
	return slices.Contains([]ChangeKind{ChangedTitle, ChangedAbout, ChangedOwner, ChangedPerDay, ChangedGoal, StepRenamed, StepMinutes, StepProof}, c.Kind)
}

// Part is what a change was made to; at most one member is set.
type Part struct {
	Text      Text
	Word      string // a number, a name, or a value of the vocabulary Family
	Family    string
	Offset    *Offset
	Condition *Condition
	Trigger   *Process // for its trigger
	Goal      *Goal
	Choices   []Choice // branches
	Wording   *Variant
	Beside    *Variant // with Wording, what it is compared with; nil for nothing
}

// Diff returns what changed from one version of a process to another, none where
// they mean the same: first the process, then its steps in their order.
func Diff(was, is *Process) []Change {
	d := differ{}
	d.head(was, is)
	d.stops(was, is)
	d.steps(was, is)
	return d.changes
}

type differ struct{ changes []Change }

func (d *differ) add(c Change) { d.changes = append(d.changes, c) }

// word notes a change of a word of a vocabulary.
func (d *differ) word(kind ChangeKind, s *Step, family, was, is string) {
	if was != is {
		d.add(Change{Kind: kind, Step: s, Was: Part{Word: was, Family: family}, Is: Part{Word: is, Family: family}})
	}
}

func (d *differ) head(was, is *Process) {
	if was.Title != is.Title {
		d.add(Change{Kind: ChangedTitle, Was: Part{Text: was.Title}, Is: Part{Text: is.Title}})
	}
	if was.About != is.About {
		d.add(Change{Kind: ChangedAbout, Was: Part{Text: was.About}, Is: Part{Text: is.About}})
	}
	if !same(was.Trigger, is.Trigger) || !same(was.OneOff, is.OneOff) || was.Clock != is.Clock || was.Subject != is.Subject {
		d.add(Change{Kind: ChangedTrigger, Was: Part{Trigger: was}, Is: Part{Trigger: is}})
	}
	d.word(ChangedAgain, nil, "sop.again", string(was.Again), string(is.Again))
	d.word(ChangedOwner, nil, "", was.Owner, is.Owner)
	d.word(ChangedExecutor, nil, "sop.executor", string(was.Executor), string(is.Executor))
	d.word(ChangedPerDay, nil, "", strconv.Itoa(was.PerDay), strconv.Itoa(is.PerDay))
	d.word(ChangedLanguage, nil, "sop.language", string(was.Speaks()), string(is.Speaks()))
	if !same(was.Goal, is.Goal) {
		d.add(Change{Kind: ChangedGoal, Was: Part{Goal: was.Goal}, Is: Part{Goal: is.Goal}})
	}
}

// Speaks returns the language of what customers get.
func (p *Process) Speaks() Language {
	if p.Language == "" {
		return Chinese
	}
	return p.Language
}

func (d *differ) stops(was, is *Process) {
	find := func(list []Stop, name string) *Stop {
		if i := slices.IndexFunc(list, func(s Stop) bool { return s.Name == name }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for i := range was.Stop {
		if find(is.Stop, was.Stop[i].Name) == nil {
			d.add(Change{Kind: StopRemoved, Stop: was.Stop[i].Name, Was: Part{Condition: &was.Stop[i].If}})
		}
	}
	for i := range is.Stop {
		now := &is.Stop[i]
		switch before := find(was.Stop, now.Name); {
		case before == nil:
			d.add(Change{Kind: StopAdded, Stop: now.Name, Is: Part{Condition: &now.If}})
		case !same(before.If, now.If):
			d.add(Change{Kind: StopChanged, Stop: now.Name, Was: Part{Condition: &before.If}, Is: Part{Condition: &now.If}})
		}
	}
}

func (d *differ) steps(was, is *Process) {
	var stayed, stay []string
	for i := range was.Steps {
		s := &was.Steps[i]
		if is.Step(s.Name) < 0 {
			d.add(Change{Kind: StepRemoved, Step: s, Was: Part{Offset: &s.At}})
			continue
		}
		stayed = append(stayed, s.Name)
	}
	for i := range is.Steps {
		s := &is.Steps[i]
		before := was.Step(s.Name)
		if before < 0 {
			d.add(Change{Kind: StepAdded, Step: s, Is: Part{Offset: &s.At}})
			continue
		}
		stay = append(stay, s.Name)
		d.step(&was.Steps[before], s)
	}
	if !slices.Equal(stayed, stay) {
		d.add(Change{Kind: StepsReordered})
	}
}

func (d *differ) step(was, is *Step) {
	if was.At != is.At {
		d.add(Change{Kind: StepMoved, Step: is, Was: Part{Offset: &was.At}, Is: Part{Offset: &is.At}})
	}
	if was.Title != is.Title {
		d.add(Change{Kind: StepRenamed, Step: is, Was: Part{Text: was.Title}, Is: Part{Text: is.Title}})
	}
	d.word(StepLane, is, "", was.Lane, is.Lane)
	d.word(StepChannel, is, "sop.channel", string(was.Channel), string(is.Channel))
	d.word(StepPurpose, is, "purpose", string(was.Purpose), string(is.Purpose))
	d.word(StepWindow, is, "", was.windowText(), is.windowText())
	if !same(was.If, is.If) {
		d.add(Change{Kind: StepCondition, Step: is, Was: Part{Condition: was.If}, Is: Part{Condition: is.If}})
	}
	if !same(was.Choose, is.Choose) {
		d.add(Change{Kind: StepBranches, Step: is, Was: Part{Choices: was.Choose}, Is: Part{Choices: is.Choose}})
	}
	d.wordings(was, is)
	d.word(StepService, is, "sop.class", was.class(), is.class())
	d.word(StepProof, is, "sop.proof", string(was.ProofOf()), string(is.ProofOf()))
	d.word(StepMinutes, is, "", fmt.Sprint(was.Minutes), fmt.Sprint(is.Minutes))
	d.word(StepTag, is, "", was.Tag, is.Tag)
	d.word(StepExecutor, is, "sop.executor", string(cmp.Or(was.Executor, asProcess)), string(cmp.Or(is.Executor, asProcess)))
}

// wordings notes which wordings of a step are others, wordings of a name with the one
// that bears it, the rest by their place.
func (d *differ) wordings(was, is *Step) {
	if same(was.Content, is.Content) {
		return
	}
	known := len(d.changes)
	var left []int // places of earlier wordings without a counterpart
	for i := range was.Content {
		left = append(left, i)
	}
	for i := range is.Content {
		now := &is.Content[i]
		at := slices.IndexFunc(left, func(j int) bool {
			if now.Name != "" {
				return was.Content[j].Name == now.Name
			}
			return j == i && was.Content[j].Name == ""
		})
		if at < 0 {
			d.add(Change{Kind: StepSays, Step: is, Is: Part{Wording: now}})
			continue
		}
		before := &was.Content[left[at]]
		left = slices.Delete(left, at, at+1)
		if !same(before, now) {
			d.add(Change{Kind: StepContent, Step: is, Was: Part{Wording: before, Beside: now}, Is: Part{Wording: now, Beside: before}})
		}
	}
	for i := range is.Content {
		if len(d.changes) == known && !same(was.Content[i], is.Content[i]) && len(left) == 0 { // they stand in another order
			d.add(Change{Kind: StepContent, Step: is, Was: Part{Wording: &was.Content[i]}, Is: Part{Wording: &is.Content[i]}})
		}
	}
	for _, i := range left {
		d.add(Change{Kind: StepSaysNot, Step: is, Was: Part{Wording: &was.Content[i]}})
	}
}

// windowText says how late a step may be and what then.
func (s *Step) windowText() string {
	late := s.Late
	if late == "" {
		late = Drop
	}
	return Span(s.Window()).String() + " " + string(late)
}

// class names how a step stands to the rules about marketing.
func (s *Step) class() string {
	switch {
	case s.Service:
		return "service"
	case s.Promised:
		return "promised"
	}
	return "marketing"
}

// same compares two parts by how they are written down: pointers to equal things
// are equal, and a list that is empty is one that was never made.
func same[T any](a, b T) bool { return written(a) == written(b) }

// written returns a part of a document in a form that is equal for equal parts.
func written(v any) string {
	raw, err := yaml.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v) // of a document that Check refuses
	}
	return string(raw)
}
