package app

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"siyu/internal/audience/index"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/job"
	"siyu/internal/profile"
)

const (
	// inviteJob is the kind of jobs that look through an audience and give members
	// their tasks, day by day.
	inviteJob = "invite"
	// inviteStopJob is the kind of jobs that take back what a stopped invitation left
	// open.
	inviteStopJob = "invite_stop"
	// inviteHour is when members get the day's invitations: before the night plans
	// the day, so that it counts them.
	inviteHour = 4
	// inviteChunk is how many customers are looked at in one transaction: about 5 ms
	// of the writer.
	inviteChunk = 100
	// inviteReport is after how many chunks a job extends its lease.
	inviteReport = 50
	// settleChunk is how many customers are settled at a time.
	settleChunk = 1000
	// lateJoins is for how long after the last window joins inside of it may still
	// become known: WeCom's groups are read whole once a day.
	lateJoins = 48 * time.Hour
)

// inviteShare is of a member's daily contacts how many invitations may be, so
// that the plan of the day is not pushed aside by one campaign.
func inviteShare(capacity int) int { return (capacity + 1) / 2 }

// startInviting begins an invitation.
func (a *App) startInviting(ctx context.Context, number int64) error {
	return a.addInviteJob(ctx, inviteJob, number)
}

// stopInviting takes back what members of a stopped invitation have not done.
func (a *App) stopInviting(ctx context.Context, number int64) error {
	return a.addInviteJob(ctx, inviteStopJob, number)
}

func (a *App) addInviteJob(ctx context.Context, kind string, number int64) error {
	name := strconv.FormatInt(number, 10)
	_, err := a.queue.Add(ctx, kind, name, a.clock.Now(), []byte(name))
	return err
}

// keepInvitations takes up invitations whose job was lost.
func (a *App) keepInvitations(ctx context.Context) error {
	open, err := a.db.OpenInvitations(ctx)
	if err != nil {
		return err
	}
	for _, i := range open {
		if err := a.startInviting(ctx, i.ID); err != nil {
			return err
		}
	}
	return nil
}

// doInvite does what an invitation needs today. How far it is stands in the
// invitation, so that it goes on after a crash.
func (a *App) doInvite(ctx context.Context, t *job.Task) error {
	work, err := a.invitingOf(ctx, t)
	if err != nil || work.of.State == delivery.Ended {
		return err
	}
	if work.index = a.flow.Index(); work.index == nil {
		return &job.Later{Until: a.clock.Now().Add(noIndexYet), Because: "the members of the audience are not known yet"}
	}
	if err := work.day(ctx); err != nil {
		return err
	}
	over, err := work.over(ctx)
	if err != nil || over {
		return err
	}
	return &job.Later{Until: a.nextInviting(), Because: "waits for the next day"}
}

// doInviteStop takes back what is open of a stopped invitation.
func (a *App) doInviteStop(ctx context.Context, t *job.Task) error {
	work, err := a.invitingOf(ctx, t)
	if err != nil {
		return err
	}
	return work.sweep(ctx)
}

func (a *App) invitingOf(ctx context.Context, t *job.Task) (*inviting, error) {
	number, err := strconv.ParseInt(string(t.Payload), 10, 64)
	if err != nil {
		return nil, fault.New(fault.Invalid, "read invite job: %w", err)
	}
	i, err := a.db.Invitation(ctx, number)
	return &inviting{App: a, task: t, of: &i}, err
}

// nextInviting returns when members get invitations next.
func (a *App) nextInviting() time.Time {
	now := a.clock.Now()
	y, m, d := clock.Day(now, a.zone).Date()
	next := time.Date(y, m, d, inviteHour, 0, 0, 0, a.zone)
	if !next.After(now) {
		next = time.Date(y, m, d+1, inviteHour, 0, 0, 0, a.zone)
	}
	return next
}

// inviting is one day's work for one invitation.
type inviting struct {
	*App
	task   *job.Task
	of     *delivery.Invitation
	index  *index.Index
	chunks int
}

func (w *inviting) day(ctx context.Context) error {
	if w.of.State == delivery.Listing {
		if err := w.list(ctx); err != nil {
			return err
		}
	}
	if err := w.sweep(ctx); err != nil || !w.of.Open() {
		return err
	}
	return w.give(ctx)
}

// report keeps the lease while many chunks are worked through.
func (w *inviting) report(ctx context.Context) error {
	if w.chunks++; w.chunks%inviteReport != 0 {
		return nil
	}
	return w.task.Report(ctx, []byte(strconv.Itoa(w.chunks*inviteChunk)))
}

// list looks through the audience, from where it stopped before.
func (w *inviting) list(ctx context.Context) error {
	crowd, err := w.desk.CrowdOf(ctx, w.index, w.of.Scope(), w.of.Audience)
	if fault.CodeOf(err) == fault.NotFound { // it was put away: nobody is in it
		return w.listed(ctx)
	}
	if err != nil {
		return err
	}
	left := make([]id.Customer, 0, crowd.Len())
	for c := range crowd.IDs() {
		if c > w.of.Listed {
			left = append(left, c)
		}
	}
	slices.Sort(left)
	for some := range slices.Chunk(left, inviteChunk) {
		if err := w.gate.Load().ListInvitees(ctx, delivery.InviteeList{Invitation: w.of, Customers: some}); err != nil {
			return err
		}
		w.of.Listed = some[len(some)-1]
		if err := w.report(ctx); err != nil {
			return err
		}
	}
	return w.listed(ctx)
}

func (w *inviting) listed(ctx context.Context) error {
	if err := w.db.EnterInvitation(ctx, w.of.ID, delivery.Listing, delivery.Inviting); err != nil {
		return err
	}
	var err error
	*w.of, err = w.db.Invitation(ctx, w.of.ID) // somebody may have stopped it
	return err
}

// sweep takes back what should not be asked any more: days pass, and somebody may
// have stopped the invitation.
func (w *inviting) sweep(ctx context.Context) error {
	for after := id.Customer(math.MinInt64); ; {
		some, err := w.db.OpenInvitees(ctx, w.of.ID, after, settleChunk)
		if err != nil || len(some) == 0 {
			return err
		}
		after = some[len(some)-1].Customer
		if err := w.settle(ctx, some, map[int64]*delivery.Invitation{w.of.ID: w.of}); err != nil {
			return err
		}
		if err := w.report(ctx); err != nil {
			return err
		}
	}
}

// give hands members what they have room for today.
func (w *inviting) give(ctx context.Context) error {
	room, err := w.room(ctx)
	if err != nil {
		return err
	}
	waiting, err := w.db.InviteesWaiting(ctx, w.of.ID)
	if err != nil {
		return err
	}
	for staff, n := range waiting {
		for left := min(n, room[staff]); left > 0; {
			some, err := w.db.NextInvitees(ctx, w.of.ID, staff, min(left, inviteChunk))
			if err != nil || len(some) == 0 {
				return err
			}
			given, err := w.gate.Load().AskInvitees(ctx, w.of, some)
			if err != nil {
				return err
			}
			still, err := w.db.NextInvitees(ctx, w.of.ID, staff, 1)
			if err != nil || len(still) > 0 && still[0].Customer == some[0].Customer { // not now
				return err
			}
			left -= given
			if len(still) == 0 {
				break
			}
			if err := w.report(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// room returns how many customers each member can still be given today. Whoever
// has left has all the room in the world: asking finds that nobody asks.
func (w *inviting) room(ctx context.Context) (map[id.Staff]int, error) {
	today := clock.Day(w.clock.Now(), w.zone)
	given, err := w.db.Load(ctx, today)
	if err != nil {
		return nil, err
	}
	invited, err := w.db.InvitedOn(ctx, today)
	if err != nil {
		return nil, err
	}
	waiting, err := w.db.InviteesWaiting(ctx, w.of.ID)
	room := make(map[id.Staff]int, len(waiting))
	for s := range waiting {
		member, known := w.brand.Member(s)
		if !known || !member.Active || !member.Contact {
			room[s] = math.MaxInt
			continue
		}
		capacity := member.Capacity
		if capacity == 0 {
			capacity = w.brand.Documents().Rules.Capacity
		}
		room[s] = min(capacity-given[s].Hands(), inviteShare(capacity)-invited[s])
	}
	return room, err
}

// over ends the invitation once nobody waits and every window is over.
func (w *inviting) over(ctx context.Context) (bool, error) {
	counts, err := w.db.InviteeCounts(ctx, []int64{w.of.ID})
	if err != nil {
		return false, err
	}
	for _, c := range counts[w.of.ID] {
		switch c.State {
		case delivery.InviteeWaiting, delivery.InviteeAsked, delivery.InviteeSaid:
			return false, nil
		}
	}
	i, err := w.db.Invitation(ctx, w.of.ID)
	if err != nil || !i.Until.IsZero() && w.clock.Now().Before(i.Until.Add(lateJoins)) {
		return false, err
	}
	return true, w.db.EnterInvitation(ctx, w.of.ID, w.of.State, delivery.Ended)
}

// guests are flow's: customers who are invited.
type guests struct{ *App }

var _ flow.Guests = guests{}

// Settle implements flow.Guests.
func (g guests) Settle(ctx context.Context, customers []id.Customer) error {
	for part := range slices.Chunk(customers, settleChunk) {
		if err := g.tagNewRelations(ctx, part); err != nil {
			return err
		}
	}
	open, err := g.db.OpenInvitations(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	byNumber := make(map[int64]*delivery.Invitation, len(open))
	for i := range open {
		byNumber[open[i].ID] = &open[i]
	}
	for part := range slices.Chunk(customers, settleChunk) {
		some, err := g.db.InviteesAmong(ctx, part)
		if err != nil {
			return err
		}
		if err := g.settle(ctx, some, byNumber); err != nil {
			return err
		}
	}
	return nil
}

// settle ends, of customers in invitations, what came to its end.
func (a *App) settle(ctx context.Context, some []delivery.Invitee, of map[int64]*delivery.Invitation) error {
	if len(some) == 0 {
		return nil
	}
	customers := make([]id.Customer, len(some))
	for n, one := range some {
		customers[n] = one.Customer
	}
	states, err := tagPeople{a}.states(ctx, customers)
	if err != nil {
		return err
	}
	for n := range some {
		if i := of[some[n].Invitation]; i != nil {
			if err := a.settleOne(ctx, &some[n], &states[n], i); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleOne ends one entry: WeCom's word that the customer joined comes first,
// because joining may be what took the customer out of the audience.
func (a *App) settleOne(ctx context.Context, who *delivery.Invitee, state *profile.Customer, i *delivery.Invitation) error {
	gate := a.gate.Load()
	joined, in := decision.JoinedAt(state, who.Group)
	if in && !who.Asked.IsZero() && joined >= event.At(who.Asked) {
		return gate.Joined(ctx, who.Task(), joined.Time())
	}
	because := decision.Uninvite(state, who.Staff, a.inAudience(i, state.ID))
	switch {
	case in:
		because = decision.BecauseInGroup
	case i.State == delivery.Stopped:
		because = decision.BecauseStopped
	case state.ID != who.Customer:
		because = decision.BecauseTwin
	}
	switch {
	case because == "":
		return nil
	case who.State == delivery.InviteeWaiting:
		return a.db.WithholdInvitees(ctx, []delivery.Invitee{*who}, because)
	case who.State == delivery.InviteeAsked:
		return gate.Uninvite(ctx, who.Task(), because)
	}
	return nil
}

// inAudience tells whether a customer is in the audience that is invited, true
// where that is not known.
func (a *App) inAudience(i *delivery.Invitation, c id.Customer) bool {
	ix := a.flow.Index()
	if ix == nil {
		return true
	}
	members := ix.Members(i.Audience)
	return members == nil || members.Has(c)
}
