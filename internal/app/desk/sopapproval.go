package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"siyu/internal/audience"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// approvedFirst tells whether a process is approved before it comes into force: what
// members write, call and post by hand. Mass messages, and posts that WeCom sends, are
// approved when they are made, by whom they reach then.
func (d *Desk) approvedFirst(p *sop.Process) bool {
	return p.ByHand() && d.Brand.Documents().General.Approval
}

// asksAnew tells whether a version that takes the place of another has to be approved,
// too: not one that changes nothing of who is told something, when, and what.
func (d *Desk) asksAnew(was, is *sop.Process) bool {
	return d.approvedFirst(is) && slices.ContainsFunc(sop.Diff(was, is), func(c sop.Change) bool { return !c.Harmless() })
}

// toComeIntoForce returns the version of a process that is not in force and could be:
// of one at work the one that waits, else the one that there is; nil for none.
func (d *Desk) toComeIntoForce(ctx context.Context, p *flow.Process) (*flow.ProcessVersion, error) {
	versions, err := d.DB.ProcessVersions(ctx, p.Number)
	if err != nil || p.State == flow.ProcessActive {
		return p.Waiting(versions), err
	}
	i := slices.IndexFunc(versions, func(v flow.ProcessVersion) bool { return v.Version == p.Version })
	return &versions[i], nil
}

// ProcessPending implements web.Processes.
func (d *Desk) ProcessPending(ctx context.Context, by web.Asker, name string) (pending web.ProcessPending, err error) {
	p, err := d.installed(ctx, name)
	if err != nil {
		return pending, err
	}
	v, err := d.toComeIntoForce(ctx, &p)
	if err != nil || v == nil {
		return pending, err
	}
	pending.ProcessVersion = versionOf(v)
	if !v.Forced.IsZero() || !d.approvedFirst(&v.Document) {
		return pending, nil
	}
	pending.Asked = true
	part, err := d.processPart(ctx, &p, v)
	if code := fault.CodeOf(err); err != nil && (code == fault.Conflict || code == fault.Invalid) {
		pending.Lacks = fault.KeyOf(err)
		return pending, nil
	}
	if err != nil {
		return pending, err
	}
	asked, err := d.askApproval(ctx, by, storage.ProcessApproval, []ApprovalPart{part})
	if err == nil {
		pending.ApprovalView = asked[0].view
	}
	return pending, err
}

// ProcessesWaiting implements web.Processes.
func (d *Desk) ProcessesWaiting(ctx context.Context, by web.Asker) (list []web.ProcessWaiting, err error) {
	if !d.Brand.Documents().General.Approval {
		return nil, nil
	}
	waiting, err := d.DB.ProcessesWaiting(ctx)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	all, err := d.DB.Processes(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range waiting {
		i := slices.IndexFunc(all, func(p flow.Process) bool { return p.Number == w.Number })
		if i < 0 || !by.Scope.Everything && !seesOneOff(by.Scope, &all[i]) {
			continue
		}
		one := web.ProcessWaiting{Version: w.Version, Document: all[i].Document}
		if one.May, err = d.mayApprove(ctx, by, &all[i]); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// mayApprove tells whether somebody may give the word for which a process waits, also where
// a dry run has to come first.
func (d *Desk) mayApprove(ctx context.Context, by web.Asker, p *flow.Process) (bool, error) {
	if p.Document.OneOff == nil {
		pending, err := d.ProcessPending(ctx, by, p.Name)
		return pending.Asked && pending.Why == "", err
	}
	part, err := d.oneOffPart(p)
	if code := fault.CodeOf(err); err != nil && (code == fault.Conflict || code == fault.Invalid) {
		return false, nil // whom it reaches is not known now
	}
	if err != nil {
		return false, err
	}
	asked, err := d.askApproval(ctx, by, storage.OneOffApproval, []ApprovalPart{part})
	return err == nil && asked[0].view.Why == "", err
}

// SetProcess implements web.Processes.
func (d *Desk) SetProcess(ctx context.Context, by web.Asker, s web.ProcessSet) (done web.ApprovalDone, err error) {
	if s.To != web.ProcessActive {
		if err := d.Operator.Set(ctx, s.Name, flow.ProcessState(s.To), by.Account); err != nil {
			return done, err
		}
		return done, d.audit(ctx, by, "process."+string(s.To), s.Name)
	}
	p, err := d.installed(ctx, s.Name)
	if err != nil {
		return done, err
	}
	v, err := d.toComeIntoForce(ctx, &p)
	if err != nil {
		return done, err
	}
	if v == nil && p.Version == s.Version {
		return done, nil // the same request again
	}
	if v == nil || v.Version != s.Version {
		return done, fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("%s is version %d in state %s by now", s.Name, p.Version, p.State))
	}
	start := func(ctx context.Context) error {
		if err := d.Operator.Force(ctx, s.Name, v.Version, by.Account); err != nil {
			return err
		}
		return d.audit(ctx, by, "process.active", s.Name+" "+strconv.Itoa(v.Version))
	}
	if !v.Forced.IsZero() || !d.approvedFirst(&v.Document) {
		return done, start(ctx)
	}
	part, err := d.processPart(ctx, &p, v)
	if err != nil {
		return done, err
	}
	return d.approve(ctx, by, Approvals{Kind: storage.ProcessApproval, Go: func(ctx context.Context, _ string, _ []int64) (int, error) {
		return part.Customers, start(ctx)
	}}, []ApprovalPart{part}, s.Typed)
}

// WithdrawProcess implements web.Processes.
func (d *Desk) WithdrawProcess(ctx context.Context, by web.Asker, name string, version int) error {
	p, err := d.installed(ctx, name)
	if err != nil {
		return err
	}
	v, err := d.toComeIntoForce(ctx, &p)
	if err != nil {
		return err
	}
	if v == nil || v.Version != version || !v.Forced.IsZero() {
		return errNotWaiting(name, version)
	}
	words, err := d.DB.WithdrawApprovals(ctx, storage.ProcessApproval, storage.VersionSubject(p.Number, version))
	if err != nil {
		return err
	}
	switch {
	case version > p.Version:
		if err := d.Operator.Withdraw(ctx, name, version); err != nil {
			return fault.WithKey(fault.CodeOf(err), "error.process_waits", err)
		}
	case words == 0:
		return errNotWaiting(name, version)
	}
	return d.audit(ctx, by, "process.withdrawn", name+" "+strconv.Itoa(version))
}

func errNotWaiting(name string, version int) error {
	return fault.WithKey(fault.Conflict, "error.process_waits", fmt.Errorf("version %d of %s does not wait for approval", version, name))
}

// processPart returns a version of a process as what is approved.
func (d *Desk) processPart(ctx context.Context, p *flow.Process, v *flow.ProcessVersion) (ApprovalPart, error) {
	reaches, err := d.processReach(ctx, &v.Document)
	of := flow.Process{Number: p.Number, Version: v.Version}
	return ApprovalPart{ID: approvedVersion(&of), Customers: reaches, Send: storage.SendOf(storage.ProcessApproval, p.Name, strconv.Itoa(v.Version))}, err
}

// processReach returns whom a process reaches: who fits now what begins it or, where
// facts do, as many as a dry run let enter. Where it is about no customers, who sees what
// it posts.
func (d *Desk) processReach(ctx context.Context, p *sop.Process) (int, error) {
	if p.Subject != sop.OfCustomer {
		return d.postsSeen(ctx, p)
	}
	if p.Trigger.Fact != "" {
		run, err := d.Operator.Tried(ctx, p, web.ProcessDays)
		if err == nil && run == nil {
			err = fault.WithKey(fault.Conflict, "error.process_untried", fmt.Errorf("process %s has no dry run of this text", p.Name))
		}
		if err != nil {
			return 0, err
		}
		return run.Entered, nil
	}
	ix, err := d.index()
	if err != nil {
		return 0, err
	}
	if name := p.Trigger.Audience; name != "" {
		list, err := d.DB.Audiences(ctx)
		if err != nil {
			return 0, err
		}
		i := slices.IndexFunc(list, func(a flow.Audience) bool { return a.Name == name })
		if i < 0 {
			return 0, fault.WithKey(fault.Invalid, "error.process_audience", fmt.Errorf("no audience is called %q", name))
		}
		members := ix.Members(list[i].Number)
		if members == nil {
			return 0, fault.WithKey(fault.Invalid, "error.process_unwatched", fmt.Errorf("audience %d has no members yet", list[i].Number))
		}
		return members.Len(), nil
	}
	rule, own := p.EntryRule()
	if !own {
		rule = audience.Rule{} // dates are for everybody, or for whom a rule describes
		if p.Trigger.Rule != nil {
			rule = p.Trigger.Rule.Rule
		}
	}
	return ix.Count(&rule, org.All(), ix.Position().Day)
}

// postsSeen returns how many customers see the largest post of a process about groups,
// stores or members: those in the groups into which it goes, as WeCom last said, or those
// with a relation to the members who publish it.
func (d *Desk) postsSeen(ctx context.Context, p *sop.Process) (most int, err error) {
	subjects, err := flow.Concerned(ctx, p, d.Brand.Org(), d.DB.Groups, d.DB.GroupKinds)
	if err != nil {
		return 0, err
	}
	groups, err := d.DB.Groups(ctx)
	if err != nil {
		return 0, err
	}
	members := map[int64]bool{}
	concerned := func(g *profile.Group) bool { return g.Dismissed == 0 && members[int64(g.Owner)] }
	if p.Subject == sop.OfGroup {
		concerned = func(g *profile.Group) bool { return slices.Contains(subjects, int64(g.ID)) }
	}
	for _, s := range subjects {
		if member, known := d.posts(p.Subject, s); known {
			members[int64(member)] = true
		}
	}
	in := 0
	for i := range groups {
		if g := &groups[i]; concerned(g) {
			in, members[int64(g.Owner)] = in+g.Customers, true
		}
	}
	ix, err := d.index()
	if err != nil {
		return 0, err
	}
	known, err := seeing(ix, &posting{Coming: web.Coming{Channel: event.Moments}, targets: members})
	if err != nil {
		return 0, err
	}
	for i := range p.Steps {
		switch p.Steps[i].Channel {
		case sop.Group:
			most = max(most, in)
		case sop.Moments:
			most = max(most, known.Len())
		case sop.Private, sop.Mass, sop.Call, sop.Task, sop.Tag, sop.Wait:
		}
	}
	return most, nil
}

// posts returns the member who posts for a store, or the member itself.
func (d *Desk) posts(subject sop.Subject, number int64) (member id.Staff, known bool) {
	brand := d.Brand.Org()
	if subject == sop.OfStore {
		acting, found := brand.ActingFor(id.Store(number))
		return acting.ID, found
	}
	member = id.Staff(number)
	return member, subject == sop.OfMember && slices.ContainsFunc(brand.Staff, func(s org.Staff) bool { return s.Active && s.ID == member })
}
