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
		a := stepAsking{gate: g.Gate, rules: g.Rules(), team: team, room: room, library: library, takes: map[id.Staff]time.Duration{}, own: map[StepLimit]int{},
			mass: map[id.Staff]*massRoom{}, massGiven: mass}
		return a.decide
	})
	if err != nil {
		return given, fmt.Errorf("give steps of %d runs: %w", len(due), err)
	}
	return given, nil
}

// stepAsking is one attempt to give steps.
type stepAsking struct {
	gate    *Gate
	rules   decision.Settings
	team    *sop.Team
	room    StepRoom
	library content.Library
	takes   map[id.Staff]time.Duration
	own     map[StepLimit]int

	massGiven map[id.Staff]MassGiven
	mass      map[id.Staff]*massRoom
}

// massRoom is which mass messages of processes a member's day has, and how many more
// the member may be asked to confirm.
type massRoom struct {
	places map[int64]int // for more customers, by number
	left   int
	most   int // customers of one message
}

func (a *stepAsking) massRoom(staff id.Staff) *massRoom {
	r := a.mass[staff]
	if r == nil {
		given := a.massGiven[staff]
		r = &massRoom{places: map[int64]int{}, left: a.rules.MaxConfirmations - given.Count, most: a.rules.MaxPerMassSend}
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

// take uses up a place, and a confirmation where the message is another one.
func (r *massRoom) take(dispatch int64) {
	if _, begun := r.places[dispatch]; !begun {
		r.places[dispatch] = r.most
		r.left--
	}
	r.places[dispatch]--
}

// sayable returns which wordings of a step a run may get of a member: all, but of
// mass messages only those that the member's day has already or has room for.
func (a *stepAsking) sayable(d *StepDue, staff id.Staff) (variants []int) {
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
	step := d.step()
	member := d.Process.Doer(step, c.Profile, a.team)
	staff := member.ID
	because := a.refusal(c, d, staff)
	sayable := a.sayable(d, staff)
	if because == "" && len(sayable) == 0 {
		because = sop.Because(decision.BecauseCapacity)
	}
	variant, said, known := 0, content.Material{}, false
	drawn := content.Drawn{}
	if because == "" {
		var chance float64
		variant, chance = step.VariantAmong(d.Was.RunKey, d.Moved.Run.Step, sayable)
		said, known = words(d.Process, step, variant, a.library)
		drawn = a.drawn(d, sayable, chance, said)
	}
	if because == "" && !known {
		because = sop.Because(decision.BecauseMaterial)
	}
	if because != "" {
		d.Process.Withhold(&g.Moved, because, d.World)
		for i := len(d.Moved.Records); i < len(g.Moved.Records); i++ {
			g.Moved.Records[i].Staff, g.Moved.Records[i].Store = staff, member.Store
		}
		return g
	}
	g.Step, g.Until = g.Moved.Run.Step, step.Until(d.firstDue(), d.World)
	a.give(&g, d, member, saying{said, drawn, variant})
	d.Process.Give(&g.Moved, d.Seen, staff, member.Store, d.World)
	record := &g.Moved.Records[len(g.Moved.Records)-1]
	record.Touch, record.Variant = g.Touch.ID, variant
	if g.Task != nil {
		g.Takes = step.Takes(d.Process.Subject)
		a.takes[staff] += g.Takes
		a.own[StepLimit{staff, d.Was.Process}]++
	}
	return g
}

func (d *StepDue) firstDue() event.Instant {
	if d.Moved.Run.Tried != 0 {
		return d.Moved.Run.Tried
	}
	return d.Moved.Run.DueAt
}

// refusal returns why a step must not reach the customer now.
func (a *stepAsking) refusal(c decision.Standing, d *StepDue, staff id.Staff) sop.Because {
	step := d.step()
	intent := decision.Intent{Staff: staff, Purpose: step.Purpose, Channel: ChannelOf(step.Channel), Planned: d.Was.Entered.Time(), Day: clock.Day(d.World.Now, d.World.Zone), Called: step.Channel == sop.Call}
	if c.Profile == nil || !c.Profile.Related() {
		return sop.BecauseGone
	}
	if staff == 0 {
		return sop.BecauseNobody
	}
	because := a.rules.RecheckStep(c, intent)
	if step.Service {
		because = a.rules.RecheckService(c, intent)
	}
	limit := StepLimit{staff, d.Was.Process}
	switch {
	case because != "":
		return sop.Because(because)
	case step.Channel == sop.Mass: // one confirmation for all of them, counted when it leaves
	case !step.Service && a.takes[staff] >= a.room.Staff[staff], // one that takes longer than what is left fits: no day might have more
		d.Process.PerDay > 0 && a.own[limit]+a.room.Own[limit] >= d.Process.PerDay:
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
func (a *stepAsking) drawn(d *StepDue, among []int, chance float64, said content.Material) content.Drawn {
	if len(d.step().Content) < 2 {
		return content.Drawn{}
	}
	codes := make([]id.Code, 0, len(among))
	for _, i := range among {
		if m, known := words(d.Process, d.step(), i, a.library); known {
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
func (a *stepAsking) give(g *StepGiven, d *StepDue, member org.Staff, said saying) {
	step, now := d.step(), d.World.Now
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
	room := a.massRoom(member.ID)
	number, _ := room.number(stepDispatchID(d, said.variant, member.ID))
	room.take(number)
	g.Dispatch = a.gate.stepDispatch(number, d, member, said)
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
