package webtest

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Approval implements web.Brand.
func (b *Brand) Approval(context.Context) (web.ApprovalSettings, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.approval, b.Fail
}

// SetApproval implements web.Brand.
func (b *Brand) SetApproval(_ context.Context, by web.Asker, s web.ApprovalSettings) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := stale(s.Version, b.approval.Version); err != nil {
		return err
	}
	s.Version++
	b.approval = s
	b.did(by, "settings.approval", "")
	return nil
}

// Approvable implements web.Decisions.
func (b *Brand) Approvable(_ context.Context, by web.Asker, batch int64) (web.ApprovalView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.batches {
		if b.batches[i].ID == batch {
			return b.approvable(by, &b.batches[i]), b.Fail
		}
	}
	return web.ApprovalView{}, fault.New(fault.NotFound, "approve: unknown batch")
}

func (b *Brand) approver(account string) org.Approver {
	i := slices.IndexFunc(b.users, func(u web.User) bool { return u.Account == account })
	return org.Approver{Account: account, Rank: org.Rank(b.users[i].Role), Stores: b.users[i].Stores}
}

func (b *Brand) approvable(by web.Asker, batch *web.BatchView) web.ApprovalView {
	var everybody []org.Approver
	for _, u := range b.users {
		if u.Active {
			everybody = append(everybody, b.approver(u.Account))
		}
	}
	s := org.Send{Reaches: batch.Customers}
	for _, store := range b.stores {
		if store.Name == batch.Store {
			s.Store = store.ID
		}
	}
	v := web.ApprovalView{Limits: b.approval.ApprovalRules, Reaches: s.Reaches}
	for _, account := range batch.Approved {
		s.Approved = append(s.Approved, b.approver(account))
		v.Given = append(v.Given, web.ApprovalGiven{Account: account, At: b.now})
	}
	v.Verdict = v.Limits.Ask(s, b.approver(by.Account), everybody)
	if v.Typed() {
		v.Number = batch.Customers
	}
	return v
}

// Approve implements web.Decisions. Every batch is a send of its own.
func (b *Brand) Approve(_ context.Context, by web.Asker, a web.ApprovalAsked) (done web.ApprovalDone, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	chosen := func(batch *web.BatchView) bool { return slices.Contains(a.Batches, batch.ID) }
	for i := range b.batches {
		if chosen(&b.batches[i]) {
			done.Number += b.approvable(by, &b.batches[i]).Number
		}
	}
	var stay []web.BatchView
	for _, batch := range b.batches {
		if chosen(&batch) && b.decide(by, a.Typed, &batch, &done) {
			continue
		}
		stay = append(stay, batch)
	}
	b.batches = stay
	b.did(by, "touch.approved", fmt.Sprint(a.Batches))
	return done, nil
}

// decide notes what becomes of a batch, and tells whether it leaves.
func (b *Brand) decide(by web.Asker, typed int, batch *web.BatchView, done *web.ApprovalDone) (leaves bool) {
	v := b.approvable(by, batch)
	switch {
	case v.Why != "":
		done.Left = append(done.Left, web.ApprovalLeft{Batch: batch.ID, Store: batch.Store, Staff: batch.Staff, ApprovalView: v})
	case v.Typed() && typed != done.Number:
		done.Typed = append(done.Typed, batch.ID)
	case v.Goes:
		done.Batches, done.Actions = done.Batches+1, done.Actions+batch.Customers
		return true
	default:
		done.Waits++
		batch.Approved = append(batch.Approved, by.Account)
	}
	return false
}
