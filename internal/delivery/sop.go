package delivery

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// StepDue is a run whose step should reach its customer now.
type StepDue struct {
	Was     sop.Run // as it is stored; a run that is another by then is left alone
	Process *sop.Process
	Moved   sop.Moved // what the moment makes of the run, with Act
	Seen    sop.Seen
	World   sop.World
}

// Channel returns how the step reaches its customer.
func (d *StepDue) Channel() sop.Channel { return d.step().Channel }

func (d *StepDue) step() *sop.Step { return &d.Process.Steps[d.Moved.Run.Step] }

// StepGiven is what the gate makes of a StepDue. Without Touch nobody gets
// anything.
type StepGiven struct {
	Moved    sop.Moved
	Touch    *Touch
	Task     *StaffTask    // of messages by hand and calls
	Dispatch *Dispatch     // the mass message that the touch joins or, where its number is not known, begins
	Step     int           // that was given
	Until    time.Time     // until when the member has time
	Takes    time.Duration // of the member's time for contacts by hand
}

// StepAsker decides about runs one after the other. A new one is made for every
// attempt of a transaction: it counts what members were given.
type StepAsker func(decision.Standing, *StepDue) StepGiven

// Steps keeps what standard processes give to members.
type Steps interface {
	// GiveSteps asks again about the customers of runs, and stores what comes of it
	// together with the runs, in one transaction. Standings are those of
	// OpenDispatch, with Pending, of who answers for the customer then; of two records
	// of one person with a run of the process the second is ended as
	// sop.BecauseTwin. Each attempt gets what the day asks members to confirm, as it
	// stands then; it is empty where no run is due for a mass message.
	GiveSteps(ctx context.Context, due []StepDue, attempt func(map[id.Staff]MassGiven) StepAsker) (StepsGiven, error)
	// OpenSteps returns the steps of customers that a member has and has not done.
	OpenSteps(ctx context.Context, customers []id.Customer) ([]sop.StepRecord, error)
}

// MassGiven is what one member may be asked to confirm on a day.
type MassGiven struct {
	// Count is how much that is: what WeCom was asked for on the day and what waits to
	// leave, mass messages and posts, whatever wants them; what was taken back, or
	// waits with a paused process, is not among it.
	Count int
	// Steps are the day's mass messages of processes by number: how many customers
	// those have that wait for an approval, or need none, and have not left; Closed
	// those that more customers cannot join.
	Steps map[int64]int
}

// Closed is in place of the customers of a mass message that nobody can join.
const Closed = -1

// StepsGiven counts steps that members were given.
type StepsGiven struct {
	ByHand map[StepLimit]int // messages by hand and calls
	Takes  map[id.Staff]time.Duration
	Mass   int // customers of mass messages
}

// StepRoom is which steps members can still be given today: the time that is left for
// those of all processes, and how many each process gave that has a limit of its own.
type StepRoom struct {
	Staff map[id.Staff]time.Duration // left; missing: nobody
	Own   map[StepLimit]int          // given today already
}

// StepLimit is a member and a process.
type StepLimit struct {
	Staff   id.Staff
	Process int64
}

// StepGate gives steps of standard processes to members, through the gate.
type StepGate struct {
	*Gate
	Steps Steps
}

// GiveSteps lets steps of standard processes reach their customers: messages by
// hand and calls become staff tasks, mass messages join a dispatch that waits for
// approval. Everything is asked again about each customer in the transaction that
// stores the task; what is forbidden is noted with its reason. Nothing is given
// while the database may be older than reality.
func (g StepGate) GiveSteps(ctx context.Context, due []StepDue, room StepRoom, library content.Library) (given StepsGiven, err error) {
	if since, err := g.Nodes.Frozen(ctx); err != nil || !since.IsZero() {
		return given, err
	}
	brand := g.Org()
	team := sop.TeamOf(&brand)
	given, err = g.Steps.GiveSteps(ctx, due, func(mass map[id.Staff]MassGiven) StepAsker {
		a := stepAsking{gate: g.Gate, StepDecider: NewStepDecider(StepBasis{Rules: g.Rules(), Team: team, Room: room, Library: library, Mass: mass})}
		return a.decide
	})
	if err != nil {
		return given, fmt.Errorf("give steps of %d runs: %w", len(due), err)
	}
	return given, nil
}

// StepBasis is what it hangs on whether steps may reach their customers.
type StepBasis struct {
	Rules   decision.Settings
	Team    *sop.Team
	Room    StepRoom
	Library content.Library
	Mass    map[id.Staff]MassGiven
}

// StepDecider decides about steps one after the other, and counts what those take that
// may reach their customers.
type StepDecider struct {
	StepBasis
	takes map[id.Staff]time.Duration
	own   map[StepLimit]int
	mass  map[id.Staff]*massRoom
}

// NewStepDecider returns one that has given nothing yet.
func NewStepDecider(b StepBasis) *StepDecider {
	return &StepDecider{StepBasis: b, takes: map[id.Staff]time.Duration{}, own: map[StepLimit]int{}, mass: map[id.Staff]*massRoom{}}
}

// StepDecided is whether a step may reach its customer, and then with what.
type StepDecided struct {
	Member   org.Staff   // who has it, or would have; the zero member: nobody
	Because  sop.Because // why not, "" where it may
	Takes    time.Duration
	Dispatch int64 // the mass message that the customer joins, 0 for contacts by hand
	Begins   bool  // with this customer
	said     saying
}

// stepAsking is one attempt to give steps.
type stepAsking struct {
	*StepDecider
	gate *Gate
}

// massRoom is which mass messages of processes a member's day has, and how many more
// the member may be asked to confirm.
type massRoom struct {
	places map[int64]int // for more customers, by number
	left   int
	most   int // customers of one message
}

func (a *StepDecider) massRoom(staff id.Staff) *massRoom {
	r := a.mass[staff]
	if r == nil {
		given := a.Mass[staff]
		r = &massRoom{places: map[int64]int{}, left: a.Rules.MaxConfirmations - given.Count, most: a.Rules.MaxPerMassSend}
		for dispatch, customers := range given.Steps {
			if customers != Closed {
				r.places[dispatch] = max(0, r.most-customers)
			} else {
				r.places[dispatch] = 0
			}
		}
		a.mass[staff] = r
	}
	return r
}

// number returns which message one more customer gets: the first one from a number on
// that can be joined, or the next one, if the member may be asked to confirm another.
func (r *massRoom) number(first int64) (dispatch int64, fits bool) {
	for dispatch = first; ; dispatch++ { // the numbers after a hash are as free as it is
		places, begun := r.places[dispatch]
		switch {
		case !begun:
			return dispatch, r.left > 0
		case places > 0:
			return dispatch, true
		}
	}
}

// take uses up a place, and a confirmation where the message begins with it.
func (r *massRoom) take(dispatch int64) (begins bool) {
	if _, begun := r.places[dispatch]; !begun {
		r.places[dispatch], begins = r.most, true
		r.left--
	}
	r.places[dispatch]--
	return begins
}

// sayable returns which wordings of a step a run may get of a member: all, but of
// mass messages only those that the member's day has already or has room for.
func (a *StepDecider) sayable(d *StepDue, staff id.Staff) (variants []int) {
	step := d.step()
	for i := range max(1, len(step.Content)) {
		if step.Channel == sop.Mass {
			if _, fits := a.massRoom(staff).number(stepDispatchID(d, i, staff)); !fits {
				continue
			}
		}
		variants = append(variants, i)
	}
	return variants
}

func (a *stepAsking) decide(c decision.Standing, d *StepDue) StepGiven {
	g := StepGiven{Moved: d.Moved}
	g.Moved.Records = append([]sop.StepRecord(nil), d.Moved.Records...) // the attempt may not be the last one
	is := a.Decide(c, d)
	member := is.Member
	if is.Because != "" {
		d.Process.Withhold(&g.Moved, is.Because, d.World)
		for i := len(d.Moved.Records); i < len(g.Moved.Records); i++ {
			g.Moved.Records[i].Staff, g.Moved.Records[i].Store = member.ID, member.Store
		}
		return g
	}
	g.Step, g.Until, g.Takes = g.Moved.Run.Step, d.step().Until(d.firstDue(), d.World), is.Takes
	a.give(&g, d, is)
	d.Process.Give(&g.Moved, d.Seen, member.ID, member.Store, d.World)
	record := &g.Moved.Records[len(g.Moved.Records)-1]
	record.Touch, record.Variant = g.Touch.ID, is.said.variant
	return g
}

// Decide decides about a step.
func (a *StepDecider) Decide(c decision.Standing, d *StepDue) (is StepDecided) {
	step := d.step()
	is.Member = d.Process.Doer(step, c.Profile, a.Team)
	if is.Because = a.refusal(c, d, is.Member.ID); is.Because != "" {
		return is
	}
	sayable := a.sayable(d, is.Member.ID)
	if len(sayable) == 0 {
		is.Because = sop.Because(decision.BecauseCapacity)
		return is
	}
	variant, chance := step.VariantAmong(d.Was.RunKey, d.Moved.Run.Step, sayable)
	said, known := words(d.Process, step, variant, a.Library)
	if !known {
		is.Because = sop.Because(decision.BecauseMaterial)
		return is
	}
	is.said = saying{said, a.drawn(d, sayable, chance, said), variant}
	a.take(&is, d)
	return is
}

// take uses up what a step takes of its member's day.
func (a *StepDecider) take(is *StepDecided, d *StepDue) {
	if d.Channel() == sop.Mass {
		room := a.massRoom(is.Member.ID)
		is.Dispatch, _ = room.number(stepDispatchID(d, is.said.variant, is.Member.ID))
		is.Begins = room.take(is.Dispatch)
		return
	}
	is.Takes = d.step().Takes(d.Process.Subject)
	a.takes[is.Member.ID] += is.Takes
	a.own[StepLimit{is.Member.ID, d.Was.Process}]++
}

func (d *StepDue) firstDue() event.Instant {
	if d.Moved.Run.Tried != 0 {
		return d.Moved.Run.Tried
	}
	return d.Moved.Run.DueAt
}

// refusal returns why a step must not reach the customer now.
func (a *StepDecider) refusal(c decision.Standing, d *StepDue, staff id.Staff) sop.Because {
	step := d.step()
	intent := decision.Intent{Staff: staff, Purpose: step.Purpose, Channel: ChannelOf(step.Channel), Planned: d.Was.Entered.Time(), Day: clock.Day(d.World.Now, d.World.Zone), Called: step.Channel == sop.Call}
	if c.Profile == nil || !c.Profile.Related() {
		return sop.BecauseGone
	}
	if staff == 0 {
		return sop.BecauseNobody
	}
	because := a.Rules.RecheckStep(c, intent)
	if step.Service {
		because = a.Rules.RecheckService(c, intent)
	}
	limit := StepLimit{staff, d.Was.Process}
	switch {
	case because != "":
		return sop.Because(because)
	case step.Channel == sop.Mass: // one confirmation for all of them, counted when it leaves
	case !step.Service && a.takes[staff] >= a.Room.Staff[staff], // one that takes longer than what is left fits: no day might have more
		d.Process.PerDay > 0 && a.own[limit]+a.Room.Own[limit] >= d.Process.PerDay:
		return sop.Because(decision.BecauseCapacity)
	}
	return ""
}

// ChannelOf returns by which channel of touches a step reaches its customer.
func ChannelOf(c sop.Channel) event.Channel {
	if c == sop.Mass {
		return event.MassSend
	}
	return event.OneToOne
}

// words returns what a step says in a wording. One that names a material which the
// library no longer has cannot be said.
func words(p *sop.Process, s *sop.Step, variant int, library content.Library) (said content.Material, known bool) {
	if len(s.Content) == 0 {
		return said, false
	}
	v := &s.Content[variant]
	if v.Material == "" {
		return content.Material{Purpose: s.Purpose, Text: v.Text.In(p.Speaks()), Link: v.Link, Files: content.FilesOf(v.Files)}, true
	}
	at := slices.IndexFunc(library.Materials, func(m content.Material) bool { return m.Code == v.Material })
	if at < 0 {
		return said, false
	}
	return library.Materials[at], true
}

// drawn notes among which wordings a step's was drawn.
func (a *StepDecider) drawn(d *StepDue, among []int, chance float64, said content.Material) content.Drawn {
	if len(d.step().Content) < 2 {
		return content.Drawn{}
	}
	codes := make([]id.Code, 0, len(among))
	for _, i := range among {
		if m, known := words(d.Process, d.step(), i, a.Library); known {
			codes = append(codes, content.Wording{Text: m.Text}.Code())
		}
	}
	return content.Drawn{Wording: content.Wording{Text: said.Text}.Code(), Chance: chance, Among: content.AmongOf(codes)}
}

// saying is what a step says to one customer.
type saying struct {
	content.Material
	drawn   content.Drawn
	variant int
}

// give builds what a member gets.
func (a *stepAsking) give(g *StepGiven, d *StepDue, is StepDecided) {
	step, now, said, member := d.step(), d.World.Now, is.said, is.Member
	key := TouchKey{Customer: d.Was.Customer(), Run: d.Was.Name(), Step: step.Number(), Channel: ChannelOf(step.Channel)}
	g.Touch = &Touch{ID: key.ID(), TouchKey: key, Staff: member.ID, Purpose: step.Purpose, Action: d.Was.Number(step), State: Underway, At: now, Planned: now, Service: step.Service, Drawn: said.drawn}
	if step.Channel != sop.Mass {
		link, counts := said.Link, id.Code(0)
		if said.Kind == content.Survey {
			link, counts = a.gate.linkTo(said.Material, *g.Touch, 0, false)
		}
		g.Task = &StaffTask{
			ID: g.Touch.ID, Corp: member.Corp, Staff: member.ID, Store: member.Store, Customer: d.Was.Customer(), Purpose: step.Purpose,
			Material: said.Code, Text: said.Text, Link: link, Content: counts, Files: content.FilesText(said.Files), Action: g.Touch.Action, From: now, Until: g.Until, State: Due, Since: now,
		}
		return
	}
	g.Dispatch = a.gate.stepDispatch(is.Dispatch, d, member, said)
	g.Dispatch.Until = g.Until
}

// gathering is how long a mass message of a process waits before it may leave, so
// that all who are due then go with it.
const gathering = 10 * time.Minute

// stepDispatchID returns the number of the first mass message by which a member's
// customers get one wording of a step on one day.
func stepDispatchID(d *StepDue, variant int, staff id.Staff) int64 {
	return numberOf("sop_dispatch", strconv.FormatInt(d.Was.Process, 10), strconv.Itoa(d.Was.Version), d.step().Name,
		strconv.Itoa(variant), strconv.FormatInt(int64(staff), 10), strconv.FormatInt(clock.Day(d.World.Now, d.World.Zone).Unix(), 10))
}

func (g *Gate) stepDispatch(number int64, d *StepDue, member org.Staff, said saying) *Dispatch {
	step, now := d.step(), d.World.Now
	dispatch := Dispatch{
		ID: number, Corp: member.Corp, Staff: member.ID, Store: member.Store, Day: clock.Day(now, d.World.Zone), Purpose: step.Purpose,
		Material: said.Code, Text: massText(said.Material), Files: content.FilesText(said.Files), Wording: said.drawn.Wording, From: now.Add(gathering), State: Planned, Since: now,
		Process: d.Was.Process, Step: step.Name, Promised: step.Promised, Postpone: step.Late == sop.Postpone,
	}
	dispatch.Words = wordsOfStep(d.Was.Process, step)
	dispatch.Link, dispatch.Marker = marked(said.Link, number)
	if said.Kind == content.Survey {
		g.link(&dispatch, said.Material, 0, 0)
	}
	if g.Settings.Approve {
		dispatch.ApprovedBy = Automatic
	}
	return &dispatch
}
