package soptest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

const massProcess = `sop: 1
name: mass
title: {zh: 群发}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
stop: [{name: answered, if: {did: answered}}]
steps:
  - {name: news, at: 30m, within: 5d, late: postpone, channel: mass, purpose: ask, content: [{text: {zh: "有新东西"}}]}
  - {name: later, at: 9d, channel: private, purpose: ask, content: [{text: {zh: 再问}}]}
`

func (w teller) messages(states ...delivery.State) []delivery.Dispatch {
	return must[[]delivery.Dispatch](w.t)(w.DB.Dispatches(w.t.Context(), delivery.Query{States: states, Scope: org.All()}))
}

func (w teller) approve() {
	w.t.Helper()
	for _, d := range w.messages(delivery.Planned) {
		must[int](w.t)(w.Gate.Approve(w.t.Context(), "lead", []int64{d.ID}))
	}
}

func (w teller) add(customers ...int) {
	w.t.Helper()
	for _, n := range customers {
		w.tell(id.Customer(n), event.RelationAdded{Staff: soptest.Member})
	}
}

func TestRetirementTakesMassMessagesBackThatNobodyConfirmed(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(massProcess)
	w.add(100, 101, 102)
	w.until(morning.Add(2 * time.Hour))
	must[int](t)(w.Operator.Retire(t.Context(), number, "lead", w.Clock.Now()))
	w.turn()
	if list := w.messages(); len(list) != 1 || list[0].State != delivery.Dropped || list[0].Because != string(delivery.Retired) {
		t.Errorf("messages %+v", list)
	}
	if batches := must[[]storage.Batch](t)(w.DB.Batches(t.Context(), storage.BatchQuery{Scope: org.All()})); len(batches) != 0 {
		t.Errorf("%d wait for an approval", len(batches))
	}
	for n := range 3 {
		if got := w.story(id.Customer(100 + n)); got != "news taken retired" {
			t.Errorf("the steps of %d: %s", 100+n, got)
		}
	}
	checked(t, w)
}

func TestAPausedProcessAsksNobodyToApproveItsMassMessages(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	number := w.install(massProcess)
	w.add(100, 101)
	w.until(morning.Add(2 * time.Hour))
	ok(t, w.Operator.Pause(t.Context(), number, "lead", w.Clock.Now()))
	waits := func() int {
		return len(must[[]storage.Batch](t)(w.DB.Batches(t.Context(), storage.BatchQuery{Scope: org.All()})))
	}
	if n := waits(); n != 0 {
		t.Errorf("%d wait for an approval while it is paused", n)
	}
	w.tell(100, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"}) // stop rules go on
	w.until(morning.Add(4 * time.Hour))
	ok(t, w.Operator.Activate(t.Context(), number, "lead", w.Clock.Now()))
	w.turn()
	if n := waits(); n != 1 {
		t.Errorf("%d wait for an approval when it goes on", n)
	}
	if got := w.story(100) + ", " + w.story(101); got != "news taken stop:answered, news given" {
		t.Errorf("steps: %s", got)
	}
	checked(t, w)
}

func TestWhatStopsARunTakesItsCustomerOutOfTheMassMessage(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(strings.Replace(massProcess, "purpose: ask", "purpose: promote", 1))
	w.add(100, 101, 102, 103, 104)
	w.until(morning.Add(2 * time.Hour))
	w.tell(100, event.MessageExchanged{Staff: soptest.Member, Inbound: true, Form: "text"})
	w.tell(101, event.ComplaintOpened{})
	w.tell(102, event.MarketingRefused{By: "x"})
	w.tell(103, order(1))
	w.until(morning.Add(3 * time.Hour))
	for n, want := range []string{"taken stop:answered", "taken complaint_open", "taken refused_marketing", "taken bought_since", "given"} {
		if got := w.story(id.Customer(100 + n)); got != "news "+want {
			t.Errorf("customer %d: %s, want %s", 100+n, got, want)
		}
	}
	batches := must[[]storage.Batch](t)(w.DB.Batches(t.Context(), storage.BatchQuery{Scope: org.All()}))
	if len(batches) != 1 || batches[0].Customers != 1 {
		t.Errorf("batches %+v, want one with one customer", batches)
	}
	checked(t, w)
}

func TestWhoComesAfterAnApprovalJoinsTheNextMessageAsLongAsTheDayHasRoom(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.install(massProcess)
	most := w.Rules.MaxConfirmations
	for n := range most + 2 {
		w.add(100+2*n, 101+2*n)
		w.until(morning.Add(time.Duration(n+1) * time.Hour))
		w.approve()
	}
	if list := w.messages(); len(list) != most {
		t.Errorf("%d messages for a member on one day, want %d", len(list), most)
	}
	for n := range 2 * (most + 2) {
		want := "news given"
		if n >= 2*most {
			want = "news postponed " + string(decision.BecauseCapacity)
		}
		if got := w.story(id.Customer(100 + n)); got != want {
			t.Errorf("customer %d: %s, want %s", 100+n, got, want)
		}
	}
	for _, d := range w.messages() { // they leave on their day
		ok(t, w.DB.ChangeDispatch(t.Context(), d.ID, func(r *delivery.Record) error {
			r.Dispatch.State, r.Dispatch.Task, r.Dispatch.Called = delivery.Accepted, delivery.Open, w.Clock.Now()
			return nil
		}))
	}
	w.until(morning.Add(25 * time.Hour))
	if list := w.messages(delivery.Planned); len(list) != 1 {
		t.Errorf("%d messages wait on the next day, want one for all who waited", len(list))
	}
	for n := 2 * most; n < 2*(most+2); n++ {
		if got := w.story(id.Customer(100 + n)); got != "news given" {
			t.Errorf("on the next day customer %d: %s", 100+n, got)
		}
	}
	checked(t, w)
}

func TestAStepThatMayNotBeLateIsWithheldWhereTheDayHasNoRoomForItsMessage(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.Rules.MaxConfirmations = 1
	w.install(strings.Replace(massProcess, "late: postpone, ", "", 1))
	w.add(100)
	w.until(morning.Add(time.Hour))
	w.add(101)
	w.until(morning.Add(2 * time.Hour))
	w.approve()
	w.add(102)
	w.until(morning.Add(4 * time.Hour))
	if got := w.story(100) + ", " + w.story(101) + ", " + w.story(102); got != "news given, news given, news withheld staff_capacity" {
		t.Errorf("steps: %s", got)
	}
	checked(t, w)
}

func TestWordingsOfProcessesNeedTheRoomThatOtherMessagesLeave(t *testing.T) {
	wordings := strings.Replace(massProcess, `[{text: {zh: "有新东西"}}]`, `[{text: {zh: 一}}, {text: {zh: 二}}, {text: {zh: 三}}, {text: {zh: 四}}]`, 1)
	w := townAt(t, morning, clock.Shanghai)
	w.install(wordings)
	w.install(strings.NewReplacer("name: mass", "name: second", "title: {zh: 群发}", "title: {zh: 又}").Replace(wordings))
	for n := range 60 {
		w.add(100 + n)
	}
	w.until(morning.Add(2 * time.Hour))
	if list := w.messages(); len(list) != w.Rules.MaxConfirmations {
		t.Errorf("%d messages for a member on one day, want %d", len(list), w.Rules.MaxConfirmations)
	}
	given := 0
	for n := range 60 {
		given += strings.Count(w.story(id.Customer(100+n)), "news given")
	}
	touches := 0
	for _, d := range w.messages() {
		touches += len(must[[]delivery.Touch](t)(w.DB.TouchesOf(t.Context(), d.ID)))
	}
	if given == 0 || touches != given {
		t.Errorf("%d steps are given by %d touches", given, touches)
	}
	checked(t, w)
}

// All wordings of a step are one send; another process is another one.
func TestWordingsOfAStepAreOneSend(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	text := strings.Replace(massProcess, `{text: {zh: "有新东西"}}`, `{text: {zh: "有新东西"}}, {text: {zh: "来了新品"}}`, 1)
	number := w.install(text)
	w.add(100, 101, 102, 103, 104, 105, 106, 107)
	w.until(morning.Add(2 * time.Hour))
	said, sends := map[string]bool{}, map[int64]bool{}
	look := func() {
		for _, d := range w.messages() {
			said[d.Text], sends[d.Send] = true, true
		}
	}
	look()
	if len(said) != 2 || len(sends) != 1 {
		t.Errorf("%d wordings in %d sends, want 2 in 1", len(said), len(sends))
	}
	must[int](t)(w.Operator.Retire(t.Context(), number, "lead", w.Clock.Now()))
	w.turn()
	w.install(strings.Replace(strings.Replace(text, "name: mass\n", "name: other\n", 1), "zh: 群发", "zh: 另一个", 1))
	w.add(200, 201, 202, 203, 204, 205, 206, 207)
	w.until(morning.Add(4 * time.Hour))
	look()
	if len(said) != 2 || len(sends) != 2 {
		t.Errorf("with another process of the same wordings %d wordings in %d sends, want 2 in 2", len(said), len(sends))
	}
}

func TestAMessageTakesNoMoreCustomersThanOneMay(t *testing.T) {
	w := townAt(t, morning, clock.Shanghai)
	w.Rules.MaxPerMassSend = 4
	w.install(massProcess)
	for n := range 14 {
		w.add(100 + n)
		if n == 5 {
			w.until(morning.Add(time.Hour))
		}
	}
	w.until(morning.Add(3 * time.Hour))
	var sizes []int
	for _, d := range w.messages() {
		sizes = append(sizes, len(must[[]delivery.Touch](t)(w.DB.TouchesOf(t.Context(), d.ID))))
	}
	if got := fmt.Sprint(sizes); got != "[4 4 4]" {
		t.Errorf("messages of %s customers, want three of four", got)
	}
	checked(t, w)
}
