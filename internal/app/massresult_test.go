package app

import (
	"fmt"
	"testing"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// care is a process that sends a mass message and asks for a call.
const care = `sop: 1
name: care
title: {zh: 关怀, en: Care}
subject: customer
trigger: {fact: referral_stayed}
clock: relative
again: once
executor: relation
steps:
  - {name: news, title: {en: News}, at: 1h, channel: mass, purpose: serve, content: [{text: {zh: 新茶到了, en: The tea is here}}]}
  - {name: ring, title: {en: Ring}, at: 2h, channel: call, purpose: serve, service: true, content: [{text: {zh: "打给{name}", en: "Ring {name} up"}}]}
`

// careHouse has three customers on the process of care.
func careHouse(t *testing.T) *house {
	h := openHouse(t)
	must(t, h.Reopen(t.Context()))
	for c := id.Customer(501); c <= 503; c++ {
		h.tell(h.related(c, monday.AddDate(0, -1, 0))...)
	}
	h.install(care)
	for c := id.Customer(501); c <= 503; c++ {
		h.tell(h.fact(event.Customer(c), h.clock.Now(), event.ReferralStayed{}))
	}
	return h
}

func TestTheApprovalOfAProcesssBatchSaysWhatIsApprovedAndItsResultsWhatBecameOfIt(t *testing.T) {
	h := careHouse(t)
	ctx := t.Context()
	h.at(10, 5)
	page, err := h.desk.Batches(ctx, org.All(), web.BatchQuery{})
	must(t, err)
	if len(page.Batches) != 1 || page.Batches[0].Expected() {
		t.Fatalf("batches %+v", page.Batches)
	}
	batch := page.Batches[0].ID
	v, err := h.desk.Batch(ctx, org.All(), batch)
	must(t, err)
	equal(t, "the process", fmt.Sprint(v.Process.To(), v.Process.Version, v.Process.Title.EN, v.Process.Step.EN), "/sop/care1CareNews")
	equal(t, "customers and samples", fmt.Sprint(v.Customers, len(v.Samples), v.Samples[0].Text, v.Expected()), "3 3新茶到了false")
	if r, err := h.desk.Result(ctx, org.All(), batch, web.ResultQuery{}); err != nil || r.Stage != web.PostApproval || len(r.Customers) != 0 {
		t.Errorf("the result of what waits: %+v, %v", r, err)
	}
	if sent, err := h.desk.Sent(ctx, org.All(), ""); err != nil || len(sent.Sent) != 0 {
		t.Errorf("sent %+v, %v", sent, err)
	}

	lead := web.Asker{Account: "lead", Scope: org.All()}
	must(t, h.db.ChangeDispatch(ctx, batch, func(r *delivery.Record) error {
		d := &r.Dispatch
		d.ApprovedBy, d.State, d.Task, d.MsgID, d.Called, d.TaskSince = "lead", delivery.Accepted, delivery.Confirmed, "m1", h.clock.Now(), h.clock.Now()
		for i := range r.Touches {
			r.Touches[i].At = h.clock.Now()
			switch r.Touches[i].Customer {
			case 501:
				r.Touches[i].State = delivery.Delivered
			case 502:
				r.Touches[i].State, r.Touches[i].Because = delivery.Failed, "quota"
			default:
				r.Touches[i].State, r.Touches[i].Because = delivery.Withdrawn, "refused_marketing"
			}
		}
		return nil
	}))
	sent, err := h.desk.Sent(ctx, org.All(), "")
	must(t, err)
	if len(sent.Sent) != 1 || sent.Sent[0].MassTally != (web.MassTally{Asked: 3, Delivered: 1, Failed: 1, Withdrawn: 1}) || sent.Sent[0].Confirmed != 1 || sent.Sent[0].At() != "/touch/batches/"+id.Text(batch) ||
		sent.Sent[0].Process.Step.EN != "News" {
		t.Errorf("sent %+v", sent.Sent)
	}
	r, err := h.desk.Result(ctx, org.All(), batch, web.ResultQuery{State: "failed", Because: "quota"})
	must(t, err)
	if len(r.Customers) != 1 || r.Customers[0].Customer != 502 || r.Again != 1 || r.Process.Name != "care" || len(r.Outcomes) != 3 || r.Approver != "lead" {
		t.Errorf("result %+v", r)
	}
	elsewhere := org.Scope{Stores: []id.Store{99}}
	if _, err := h.desk.Result(ctx, elsewhere, batch, web.ResultQuery{}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another store sees it: %v", err)
	}
	if list, err := h.desk.Sent(ctx, elsewhere, ""); err != nil || len(list.Sent) != 0 {
		t.Errorf("another store lists it: %+v, %v", list, err)
	}
	if _, _, err := h.desk.SendAgain(ctx, web.Asker{Account: "other", Scope: elsewhere}, batch); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another store sends it again: %v", err)
	}
	members, err := h.desk.SentMembers(ctx, org.All(), batch, "")
	must(t, err)
	if len(members.Sent) != 1 || members.Sent[0].Stage != web.PostDone || members.Sent[0].Asked != 3 || members.Process.Step.EN != "News" {
		t.Errorf("its members %+v", members)
	}
	if _, err := h.desk.SentMembers(ctx, elsewhere, batch, ""); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another store sees its members: %v", err)
	}
	for _, after := range []string{"!", "1.", "!.2"} {
		if _, err := h.desk.Sent(ctx, org.All(), after); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("after %q: %v", after, err)
		}
	}

	next, customers, err := h.desk.SendAgain(ctx, lead, batch)
	must(t, err)
	equal(t, "customers who get it again", customers, 1)
	again, err := h.desk.Result(ctx, org.All(), next, web.ResultQuery{})
	must(t, err)
	if again.Before != batch || again.Asked != 1 || again.Process.Step.EN != "News" || again.Stage != web.PostPlanned {
		t.Errorf("what is sent again: %+v", again)
	}
	if r, err = h.desk.Result(ctx, org.All(), batch, web.ResultQuery{}); err != nil || r.Then != next || r.Again != 0 || r.Failed != 1 {
		t.Errorf("what was sent first: %+v, %v", r, err)
	}
	equal(t, "in the audit", fmt.Sprint(len(h.audited("touch.missed_resent"))), "1")
}

func TestAContactThatWasPutOffIsAskedForAgainTheNextDay(t *testing.T) {
	h := careHouse(t)
	ctx, by := t.Context(), web.Asker{Account: "guide", Scope: org.Scope{Staff: guide}}
	h.at(10, 5)
	h.at(11, 5)
	open := func() (with []web.Task) {
		with, err := h.desk.TasksWith(ctx, by.Scope, 501)
		must(t, err)
		return with
	}
	must(t, h.desk.Answer(ctx, by, web.TaskAnswer{Task: open()[0].ID, State: web.TaskPostponed, Because: sop.BecauseNoTime}))
	if left := open(); len(left) != 0 {
		t.Errorf("on the day on which it was put off it is still asked for: %+v", left)
	}
	h.at(24+10, 5)
	if again := open(); len(again) != 1 || again[0].State != web.TaskOpen || again[0].PutOffsLeft() != 2 {
		t.Errorf("on the next day it is not asked for: %+v", again)
	}
}

func TestACallIsAnInstructionWithTheNumberThatTheMemberNoted(t *testing.T) {
	h := careHouse(t)
	ctx, own := t.Context(), org.Scope{Staff: guide}
	must(t, h.vault.Put(ctx, []vault.Entry{
		{Subject: event.Customer(501), Field: vault.Phone, Part: string(corp) + "/guide/0", Text: "13812345678"},
		{Subject: event.Customer(502), Field: vault.Phone, Part: string(corp) + "/somebody/0", Text: "13987654321"},
	}))
	h.at(10, 5)
	h.at(11, 5)
	list, err := h.desk.Tasks(ctx, own)
	must(t, err)
	phones := map[id.Customer]string{}
	for _, task := range list.Tasks {
		if !task.Calls() || task.Text != "" || task.Said() != "" || task.Do.EN != "Ring "+task.Name+" up" {
			t.Errorf("a call: %+v", task)
		}
		phones[task.Customer] = task.Phone
	}
	equal(t, "numbers to ring", fmt.Sprint(phones), "map[501:13812345678 502: 503:]")
	with, err := h.desk.TasksWith(ctx, own, 501)
	must(t, err)
	if len(with) != 1 || !with[0].Calls() || with[0].Said() != "" {
		t.Errorf("beside the chat: %+v", with)
	}
	if v := h.page(501); len(v.Asked) != 1 || !v.Asked[0].Calls() || v.Asked[0].Phone != "" || v.Asked[0].Title.EN != "Ring" {
		t.Errorf("on the customer's page: %+v", v.Asked)
	}
	by := web.Asker{Account: "guide", Scope: own}
	must(t, h.desk.Answer(ctx, by, web.TaskAnswer{Task: with[0].ID, State: web.TaskDone, Call: web.CallMissed}))
	tasks, err := h.db.StaffTasks(ctx, delivery.TaskQuery{Staff: guide, States: []delivery.StaffTaskState{delivery.DoneState}, Scope: org.All()})
	must(t, err)
	if len(tasks) != 1 || tasks[0].Result != delivery.NoAnswer {
		t.Errorf("after nobody answered: %+v", tasks)
	}
	timeline, err := h.desk.Timeline(ctx, org.All(), web.TimelineQuery{Customer: 501, Limit: 50})
	must(t, err)
	called := 0
	for _, e := range timeline.Entries {
		if e.Called {
			called++
		}
	}
	equal(t, "calls on the timeline", called, 1)
	if v := h.page(501); len(v.Asked) != 0 {
		t.Errorf("the call still waits: %+v", v.Asked)
	}
}
