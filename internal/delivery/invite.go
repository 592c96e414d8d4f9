package delivery

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// InvitationState is where an invitation stands.
type InvitationState string

// The states of an invitation.
const (
	Listing  InvitationState = "listing"  // its audience is looked through
	Inviting InvitationState = "inviting" // members get their tasks, day by day
	Ended    InvitationState = "ended"    // nobody waits and no window is open
	Stopped  InvitationState = "stopped"  // by a person; what members have is taken back
)

// Invitation asks the customers of an audience into a group: WeCom lets nobody
// be pulled into a group by a program, so members do it, one by one.
type Invitation struct {
	ID       int64 // counted from 1
	Audience int64
	Group    id.Group
	Stores   []id.Store // whose members ask; nil: everybody's
	Text     string     // what the member writes; {name} and {staff} are filled in
	Link     string     // to the group's code, "" without
	By       string     // console account
	State    InvitationState
	Begun    time.Time
	Listed   id.Customer // everybody up to here, in the order of ids, was looked at
	Until    time.Time   // when the last window of its tasks ends
}

// Open tells whether customers may still be asked.
func (i *Invitation) Open() bool { return i.State == Listing || i.State == Inviting }

// Scope is which members ask, and so which customers are asked.
func (i *Invitation) Scope() org.Scope {
	if i.Stores == nil {
		return org.All()
	}
	return org.Scope{Stores: i.Stores}
}

// run is what touches of the invitation are told apart by.
func (i *Invitation) run() string { return "invite/" + strconv.FormatInt(i.ID, 10) }

// InviteeState is where one invited customer stands.
type InviteeState string

// The states of a customer in an invitation.
const (
	InviteeWaiting  InviteeState = "waiting"  // for a day on which the member has room
	InviteeAsked    InviteeState = "asked"    // the member has the task
	InviteeSaid     InviteeState = "said"     // the member wrote; WeCom has not told of a join
	InviteeJoined   InviteeState = "joined"   // WeCom told of it
	InviteeDeclined InviteeState = "declined" // the member says there is no need
	InviteeMissed   InviteeState = "missed"   // the window is over and nobody joined
	InviteeTaken    InviteeState = "taken"    // taken back, Because says why
	InviteeWithheld InviteeState = "withheld" // never asked, Because says why
)

// InviteeStates returns all of them in the order in which pages show them.
func InviteeStates() []InviteeState {
	return []InviteeState{InviteeWaiting, InviteeAsked, InviteeSaid, InviteeJoined, InviteeDeclined, InviteeMissed, InviteeTaken, InviteeWithheld}
}

// Invitee is one customer in an invitation.
type Invitee struct {
	Invitation int64
	Customer   id.Customer
	Group      id.Group
	Staff      id.Staff // who asks
	State      InviteeState
	Because    string
	Asked      time.Time // when the member got the task; zero while waiting
}

// Task is the number of the invitee's staff task.
func (i *Invitee) Task() int64 {
	of := Invitation{ID: i.Invitation}
	return of.key(i.Customer).ID()
}

func (i *Invitation) key(c id.Customer) TouchKey {
	return TouchKey{Customer: c, Run: i.run(), Channel: event.OneToOne}
}

// StateOf returns where an invited customer stands, as the task says.
func (t *StaffTask) StateOf() InviteeState {
	switch t.State {
	case DoneState:
		return InviteeJoined
	case NoNeed:
		return InviteeDeclined
	case Missed:
		return InviteeMissed
	case Taken:
		return InviteeTaken
	}
	if t.Result == Said {
		return InviteeSaid
	}
	return InviteeAsked
}

// InviteeCount counts customers of an invitation.
type InviteeCount struct {
	State     InviteeState
	Because   string
	Customers int
}

// Verdict says who asks a customer, or why nobody does.
type Verdict struct {
	Staff   id.Staff
	Because decision.Because
}

// InviteeList is a stretch of the audience that is looked at in one transaction.
type InviteeList struct {
	Invitation *Invitation
	Customers  []id.Customer // ascending, all behind Invitation.Listed
}

// InviteeAsk is customers who wait and whose members have room on a business day.
type InviteeAsk struct {
	Invitation *Invitation
	Day        time.Time
	Some       []Invitee
}

// Invitations keeps invitations and who is in them. Deciding functions are pure
// and may be called again, as in Ledger. Standings are those of OpenDispatch, of
// who answers for the customer at that moment, with Pending and Asked; of two
// records of one person one is left out as decision.BecauseTwin.
type Invitations interface {
	// AddInvitation stores a new invitation under the next number. It is
	// fault.Conflict while another one of the audience into the group is open.
	AddInvitation(ctx context.Context, i Invitation) (number int64, err error)
	// Invitation is fault.NotFound for an unknown number.
	Invitation(ctx context.Context, number int64) (Invitation, error)
	// EnterInvitation moves an invitation from one state to another; one that is in
	// neither stays as it is.
	EnterInvitation(ctx context.Context, number int64, from, to InvitationState) error
	// ListInvitees stores who waits to be asked, counts the others, and moves
	// Listed to the last of the customers, all in one transaction. It is
	// fault.Conflict if Listed stands elsewhere or the invitation is not listing.
	ListInvitees(ctx context.Context, l InviteeList, decide func(decision.Standing) Verdict) error
	// AskInvitees gives tasks to members for customers who wait, in one transaction
	// with everything that is asked again. Who is not to be asked any more is
	// withheld. It returns how many tasks were given.
	AskInvitees(ctx context.Context, a InviteeAsk, decide func(decision.Standing, Invitee) (*StaffTask, Touch, decision.Because)) (given int, err error)
	// WithholdInvitees notes of customers who wait why they are not asked.
	WithholdInvitees(ctx context.Context, some []Invitee, because decision.Because) error
}

// inviteDays is for how many business days a customer may take to join after the
// member got the task: a message of the evening is read the next day, and a
// member's day off must not waste it.
const inviteDays = 3

// asking returns the intent to ask into the invitation's group now.
func (g *Gate) asking(i *Invitation) decision.Asking {
	now, members := g.Clock.Now(), map[id.Staff]bool{}
	for _, s := range g.Org().Staff {
		members[s.ID] = s.Active && s.Contact && i.Scope().Sees(s.Store)
	}
	return decision.Asking{Group: i.Group, Now: now, Day: clock.Day(now, g.Zone), May: func(s id.Staff) bool { return members[s] }}
}

// ListInvitees looks at a stretch of the audience: who may be asked waits for a
// task from then on.
func (g *Gate) ListInvitees(ctx context.Context, l InviteeList) error {
	rules, asking := g.Rules(), g.asking(l.Invitation)
	err := g.Invitations.ListInvitees(ctx, l, func(s decision.Standing) Verdict {
		staff, because := rules.Invite(s, asking)
		return Verdict{staff, because}
	})
	if err != nil {
		return fmt.Errorf("look through the audience of invitation %d: %w", l.Invitation.ID, err)
	}
	return nil
}

// AskInvitees gives members the tasks to ask customers who wait. Everything is
// asked again about each of them, in the transaction that stores the task. Nothing
// is given while the database may be older than reality, or outside of working
// time. It returns how many tasks were given.
func (g *Gate) AskInvitees(ctx context.Context, i *Invitation, some []Invitee) (given int, err error) {
	if since, err := g.Nodes.Frozen(ctx); err != nil || !since.IsZero() {
		return 0, err
	}
	rules, asking := g.Rules(), g.asking(i)
	from, until := rules.Window(asking.Day, asking.Now)
	if !from.Before(until) {
		return 0, nil
	}
	until = until.AddDate(0, 0, inviteDays-1)
	members := map[id.Staff]org.Staff{}
	for _, s := range g.Org().Staff {
		members[s.ID] = s
	}
	given, err = g.Invitations.AskInvitees(ctx, InviteeAsk{i, asking.Day, some}, func(s decision.Standing, who Invitee) (*StaffTask, Touch, decision.Because) {
		may := asking.May
		asking := asking
		asking.May = func(s id.Staff) bool { return s == who.Staff && may(s) } // whose room was counted
		staff, because := rules.Invite(s, asking)
		if because != "" {
			return nil, Touch{}, because
		}
		member, key := members[staff], i.key(who.Customer)
		touch := Touch{ID: key.ID(), TouchKey: key, Staff: staff, Purpose: event.Invite, Action: i.ID, State: Underway, At: asking.Now, Planned: asking.Now}
		return &StaffTask{
			ID: touch.ID, Corp: member.Corp, Staff: staff, Store: member.Store, Customer: who.Customer, Purpose: event.Invite,
			Text: i.Text, Link: i.Link, Action: i.ID, From: from, Until: until, State: Due, Since: asking.Now,
		}, touch, ""
	})
	if err != nil {
		return given, fmt.Errorf("give tasks of invitation %d: %w", i.ID, err)
	}
	return given, nil
}

// Joined ends an invitation's task because WeCom told that its customer joined
// the group at a time within the window, whether the member had answered or not.
// A task that was over by then, or ended otherwise, stays as it is.
func (g *Gate) Joined(ctx context.Context, task int64, at time.Time) error {
	var facts []event.Fact
	err := g.Tasks.ChangeStaffTask(ctx, task, func(t *StaffTask, touch *Touch) (err error) {
		facts = nil
		if t.State == DoneState {
			facts, err = taskFacts(*t, *touch, "") // they may not have been written
			return err
		}
		if !t.open() && t.State != Missed || at.After(t.Until) {
			return nil
		}
		t.State, t.Since, t.Because = DoneState, at, ""
		if touch.State == Underway {
			touch.end(Delivered, "", at)
		}
		facts, err = taskFacts(*t, *touch, "")
		return err
	})
	if err != nil {
		return fmt.Errorf("end task %d of who joined: %w", task, err)
	}
	return g.report(ctx, facts)
}

// Uninvite takes an invitation's task back that its member has not answered.
func (g *Gate) Uninvite(ctx context.Context, task int64, because decision.Because) error {
	err := g.Tasks.ChangeStaffTask(ctx, task, func(t *StaffTask, touch *Touch) error {
		if t.open() && t.Result != Said {
			t.end(Taken, touch, string(because), g.Clock.Now())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("take invitation %d back: %w", task, err)
	}
	return nil
}
