package web

import (
	"context"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Invitations ask the customers of an audience into a group. Nobody can be pulled
// into a group of WeCom by a program: members get a task for each customer.
type Invitations interface {
	// Invitations returns the newest invitations of an audience whose customers are
	// all within the scope, and the groups into which the scope may invite.
	Invitations(ctx context.Context, scope org.Scope, audience int64) (InvitationsView, error)
	// Invite begins to ask those of an audience who are within the asker's scope.
	// fault.NotFound for a group outside of it; fault.Conflict with the key
	// error.invite_open while such an invitation is under way.
	Invite(ctx context.Context, by Asker, f InvitationForm) (number int64, err error)
	// StopInvitation asks nobody any more and takes back what members have not
	// answered. It returns the invitation's audience.
	StopInvitation(ctx context.Context, by Asker, number int64) (audience int64, err error)
}

// InvitationsView is what the page of an audience says of invitations.
type InvitationsView struct {
	Groups      []GroupChoice
	Invitations []Invitation // newest first
}

// GroupChoice is a group to invite into.
type GroupChoice struct {
	ID        id.Group
	Name      string
	Store     string
	Customers int // in it
}

// InvitationState is where an invitation stands.
type InvitationState string

// The states of an invitation.
const (
	InvitationListing  InvitationState = "listing"
	InvitationInviting InvitationState = "inviting"
	InvitationEnded    InvitationState = "ended"
	InvitationStopped  InvitationState = "stopped"
)

// Invitation is one invitation and how far it is. Invited counts everybody whose
// member got a task: Open, Said, Joined, Declined, Missed and TakenBack together.
type Invitation struct {
	Number    int64
	Group     id.Group
	Name      string // of the group
	By        string
	Begun     time.Time
	State     InvitationState
	Invited   int
	Open      int // the member has not answered
	Said      int // the member wrote, WeCom has not told of a join
	Joined    int // WeCom told of it
	Declined  int
	Missed    int
	TakenBack int
	Back      []LeftAlone // why, most first
	Waiting   int         // for a day on which the member has room
	NotAsked  int
	Because   []LeftAlone // why, most first
}

// Goes tells whether customers may still be asked.
func (i Invitation) Goes() bool { return i.State == InvitationListing || i.State == InvitationInviting }

// InvitationForm is an invitation as a person enters it.
type InvitationForm struct {
	Audience int64
	Group    id.Group
	Text     string
	Link     string
}

// Limits of an invitation's words.
const (
	maxInviteText = 600 // characters; a message that is longer is not read
	maxInviteLink = 500 // bytes
)

// InvitationFlaws returns what is wrong with a form.
func InvitationFlaws(f InvitationForm) Flaws {
	flaws := Flaws{}
	if f.Group == 0 {
		flaws.Add("group", "error.invite_group")
	}
	if utf8.RuneCountInString(f.Text) > maxInviteText {
		flaws.Add("text", "error.invite_text")
	}
	if f.Link != "" {
		to, err := url.Parse(f.Link)
		if err != nil || to.Scheme != "https" || to.Host == "" || len(f.Link) > maxInviteLink {
			flaws.Add("link", "error.invite_link")
		}
	}
	return flaws
}

// invitePart is what the page of an audience shows of invitations, and what was
// entered where it was refused.
type invitePart struct {
	InvitationsView
	Form InvitationForm
}

// invitations fills in what the page of an audience shows of them.
func (v *visit) invitations(page *audiencePage) (err error) {
	if page.Number == 0 {
		return nil
	}
	page.Invites.InvitationsView, err = v.Invitations.Invitations(v.r.Context(), v.seat.Scope, page.Number)
	return err
}

func (v *visit) audienceInvite() error {
	number, err := v.audienceNumber()
	if err != nil {
		return err
	}
	form := InvitationForm{Audience: number, Text: unixLines(v.said("text")), Link: v.said("link")}
	if group, ok := id.Parse[id.Group](v.said("group")); ok {
		form.Group = group
	}
	if _, err := v.Invitations.Invite(v.r.Context(), v.asker(), form); err != nil {
		if code := fault.CodeOf(err); code == fault.Invalid || code == fault.Conflict {
			return v.refusedInvite(form, err)
		}
		return err
	}
	v.redirect("/audiences/" + strconv.FormatInt(number, 10) + "?done=invited#invite")
	return nil
}

// refusedInvite shows the page again with what was entered.
func (v *visit) refusedInvite(form InvitationForm, wrong error) error {
	view, err := v.Audiences.Audience(v.r.Context(), v.seat.Scope, form.Audience)
	if err != nil {
		return err
	}
	page, err := v.build(draftOf(&view.Rule))
	if err != nil {
		return err
	}
	return v.showAudiencePage(audiencePage{AudienceView: view, builderPage: page, Invites: invitePart{Form: form}}, wrong)
}

func (v *visit) invitationStop() error {
	number, err := strconv.ParseInt(v.r.PathValue("number"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "no invitation %q", v.r.PathValue("number"))
	}
	audience, err := v.Invitations.StopInvitation(v.r.Context(), v.asker(), number)
	if err != nil {
		return err
	}
	v.redirect("/audiences/" + strconv.FormatInt(audience, 10) + "?done=invite_stopped#invite")
	return nil
}
