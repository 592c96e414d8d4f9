package webtest

import (
	"context"
	"errors"
	"slices"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Invitations = (*Brand)(nil)

// invite is an invitation of an audience, by the stores of its asker.
type invite struct {
	web.Invitation
	audience int64
	stores   []id.Store // nil: everybody's
}

func (i invite) seenBy(scope org.Scope) bool {
	return scope.Everything || i.stores != nil && !slices.ContainsFunc(i.stores, func(s id.Store) bool { return !scope.Sees(s) })
}

// Invitations implements web.Invitations.
func (b *Brand) Invitations(ctx context.Context, scope org.Scope, audience int64) (web.InvitationsView, error) {
	found, err := b.Groups(ctx, scope, web.GroupQuery{Limit: 100})
	if err != nil {
		return web.InvitationsView{}, err
	}
	var v web.InvitationsView
	for _, g := range found.Rows {
		if !g.Dismissed {
			v.Groups = append(v.Groups, web.GroupChoice{ID: g.ID, Name: g.Name, Store: g.Store, Customers: g.Customers})
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range slices.Backward(b.crowds.invites) {
		if i.audience == audience && i.seenBy(scope) {
			v.Invitations = append(v.Invitations, i.Invitation)
		}
	}
	return v, b.Fail
}

// Invite implements web.Invitations.
func (b *Brand) Invite(ctx context.Context, by web.Asker, f web.InvitationForm) (int64, error) {
	if err := web.InvitationFlaws(f).Err(); err != nil {
		return 0, err
	}
	g, err := b.Group(ctx, by.Scope, f.Group)
	if err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.ContainsFunc(b.crowds.invites, func(i invite) bool { return i.audience == f.Audience && i.Group == f.Group && i.Goes() }) {
		return 0, fault.WithKey(fault.Conflict, "error.invite_open", errors.New("invitation is open"))
	}
	number := int64(len(b.crowds.invites) + 1)
	b.crowds.invites = append(b.crowds.invites, invite{audience: f.Audience, stores: by.Scope.Stores, Invitation: web.Invitation{
		Number: number, Group: f.Group, Name: g.Name, By: by.Account, Begun: b.now, State: web.InvitationListing}})
	b.did(by, "invitation.started", g.Name)
	return number, nil
}

// StopInvitation implements web.Invitations.
func (b *Brand) StopInvitation(_ context.Context, by web.Asker, number int64) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.crowds.invites, func(i invite) bool { return i.Number == number && i.seenBy(by.Scope) })
	if at < 0 {
		return 0, fault.New(fault.NotFound, "no invitation %d", number)
	}
	i := &b.crowds.invites[at]
	if !i.Goes() {
		return i.audience, fault.WithKey(fault.Conflict, "error.invite_over", errors.New("invitation is over"))
	}
	i.State = web.InvitationStopped
	b.did(by, "invitation.stopped", i.Name)
	return i.audience, nil
}
