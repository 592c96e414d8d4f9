package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// Approvals asks the rules of approval about parts of sends of one kind, keeps
// who approved, and says which parts may go. Mass messages, posts into groups and
// Moments posts all pass here.
type Approvals struct {
	Kind storage.ApprovalKind
	// Go lets parts go of which enough people approved, and returns how many
	// customers they reach.
	Go func(ctx context.Context, by string, parts []int64) (customers int, err error)
}

// ApprovalPart is a part of a send that waits for approval.
type ApprovalPart struct {
	ID        int64
	Store     id.Store
	Staff     id.Staff
	Customers int      // whom it reaches
	Send      [32]byte // parts of one send count together
}

// partAsked is a part with the answer of the rules.
type partAsked struct {
	ApprovalPart
	send org.Send
	view web.ApprovalView
}

// approver returns who asks, as the rules know people.
func approver(by web.Asker) org.Approver {
	return org.Approver{Account: by.Account, Rank: org.Rank(by.Role), Stores: by.Scope.Stores}
}

// approvers returns the accounts in use: those whose people have logged in.
func (d *Desk) approvers(ctx context.Context) ([]org.Approver, error) {
	accounts, err := d.DB.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	var list []org.Approver
	for _, a := range accounts {
		if a.Active && !a.LastSeen.IsZero() {
			list = append(list, org.Approver{Account: a.Name, Rank: org.Rank(a.Role), Stores: a.Stores})
		}
	}
	return list, nil
}

// askApproval asks the rules about parts that would be approved together.
func (d *Desk) askApproval(ctx context.Context, by web.Asker, kind storage.ApprovalKind, parts []ApprovalPart) ([]partAsked, error) {
	people, err := d.approvers(ctx)
	if err != nil {
		return nil, err
	}
	reaches, err := d.reaches(ctx, by, parts)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(parts))
	for i := range parts {
		ids[i] = parts[i].ID
	}
	given, err := d.DB.Approvals(ctx, kind, ids)
	if err != nil {
		return nil, err
	}
	rules := d.Brand.Documents().Approval
	asked := make([]partAsked, len(parts))
	for i, p := range parts {
		a := partAsked{ApprovalPart: p, send: org.Send{Store: p.Store, Reaches: reaches[p.Send]}}
		for _, g := range given {
			if g.Subject == p.ID {
				a.send.Approved = append(a.send.Approved, org.Approver{Account: g.Account, Rank: g.Rank})
				a.view.Given = append(a.view.Given, web.ApprovalGiven{Account: g.Account, At: g.At})
			}
		}
		a.view.Verdict, a.view.Limits, a.view.Reaches = rules.Ask(a.send, approver(by), people), rules, a.send.Reaches
		if a.view.Typed() {
			a.view.Number = p.Customers
		}
		asked[i] = a
	}
	return asked, nil
}

// reaches adds up whom each send reaches: by the parts, and by others of it within
// the asker's stores that somebody approved already, so that no send becomes small
// by being approved in pieces.
func (d *Desk) reaches(ctx context.Context, by web.Asker, parts []ApprovalPart) (map[[32]byte]int, error) {
	reaches := map[[32]byte]int{}
	for _, p := range parts {
		reaches[p.Send] += p.Customers
	}
	for send := range reaches {
		approved, err := d.DB.ApprovalsOfSend(ctx, send)
		if err != nil {
			return nil, err
		}
		counted := map[int64]bool{}
		for _, a := range approved {
			here := slices.ContainsFunc(parts, func(p ApprovalPart) bool { return p.ID == a.Subject })
			if !here && !counted[a.Subject] && by.Scope.Sees(a.Store) {
				counted[a.Subject] = true
				reaches[send] += a.Customers
			}
		}
	}
	return reaches, nil
}

// approve approves the parts as far as the rules let the asker.
func (d *Desk) approve(ctx context.Context, by web.Asker, how Approvals, parts []ApprovalPart, typed int) (done web.ApprovalDone, err error) {
	asked, err := d.askApproval(ctx, by, how.Kind, parts)
	if err != nil {
		return done, err
	}
	for _, a := range asked {
		done.Number += a.view.Number
	}
	var may []partAsked
	for _, a := range asked {
		switch {
		case a.view.Why != "":
			done.Left = append(done.Left, web.ApprovalLeft{Batch: a.ID, Store: d.Brand.StoreName(a.Store), ApprovalView: a.view})
		case a.view.Typed() && typed != done.Number:
			done.Typed = append(done.Typed, a.ID)
		default:
			may = append(may, a)
		}
	}
	if err := d.nameLeft(ctx, asked, done.Left); err != nil || len(may) == 0 {
		return done, err
	}
	through, err := d.keepApprovals(ctx, by, how.Kind, may)
	if err != nil {
		return done, err
	}
	done.Waits, done.Batches = len(may)-len(through), len(through)
	if len(through) > 0 {
		if done.Actions, err = how.Go(ctx, by.Account, through); err != nil {
			return done, err
		}
	}
	return done, d.auditApproval(ctx, by, how.Kind, may, through)
}

// nameLeft names the members of parts that were not approved.
func (d *Desk) nameLeft(ctx context.Context, asked []partAsked, left []web.ApprovalLeft) error {
	staff := make([]id.Staff, len(left))
	for i := range left {
		at := slices.IndexFunc(asked, func(a partAsked) bool { return a.ID == left[i].Batch })
		staff[i] = asked[at].Staff
	}
	names, err := d.staffNames(ctx, staff)
	for i := range left {
		left[i].Staff = names[staff[i]]
	}
	return err
}

// keepApprovals stores the asker's word for the parts and returns those that may
// go with it.
func (d *Desk) keepApprovals(ctx context.Context, by web.Asker, kind storage.ApprovalKind, may []partAsked) (through []int64, err error) {
	given := make([]storage.Approval, len(may))
	for i, a := range may {
		given[i] = storage.Approval{Kind: kind, Subject: a.ID, Account: by.Account, Rank: org.Rank(by.Role), At: d.Clock.Now().Truncate(time.Millisecond),
			Store: a.Store, Customers: a.Customers, Rule: a.view.Rule, Send: a.Send}
	}
	all, err := d.DB.Approve(ctx, given)
	if err != nil {
		return nil, err
	}
	for _, a := range may {
		goes := a.view.Goes
		if a.view.Rule == org.RuleTwo { // somebody else may have approved at the same moment
			a.send.Approved = nil
			for _, g := range all {
				if g.Subject == a.ID {
					a.send.Approved = append(a.send.Approved, org.Approver{Account: g.Account, Rank: g.Rank})
				}
			}
			goes = org.Enough(a.send.Approved, a.view.Rank)
		}
		if goes {
			through = append(through, a.ID)
		}
	}
	return through, nil
}

// auditApproval notes for each rule how many parts and customers were approved
// by it.
func (d *Desk) auditApproval(ctx context.Context, by web.Asker, kind storage.ApprovalKind, may []partAsked, through []int64) error {
	type line struct{ did, rule string }
	type sum struct{ parts, customers int }
	sums := map[line]sum{}
	for _, a := range may {
		l := line{"touch.approved_first", string(a.view.Rule)}
		if slices.Contains(through, a.ID) {
			l.did = "touch.approved"
		}
		sums[l] = sum{sums[l].parts + 1, sums[l].customers + a.Customers}
	}
	for l, n := range sums {
		if err := d.audit(ctx, by, l.did, fmt.Sprintf("%s %d: %d, rule %s", kind, n.parts, n.customers, l.rule)); err != nil {
			return err
		}
	}
	return nil
}

// massParts returns dispatches that wait, as parts of sends; see massSend.
func (d *Desk) massParts(ctx context.Context, scope org.Scope, batches []int64) ([]ApprovalPart, error) {
	var waiting []delivery.Dispatch
	for _, b := range batches {
		x, err := d.dispatch(ctx, scope, b)
		if err != nil {
			return nil, err
		}
		if x.State == delivery.Planned && x.ApprovedBy == "" {
			waiting = append(waiting, x)
		}
	}
	reach, err := d.DB.WaitingOf(ctx, batches)
	if err != nil {
		return nil, err
	}
	parts := make([]ApprovalPart, len(waiting))
	for i, x := range waiting {
		parts[i] = ApprovalPart{ID: x.ID, Store: x.Store, Staff: x.Staff, Customers: reach[x.ID],
			Send: massSend(&x)}
	}
	return parts, nil
}

// massSend names the send that a dispatch is a part of: what one step of a process, or one
// text for one purpose, says on a day to customers of several members, in whichever
// wording. Otherwise a send would become small by being worded in several ways.
func massSend(x *delivery.Dispatch) [32]byte {
	day := x.Day.Format(time.DateOnly)
	switch {
	case x.Process != 0 && x.Step != "":
		return storage.SendOf(storage.MassApproval, day, "process", id.Text(x.Process), x.Step)
	case x.Material != "":
		return storage.SendOf(storage.MassApproval, day, "material", string(x.Purpose), x.Material)
	}
	return storage.SendOf(storage.MassApproval, day, "words", string(x.Purpose), x.Text)
}

// Approve implements web.Decisions.
func (d *Desk) Approve(ctx context.Context, by web.Asker, a web.ApprovalAsked) (done web.ApprovalDone, err error) {
	parts, err := d.massParts(ctx, by.Scope, a.Batches)
	if err != nil {
		return done, err
	}
	return d.approve(ctx, by, Approvals{Kind: storage.MassApproval, Go: d.Gate().Approve}, parts, a.Typed)
}

// Approvable implements web.Decisions.
func (d *Desk) Approvable(ctx context.Context, by web.Asker, batch int64) (web.ApprovalView, error) {
	parts, err := d.massParts(ctx, by.Scope, []int64{batch})
	if err != nil || len(parts) == 0 {
		return web.ApprovalView{}, err
	}
	asked, err := d.askApproval(ctx, by, storage.MassApproval, parts)
	if err != nil {
		return web.ApprovalView{}, err
	}
	return asked[0].view, nil
}

// approvedBy returns who approved dispatches that still wait.
func (d *Desk) approvedBy(ctx context.Context, dispatches []int64) (map[int64][]string, error) {
	given, err := d.DB.Approvals(ctx, storage.MassApproval, dispatches)
	by := map[int64][]string{}
	for _, g := range given {
		by[g.Subject] = append(by[g.Subject], g.Account)
	}
	return by, err
}

// Approval implements web.Brand.
func (d *Desk) Approval(context.Context) (web.ApprovalSettings, error) {
	doc := d.Brand.Documents()
	return web.ApprovalSettings{Version: doc.Versions[brand.ApprovalDoc], ApprovalRules: doc.Approval}, nil
}

var errOwners = errors.New("who approves is decided by owners")

// SetApproval implements web.Brand.
func (d *Desk) SetApproval(ctx context.Context, by web.Asker, s web.ApprovalSettings) error {
	if by.Role != web.RoleOwner {
		return fault.WithKey(fault.Denied, "error.approval_owner", errOwners)
	}
	d.editing.Lock()
	defer d.editing.Unlock()
	if s.Version != d.Brand.Documents().Versions[brand.ApprovalDoc] {
		return fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("the rules of approval are another version by now"))
	}
	if err := d.Brand.Set(ctx, brand.ApprovalDoc, s.ApprovalRules, by.Account); err != nil {
		return fault.WithKey(fault.CodeOf(err), "error.approval_limits", err)
	}
	return d.audit(ctx, by, "settings.approval", fmt.Sprintf("%d / %d / %d", s.Store, s.Lead, s.One))
}
