package storagetest

import (
	"context"
	"testing"
	"time"

	"siyu/internal/org"
	"siyu/internal/storage"
)

func approvalsCountPeopleOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	send := storage.SendOf(storage.MassApproval, "2026-05-05", "remind")
	by := func(account string, dispatch int64, minutes int) storage.Approval {
		return storage.Approval{Kind: storage.MassApproval, Subject: dispatch, Account: account, Rank: org.RankLead,
			At: noon.Add(time.Duration(minutes) * time.Minute), Store: 7, Customers: 40, Rule: org.RuleTwo, Send: send}
	}
	first := must[[]storage.Approval](t)(db.Approve(ctx, []storage.Approval{by("lin", 1, 0), by("lin", 2, 0)}))
	equal(t, "approvals after the first", len(first), 2)
	equal(t, "after the same again", len(must[[]storage.Approval](t)(db.Approve(ctx, []storage.Approval{by("lin", 1, 5)}))), 1)
	both := must[[]storage.Approval](t)(db.Approve(ctx, []storage.Approval{by("wang", 1, 6)}))
	equal(t, "people", len(both), 2)
	equal(t, "first one", both[0], by("lin", 1, 0))
	equal(t, "of one subject", len(must[[]storage.Approval](t)(db.Approvals(ctx, storage.MassApproval, []int64{2, 3}))), 1)
	equal(t, "of another kind", len(must[[]storage.Approval](t)(db.Approvals(ctx, storage.GroupApproval, []int64{1, 2}))), 0)
	equal(t, "of the send", len(must[[]storage.Approval](t)(db.ApprovalsOfSend(ctx, send))), 3)
	equal(t, "of another send", len(must[[]storage.Approval](t)(db.ApprovalsOfSend(ctx, storage.SendOf(storage.GroupApproval, "2026-05-05", "remind")))), 0)
}
