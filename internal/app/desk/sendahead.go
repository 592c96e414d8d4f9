package desk

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// plannedMass tells whether a one-off message will be mass messages that wait for an
// approval, and none of them is made yet.
func (d *Desk) plannedMass(p *flow.Process) bool {
	return p.State == flow.ProcessActive && p.Document.Steps[0].Channel == sop.Mass && d.Brand.Documents().General.Approval &&
		d.Clock.Now().Before(first(p.Document.OneOffAt(d.Zone)))
}

// addAhead adds to a planned mass message for how many it is approved, or who may
// approve it.
func (d *Desk) addAhead(ctx context.Context, by web.Asker, p *flow.Process, v *web.OneOffView) error {
	if p.State != flow.ProcessActive && p.State != flow.ProcessPaused {
		return nil
	}
	ahead, err := d.DB.ApprovedAheadOf(ctx, p.Number)
	if v.Ahead = ahead.Reach; err != nil || v.Ahead > 0 || !d.plannedMass(p) {
		return err
	}
	if err := d.addApproval(ctx, by, p, v); fault.KeyOf(err) != "error.audience_building" {
		return err
	}
	return nil // whom it would reach is not known now
}

// addApproval adds who may approve a one-off message.
func (d *Desk) addApproval(ctx context.Context, by web.Asker, p *flow.Process, v *web.OneOffView) error {
	part, err := d.oneOffPart(p)
	if err != nil {
		return err
	}
	asked, err := d.askApproval(ctx, by, storage.OneOffApproval, []ApprovalPart{part})
	if err == nil {
		v.Approval = asked[0].view
	}
	return err
}

// ApproveOneOff implements web.OneOffs.
func (d *Desk) ApproveOneOff(ctx context.Context, by web.Asker, s web.OneOffStart) (done web.ApprovalDone, err error) {
	p, err := d.oneOff(ctx, by.Scope, s.Name)
	if err != nil {
		return done, err
	}
	if p.Version != s.Version || !d.plannedMass(&p) {
		return done, fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("%s is version %d in state %s by now", s.Name, p.Version, p.State))
	}
	part, err := d.oneOffPart(&p)
	if err != nil {
		return done, err
	}
	asked, err := d.askApproval(ctx, by, storage.OneOffApproval, []ApprovalPart{part})
	if err != nil {
		return done, err
	}
	word := storage.ApprovedAhead{Process: p.Number, Version: p.Version, Reach: part.Customers, Account: by.Account, Rank: org.Rank(by.Role), Rule: asked[0].view.Rule, At: d.Clock.Now()}
	return d.approve(ctx, by, Approvals{Kind: storage.OneOffApproval, Go: func(ctx context.Context, _ string, _ []int64) (int, error) {
		return part.Customers, d.DB.ApproveAhead(ctx, word)
	}}, []ApprovalPart{part}, s.Typed)
}

// ApproveAhead lets mass messages leave that were approved before they were made, as
// long as all of a process together reach no more customers than were approved. What
// goes beyond waits for a person, as part of the same send.
func (d *Desk) ApproveAhead(ctx context.Context) error {
	waiting, err := d.DB.WaitingAhead(ctx, d.Clock.Now())
	if err != nil || len(waiting) == 0 {
		return err
	}
	byProcess := map[int64][]int64{}
	for i := range waiting {
		byProcess[waiting[i].Process] = append(byProcess[waiting[i].Process], waiting[i].ID)
	}
	for process, batches := range byProcess {
		if err := d.approveAhead(ctx, process, batches); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) approveAhead(ctx context.Context, process int64, batches []int64) error {
	word, err := d.DB.ApprovedAheadOf(ctx, process)
	if err != nil {
		return err
	}
	reached, err := d.DB.ReachApproved(ctx, process)
	if err != nil {
		return err
	}
	parts, err := d.massParts(ctx, org.All(), batches)
	if err != nil {
		return err
	}
	parts = slices.DeleteFunc(parts, func(p ApprovalPart) bool {
		fits := reached+p.Customers <= word.Reach
		if fits {
			reached += p.Customers
		}
		return !fits
	})
	given, through := make([]storage.Approval, len(parts)), make([]int64, len(parts))
	for i, p := range parts {
		through[i] = p.ID
		given[i] = storage.Approval{Kind: storage.MassApproval, Subject: p.ID, Account: word.Account, Rank: word.Rank, At: word.At, Store: p.Store, Customers: p.Customers, Rule: word.Rule, Send: p.Send}
	}
	if _, err := d.DB.Approve(ctx, given); err != nil {
		return err
	}
	_, err = d.Gate().Approve(ctx, word.Account, through)
	return err
}
