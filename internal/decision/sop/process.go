// Package sop is standard processes: who is taken through which steps, on which
// clock, under which conditions, and what became of it. It says what is due and
// what should happen; it sends nothing, and its time is an argument.
//
// A process is a document (Parse, Format). A subject that enters it gets a Run,
// which Next moves from step to step. A run has at most one step to come, and
// every step of a run happens once or not at all.
package sop

import (
	"encoding/binary"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// Process is a standard process. Its zero value is not valid; see Check.
type Process struct {
	Name     string   `yaml:"name"` // unique: small letters, digits and dashes
	Title    Text     `yaml:"title"`
	About    Text     `yaml:"about,omitempty"`
	Language Language `yaml:"language,omitempty"` // of what customers get; empty: Chinese
	Subject  Subject  `yaml:"subject"`
	Trigger  Trigger  `yaml:"trigger"`
	Clock    Clock    `yaml:"clock"`
	Again    Again    `yaml:"again"`
	Owner    string   `yaml:"owner,omitempty"` // who answers for the process: a console account or a role
	Executor Executor `yaml:"executor"`
	PerDay   int      `yaml:"per_day,omitempty"` // steps of it that a member is given in a day, 0: as many as the member's day holds
	Goal     *Goal    `yaml:"goal,omitempty"`
	Stop     []Stop   `yaml:"stop,omitempty"`
	Steps    []Step   `yaml:"steps"`             // of each lane in the order of their offsets
	OneOff   *OneOff  `yaml:"one_off,omitempty"` // of what happens once, nil of standing processes
}

// Text is what people read, by language.
type Text struct {
	ZH string `yaml:"zh,omitempty"`
	EN string `yaml:"en,omitempty"`
}

// Language is a language of texts.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

func (l Language) other() Language {
	if l == English {
		return Chinese
	}
	return English
}

// In returns the text in a language, or in the other one where it has none.
func (t Text) In(l Language) string {
	if l == English && t.EN != "" || t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

// Empty tells whether there is no text in any language.
func (t Text) Empty() bool { return t == Text{} }

// Subject is what a process takes through its steps.
type Subject string

// The subjects.
const (
	OfCustomer Subject = "customer"
	OfGroup    Subject = "group"
	OfStore    Subject = "store"
	OfMember   Subject = "member" // a member of staff
)

// Subjects returns all of them.
func Subjects() []Subject { return []Subject{OfCustomer, OfGroup, OfStore, OfMember} }

// Trigger is what begins a run. One of Fact, Audience, Rule, Dates, Weekdays and
// Date is set; Rule may stand beside Fact, Date and Dates, and then says for whom. Beside
// Fact it is asked once, when the fact is told.
type Trigger struct {
	Fact     event.Kind  `yaml:"fact,omitempty"`     // one of TriggerFacts of the subject
	Lines    []string    `yaml:"lines,omitempty"`    // codes of product lines, with order_paid; none: any
	First    bool        `yaml:"first,omitempty"`    // with relation_added: of who is new to the brand; see Newcomer
	By       []EndedBy   `yaml:"by,omitempty"`       // with relation_ended: who ended it; none: anybody
	Audience string      `yaml:"audience,omitempty"` // name of a stored audience that is entered
	Rule     *Rule       `yaml:"rule,omitempty"`     // customers who come to fit it
	Date     OwnDate     `yaml:"date,omitempty"`     // every customer has an own one
	Dates    []Day       `yaml:"dates,omitempty"`    // the same ones for everybody
	Weekdays []Weekday   `yaml:"weekdays,omitempty"` // every week
	Present  bool        `yaml:"present,omitempty"`  // who is in the audience already when the process is put to work enters too
	Named    []string    `yaml:"named,omitempty"`    // groups and stores whose name contains one of these; none: all
	Kinds    []GroupKind `yaml:"kinds,omitempty"`    // groups of one of these kinds; none: all
}

// Selects tells whether the rule says for whom, beside what begins a run.
func (t *Trigger) Selects() bool {
	return t.Rule != nil && (t.Fact != "" || t.Date != "" || len(t.Dates) > 0)
}

// EndedBy is who ended a relation.
type EndedBy = event.EndedBy

// Enders returns who can end a relation.
func Enders() []EndedBy {
	return []EndedBy{event.ByCustomer, event.ByStaff, event.ByTransfer, event.ByNobody}
}

// Ends tells whether the trigger is about relations that somebody ended.
func (t *Trigger) Ends(by EndedBy) bool { return len(t.By) == 0 || slices.Contains(t.By, by) }

// cardTime is how long before the add somebody may have bought first and still be new:
// who adds by the card in a parcel has bought.
const cardTime = 14 * day

// Newcomer tells whether a relation that began at a moment made a customer known to the
// brand: no other was there before, it was not handed over by an administrator, and
// nothing was bought but within the two weeks before. A relation with the same member
// that had ended before is not kept in the state and not seen.
func Newcomer(c *profile.Customer, at event.Instant) bool {
	if slices.ContainsFunc(c.Relations, func(r profile.Relation) bool {
		before := !r.Half && (r.Since != 0 && r.Since < at || r.Until != 0 && r.Until < at)
		return before || r.Since == at && r.AddWay == event.HandedOver
	}) {
		return false
	}
	return c.Orders.First == 0 || c.Orders.First >= at-event.Instant(cardTime.Milliseconds())
}

// Bars tells whether a run that began before keeps another from beginning.
func (a Again) Bars(was *Run) bool { return a == Once || a == AfterEnd && was.State == Waiting }

// Replaces tells whether another run takes the place of one that began before.
func (a Again) Replaces(was *Run) bool { return a == Restart && was.State == Waiting }

// OwnDate is a date that every customer has for himself.
type OwnDate string

// The dates.
const (
	Birthday OwnDate = "birthday"
	DueDate  OwnDate = "due" // by which the next order is expected
)

// TriggerFacts returns the kinds of facts that can begin a run of a subject: customers do
// much, a group is created, a member joins.
func TriggerFacts(of Subject) []event.Kind {
	switch of {
	case OfGroup:
		return []event.Kind{event.KindGroupSeen}
	case OfMember:
		return []event.Kind{event.KindStaffSeen}
	case OfStore:
		return nil
	}
	return []event.Kind{event.KindRelationAdded, event.KindOrderPaid, event.KindGroupJoined, event.KindComplaintOpened,
		event.KindComplaintClosed, event.KindNeedExpressed, event.KindRelationEnded, event.KindTransferFailed, event.KindReferralStayed}
}

// Clock is what the offsets of steps are counted from.
type Clock string

// The clocks.
const (
	Relative Clock = "relative" // the moment in which the run was triggered
	Calendar Clock = "calendar" // a date: one of Dates or Weekdays, or the birthday
	Cycle    Clock = "cycle"    // the date by which the next order is expected
)

// Again says what happens to a subject that is triggered again.
type Again string

// The ways. A trigger at the very moment of an earlier one begins nothing.
const (
	Once      Again = "once"       // one run ever
	AfterEnd  Again = "after_end"  // a new run once the one before has ended
	Restart   Again = "restart"    // the one before ends, a new one begins
	EachTrial Again = "every_time" // several runs beside each other
)

// Executor says who does the steps.
type Executor string

// The executors.
const (
	ByRelation   Executor = "relation"    // who chatted with the customer last; see decision.Contactor
	ByOwner      Executor = "owner"       // the customer's owner
	ByGroupOwner Executor = "group_owner" // of the group
	ByStore      Executor = "store"       // who acts for the store, or of a customer's step for the customer's; see org.ActingFor
	BySelf       Executor = "self"        // the member whom the run is about
)

// asProcess stands in words for steps that leave it to the process who does them.
const asProcess Executor = "process"

// Goal is what the process is for. Whether it was reached is judged of everybody
// who entered, once Within has passed since the anchor.
type Goal struct {
	If     Condition `yaml:"if"`
	Within Span      `yaml:"within"`
}

// Stop ends a run before its steps are through.
type Stop struct {
	Name string    `yaml:"name"` // kept as the run's reason
	If   Condition `yaml:"if"`
}

// Step is one step.
type Step struct {
	Name    string        `yaml:"name"` // unique in the process
	Title   Text          `yaml:"title,omitempty"`
	Lane    string        `yaml:"lane,omitempty"` // branch the step stands in, empty: the main lane
	At      Offset        `yaml:"at"`
	Within  Span          `yaml:"within,omitempty"` // how late the step may be, 0: DefaultWithin
	Late    Late          `yaml:"late,omitempty"`   // empty: drop
	Channel Channel       `yaml:"channel"`
	Purpose event.Purpose `yaml:"purpose,omitempty"` // of what customers notice: always but of tag, wait and tasks that they do not
	// Service steps answer the customer or serve what was bought: budgets, the
	// hold-out, an open complaint and a refusal of marketing do not hold them up.
	// They never sell.
	Service bool `yaml:"service,omitempty"`
	// Promised is a benefit promised when the customer was added: it may be spoken
	// of while trust limits, as no other offer may, but only to whom
	// decision.Settings.Promises owes it.
	Promised bool       `yaml:"promised,omitempty"`
	If       *Condition `yaml:"if,omitempty"` // else the step is skipped
	Choose   []Choice   `yaml:"choose,omitempty"`
	Content  []Variant  `yaml:"content,omitempty"`
	Tag      string     `yaml:"tag,omitempty"` // of channel tag: name of one of the brand's own tags
	// Executor is who does this step about a customer in place of the process's: empty, or
	// ByStore for what takes no friend of the customer in WeCom.
	Executor Executor `yaml:"executor,omitempty"`
	Proof    Proof    `yaml:"proof,omitempty"`
	Minutes  float64  `yaml:"minutes,omitempty"` // of a member's time for one subject
}

// Channel is how a step happens.
type Channel string

// The channels. Private, Mass and Call reach customers one by one; Tag and Wait
// happen by themselves; the others are tasks of a member.
const (
	Private Channel = "private" // message a member writes, one to one
	Mass    Channel = "mass"    // WeCom task a member confirms, many customers together
	Group   Channel = "group"   // post into a group
	Moments Channel = "moments"
	Call    Channel = "call"
	Task    Channel = "task" // something to do; of customers it has a purpose if they notice it
	Tag     Channel = "tag"
	Wait    Channel = "wait" // nothing: conditions and branches are asked
)

// Channels returns all of them in the order of pages.
func Channels() []Channel { return []Channel{Private, Mass, Group, Moments, Call, Task, Tag, Wait} }

// Reaches tells whether steps of the channel are contacts to one customer, which
// pass the send gate.
func (c Channel) Reaches() bool { return c == Private || c == Mass || c == Call }

// Manual tells whether steps of the channel are tasks of a member that are no
// contact to one customer.
func (c Channel) Manual() bool { return c == Group || c == Moments || c == Task }

// Late says what becomes of a step that cannot happen when it is due.
type Late string

// The ways. Both end with the step's window.
const (
	Drop     Late = "drop"     // it does not happen; quiet hours alone are waited for
	Postpone Late = "postpone" // it is tried again every working hour
)

// Choice sends the run into another lane if its condition holds. The first one
// that holds counts.
type Choice struct {
	If   Condition `yaml:"if"`
	Lane string    `yaml:"lane"`
}

// Variant is one wording of a step. Of several each subject gets one by lot.
type Variant struct {
	Name     string  `yaml:"name,omitempty"`
	Text     Text    `yaml:"text,omitempty"`     // {name} and {staff} are filled in
	Material string  `yaml:"material,omitempty"` // or the code of a text of the library
	Link     string  `yaml:"link,omitempty"`
	Files    string  `yaml:"files,omitempty"`  // that go with Text, as content.FilesText writes them
	Weight   float64 `yaml:"weight,omitempty"` // 0: 1
}

// Proof is by what a step counts as done.
type Proof string

// The proofs, empty: the channel's own.
const (
	ByPlatform Proof = "result" // WeCom's result
	ByTap      Proof = "tap"    // the member's word
	ByPhoto    Proof = "photo"  // and a picture
)

// ProofOf returns by what the step counts as done.
func (s *Step) ProofOf() Proof {
	switch {
	case s.Proof != "":
		return s.Proof
	case s.Channel == Mass:
		return ByPlatform
	}
	return ByTap
}

// Posts tells whether the step, in a process about such subjects, is a post that
// WeCom sends and tells the result of, instead of a task that a member reports.
func (s *Step) Posts(of Subject) bool {
	return s.Proof == ByPlatform && s.Channel != Mass && s.Channel.Reported(of)
}

// Reported tells whether WeCom can tell the result of steps of the channel, in a
// process about such subjects.
func (c Channel) Reported(of Subject) bool {
	return c == Mass && of == OfCustomer || c == Group && of == OfGroup || c == Moments && (of == OfMember || of == OfStore)
}

// Number returns what the step is called in keys of touches: a number of its name,
// the same in all versions. Check refuses two steps that share one.
func (s *Step) Number() int {
	sum := id.Hash("sop_step", s.Name)
	return int(binary.BigEndian.Uint32(sum[:4]) >> 1)
}

// DefaultWithin is how late a step may be that does not say: a working day and
// the night after it.
const DefaultWithin = 24 * time.Hour

// Window returns how late the step may be.
func (s *Step) Window() time.Duration {
	if s.Within == 0 {
		return DefaultWithin
	}
	return time.Duration(s.Within)
}

// waitable is how long what serves customers can wait until members look by themselves.
const waitable = 2 * time.Hour

// Pressing tells whether the step answers a customer within so short a time that its
// member must be told at once.
func (s *Step) Pressing() bool { return s.Service && s.Window() < waitable }

// Step returns the place of a step in Steps, -1 where there is none of the name.
func (p *Process) Step(name string) int {
	for i := range p.Steps {
		if p.Steps[i].Name == name {
			return i
		}
	}
	return -1
}

// Sells tells whether any step sells to a customer.
func (p *Process) Sells() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Purpose.Sells() })
}

// ByHand tells whether members write messages of it to customers, call them, or post for
// them: what no later approval stands before. A post that WeCom sends is one of them, too:
// where it has no room it becomes a task of its member.
func (p *Process) ByHand() bool {
	byHand := []Channel{Private, Call, Group, Moments}
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return slices.Contains(byHand, s.Channel) })
}

// Lanes returns the names of the lanes, the main one "" first, then in the order
// in which steps name them.
func (p *Process) Lanes() []string {
	lanes, seen := []string{""}, map[string]bool{"": true}
	for i := range p.Steps {
		if lane := p.Steps[i].Lane; !seen[lane] {
			seen[lane] = true
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// Lead returns how many days before the anchor the first step falls.
func (p *Process) Lead() int {
	lead := 0
	for i := range p.Steps {
		lead = max(lead, -p.Steps[i].At.Days)
	}
	return lead
}
