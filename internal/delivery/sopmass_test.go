package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

const newsToAll = `
sop: 1
name: news
title: {zh: 新闻}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - {name: news, at: 1m, within: 3d, late: LATE, channel: mass, purpose: ask, content: [{text: {zh: 新茶到了}, link: "https://shop.example/new"}]}
`

// news puts a process with one mass message to work, whose step finds no room on a day
// as late says, and gives it to customers of the first member.
func (d *desk) news(t *testing.T, late sop.Late, numbers ...int) (process int64) {
	t.Helper()
	document, err := sop.Parse([]byte(strings.Replace(newsToAll, "LATE", string(late), 1)))
	must(t, err)
	process, err = d.db.AddProcess(t.Context(), flow.ProcessVersion{Document: document, By: "lead", At: d.clock.Now()})
	must(t, err)
	d.setProcess(t, process, flow.ProcessActive)
	d.tellNews(t, process, numbers...)
	return process
}

// tellNews gives the step to more customers, and passes the time in which others join.
func (d *desk) tellNews(t *testing.T, process int64, numbers ...int) delivery.StepsGiven {
	t.Helper()
	versions, err := d.db.ProcessVersions(t.Context(), process)
	must(t, err)
	document, entering := &versions[0].Document, flow.Entering{}
	for _, n := range numbers {
		key := sop.RunKey{Subject: sop.OfCustomer, ID: int64(customer(0, n)), Process: process, Occurrence: int64(event.At(d.clock.Now()))}
		entering.New = append(entering.New, document.Enter(key, 1, d.clock.Now(), clock.Shanghai))
	}
	_, err = d.db.EnterRuns(t.Context(), entering)
	must(t, err)
	d.pass(2 * time.Minute)
	w := sop.World{Now: d.clock.Now(), Zone: clock.Shanghai, Rules: d.rules}
	due, err := d.db.DueRuns(t.Context(), flow.DueQuery{Until: event.At(w.Now), Processes: []int64{process}, Limit: 100})
	must(t, err)
	var steps []delivery.StepDue
	for _, r := range due {
		steps = append(steps, delivery.StepDue{Was: r, Process: document, Moved: document.Advance(r, sop.Seen{}, w), World: w})
	}
	given, err := d.steps().GiveSteps(t.Context(), steps, delivery.StepRoom{}, library)
	must(t, err)
	d.pass(11 * time.Minute)
	return given
}

func (d *desk) steps() delivery.StepGate { return delivery.StepGate{Gate: d.gate, Steps: d.db} }

// became returns what became of the only step of a customer of the first member.
func (d *desk) became(t *testing.T, number int) string {
	t.Helper()
	list, err := d.db.StepsOf(t.Context(), sop.OfCustomer, int64(customer(0, number)), 5)
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("%d steps of customer %d", len(list), number)
	}
	return fmt.Sprint(list[0].Outcome, " ", list[0].Because)
}

// lawful holds the database to its own laws.
func (d *desk) lawful(t *testing.T) {
	t.Helper()
	problems, err := d.db.Check(t.Context())
	must(t, err)
	problems = slices.DeleteFunc(problems, func(p string) bool { return strings.Contains(p, "beyond the head") }) // its customers come without facts
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
}

// waiting returns how many customers wait for an approval, by all ways of asking.
func (d *desk) waiting(t *testing.T) string {
	t.Helper()
	batches, err := d.db.Batches(t.Context(), storage.BatchQuery{Scope: org.All(), EndAfter: d.clock.Now()})
	must(t, err)
	customers, err := d.db.WaitingCustomers(t.Context(), org.All(), d.clock.Now())
	must(t, err)
	count, err := d.db.CountWaiting(t.Context(), org.All(), d.clock.Now())
	must(t, err)
	told, err := d.db.CountApprovals(t.Context(), org.All(), d.clock.Now())
	must(t, err)
	if told.Sends != len(batches) || told.Customers != customers[event.Ask] {
		t.Errorf("members are told of %+v", told)
	}
	return fmt.Sprint(len(batches), customers[event.Ask], count.Approvals)
}

// pausedMeanwhile are addresses that are looked up while a process is being paused.
type pausedMeanwhile struct {
	addresses
	pause func()
}

func (p pausedMeanwhile) ExternalIDs(ctx context.Context, corp id.Corp, staff id.Staff, customers []id.Customer) (map[id.Customer]string, error) {
	p.pause()
	return p.addresses.ExternalIDs(ctx, corp, staff, customers)
}

func TestAMassMessageOfAPausedProcessIsHeldBackUntilItGoesOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 3)
	process := d.news(t, sop.Postpone, 0, 1)
	d.setProcess(t, process, flow.ProcessPaused)
	if sent := d.send(t); sent != (delivery.Sent{}) {
		t.Errorf("sent %+v while the process is paused", sent)
	}
	d.setProcess(t, process, flow.ProcessActive)
	d.gate.Addresses = pausedMeanwhile{d.addresses, func() { d.setProcess(t, process, flow.ProcessPaused) }} // between the claim and the call
	if sent := d.send(t); sent.Later != 1 {
		t.Errorf("sent %+v though it was paused meanwhile", sent)
	}
	if because := d.only(t, delivery.Planned).Because; because != delivery.OnHold {
		t.Errorf("it waits because of %q", because)
	}
	d.gate.Addresses = d.addresses
	d.setProcess(t, process, flow.ProcessActive)
	if sent := d.send(t); sent.Accepted != 1 {
		t.Errorf("sent %+v when it went on", sent)
	}
	d.confirm(t)
	d.read(t)
	if got := received(d.platform); len(got) != 2 || d.became(t, 0) != "done " {
		t.Errorf("received %v, the step is %s", got, d.became(t, 0))
	}
	d.tellNews(t, process, 2)
	d.setProcess(t, process, flow.ProcessPaused)
	d.pass(3 * 24 * time.Hour)
	_, err := d.gate.End(t.Context())
	must(t, err)
	if got := d.became(t, 2); got != "unmade window_over" {
		t.Errorf("after a pause longer than its window it is %s", got)
	}
	d.lawful(t)
}

func TestNobodyIsAskedToApproveWhatAPausedProcessWants(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 3)
	d.settings.Approve = false
	d.restart(t)
	process := d.news(t, sop.Postpone, 0, 1)
	if got := d.waiting(t); got != "1 2 1" {
		t.Errorf("%s wait for an approval", got)
	}
	for _, state := range []flow.ProcessState{flow.ProcessPaused, flow.ProcessRetired} {
		d.setProcess(t, process, state)
		if got := d.waiting(t); got != "0 0 0" {
			t.Errorf("%s: %s wait for an approval", state, got)
		}
		if reach, err := d.db.WaitingOf(t.Context(), []int64{d.only(t).ID}); reach[d.only(t).ID] != 2 || err != nil {
			t.Errorf("%s: whoever approves it all the same approves %v, %v", state, reach, err)
		}
	}
	d.setProcess(t, process, flow.ProcessActive)
	if got := d.waiting(t); got != "1 2 1" {
		t.Errorf("when it goes on %s wait for an approval", got)
	}
}

func TestOfARetiredProcessNoMassMessageLeavesAndNoneWaitsUnconfirmed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 4)
	process := d.news(t, sop.Postpone, 0)
	d.send(t)
	d.confirm(t)
	d.read(t)
	d.tellNews(t, process, 1) // by another message: the first has left
	d.send(t)
	d.tellNews(t, process, 2, 3)
	d.setProcess(t, process, flow.ProcessRetired)
	if sent := d.send(t); sent.Dropped != 1 {
		t.Errorf("sent %+v", sent)
	}
	for again, want := range []int{1, 0} {
		if n, err := d.steps().RetireSteps(t.Context(), process); n != want || err != nil {
			t.Errorf("time %d: %d messages taken back, %v", again, n, err)
		}
	}
	if open := d.platform.PendingTasks(""); len(open) != 0 {
		t.Errorf("WeCom still asks for %v", open)
	}
	d.pass(11 * time.Minute)
	d.read(t)
	d.send(t)
	for n, want := range []string{"done ", "taken retired", "taken retired", "taken retired"} {
		if got := d.became(t, n); got != want {
			t.Errorf("the step of customer %d is %q, want %q", n, got, want)
		}
	}
	if got := received(d.platform); len(got) != 1 {
		t.Errorf("received %v", got)
	}
	d.lawful(t)
}

func TestAMassMessageInDoubtOfARetiredProcessIsStoppedOnceItIsFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	p := d.behind(t)
	process := d.news(t, sop.Postpone, 0)
	p.lose(massSends)
	d.send(t)
	if n, err := d.steps().RetireSteps(t.Context(), process); n != 1 || err != nil {
		t.Fatalf("%d messages taken back, %v", n, err)
	}
	d.setProcess(t, process, flow.ProcessRetired)
	p.lose(noCalls)
	d.pass(11 * time.Minute)
	_, err := d.gate.Reconcile(t.Context())
	must(t, err)
	d.read(t)
	if open := d.platform.PendingTasks(""); len(open) != 0 {
		t.Errorf("WeCom still asks for %v", open)
	}
}

func TestWhoIsTakenOutOfAnUnconfirmedMassMessageGetsNoneAndTheRestGetsItOnce(t *testing.T) {
	t.Parallel()
	for because, stored := range map[string]string{"answered": "stopped", string(decision.BecauseComplaint): "complaint", string(decision.BecauseBought): "purchase", string(decision.BecauseRefused): "objection"} {
		d := newDesk(t, 1, 3)
		d.news(t, sop.Postpone, 0, 1, 2)
		d.send(t)
		first := d.only(t, delivery.Accepted)
		open, err := d.db.OpenSteps(t.Context(), []id.Customer{customer(0, 1)})
		must(t, err)
		if n, err := d.steps().TakeSteps(t.Context(), open, because); n != 1 || err != nil {
			t.Fatalf("%s: %d taken, %v", because, n, err)
		}
		if n, err := d.steps().TakeSteps(t.Context(), open, because); n != 0 || err != nil {
			t.Errorf("%s: %d taken again, %v", because, n, err)
		}
		if left := d.platform.PendingTasks(""); len(left) != 0 {
			t.Errorf("%s: WeCom still asks for %v", because, left)
		}
		d.pass(11 * time.Minute)
		if r := d.read(t); r.Moved != 2 {
			t.Errorf("%s: %+v", because, r)
		}
		next := d.only(t, delivery.Planned)
		if next.Process != first.Process || !next.Until.Equal(first.Until) || !next.Postpone {
			t.Errorf("%s: the next message is %+v", because, next)
		}
		if got := string(d.only(t, delivery.Accepted).CancelFor); got != stored {
			t.Errorf("%s: cancelled for %s, want %s", because, got, stored)
		}
		d.send(t)
		d.confirm(t)
		d.read(t)
		if got := received(d.platform); len(got) != 2 || got[externalID(0, 0)] != 1 || got[externalID(0, 2)] != 1 {
			t.Errorf("%s: received %v", because, got)
		}
		if got, want := d.became(t, 1), "taken "+because; got != want || d.became(t, 0) != "done " {
			t.Errorf("%s: the steps are %s and %s", because, got, d.became(t, 0))
		}
		d.lawful(t)
	}
}

func TestWhoIsTakenOutBeforeItLeavesIsLeftOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.news(t, sop.Postpone, 0, 1)
	for n := range 2 {
		open, err := d.db.OpenSteps(t.Context(), []id.Customer{customer(0, n)})
		must(t, err)
		if taken, err := d.steps().TakeSteps(t.Context(), open, "answered"); taken != 1 || err != nil {
			t.Fatalf("%d taken, %v", taken, err)
		}
		if got := d.became(t, n); got != "taken answered" {
			t.Errorf("the step is %s", got)
		}
	}
	if because := d.only(t, delivery.Dropped).Because; because != "nobody_left" {
		t.Errorf("without customers it was dropped because of %q", because)
	}
	d.lawful(t)
}

func TestAPlanThatIsMadeAnewTakesNothingOfAProcess(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.news(t, sop.Postpone, 0)
	n, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: []id.Customer{customer(0, 0)}, Because: delivery.Replanned})
	if n != 0 || err != nil || d.became(t, 0) != "given " {
		t.Errorf("%d withdrawn, %v, the step is %s", n, err, d.became(t, 0))
	}
}

func TestAStepThatFindsNoConfirmationLeftLeavesOnTheNextDayOrIsDroppedAsItSays(t *testing.T) {
	t.Parallel()
	for _, late := range []sop.Late{sop.Postpone, sop.Drop} {
		d := newDesk(t, 1, 5)
		d.news(t, late, 4)
		for n, material := range []string{"ask", "remind", "greet"} {
			d.plan(t, material, 0, n)
		}
		for _, dispatch := range d.dispatches(t, delivery.Planned) { // the plan's leave first
			if dispatch.Process != 0 {
				must(t, d.db.ChangeDispatch(t.Context(), dispatch.ID, func(r *delivery.Record) error {
					r.Dispatch.NotBefore = d.clock.Now().Add(time.Hour)
					return nil
				}))
			}
		}
		if sent := d.send(t); sent.Accepted != 3 {
			t.Fatalf("%s: sent %+v", late, sent)
		}
		d.pass(2 * time.Hour)
		if sent := d.send(t); sent.Accepted != 0 {
			t.Errorf("%s: a fourth confirmation: %+v", late, sent)
		}
		d.pass(24 * time.Hour)
		sent := d.send(t)
		if late == sop.Drop {
			if sent.Accepted != 0 || d.became(t, 4) != "taken staff_capacity" {
				t.Errorf("%s: sent %+v, the step is %s", late, sent, d.became(t, 4))
			}
			continue
		}
		if sent.Accepted != 1 || d.became(t, 4) != "given " {
			t.Errorf("%s: on the next day sent %+v, the step is %s", late, sent, d.became(t, 4))
		}
		i := slices.IndexFunc(d.dispatches(t, delivery.Accepted), func(x delivery.Dispatch) bool { return x.Process != 0 })
		if day := d.dispatches(t, delivery.Accepted)[i].Day; !day.Equal(clock.Day(d.clock.Now(), clock.Shanghai)) {
			t.Errorf("it counts on %s", day)
		}
		d.lawful(t)
	}
}

func TestWhatAProcessMissedIsSentAgainByAPersonBesideItsStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	process := d.news(t, sop.Postpone, 0)
	d.pass(4 * 24 * time.Hour)
	_, err := d.gate.End(t.Context())
	must(t, err)
	again := delivery.MissedGate{Gate: d.gate, Missed: d.db}
	if n, err := again.ResendMissed(t.Context(), "lin", d.only(t, delivery.Dropped).ID); n != 1 || err != nil {
		t.Fatalf("%d customers, %v", n, err)
	}
	d.setProcess(t, process, flow.ProcessPaused)
	if sent := d.send(t); sent != (delivery.Sent{}) {
		t.Errorf("sent %+v while its process is paused", sent)
	}
	d.setProcess(t, process, flow.ProcessActive)
	if sent := d.send(t); sent.Accepted != 1 {
		t.Fatalf("sent %+v", sent)
	}
	d.confirm(t)
	d.read(t)
	if got := received(d.platform); got[externalID(0, 0)] != 1 || d.became(t, 0) != "unmade window_over" {
		t.Errorf("received %v, the step is %s", got, d.became(t, 0))
	}
	d.lawful(t)
}
