package delivery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/wecom"
)

// WeCom is what the gate needs of the client of one corp.
type WeCom interface {
	AddMassSend(ctx context.Context, m wecom.MassSend) (wecom.MassSendAccepted, error)
	CancelMassSend(ctx context.Context, id string) error
	RemindMassSend(ctx context.Context, id string) error
	MassSends(ctx context.Context, q wecom.MassSendQuery) (wecom.MassSendPage, error)
	MassSendTasks(ctx context.Context, id, cursor string) (wecom.MassSendTaskPage, error)
	SendResults(ctx context.Context, id, userID, cursor string) (wecom.SendResultPage, error)
	SendWelcome(ctx context.Context, code wecom.Secret, content wecom.Content) error
	UploadMedia(ctx context.Context, kind wecom.MediaKind, file wecom.File) (wecom.Media, error)
}

// Facts is the log, as far as delivery writes it.
type Facts interface {
	Append(ctx context.Context, facts ...event.Fact) (added int, err error)
}

// Parts is what a Gate is built from.
type Parts struct {
	Ledger Ledger
	Tasks  StaffTasks
	Nodes  Nodes
	// Invitations may be nil where nobody invites.
	Invitations Invitations
	Reading     Reading // nil where no openings are counted
	Sends       Sends   // nil where no circuit breaker watches
	Files       Files   // nil where texts have no pictures
	Addresses   Addresses
	Facts       Facts
	Clock       clock.Clock
	Wait        wecom.Wait     // by Clock; clock.WaitBy(Clock) if nil
	Zone        *time.Location // of the business day
	Corps       map[id.Corp]WeCom
	Settings    Settings
	// Rules and Org return the versions in force now.
	Rules func() decision.Settings
	// Orders returns until when orders are known now; asked before anything leaves that
	// sells. nil: none are, and nothing sells.
	Orders func(ctx context.Context) (decision.OrdersKnown, error)
	Org    func() org.Org
}

// Gate lets dispatches out, each at most once.
type Gate struct {
	Parts
	owner    Owner
	patience patience
	judged   atomic.Bool // every harmed send was looked at since the start
}

// NewGate returns the gate of this start of the node. It takes a fence, by
// which rows of earlier starts are told apart; call Recover before Send.
func NewGate(ctx context.Context, node string, p Parts) (*Gate, error) {
	if err := p.Settings.Validate(); err != nil {
		return nil, fault.New(fault.Invalid, "open send gate: %w", err)
	}
	if p.Wait == nil {
		p.Wait = clock.WaitBy(p.Clock)
	}
	fence, err := p.Nodes.NextFence(ctx, node)
	if err != nil {
		return nil, fmt.Errorf("open send gate: %w", err)
	}
	return &Gate{Parts: p, owner: Owner{node, fence}, patience: patience{most: p.Settings.StopWithin}}, nil
}

// Sent counts what one round of Send did with dispatches.
type Sent struct {
	Accepted, Rejected, InDoubt, Later, Dropped int
}

// errLost says that another node, or a person, was faster. Nothing is wrong.
var errLost = errors.New("dispatch was taken by somebody else")

// doubtsPerRound ends a round of Send early: if WeCom does not answer, the
// rest had better stay planned than all become doubtful.
const doubtsPerRound = 3

// Send lets out every approved dispatch whose time has come, one after the
// other, and returns what became of them. It stops at the first error of the
// database; errors of WeCom are outcomes, not errors.
func (g *Gate) Send(ctx context.Context) (Sent, error) {
	var sent Sent
	if since, err := g.Nodes.Frozen(ctx); err != nil || !since.IsZero() {
		return sent, err // asked again when a call opens; here it spares the work
	}
	err := g.each(ctx, Query{States: []State{Planned}, ReadyAt: g.Clock.Now()}, func(d Dispatch) error {
		if sent.InDoubt >= doubtsPerRound || ctx.Err() != nil {
			return ctx.Err()
		}
		state, err := g.sendOne(ctx, d)
		switch {
		case errors.Is(err, errLost):
			return nil
		case err != nil:
			return fmt.Errorf("send dispatch %d: %w", d.ID, err)
		}
		sent.count(state)
		return nil
	})
	return sent, err
}

// each calls do with every dispatch that the query picks.
func (g *Gate) each(ctx context.Context, q Query, do func(Dispatch) error) error {
	q.Scope, q.Limit = org.All(), 500 // dispatches in memory at a time
	for {
		page, err := g.Ledger.Dispatches(ctx, q)
		if err != nil {
			return fmt.Errorf("find dispatches: %w", err)
		}
		for _, d := range page {
			if err := do(d); err != nil {
				return err
			}
			q.After = d.ID
		}
		if len(page) < q.Limit {
			return nil
		}
	}
}

func (s *Sent) count(state State) {
	switch state {
	case Accepted:
		s.Accepted++
	case Rejected:
		s.Rejected++
	case InDoubt:
		s.InDoubt++
	case Dropped:
		s.Dropped++
	default:
		s.Later++
	}
}

func (g *Gate) sendOne(ctx context.Context, d Dispatch) (State, error) {
	corp, known := g.Corps[d.Corp]
	if !known {
		return d.State, errLost // this node has no door to the corp
	}
	if err := g.claim(ctx, d.ID); err != nil {
		return "", err
	}
	attached, err := g.attachments(ctx, d.Corp, d.Files)
	if err != nil {
		return g.withoutFiles(ctx, d, err)
	}
	call, err := g.open(ctx, d, attached)
	if err != nil || call.state != Calling {
		return call.state, err
	}
	// What has begun is finished even while the program stops: an answer that
	// nobody waits for is a dispatch in doubt.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.Settings.CallTimeout)
	defer cancel()
	accepted, callErr := corp.AddMassSend(ctx, call.request)
	return g.close(context.WithoutCancel(ctx), call, accepted, callErr)
}

func (g *Gate) claim(ctx context.Context, dispatch int64) error {
	return g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		if r.Dispatch.State != Planned {
			return errLost
		}
		r.Dispatch.Node, r.Dispatch.Fence = g.owner.Node, g.owner.Fence
		return r.Dispatch.enter(Claimed, g.Clock.Now(), "")
	})
}

// opened is a call that may be made, or the state in which the dispatch was
// left instead.
type opened struct {
	dispatch Dispatch
	state    State
	request  wecom.MassSend
	attached []wecom.Attachment
	touches  map[string]Touch // of whom it is for, by external_userid
	orders   decision.OrdersKnown
}

// open asks everything again, in the transaction that enters calling. Only
// after it has returned, and what it wrote is durable, may a byte leave.
func (g *Gate) open(ctx context.Context, d Dispatch, attached []wecom.Attachment) (opened, error) {
	touches, err := g.Ledger.TouchesOf(ctx, d.ID)
	if err != nil {
		return opened{}, err
	}
	addresses, err := g.addressesOf(ctx, d, touches)
	if err != nil {
		return opened{}, err
	}
	orders, err := g.ordersFor(ctx, &d)
	if err != nil {
		return opened{}, err
	}
	var call opened
	// The call counts as opened when the asking begins: whatever is durable by
	// then is seen.
	now := g.Clock.Now()
	err = g.Ledger.OpenDispatch(ctx, d.ID, clock.Day(now, g.Zone), func(o Opening) error {
		if o.Dispatch.State != Claimed || !o.Dispatch.OwnedBy(g.owner) {
			return errLost
		}
		call = opened{attached: attached, orders: orders}
		if err := g.ask(o, now, addresses, &call); err != nil {
			return err
		}
		call.dispatch, call.state = o.Dispatch, o.Dispatch.State
		return nil
	})
	return call, err
}

// ask decides what becomes of a claimed dispatch: calling with those customers
// whom nothing forbids, dropped, or planned again for later.
func (g *Gate) ask(o Opening, now time.Time, addresses map[id.Customer]string, call *opened) error {
	d, rules := &o.Dispatch, g.Rules()
	member, active := memberOf(g.Org(), d.Staff)
	switch local := now.In(g.Zone); {
	case o.Frozen:
		return d.enter(Planned, now, "frozen")
	case o.Retired:
		return o.drop(now, string(Retired))
	case rules.Quiet(local):
		d.NotBefore = nextMorning(local, rules)
		return d.enter(Planned, now, string(decision.BecauseQuiet))
	case !now.Before(d.Until):
		return o.drop(now, string(WindowOver))
	case o.Paused:
		return d.enter(Planned, now, OnHold)
	case !active:
		return o.drop(now, string(decision.BecauseStaff))
	case o.Send == SendCancelled:
		return o.drop(now, string(SendEnded))
	case o.Send == Halted:
		return d.enter(Planned, now, string(SendHalted))
	case o.Confirmations >= rules.MaxConfirmations:
		return g.noRoom(o.Record, now)
	}
	g.askTouches(o, now, addresses, call)
	if len(call.touches) == 0 {
		return o.drop(now, nobodyLeft)
	}
	call.request = requestFor(*d, member.UserID, slices.Sorted(maps.Keys(call.touches)))
	call.request.Attachments = append(call.attached, call.request.Attachments...)
	d.Request, d.Called, d.CancelFor = requestHash(call.request), now, "" // whoever it was for has dropped out
	d.Attempts++
	if d.Process != 0 {
		d.Day = clock.Day(now, g.Zone) // it may have waited for days
	}
	return d.enter(Calling, now, "")
}

func (g *Gate) askTouches(o Opening, now time.Time, addresses map[id.Customer]string, call *opened) {
	rules := g.Rules()
	call.touches = map[string]Touch{}
	persons := map[id.Customer]bool{}
	intent := decision.Intent{
		Staff: o.Dispatch.Staff, Purpose: o.Dispatch.Purpose, Channel: event.MassSend, Day: clock.Day(now, g.Zone),
		Promised: o.Dispatch.keepsPromise(rules),
	}
	recheck := rules.Recheck
	if intent.Purpose.Sells() {
		recheck = func(c decision.Standing, m decision.Intent) decision.Because {
			return rules.RecheckSale(c, m, now, call.orders)
		}
	}
	for i := range o.Touches {
		t := &o.Touches[i]
		if t.State != Underway {
			continue
		}
		intent.Planned = t.decided()
		because := recheck(o.Standings[i], intent)
		address := addresses[t.Customer]
		_, twin := call.touches[address]
		switch {
		case t.Because != "":
			because = decision.Because(t.Because) // taken back while it waited
		case because != "":
		case address == "":
			because = decision.BecauseGone
		case twin || persons[o.Standings[i].Profile.ID]:
			because = decision.BecauseTwin
		}
		if because != "" {
			t.end(Withdrawn, string(because), now)
			continue
		}
		persons[o.Standings[i].Profile.ID] = true
		call.touches[address] = *t
	}
}

// nobodyLeft says that all customers of a dispatch dropped out.
const nobodyLeft = "nobody_left"

// drop ends a dispatch that will not be sent, and all its touches.
func (r *Record) drop(now time.Time, because string) error {
	for i := range r.Touches {
		if r.Touches[i].State == Underway {
			r.Touches[i].end(Withdrawn, because, now)
		}
	}
	return r.Dispatch.enter(Dropped, now, because)
}

// close writes down what the call did. It may find the row in doubt, when
// another node has lost patience; the owner knows better.
func (g *Gate) close(ctx context.Context, call opened, accepted wecom.MassSendAccepted, callErr error) (State, error) {
	to := g.stateAfter(call.dispatch, callErr)
	if wecom.ReactionOf(callErr) == wecom.RenewMedia {
		if err := g.forgetMedia(ctx, MediaKey{Corp: call.dispatch.Corp, Use: MediaMessages}, call.dispatch.Files); err != nil {
			return "", err
		}
	}
	// Facts come before the state: a crash between the two repeats facts,
	// which have keys, instead of losing them.
	if err := g.reportRefused(ctx, call, to, accepted.Failed); err != nil {
		return "", err
	}
	now := g.Clock.Now()
	err := g.Ledger.ChangeDispatch(ctx, call.dispatch.ID, func(r *Record) error {
		d := &r.Dispatch
		if err := d.mustBeOwnedBy(g.owner); err != nil {
			return err
		}
		switch to {
		case Accepted:
			r.fail(call.among(accepted.Failed), notRelated, now)
			if d.State == Accepted {
				return nil // found in WeCom's list meanwhile
			}
			return d.accept(accepted.MessageID, now, "")
		case Rejected:
			r.fail(call.among(call.request.CustomerIDs), rejected, now)
			return d.enter(Rejected, now, string(wecom.ReactionOf(callErr)))
		case Planned:
			d.NotBefore = now.Add(g.Settings.RetryAfter << (d.Attempts - 1))
			return d.enter(Planned, now, "refused_without_effect")
		}
		if d.State == InDoubt {
			return nil
		}
		return d.enter(InDoubt, now, NoReply)
	})
	if err != nil {
		return "", fmt.Errorf("write down outcome %s: %w", wecom.OutcomeOf(callErr), err)
	}
	return to, nil
}

func (g *Gate) stateAfter(d Dispatch, callErr error) State {
	switch outcome := wecom.OutcomeOf(callErr); {
	case outcome == wecom.Done:
		return Accepted
	case outcome == wecom.InDoubt:
		return InDoubt
	case again(callErr) && d.Attempts < g.Settings.MaxCalls:
		return Planned
	default:
		return Rejected
	}
}

// again tells whether a call that was refused without effect may succeed later.
func again(err error) bool {
	reaction := wecom.ReactionOf(err)
	return reaction == wecom.TryLater || reaction == wecom.RenewMedia
}

// among returns the touches that went to the addresses.
func (o opened) among(addresses []string) map[int64]bool {
	touches := make(map[int64]bool, len(addresses))
	for _, address := range addresses {
		touches[o.touches[address].ID] = true
	}
	return touches
}

func (r *Record) fail(touches map[int64]bool, because string, now time.Time) {
	for i := range r.Touches {
		if t := &r.Touches[i]; touches[t.ID] && t.State == Underway {
			t.end(Failed, because, now)
		}
	}
}

func (d *Dispatch) accept(msgID string, now time.Time, because string) error {
	d.MsgID, d.Task, d.TaskSince = msgID, Open, now
	return d.enter(Accepted, now, because)
}

func (g *Gate) addressesOf(ctx context.Context, d Dispatch, touches []Touch) (map[id.Customer]string, error) {
	customers := make([]id.Customer, len(touches))
	for i, t := range touches {
		customers[i] = t.Customer
	}
	return g.Addresses.ExternalIDs(ctx, d.Corp, d.Staff, customers)
}

func memberOf(o org.Org, staff id.Staff) (member org.Staff, active bool) {
	for _, s := range o.Staff {
		if s.ID == staff {
			return s, s.Active && s.Contact
		}
	}
	return org.Staff{}, false
}

// nextMorning returns when quiet hours end next.
func nextMorning(local time.Time, rules decision.Settings) time.Time {
	midnight := clock.Day(local, local.Location())
	if local.Sub(midnight) >= rules.QuietFrom {
		midnight = midnight.AddDate(0, 0, 1)
	}
	from, _ := rules.Window(midnight, midnight)
	return from
}
