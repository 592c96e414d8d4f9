package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"siyu/internal/audience/index"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

var _ web.Invitations = (*Desk)(nil)

// Inviting begins and ends what invitations do in the background.
type Inviting struct {
	Start func(ctx context.Context, number int64) error
	Stop  func(ctx context.Context, number int64) error
}

// newestInvitations is how many invitations the page of an audience shows.
const newestInvitations = 10

// Invitations implements web.Invitations.
func (d *Desk) Invitations(ctx context.Context, scope org.Scope, audience int64) (v web.InvitationsView, err error) {
	states, err := d.DB.Groups(ctx)
	if err != nil {
		return v, err
	}
	names := map[id.Group]string{}
	for i := range states {
		g := &states[i]
		names[g.ID] = g.Name
		if d.mayInviteInto(scope, g) {
			v.Groups = append(v.Groups, web.GroupChoice{ID: g.ID, Name: g.Name, Store: d.Brand.StoreName(d.Brand.StoreOf(g.Owner)), Customers: g.Customers})
		}
	}
	slices.SortFunc(v.Groups, func(a, b web.GroupChoice) int {
		return cmp.Or(cmp.Compare(a.Store, b.Store), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	list, err := d.DB.Invitations(ctx, audience, newestInvitations)
	if err != nil {
		return v, err
	}
	list = slices.DeleteFunc(list, func(i delivery.Invitation) bool { return !sees(scope, &i) })
	numbers := make([]int64, len(list))
	for n := range list {
		numbers[n] = list[n].ID
	}
	counts, err := d.DB.InviteeCounts(ctx, numbers)
	for n := range list {
		v.Invitations = append(v.Invitations, invitationView(&list[n], names[list[n].Group], counts[list[n].ID]))
	}
	return v, err
}

// mayInviteInto tells whether the scope covers a group that still exists.
func (d *Desk) mayInviteInto(scope org.Scope, g *profile.Group) bool {
	return g.Created != 0 && g.Dismissed == 0 && scope.Staff == 0 && d.covers(scope, g.Owner)
}

// sees tells whether everybody whom an invitation asks is within the scope.
func sees(scope org.Scope, i *delivery.Invitation) bool {
	if scope.Everything {
		return true
	}
	return i.Stores != nil && !slices.ContainsFunc(i.Stores, func(s id.Store) bool { return !scope.Sees(s) })
}

func invitationView(i *delivery.Invitation, group string, counts []delivery.InviteeCount) web.Invitation {
	v := web.Invitation{Number: i.ID, Group: i.Group, Name: group, By: i.By, Begun: i.Begun, State: web.InvitationState(i.State)}
	back := map[string]int{}
	for _, c := range counts {
		switch c.State {
		case delivery.InviteeWaiting:
			v.Waiting += c.Customers
		case delivery.InviteeWithheld:
			v.NotAsked += c.Customers
			v.Because = append(v.Because, web.LeftAlone{Because: decision.Because(c.Because), Customers: c.Customers})
			continue
		case delivery.InviteeSaid:
			v.Said += c.Customers
		case delivery.InviteeJoined:
			v.Joined += c.Customers
		case delivery.InviteeDeclined:
			v.Declined += c.Customers
		case delivery.InviteeMissed:
			v.Missed += c.Customers
		case delivery.InviteeAsked:
			v.Open += c.Customers
		case delivery.InviteeTaken:
			v.TakenBack += c.Customers
			back[c.Because] += c.Customers
		}
		if c.State != delivery.InviteeWaiting {
			v.Invited += c.Customers
		}
	}
	for because, n := range back {
		v.Back = append(v.Back, web.LeftAlone{Because: takenBecause(because), Customers: n})
	}
	for _, list := range [][]web.LeftAlone{v.Because, v.Back} {
		slices.SortFunc(list, func(a, b web.LeftAlone) int {
			return cmp.Or(cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.Because, b.Because))
		})
	}
	return v
}

// takenBecause says in the words of decisions why delivery took a task back.
func takenBecause(because string) decision.Because {
	switch delivery.CancelReason(because) {
	case delivery.Objection:
		return decision.BecauseRefused
	case delivery.Complaint:
		return decision.BecauseComplaint
	}
	return decision.Because(because)
}

// Invite implements web.Invitations.
func (d *Desk) Invite(ctx context.Context, by web.Asker, f web.InvitationForm) (number int64, err error) {
	if err := web.InvitationFlaws(f).Err(); err != nil {
		return 0, err
	}
	of, err := d.audienceInUse(ctx, f.Audience)
	if err != nil {
		return 0, err
	}
	states, err := d.DB.LoadGroups(ctx, []id.Group{f.Group})
	if err != nil {
		return 0, err
	}
	if !d.mayInviteInto(by.Scope, &states[0]) {
		return 0, notFound("group")
	}
	number, err = d.DB.AddInvitation(ctx, delivery.Invitation{
		Audience: of.Number, Group: f.Group, Stores: stores(by.Scope), Text: f.Text, Link: f.Link, By: by.Account,
		State: delivery.Listing, Begun: d.Clock.Now(), Listed: math.MinInt64,
	})
	if err != nil {
		return 0, err
	}
	if err := d.Inviter.Start(ctx, number); err != nil {
		return 0, err
	}
	return number, d.audit(ctx, by, "invitation.started", fmt.Sprintf("%d: %s", number, of.Name))
}

// StopInvitation implements web.Invitations.
func (d *Desk) StopInvitation(ctx context.Context, by web.Asker, number int64) (audience int64, err error) {
	i, err := d.DB.Invitation(ctx, number)
	if err != nil {
		return 0, err
	}
	if !sees(by.Scope, &i) || by.Scope.Staff != 0 {
		return 0, notFound("invitation")
	}
	if !i.Open() {
		return i.Audience, fault.WithKey(fault.Conflict, "error.invite_over", errors.New("the invitation is over"))
	}
	if err := d.DB.EnterInvitation(ctx, number, i.State, delivery.Stopped); err != nil {
		return i.Audience, err
	}
	if err := d.Inviter.Stop(ctx, number); err != nil {
		return i.Audience, err
	}
	return i.Audience, d.audit(ctx, by, "invitation.stopped", fmt.Sprint(number))
}

// addInviting notes which audiences are being invited into a group.
func (d *Desk) addInviting(ctx context.Context, uses map[int64][]web.AudienceUse) error {
	open, err := d.DB.OpenInvitations(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	names, err := d.invitedGroups(ctx, open)
	for _, i := range open {
		if i.Open() {
			uses[i.Audience] = append(uses[i.Audience], web.AudienceUse{Kind: "invitation", Number: i.ID, Name: names[i.Group]})
		}
	}
	return err
}

// invitedGroups returns what the groups of invitations are called.
func (d *Desk) invitedGroups(ctx context.Context, of []delivery.Invitation) (map[id.Group]string, error) {
	groups := make([]id.Group, len(of))
	for n := range of {
		groups[n] = of[n].Group
	}
	slices.Sort(groups)
	states, err := d.DB.LoadGroups(ctx, slices.Compact(groups))
	names := make(map[id.Group]string, len(states))
	for n := range states {
		names[states[n].ID] = states[n].Name
	}
	return names, err
}

// addInvited adds to tasks that invite into which group.
func (d *Desk) addInvited(ctx context.Context, rows []delivery.StaffTask, tasks []web.Task) error {
	var numbers []int64
	for _, t := range rows {
		if t.Purpose == event.Invite {
			numbers = append(numbers, t.Action)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	of, err := d.DB.InvitationsNamed(ctx, numbers)
	if err != nil {
		return err
	}
	names, err := d.invitedGroups(ctx, of)
	for n, t := range rows {
		at := slices.IndexFunc(of, func(i delivery.Invitation) bool { return i.ID == t.Action })
		if t.Purpose == event.Invite && at >= 0 {
			tasks[n].Group, tasks[n].Link = names[of[at].Group], t.Link
		}
	}
	return err
}

// CrowdOf returns who of a scope is in an audience in use.
func (d *Desk) CrowdOf(ctx context.Context, ix *index.Index, scope org.Scope, number int64) (*index.Crowd, error) {
	a, err := d.audienceInUse(ctx, number)
	if err != nil {
		return nil, err
	}
	return d.crowdOf(ix, scope, &a)
}
