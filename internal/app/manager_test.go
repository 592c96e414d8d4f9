package app

import (
	"testing"
	"time"

	"siyu/internal/account"
	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/vault"
	"siyu/internal/web"
	"siyu/internal/wecom"
)

// apology is a call of the manager to everybody who adds a member.
const apology = `sop: 1
name: apology
title: {en: Apology}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - {name: call, at: 30m, within: 4h, late: postpone, channel: call, executor: store, purpose: serve, minutes: 5, content: [{text: {en: "Call {name}"}}]}
`

func (h *house) acting(store string) web.StoreActing {
	h.t.Helper()
	must(h.t, h.brand.Reload(h.t.Context()))
	list, err := h.desk.Acting(h.t.Context(), org.All())
	must(h.t, err)
	for _, a := range list {
		if a.Store == store {
			return a
		}
	}
	h.t.Fatalf("no store %s in %v", store, list)
	return web.StoreActing{}
}

func TestAnAccountSaysWhoManagesAStoreAndElseWeComDoes(t *testing.T) {
	h := hoursHouse(t)
	ctx, at := t.Context(), monday
	leader, owned := id.StaffOf(corp, "leader"), id.Staff(14)
	h.tell(h.fact(event.Staff(leader), at, event.StaffSeen{Corp: corp, UserID: "leader", Status: 1, Departments: []int{1}}),
		h.fact(event.Staff(owned), at, event.StaffSeen{Corp: corp, UserID: "owned", Status: 1, Contact: true, Departments: []int{7}}))
	equal(t, "nobody is named", h.acting(north), web.StoreActing{Store: north, Member: "guide"})
	batch := (&intake.Intake{Log: h.facts, Vault: h.vault, Ledger: h.db, Corp: corp}).Begin(event.FromBackfill)
	must(t, batch.Departments(ctx, []wecom.Department{{ID: 7, Name: north, Leaders: []string{"leader"}}, {ID: 8, Name: south}}))
	must(t, second(batch.Commit(ctx)))
	equal(t, "WeCom's leader", h.acting(north), web.StoreActing{Store: north, Member: "leader", Manages: true})
	equal(t, "of the other store", h.acting(south), web.StoreActing{Store: south, Member: "south"})

	port := accountPort{h.App, h.accounts}
	lead := web.Asker{Account: "lead", Scope: org.All()}
	manager := web.User{Account: "manager", Role: web.RoleStore, Stores: []id.Store{id.StoreOf(north)}, Staff: owned, Active: true}
	area := web.User{Account: "area", Role: web.RoleStore, Stores: []id.Store{id.StoreOf(north), id.StoreOf(south)}, Staff: leader, Active: true}
	must(t, second(port.AddUser(ctx, lead, web.User{Account: "owner", Role: web.RoleOwner, Active: true})))
	must(t, second(port.AddUser(ctx, lead, area)))
	must(t, second(port.AddUser(ctx, lead, manager)))
	equal(t, "the account of one store before that of two", h.acting(north), web.StoreActing{Store: north, Member: "owned", Manages: true})
	equal(t, "where only the account of two sees", h.acting(south), web.StoreActing{Store: south, Member: "leader", Manages: true})
	manager.Active = false
	must(t, port.ChangeUser(ctx, lead, manager))
	equal(t, "after the account is switched off", h.acting(north), web.StoreActing{Store: north, Member: "leader", Manages: true})
	h.verified()
}

func TestTheManagersCallStandsOnTheManagersListWithTheCustomersName(t *testing.T) {
	h := hoursHouse(t)
	ctx := t.Context()
	const manager = id.Staff(14)
	h.tell(h.fact(event.Staff(manager), monday, event.StaffSeen{Corp: corp, UserID: "boss", Status: 1, Departments: []int{7}}))
	must(t, second(h.accounts.Add(ctx, account.Account{Name: "boss", Role: account.Store, Stores: []id.Store{id.StoreOf(north)}, Staff: manager, Active: true})))
	h.install(apology)
	const customer = id.Customer(5)
	h.tell(h.fact(event.Customer(customer), monday, event.CustomerSeen{Corp: corp, Type: 1}), h.fact(event.Customer(customer), monday, event.RelationAdded{Staff: guide}))
	must(t, h.vault.Put(ctx, []vault.Entry{{Subject: event.Customer(customer), Field: vault.Name, Text: "Lin"}, {Subject: event.Customer(customer), Field: vault.Phone, Part: string(corp) + "/guide/0", Text: "13800000000"}}))
	h.at(9, 40)
	own := org.Scope{Staff: manager}
	list, err := h.desk.Tasks(ctx, own)
	must(t, err)
	if len(list.Tasks) != 1 {
		t.Fatalf("the manager has %d tasks", len(list.Tasks))
	}
	task := list.Tasks[0]
	equal(t, "the task", [5]string{task.Name, string(task.How), task.Do.EN, task.Phone, task.Friend}, [5]string{"Lin", "call", "Call Lin", "", "guide"})
	if others, err := h.desk.Tasks(ctx, org.Scope{Staff: guide}); err != nil || len(others.Tasks) != 0 {
		t.Errorf("the customer's own contact has %+v, %v", others.Tasks, err)
	}
	if _, err := h.desk.Customer(ctx, own, customer); err != nil {
		t.Errorf("the manager cannot see whom to call: %v", err)
	}
	if _, err := h.desk.Customer(ctx, org.Scope{Staff: southGuide}, customer); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another member sees the customer: %v", err)
	}
	must(t, h.desk.Answer(ctx, web.Asker{Account: "boss@wecom", Scope: own}, web.TaskAnswer{Task: task.ID, State: web.TaskDone, Call: web.CallReached}))
	h.clock.Set(monday.Add(time.Hour))
	must(t, h.Turn(ctx))
	v, err := h.desk.Process(ctx, org.All(), "apology")
	must(t, err)
	if len(v.Staff) != 1 || v.Staff[0].Staff != manager || v.Staff[0].Done != 1 || v.Stores[0].Name != north {
		t.Errorf("who followed it: %+v in %+v", v.Staff, v.Stores)
	}
	if _, err := h.desk.Customer(ctx, own, customer); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the manager sees the customer after the call: %v", err)
	}
	h.verified()
}
