package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight/loss"
	"siyu/internal/org"
	"siyu/internal/web"
	"siyu/internal/wecom/simulator"
)

// heard waits until all callbacks have come and looks for losses.
func (j *joint) heard() {
	j.t.Helper()
	must(j.t, j.platform.Drain(j.t.Context()))
	must(j.t, j.readLetters(j.t.Context()))
	must(j.t, j.Turn(j.t.Context()))
	must(j.t, j.watchLosses(j.t.Context()))
}

func (j *joint) losses(scope org.Scope) []web.LossAlert {
	j.t.Helper()
	list, err := j.desk.LossAlerts(j.t.Context(), scope)
	must(j.t, err)
	return list
}

func (j *joint) staffOf(user string) id.Staff {
	return id.StaffOf(id.Corp(j.platform.Credentials(0).Corp), user)
}

func TestAMemberWhoDeletesInBulkIsReportedToThoseWhoDecide(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		ctx, h := t.Context(), j.platform.People()
		_, err := j.accounts.Add(ctx, account.Account{Name: "lead", Role: account.Lead, Staff: j.staffOf("chen"), Active: true})
		must(t, err)
		for i := strangers / 2; i < strangers; i++ {
			must(t, h.AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: external(i), AddWay: 1}))
		}
		must(t, h.AddRelation(simulator.Friendship{UserID: "ben", ExternalUserID: external(59), AddWay: 1}))
		j.heard()
		if got := j.losses(org.All()); len(got) != 0 {
			t.Fatalf("alerts before anybody was lost: %+v", got)
		}
		j.platform.SetFaults(simulator.Faults{Duplicate: .5, Reorder: .5})
		deleted, err := h.DeleteInBulk("anna", 15)
		must(t, err)
		for i := 1; i < 28; i += 3 { // nine of ben's: a clean-up
			must(t, h.DeleteByMember("ben", external(i)))
		}
		j.heard()
		j.heard()
		found := j.losses(org.All())
		if len(found) != 1 || found[0].Kind != loss.Deleted || found[0].Staff != j.staffOf("anna") || found[0].Lost != deleted || deleted != 15 || found[0].State != web.LossOpen {
			t.Fatalf("%d deleted: %+v", deleted, found)
		}
		view, err := j.desk.LossAlert(ctx, org.All(), found[0].ID)
		must(t, err)
		if view.Bulk.IsZero() {
			t.Error("nothing is said of deleting in bulk")
		}
		if len(view.Customers) != 15 || view.Kept != 1 || view.More {
			t.Errorf("%d customers, %d kept", len(view.Customers), view.Kept)
		}
		today, err := j.desk.Today(ctx, org.All())
		must(t, err)
		if kinds := fmt.Sprint(today.Alerts); !strings.Contains(kinds, string(web.AlertBulkDeletion)) {
			t.Errorf("today says %s", kinds)
		}
		mail := j.platform.StaffMessages("chen")
		if len(mail) != 1 || !strings.Contains(string(mail[0].Body), "删除了 15 位客户") || len(j.platform.StaffMessages("anna")) != 0 {
			t.Errorf("the lead is told %+v", mail)
		}
		elsewhere := org.Scope{Stores: []id.Store{999}}
		if _, err := j.desk.LossAlert(ctx, elsewhere, found[0].ID); fault.CodeOf(err) != fault.NotFound || len(j.losses(elsewhere)) != 0 {
			t.Errorf("another store sees it: %v", err)
		}
		by := web.Asker{Account: "lead", Role: web.RoleLead, Scope: org.All()}
		if err := j.desk.AnswerLoss(ctx, web.Asker{Account: "x", Scope: elsewhere}, web.LossAnswer{Alert: found[0].ID, State: web.LossClosed, Word: "x"}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("another store closes it: %v", err)
		}
		must(t, j.desk.AnswerLoss(ctx, by, web.LossAnswer{Alert: found[0].ID, State: web.LossClosed, Word: "accounts of a test"}))
		j.heard()
		if again := j.losses(org.All()); len(again) != 1 || again[0].State != web.LossClosed || again[0].Word != "accounts of a test" {
			t.Errorf("after it was closed: %+v", again)
		}
		_, err = h.DeleteInBulk("anna", 3)
		must(t, err)
		j.heard()
		if again := j.losses(org.All()); len(again) != 1 || again[0].State != web.LossOpen || again[0].Lost != 18 {
			t.Errorf("after three more: %+v", again)
		}
		if len(j.platform.StaffMessages("chen")) != 1 {
			t.Error("the lead is told twice")
		}
		r, err := j.Verify(ctx)
		must(t, err)
		equal(t, "differences after folding again", r.Differences, 0)
	})
}

func TestCustomersWhoDeleteAMemberUnusuallyOftenAreReportedOnceItIsKnownWhatIsUsual(t *testing.T) {
	j := join(t, "", web.ModeCallbacks)
	h := j.platform.People()
	must(t, h.DeleteByCustomer("ben", external(1))) // the history begins
	j.heard()
	for i := 0; i < 27; i += 3 {
		must(t, h.DeleteByCustomer("anna", external(i)))
	}
	j.heard()
	if got := j.losses(org.All()); len(got) != 0 {
		t.Fatalf("a brand on its first day knows what is usual: %+v", got)
	}
	j.clock.Set(j.clock.Now().AddDate(0, 0, 30))
	for i := strangers / 2; i < strangers/2+9; i++ {
		must(t, h.AddRelation(simulator.Friendship{UserID: "chen", ExternalUserID: external(i), AddWay: 1, State: "live"}))
	}
	j.heard()
	j.clock.Set(j.clock.Now().Add(time.Hour))
	for i := strangers / 2; i < strangers/2+9; i++ {
		must(t, h.DeleteByCustomer("chen", external(i)))
	}
	j.heard()
	kinds := map[loss.Kind]string{}
	for _, a := range j.losses(org.All()) {
		kinds[a.Kind] = a.Name
	}
	if len(kinds) < 2 || kinds[loss.Way] != "live" || kinds[loss.Member] == "" || kinds[loss.Deleted] != "" {
		t.Errorf("alerts %v", kinds)
	}
}
