package sop

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
)

// RunKey names a run: nothing enters a process twice by the same trigger.
type RunKey struct {
	Subject    Subject
	ID         int64 // of the customer, group, store or member
	Process    int64 // number of the installed process
	Occurrence int64 // the anchor, event.Instant
}

// Customer returns whom a run of a customer is about.
func (k RunKey) Customer() id.Customer { return id.Customer(k.ID) }

// Name returns what touches of the run are told apart by: touch keys hold the
// customer and the step beside it.
func (k RunKey) Name() string {
	return "sop/" + strconv.FormatInt(k.Process, 10) + "/" + strconv.FormatInt(k.Occurrence, 10)
}

// Number returns a number for a step of the run, the same in all versions.
func (k RunKey) Number(s *Step) int64 {
	sum := id.Hash("sop", string(k.Subject), strconv.FormatInt(k.ID, 10), k.Name(), s.Name)
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// RunState says whether anything of a run is still to come.
type RunState string

// The states of a run.
const (
	Waiting  RunState = "waiting"  // for the step to come
	Watching RunState = "watching" // no step comes any more; its goal is judged when due
	Ended    RunState = "ended"
)

// Run is one subject on its way through one version of a process.
type Run struct {
	RunKey
	Version  int
	Lane     string
	Step     int // place of the step to come in Process.Steps, len(Steps) after the last one
	DueAt    event.Instant
	Tried    event.Instant // when the step was first due, if it was put off since; DueAt is then the next try
	State    RunState
	Because  Because       // why it ended before its steps were through; empty: they were
	Entered  event.Instant // when the run began
	LastStep event.Instant // when a step happened last, 0: none yet
	Held     bool          // the customer is in the hold-out
	Goal     GoalState
	// Happened names the steps ahead that happened under an older version, separated by
	// blanks: the run passes them by.
	Happened string
}

// GoalState says whether a run's goal was reached.
type GoalState string

// The states of a goal.
const (
	Unjudged GoalState = ""
	Reached  GoalState = "reached"
	Missed   GoalState = "missed"
)

// Because says why a step did not happen or why a run ended. Reasons of
// decision.Because stand beside these, and a stop rule's name as "stop:name".
type Because string

// The reasons.
const (
	BecauseCondition Because = "condition"      // the step's condition did not hold
	BecauseWindow    Because = "window_over"    // it could not happen in its window
	BecausePassed    Because = "already_passed" // its time was over when the run began
	BecauseGone      Because = "relation_ended" // nobody can reach the customer
	BecauseTwin      Because = "same_person"    // another record of the person is in the process
	BecauseRestart   Because = "restarted"      // a new run took its place
	BecauseRetired   Because = "retired"        // the process was taken out of use
	BecauseEnded     Because = "subject_gone"   // the group was dismissed, the member left, the store closed
	BecauseNobody    Because = "no_staff"       // nobody can do the step
	BecauseNoTag     Because = "no_tag"         // the brand has no tag of the step's name
	BecauseDistrust  Because = Because(decision.BecauseDistrust)
	BecauseNoPromise Because = Because(decision.BecauseUnpromised)
	BecauseSilence   Because = "long_silence" // the first contact after long silence does not sell
	// Why a member put a step off that was given.
	BecauseNoTime  Because = "no_time"     // no time for it today
	BecauseAsked   Because = "asked_later" // the customer asked for another time
	BecauseNoGoods Because = "no_goods"    // what it speaks of is not there
	BecauseUnsure  Because = "unsure"      // the member has to ask somebody first
)

// PutOffs returns the reasons for which a member may put a step off.
func PutOffs() []Because {
	return []Because{BecauseNoTime, BecauseAsked, BecauseNoGoods, BecauseUnsure}
}

// MostPutOffs is how often a member may put one contact or task off: then it is done, or
// the member says why it will not be.
const MostPutOffs = 3

// Becauses returns the reasons that are processes' own.
func Becauses() []Because {
	return append([]Because{BecauseCondition, BecauseWindow, BecausePassed, BecauseGone, BecauseTwin, BecauseRestart, BecauseRetired, BecauseEnded,
		BecauseNobody, BecauseNoTag, BecauseDistrust, BecauseNoPromise, BecauseSilence}, PutOffs()...)
}

// stopPrefix stands before the name of the stop rule in a reason.
const stopPrefix = "stop:"

// Key returns the locale key of a reason: "sop.because." with the reason, or the
// one all stop rules share.
func (b Because) Key() string {
	if len(b) > len(stopPrefix) && b[:len(stopPrefix)] == stopPrefix {
		return "sop.because.stop"
	}
	return "sop.because." + string(b)
}

// StopName returns the name of the stop rule in a reason, "" where it is no stop
// rule's.
func (b Because) StopName() string {
	if len(b) > len(stopPrefix) && b[:len(stopPrefix)] == stopPrefix {
		return string(b[len(stopPrefix):])
	}
	return ""
}

// Outcome is what became of a step.
type Outcome string

// The outcomes. Given steps end as one of those after it.
const (
	Skipped   Outcome = "skipped"   // its condition did not hold, or its time was over when the run began
	Dropped   Outcome = "dropped"   // it could not happen in its window
	Withheld  Outcome = "withheld"  // something forbids it
	Postponed Outcome = "postponed" // it is tried again
	Passed    Outcome = "passed"    // wait and tag steps: happened by itself
	Given     Outcome = "given"     // a member has it, or WeCom
	Done      Outcome = "done"
	NoNeed    Outcome = "no_need" // the member knew better
	Unmade    Outcome = "unmade"  // not done when its window ended
	TakenBack Outcome = "taken"   // taken back
	Failed    Outcome = "failed"  // did not reach the customer
)

// Outcomes returns all of them in the order of pages.
func Outcomes() []Outcome {
	return []Outcome{Given, Done, Passed, Skipped, Withheld, Postponed, Dropped, NoNeed, Unmade, TakenBack, Failed}
}

// Happened tells whether a member had the step, or WeCom, or it happened by itself,
// whatever came of it then. Steps that were skipped, withheld or dropped, or are put off
// before anybody has them, have not happened.
func (o Outcome) Happened() bool {
	return !slices.Contains([]Outcome{Skipped, Dropped, Withheld, Postponed}, o)
}

// Final tells whether nothing more becomes of the step.
func (o Outcome) Final() bool { return o != Given && o != Postponed }

// StepRecord is what became of one step of one run.
type StepRecord struct {
	RunKey
	Version int
	Step    int
	Outcome Outcome
	Because Because
	Variant int   // place in Step.Content
	Touch   int64 // of a contact that was given, 0: none
	DueAt   event.Instant
	At      event.Instant // of the outcome
	Staff   id.Staff
	Store   id.Store
}

// Enter returns the run that a trigger begins, standing at its first step. began
// is the moment of the trigger; the key's occurrence is what offsets count from.
func (p *Process) Enter(key RunKey, version int, began time.Time, zone *time.Location) Run {
	r := Run{RunKey: key, Version: version, State: Waiting, Entered: event.At(began), Step: -1}
	p.forward(&r, zone)
	return r
}

// forward moves the run to the step after the one it stands at, in its lane, that has
// not happened yet.
func (p *Process) forward(r *Run, zone *time.Location) {
	r.Tried = 0
	for r.Step++; r.Step < len(p.Steps); r.Step++ {
		if s := &p.Steps[r.Step]; s.Lane == r.Lane && !r.happened(s.Name) {
			r.DueAt = p.due(r, zone)
			return
		}
	}
	p.end(r, "")
}

// happened tells whether a step ahead happened under an older version.
func (r *Run) happened(step string) bool {
	return r.Happened != "" && slices.Contains(strings.Fields(r.Happened), step)
}

// due returns when the step falls at which the run stands.
func (p *Process) due(r *Run, zone *time.Location) event.Instant {
	return event.At(p.Steps[r.Step].At.From(event.Instant(r.Occurrence).Time(), zone))
}

// end lets no step come any more. The goal is judged of every run, stopped ones
// too, so that those who are held out can be compared with the others; but not of
// those that end because the process is retired: nobody finished what was meant to
// lead there, and held-out customers end at the same moment.
func (p *Process) end(r *Run, because Because) {
	r.Because, r.State, r.Step, r.Tried = because, Ended, len(p.Steps), 0
	if p.Goal != nil && r.Goal == Unjudged && because != BecauseRetired {
		r.State, r.DueAt = Watching, max(r.Entered, event.Instant(r.Occurrence))+event.Instant(time.Duration(p.Goal.Within).Milliseconds())
	}
}

// End ends the run for a reason, as a stop rule does.
func (p *Process) End(r Run, because Because) Run {
	p.end(&r, because)
	return r
}

// Stopped returns the reason of the first stop rule that holds now, "" for none.
func (p *Process) Stopped(r *Run, seen Seen, now time.Time) Because {
	a := p.asking(r, seen, event.At(now)+1)
	for i := range p.Stop {
		if a.holds(&p.Stop[i].If) {
			return Because(stopPrefix + p.Stop[i].Name)
		}
	}
	return ""
}

func (p *Process) asking(r *Run, seen Seen, until event.Instant) *asking {
	return &asking{Seen: seen, began: r.Entered, step: r.LastStep, until: until, lineOf: id.LineOf}
}

// Adopt returns a run of another version as it goes on in this one. happened names the
// steps that it went through in whichever version: none of them happens again. It goes on
// at the first step of its lane that was to come, or that is new and falls no earlier than
// the one at which it stood. A step at which it stood and that has another lane now takes
// the run there.
func (p *Process) Adopt(was *Process, r Run, happened []string, version int, zone *time.Location) Run {
	is := r
	is.Version, is.Happened = version, ""
	if r.State != Waiting {
		is.Step = len(p.Steps)
		return is
	}
	is.Tried = 0
	at := p.goesOn(was, &is, happened, zone)
	if at < 0 {
		p.end(&is, "")
		return is
	}
	is.Step, is.Lane = at, p.Steps[at].Lane
	is.Happened = p.ahead(at, happened)
	is.DueAt = p.due(&is, zone)
	return is
}

// goesOn returns at which step a run goes on that stood at a step of another version, -1
// for none.
func (p *Process) goesOn(was *Process, r *Run, happened []string, zone *time.Location) int {
	stood := was.Steps[r.Step].Name
	if at := p.Step(stood); at >= 0 && p.Steps[at].Lane != r.Lane && !slices.Contains(happened, stood) {
		return at
	}
	due := was.due(r, zone)
	return slices.IndexFunc(p.Steps, func(s Step) bool {
		if s.Lane != r.Lane || slices.Contains(happened, s.Name) {
			return false
		}
		at := was.Step(s.Name)
		if at >= r.Step && was.Steps[at].Lane == r.Lane {
			return true
		}
		return (at < 0 || at >= r.Step) && event.At(s.At.From(event.Instant(r.Occurrence).Time(), zone)) >= due
	})
}

// ahead returns which of the steps that happened stand behind a place, in any lane.
func (p *Process) ahead(place int, happened []string) string {
	var names []string
	for i := place + 1; i < len(p.Steps); i++ {
		if name := p.Steps[i].Name; slices.Contains(happened, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
