package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/app/brand"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// people puts accounts into the house; who has a role is seen.
func (h *house) people(roles map[string]account.Role) {
	h.t.Helper()
	must(h.t, h.db.ChangeAccounts(h.t.Context(), func(b account.Book) error {
		for name, role := range roles {
			if err := b.PutAccount(h.t.Context(), account.Account{Name: name, Role: role, Stores: []id.Store{7}, Staff: guide, Active: true, LastSeen: h.clock.Now()}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// batch puts a mass message into the house that waits for approval.
func (h *house) batch(number int64, store id.Store, customers int, text string) {
	h.t.Helper()
	list := make([]id.Customer, customers)
	for i := range list {
		list[i] = id.Customer(number*1000 + int64(i))
	}
	h.batchTo(number, store, text, list...)
}

// batchTo is batch for some customers.
func (h *house) batchTo(number int64, store id.Store, text string, customers ...id.Customer) {
	h.t.Helper()
	h.batchOf(delivery.Dispatch{ID: number, Store: store, Text: text}, customers...)
}

// batchOf is batchTo of what a dispatch says and is a part of.
func (h *house) batchOf(x delivery.Dispatch, customers ...id.Customer) {
	h.t.Helper()
	number := x.ID
	d := delivery.Draft{Dispatch: delivery.Dispatch{ID: number, Corp: corp, Staff: guide, Store: x.Store, Day: monday.Truncate(24 * time.Hour), Purpose: event.Remind, Text: x.Text,
		Material: x.Material, Process: x.Process, Step: x.Step,
		From: h.clock.Now(), Until: h.clock.Now().Add(8 * time.Hour), State: delivery.Planned, Since: h.clock.Now()}}
	for _, c := range customers {
		key := delivery.TouchKey{Customer: c, Run: fmt.Sprint("plan/2026-11-02/", number), Channel: event.MassSend}
		d.Touches = append(d.Touches, delivery.Touch{ID: key.ID(), TouchKey: key, Dispatch: number, Staff: guide, Purpose: event.Remind, State: delivery.Underway, At: h.clock.Now()})
	}
	must(h.t, second(h.db.AddDispatches(h.t.Context(), []delivery.Draft{d})))
}

func second[T any](_ T, err error) error { return err }

func (h *house) approveBatches(by web.Asker, typed int, batches ...int64) web.ApprovalDone {
	h.t.Helper()
	done, err := h.desk.Approve(h.t.Context(), by, web.ApprovalAsked{Batches: batches, Typed: typed})
	must(h.t, err)
	return done
}

// waiting returns how many batches wait for approval.
func (h *house) waitingBatches() int {
	h.t.Helper()
	page, err := h.desk.Batches(h.t.Context(), org.All(), web.BatchQuery{})
	must(h.t, err)
	return len(page.Batches)
}

func (h *house) audited(did string) (about []string) {
	h.t.Helper()
	page, err := h.desk.Audit(h.t.Context(), org.All(), "")
	must(h.t, err)
	for _, e := range page.Entries {
		if e.Did == did {
			about = append(about, e.Account+" "+e.About)
		}
	}
	return about
}

var (
	boss    = web.Asker{Account: "boss", Role: web.RoleOwner, Scope: org.All()}
	manager = web.Asker{Account: "manager", Role: web.RoleLead, Scope: org.All()}
	keeper  = web.Asker{Account: "keeper", Role: web.RoleStore, Scope: org.Scope{Stores: []id.Store{7}}}
)

func TestASendIsNotMadeSmallByApprovingItInPieces(t *testing.T) {
	h := openHouse(t)
	h.people(map[string]account.Role{"boss": account.Owner, "manager": account.Lead, "keeper": account.Store})
	must(t, h.desk.SetApproval(t.Context(), boss, web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 10, Lead: 100, One: 40}}))
	for n := range int64(3) {
		h.batch(n+1, 7, 6, "same words")
	}
	h.batch(4, 7, 6, "other words")
	h.batch(5, 8, 30, "same words") // of another store, whom the store's account does not see
	if done := h.approveBatches(keeper, 0, 1, 4); done.Batches != 2 || done.Actions != 12 {
		t.Errorf("two sends of 6: %+v", done)
	}
	if done := h.approveBatches(keeper, 0, 2); done.Batches != 0 || len(done.Left) != 1 || done.Left[0].Why != org.NeedsLead || done.Left[0].Reaches != 12 {
		t.Errorf("6 more of a send of which 6 are approved: %+v", done)
	}
	if _, err := h.desk.Approve(t.Context(), keeper, web.ApprovalAsked{Batches: []int64{5}}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a store approves another store's: %v", err)
	}
	h.clock.Set(h.clock.Now().Add(time.Minute)) // the audit tells minutes apart
	done := h.approveBatches(manager, 0, 2, 3, 5)
	if done.Waits != 3 || done.Batches != 0 {
		t.Errorf("48 of one send by one lead: %+v", done)
	}
	if again := h.approveBatches(manager, 0, 2, 3, 5); len(again.Left) != 3 || again.Left[0].Why != org.NeedsAnother || h.waitingBatches() != 3 {
		t.Errorf("the same lead again: %+v", again)
	}
	h.clock.Set(h.clock.Now().Add(time.Minute))
	if done := h.approveBatches(boss, 0, 2, 3, 5); !done.Whole() || done.Actions != 42 || h.waitingBatches() != 0 {
		t.Errorf("the second person: %+v, %d wait", done, h.waitingBatches())
	}
	equal(t, "audit of the store", strings.Join(h.audited("touch.approved")[1:], "; "), "keeper mass 2: 12, rule store")
	equal(t, "audit of the first", strings.Join(h.audited("touch.approved_first"), "; "), "manager mass 3: 42, rule two")
}

func TestASendIsNotMadeSmallByWordingItInSeveralWays(t *testing.T) {
	h := openHouse(t)
	h.people(map[string]account.Role{"boss": account.Owner, "manager": account.Lead})
	must(t, h.desk.SetApproval(t.Context(), boss, web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 1, Lead: 16, One: 100}}))
	number := int64(0)
	for name, of := range map[string]delivery.Dispatch{
		"four wordings of a text of the plan":    {Material: "remind.tea"},
		"four wordings of a step of a process":   {Process: 3, Step: "hello"},
		"a step that draws among texts":          {Process: 4, Step: "hello", Material: "-"},
		"the wordings of a one-off message":      {Process: 5, Step: "say"},
		"in one wording, which 20 customers get": {Process: 6, Step: "say", Text: "-"},
	} {
		var batches []int64
		for range 4 {
			number++
			x := of
			if x.ID, x.Store = number, 7; x.Text == "" {
				x.Text = fmt.Sprint("wording ", number)
			}
			if x.Material == "-" {
				x.Material = fmt.Sprint("text ", number)
			}
			h.batchOf(x, id.Customer(number*1000), id.Customer(number*1000+1), id.Customer(number*1000+2), id.Customer(number*1000+3), id.Customer(number*1000+4))
			batches = append(batches, number)
		}
		done := h.approveBatches(manager, 0, batches...)
		if done.Batches != 0 || len(done.Left) != 4 || done.Left[0].Why != org.NeedsOwner || done.Left[0].Reaches != 20 {
			t.Errorf("%s: a lead of 16 customers approves 20: %+v", name, done)
		}
		if done := h.approveBatches(boss, 0, batches...); !done.Whole() || done.Actions != 20 {
			t.Errorf("%s: an owner does not: %+v", name, done)
		}
	}
}

func TestTwoStepsOfAProcessAreTwoSends(t *testing.T) {
	h := openHouse(t)
	h.people(map[string]account.Role{"boss": account.Owner, "manager": account.Lead})
	must(t, h.desk.SetApproval(t.Context(), boss, web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 1, Lead: 2, One: 100}}))
	for n, step := range []string{"first", "second"} {
		h.batchOf(delivery.Dispatch{ID: int64(n + 1), Store: 7, Process: 3, Step: step, Text: "same words"}, id.Customer(10*n+1), id.Customer(10*n+2))
	}
	if done := h.approveBatches(manager, 0, 1, 2); !done.Whole() || done.Actions != 4 {
		t.Errorf("two of two customers each: %+v", done)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestASingleOwnerTypesTheNumberAndNothingIsLostOnTheWay(t *testing.T) {
	h := openHouse(t)
	h.people(map[string]account.Role{"boss": account.Owner, "guide": account.Staff})
	must(t, h.desk.SetApproval(t.Context(), boss, web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 1, Lead: 2, One: 3}}))
	h.batch(1, 7, 6, "words")
	h.batch(2, 8, 5, "words")
	view, err := h.desk.Approvable(t.Context(), boss, 1)
	must(t, err)
	if !view.Typed() || view.Number != 6 || view.Rule != org.RuleAlone {
		t.Errorf("alone: %+v", view)
	}
	if done := h.approveBatches(boss, 0, 1, 2); done.Number != 11 || len(done.Typed) != 2 || h.waitingBatches() != 2 {
		t.Errorf("without the number: %+v", done)
	}
	// A stop between the word and what it lets go: the word is kept, and asking
	// again lets it go.
	parts := []storage.Approval{{Kind: storage.MassApproval, Subject: 1, Account: "boss", Rank: org.RankOwner, At: h.clock.Now(), Customers: 6, Rule: org.RuleAlone}}
	must(t, second(h.db.Approve(t.Context(), parts)))
	if done := h.approveBatches(boss, 11, 1, 2); !done.Whole() || done.Actions != 11 || h.waitingBatches() != 0 {
		t.Errorf("with the number: %+v", done)
	}
	if done := h.approveBatches(boss, 11, 1, 2); done.Batches != 0 || !done.Whole() {
		t.Errorf("what has gone: %+v", done)
	}
}

func TestOnlyOwnersChangeWhoApproves(t *testing.T) {
	h := openHouse(t)
	rules := web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 1, Lead: 2, One: 3}}
	if err := h.desk.SetApproval(t.Context(), manager, rules); fault.CodeOf(err) != fault.Denied {
		t.Errorf("a lead: %v", err)
	}
	must(t, h.desk.SetApproval(t.Context(), boss, rules))
	if err := h.desk.SetApproval(t.Context(), boss, rules); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("an old version: %v", err)
	}
	rules.Version, rules.Store = 1, 9
	if err := h.desk.SetApproval(t.Context(), boss, rules); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a store above a lead: %v", err)
	}
	settings, err := h.desk.BrandSettings(t.Context(), org.All())
	must(t, err)
	settings.Approval = false
	if err := h.desk.SetBrandSettings(t.Context(), manager, settings); fault.CodeOf(err) != fault.Denied {
		t.Errorf("a lead switches approval off: %v", err)
	}
	kept, err := h.brand.Document(brand.ApprovalDoc)
	must(t, err)
	equal(t, "rules in force", fmt.Sprint(kept), "{1 2 3}")
}
