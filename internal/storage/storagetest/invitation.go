package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

const invitedGroup = id.Group(77)

// invitationOf stores an invitation that looks through its audience.
func invitationOf(t *testing.T, ctx context.Context, db *storage.DB, stores ...id.Store) delivery.Invitation {
	t.Helper()
	i := delivery.Invitation{Audience: 3, Group: invitedGroup, Stores: stores, Text: "come in", By: "lin", State: delivery.Listing, Begun: noon, Listed: math.MinInt64}
	number := must[int64](t)(db.AddInvitation(ctx, i))
	return must[delivery.Invitation](t)(db.Invitation(ctx, number))
}

// guestsAre stores customers with a relation each.
func guestsAre(t *testing.T, ctx context.Context, db *storage.DB, customers ...id.Customer) {
	t.Helper()
	var states []profile.Customer
	for _, c := range customers {
		states = append(states, profile.Customer{ID: c, FirstSeen: event.At(noon), Relations: []profile.Relation{{Staff: 5, Since: event.At(noon)}}})
	}
	began := must[int64](t)(db.Cursor(ctx, "fold"))
	ok(t, db.CommitFold(ctx, flow.Fold{Customers: states, Reader: "fold", Began: began, Cursor: began}))
}

func countsOf(t *testing.T, ctx context.Context, db *storage.DB, number int64) string {
	t.Helper()
	text := ""
	for _, c := range must[map[int64][]delivery.InviteeCount](t)(db.InviteeCounts(ctx, []int64{number}))[number] {
		text += fmt.Sprint(c.State, " ", c.Because, ":", c.Customers, " ")
	}
	equal(t, "problems", fmt.Sprint(must[[]string](t)(db.Check(ctx))), "[]")
	return text
}

// giveTo makes tasks as the gate does.
func giveTo(i *delivery.Invitation) func(decision.Standing, delivery.Invitee) (*delivery.StaffTask, delivery.Touch, decision.Because) {
	return func(s decision.Standing, who delivery.Invitee) (*delivery.StaffTask, delivery.Touch, decision.Because) {
		if s.Pending {
			return nil, delivery.Touch{}, decision.BecausePending
		}
		key := delivery.TouchKey{Customer: who.Customer, Run: fmt.Sprint("invite/", i.ID), Channel: event.OneToOne}
		task := delivery.StaffTask{ID: key.ID(), Customer: who.Customer, Staff: 5, Store: 7, Purpose: event.Invite, Action: i.ID, From: noon, Until: noon.Add(time.Hour), State: delivery.Due}
		return &task, delivery.Touch{ID: key.ID(), TouchKey: key, Staff: 5, Purpose: event.Invite, Action: i.ID, State: delivery.Underway, At: noon}, ""
	}
}

func invitationsGoOnWhereTheyStood(t *testing.T, ctx context.Context, db *storage.DB) {
	guestsAre(t, ctx, db, 1, 2, 3, 4)
	i := invitationOf(t, ctx, db, 7, 9)
	equal(t, "stores", fmt.Sprint(i.Stores), "[7 9]")
	if _, err := db.AddInvitation(ctx, i); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the same invitation twice at a time: %v", err)
	}
	decide := func(s decision.Standing) delivery.Verdict {
		if s.Profile == nil || s.Profile.ID == 3 {
			return delivery.Verdict{Because: decision.BecauseRefused}
		}
		return delivery.Verdict{Staff: 5}
	}
	some := delivery.InviteeList{Invitation: &i, Customers: []id.Customer{1, 2, 3}}
	ok(t, db.ListInvitees(ctx, some, decide))
	if err := db.ListInvitees(ctx, some, decide); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("listing from where it stood before: %v", err)
	}
	equal(t, "listed", countsOf(t, ctx, db, i.ID), "waiting :2 withheld refused_marketing:1 ")
	equal(t, "waiting", fmt.Sprint(must[map[id.Staff]int](t)(db.InviteesWaiting(ctx, i.ID))), "map[5:2]")

	next := must[[]delivery.Invitee](t)(db.NextInvitees(ctx, i.ID, 5, 10))
	equal(t, "given while it lists", must[int](t)(db.AskInvitees(ctx, delivery.InviteeAsk{Invitation: &i, Day: noon, Some: next}, giveTo(&i))), 0)
	ok(t, db.EnterInvitation(ctx, i.ID, delivery.Listing, delivery.Inviting))
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{draft(10, 2)}))
	equal(t, "given", must[int](t)(db.AskInvitees(ctx, delivery.InviteeAsk{Invitation: &i, Day: noon, Some: next}, giveTo(&i))), 1)
	equal(t, "given again", must[int](t)(db.AskInvitees(ctx, delivery.InviteeAsk{Invitation: &i, Day: noon, Some: next}, giveTo(&i))), 0)
	equal(t, "asked", countsOf(t, ctx, db, i.ID), "asked :1 withheld refused_marketing:1 withheld touch_unconfirmed:1 ")
	equal(t, "load", fmt.Sprint(must[map[id.Staff]int](t)(db.InvitedOn(ctx, noon))), "map[5:1]")
	equal(t, "all load", must[map[id.Staff]decision.Load](t)(db.Load(ctx, noon))[5].OneToOne, 1)
	equal(t, "until", must[delivery.Invitation](t)(db.Invitation(ctx, i.ID)).Until.Equal(noon.Add(time.Hour)), true)
}

func inviteesFollowTheirTasks(t *testing.T, ctx context.Context, db *storage.DB) {
	guestsAre(t, ctx, db, 1, 2)
	i := invitationOf(t, ctx, db)
	ok(t, db.ListInvitees(ctx, delivery.InviteeList{Invitation: &i, Customers: []id.Customer{1, 2}}, func(decision.Standing) delivery.Verdict { return delivery.Verdict{Staff: 5} }))
	ok(t, db.EnterInvitation(ctx, i.ID, delivery.Listing, delivery.Inviting))
	next := must[[]delivery.Invitee](t)(db.NextInvitees(ctx, i.ID, 5, 1))
	must[int](t)(db.AskInvitees(ctx, delivery.InviteeAsk{Invitation: &i, Day: noon, Some: next}, giveTo(&i)))
	ok(t, db.WithholdInvitees(ctx, []delivery.Invitee{{Customer: 1, Invitation: i.ID}, {Customer: 2, Invitation: i.ID}}, decision.BecauseLeft)) // one is asked already
	equal(t, "withheld", countsOf(t, ctx, db, i.ID), "asked :1 withheld left_audience:1 ")
	task := next[0].Task()
	become := func(state delivery.StaffTaskState, result delivery.Result) string {
		t.Helper()
		ok(t, db.ChangeStaffTask(ctx, task, func(s *delivery.StaffTask, _ *delivery.Touch) error {
			s.State, s.Result, s.Because = state, result, "objection"
			return nil
		}))
		return countsOf(t, ctx, db, i.ID)
	}
	equal(t, "said", become(delivery.Due, delivery.Said), "said :1 withheld left_audience:1 ")
	equal(t, "waiting tasks", must[storage.Waiting](t)(db.CountWaiting(ctx, org.Scope{Staff: 5}, noon)).Open, 0)
	equal(t, "missed", become(delivery.Missed, delivery.Said), "missed :1 withheld left_audience:1 ")
	equal(t, "who may still change", len(must[[]delivery.Invitee](t)(db.InviteesAmong(ctx, []id.Customer{1, 2}))), 1)
	equal(t, "joined", become(delivery.DoneState, delivery.Said), "joined :1 withheld left_audience:1 ")
	equal(t, "taken back", become(delivery.Taken, ""), "taken objection:1 withheld left_audience:1 ")
	stop := errors.New("stop")
	if err := db.ChangeStaffTask(ctx, task, func(s *delivery.StaffTask, _ *delivery.Touch) error { s.State = delivery.NoNeed; return stop }); !errors.Is(err, stop) {
		t.Errorf("a refused change: %v", err)
	}
	equal(t, "after a refused change", countsOf(t, ctx, db, i.ID), "taken objection:1 withheld left_audience:1 ")
	ok(t, db.EnterInvitation(ctx, i.ID, delivery.Inviting, delivery.Ended))
	equal(t, "open", len(must[[]delivery.Invitation](t)(db.OpenInvitations(ctx))), 0)

	again := invitationOf(t, ctx, db)
	var asked []decision.Asked
	ok(t, db.ListInvitees(ctx, delivery.InviteeList{Invitation: &again, Customers: []id.Customer{1, 2}}, func(s decision.Standing) delivery.Verdict {
		asked = append(asked, s.Asked...)
		return delivery.Verdict{Staff: 5}
	}))
	equal(t, "asked before", fmt.Sprint(asked), fmt.Sprint([]decision.Asked{{Group: invitedGroup, At: event.At(noon)}}))
}
