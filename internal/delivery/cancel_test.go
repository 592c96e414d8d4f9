package delivery_test

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

func TestAnObjectionTakesTheBatchBackAndTheOthersGetItAnew(t *testing.T) {
	t.Parallel()
	for because, material := range map[delivery.CancelReason]string{
		delivery.Objection: "ask", delivery.Complaint: "ask", delivery.Purchase: "remind",
	} {
		d := newDesk(t, 1, 3)
		d.plan(t, material, 0, 0, 1, 2)
		d.send(t)
		n, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: []id.Customer{customer(0, 1)}, Because: because})
		if n != 1 || err != nil {
			t.Fatalf("withdrew %d, %v", n, err)
		}
		d.read(t) // asks WeCom to stop
		if len(d.platform.PendingTasks("")) != 0 {
			t.Error("the task still waits for the member")
		}
		if r := d.read(t); r.Cancelled != 0 {
			t.Errorf("WeCom's answer was believed at once: %+v", r)
		}
		d.pass(10 * time.Minute)
		if r := d.read(t); r.Cancelled != 1 || r.Moved != 2 {
			t.Errorf("results %+v", r)
		}
		d.send(t)
		d.confirm(t)
		d.read(t)
		want := map[string]int{externalID(0, 0): 1, externalID(0, 2): 1}
		if got := received(d.platform); len(got) != 2 || got[externalID(0, 0)] != want[externalID(0, 0)] || got[externalID(0, 1)] != 0 {
			t.Errorf("%s: received %v, want %v", because, got, want)
		}
		if words := d.touches(t, 0, 1); !slices.Equal(words, []string{"withdrawn:" + string(because)}) {
			t.Errorf("ledger says %v", words)
		}
		if d.facts(t, event.KindTaskCancelled) != 1 {
			t.Errorf("%d cancelled facts", d.facts(t, event.KindTaskCancelled))
		}
	}
}

func TestAPurchaseDoesNotTakeBackWhatDoesNotSell(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.plan(t, "ask", 0, 0)
	d.send(t)
	n, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: []id.Customer{customer(0, 0)}, Because: delivery.Purchase})
	if n != 0 || err != nil {
		t.Errorf("withdrew %d, %v", n, err)
	}
}

func TestWhatTheMemberConfirmedIsNotCreatedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 3)
	d.plan(t, "ask", 0, 0, 1, 2)
	d.send(t)
	_, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: []id.Customer{customer(0, 1)}, Because: delivery.Objection})
	must(t, err)
	d.confirm(t) // before the gate asked WeCom to stop
	d.read(t)
	d.pass(10 * time.Minute)
	d.read(t)
	d.send(t)
	d.confirm(t)
	for number := range 3 {
		if got := received(d.platform)[externalID(0, number)]; got != 1 {
			t.Errorf("customer %d received %d", number, got)
		}
	}
	if words := d.touches(t, 0, 1); !slices.Equal(words, []string{"delivered"}) {
		t.Errorf("ledger says %v", words)
	}
}

func TestWhatIsUnconfirmedAtTheEndOfItsWindowIsCancelledForGood(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "ask", 0, 0, 1)
	d.send(t)
	d.pass(36 * time.Hour) // the evening of the second day
	d.read(t)
	d.pass(10 * time.Minute)
	if r := d.read(t); r.Cancelled != 1 || r.Moved != 0 {
		t.Errorf("results %+v", r)
	}
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"withdrawn:window_over"}) {
		t.Errorf("ledger says %v", words)
	}
	if len(d.platform.PendingTasks("")) != 0 {
		t.Error("the member can still confirm")
	}
}

func TestWhatIsOnlyPlannedLeavesWithoutWhoeverObjects(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "ask", 0, 0, 1)
	_, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: []id.Customer{customer(0, 0)}, Because: delivery.Objection})
	must(t, err)
	d.send(t)
	d.confirm(t)
	if got := received(d.platform); len(got) != 1 || got[externalID(0, 1)] != 1 {
		t.Errorf("received %v", got)
	}
}

func TestAnObjectionWhileTheCallIsInDoubtTakesEffectOnAcceptance(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.behind(t).lose(massSends)
	d.plan(t, "ask", 0, 0, 1)
	d.send(t)
	_, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: []id.Customer{customer(0, 0)}, Because: delivery.Objection})
	must(t, err)
	d.pass(11 * time.Minute)
	_, err = d.gate.Reconcile(t.Context())
	must(t, err)
	d.read(t)
	if len(d.platform.PendingTasks("")) != 0 {
		t.Error("the task was not taken back")
	}
}

func TestFailuresKeepTheirReason(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 4)
	d.plan(t, "ask", 0, 0, 1, 2)
	must(t, d.platform.People().DeleteByCustomer(userID(0), externalID(0, 0))) // before the call: in the fail list
	d.send(t)
	must(t, d.platform.People().DeleteByCustomer(userID(0), externalID(0, 1))) // after it
	d.platform.SetQuota(simulator.QuotaDaily)
	_, err := d.platform.People().SendOwnMass(simulator.OwnMass{UserID: userID(0), ExternalUserIDs: []string{externalID(0, 2)}, Text: "x"})
	must(t, err)
	d.confirm(t)
	d.read(t)
	for number, want := range []string{"failed:not_a_relation", "failed:not_a_relation", "failed:quota"} {
		if words := d.touches(t, 0, number); !slices.Equal(words, []string{want}) {
			t.Errorf("customer %d: %v, want %s", number, words, want)
		}
	}
	if n := d.facts(t, event.KindTouchFailed); n != 3 {
		t.Errorf("%d failed facts", n)
	}
}

func TestAMemberIsUrgedThreeTimesADay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.plan(t, "ask", 0, 0)
	d.send(t)
	dispatch := d.only(t, delivery.Accepted)
	for range delivery.UrgeLimit {
		must(t, d.gate.Urge(t.Context(), dispatch.ID))
	}
	if err := d.gate.Urge(t.Context(), dispatch.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("urged once more: %v", err)
	}
	if got := d.platform.PendingTasks("")[0].Reminders; got != delivery.UrgeLimit {
		t.Errorf("the member saw %d reminders", got)
	}
	d.pass(24 * time.Hour)
	must(t, d.gate.Urge(t.Context(), dispatch.ID))
}

func TestTasksOnThePhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 2, 4)
	var actions []decision.Action
	for number := range 4 {
		actions = append(actions, d.action(0, number, event.OneToOne, "ask"))
	}
	queued, err := d.gate.Queue(t.Context(), actions, library)
	if err != nil || queued.Tasks != 4 {
		t.Fatalf("queued %+v, %v", queued, err)
	}
	own := org.Scope{Staff: staff(0)}
	tasks, err := d.db.StaffTasks(t.Context(), delivery.TaskQuery{Scope: own})
	must(t, err)
	answer := func(scope org.Scope, number int, state delivery.StaffTaskState, result delivery.Result) error {
		at := slices.IndexFunc(tasks, func(task delivery.StaffTask) bool { return task.Customer == customer(0, number) })
		return d.gate.AnswerTask(t.Context(), scope, delivery.Answer{Task: tasks[at].ID, State: state, Result: result, By: "m0"})
	}
	if err := answer(org.Scope{Staff: staff(1)}, 0, delivery.DoneState, ""); fault.CodeOf(err) != fault.Denied {
		t.Errorf("another member answered: %v", err)
	}
	must(t, answer(own, 0, delivery.DoneState, delivery.Refused))
	must(t, answer(own, 0, delivery.NoNeed, "")) // a second answer changes nothing
	must(t, answer(own, 1, delivery.Postponed, ""))
	if d.facts(t, event.KindTouchDelivered) != 1 || d.facts(t, event.KindMarketingRefused) != 1 {
		t.Error("a done task is a delivered touch, a refusal is a fact")
	}
	n, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: []id.Customer{customer(0, 2)}, Because: delivery.Objection})
	if n != 1 || err != nil {
		t.Errorf("withdrew %d, %v", n, err)
	}
	d.pass(12 * time.Hour)
	if ended, err := d.gate.End(t.Context()); ended != 1 || err != nil {
		t.Errorf("ended %d, %v: only the fourth is over, the second was postponed", ended, err)
	}
}

func TestAContactIsPutOffThreeTimesAtMost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	if queued, err := d.gate.Queue(t.Context(), []decision.Action{d.action(0, 0, event.OneToOne, "ask")}, library); err != nil || queued.Tasks != 1 {
		t.Fatalf("queued %+v, %v", queued, err)
	}
	task := func() delivery.StaffTask {
		tasks, err := d.db.StaffTasks(t.Context(), delivery.TaskQuery{Scope: org.All()})
		must(t, err)
		return tasks[0]
	}
	answer := func(a delivery.Answer) error {
		a.Task, a.By = task().ID, "m0"
		return d.gate.AnswerTask(t.Context(), org.Scope{Staff: staff(0)}, a)
	}
	for n := range 3 {
		must(t, answer(delivery.Answer{State: delivery.Postponed, Because: "no_time"}))
		if got := task(); got.PutOffs != 1+n || !got.From.After(d.clock.Now()) {
			t.Errorf("put off %d times, until %s at %s", got.PutOffs, got.From, d.clock.Now())
		}
		d.pass(24 * time.Hour)
		if ended, err := d.gate.End(t.Context()); ended != 0 || err != nil {
			t.Fatalf("ended %d, %v", ended, err)
		}
	}
	before := task()
	if err := answer(delivery.Answer{State: delivery.Postponed, Because: "no_time"}); fault.CodeOf(err) != fault.Invalid || fault.KeyOf(err) != "error.put_off_enough" {
		t.Errorf("put off a fourth time: %v", err)
	}
	if task() != before {
		t.Errorf("the task is another: %+v, was %+v", task(), before)
	}
	must(t, answer(delivery.Answer{State: delivery.NoNeed, Because: "no_goods"}))
	if got := task(); got.State != delivery.NoNeed || got.Because != "no_goods" {
		t.Errorf("not done: %+v", got)
	}
	if d.facts(t, event.KindTouchDelivered) != 0 {
		t.Error("what was not done counts as delivered")
	}
}

func TestWhatNobodyApprovedInTimeIsDropped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.settings.Approve = false
	d.restart(t)
	d.plan(t, "ask", 0, 0)
	d.pass(36 * time.Hour)
	if ended, err := d.gate.End(t.Context()); ended != 1 || err != nil {
		t.Errorf("ended %d, %v", ended, err)
	}
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"withdrawn:window_over"}) {
		t.Errorf("ledger says %v", words)
	}
}

func TestAWelcomeIsSentOnceAndAMissedOneBecomesATask(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	codes := d.welcomeCodes(t, 3)
	greeting := func(number int, code string) delivery.Greeting {
		return delivery.Greeting{
			Corp: corp, Staff: staff(0), Store: 1, Customer: customer(0, 100+number), Code: wecom.Secret(code), Added: d.clock.Now(),
			Message: wecom.Content{Text: &wecom.Text{Content: "hello"}}, Material: library.Materials[2],
		}
	}
	if got, err := d.gate.Welcome(t.Context(), greeting(0, codes[0])); got != delivery.Greeted || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := d.gate.Welcome(t.Context(), greeting(0, codes[0])); got != delivery.GreetedByElse || err != nil {
		t.Errorf("a used code: %s, %v", got, err)
	}
	late := greeting(1, codes[1])
	d.pass(21 * time.Second)
	if got, err := d.gate.Welcome(t.Context(), late); got != delivery.GreetMissed || err != nil {
		t.Errorf("a dead code: %s, %v", got, err)
	}
	tasks, err := d.db.StaffTasks(t.Context(), delivery.TaskQuery{Scope: org.All()})
	if err != nil || len(tasks) != 1 || tasks[0].Purpose != event.Greet || tasks[0].Customer != late.Customer {
		t.Errorf("tasks %+v, %v", tasks, err)
	}
	if n := d.facts(t, event.KindTouchDelivered); n != 1 {
		t.Errorf("%d delivered facts", n)
	}
}

func TestAfterARestoreNothingLeavesBeforeItWasComparedWithWeCom(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 2, 2)
	d.plan(t, "ask", 0, 0, 1)
	d.plan(t, "ask", 1, 0)
	// The first dispatch went out after the backup was made: WeCom has it, the
	// restored database believes it is planned.
	first := d.dispatches(t, delivery.Planned)
	sent := first[slices.IndexFunc(first, func(x delivery.Dispatch) bool { return x.Staff == staff(0) })]
	d.sendBehindTheBack(t, sent)
	must(t, d.db.Freeze(t.Context(), d.clock.Now()))
	if got := d.send(t); got.Accepted != 0 {
		t.Errorf("sent while frozen: %+v", got)
	}
	if _, err := d.gate.Thaw(t.Context()); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("WeCom's list was believed at once: %v", err)
	}
	d.pass(11 * time.Minute)
	if thawed, err := d.gate.Thaw(t.Context()); thawed.Found != 1 || err != nil {
		t.Fatalf("thawed %+v, %v", thawed, err)
	}
	if got := d.send(t); got.Accepted != 1 {
		t.Errorf("sent %+v, want the second dispatch only", got)
	}
	d.confirm(t)
	for who, n := range received(d.platform) {
		if n != 1 {
			t.Errorf("%s received %d", who, n)
		}
	}
}

func TestAfterARestoreWhatWasInDoubtInTheBackupIsFoundAndNotStopped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "ask", 0, 0, 1)
	d.behind(t).lose(massSends)
	if sent := d.send(t); sent.InDoubt != 1 {
		t.Fatalf("sent %+v", sent)
	}
	must(t, d.db.Freeze(t.Context(), d.clock.Now()))
	d.pass(11 * time.Minute)
	if thawed, err := d.gate.Thaw(t.Context()); thawed != (delivery.Thawed{Found: 1}) || err != nil {
		t.Fatalf("thawed %+v, %v", thawed, err)
	}
	d.only(t, delivery.Accepted)
	d.confirm(t)
	for who, n := range received(d.platform) {
		if n != 1 {
			t.Errorf("%s received %d", who, n)
		}
	}
}

func TestAfterARestoreAFinishedMessageOfOursCountsThoughWeComStopsItNoMore(t *testing.T) {
	t.Parallel()
	const nothingLeft = 41093
	for code, want := range map[int]delivery.Thawed{wecom.CodeNotOurs: {}, nothingLeft: {Adopted: 1}} {
		d := newDesk(t, 1, 1)
		_, err := d.client(t, d.server.URL).AddMassSend(t.Context(), sameMessage("x", externalID(0, 0)))
		must(t, err)
		d.confirm(t)
		d.gate.Corps[corp] = &postWire{WeCom: d.gate.Corps[corp], stopped: code}
		must(t, d.db.Freeze(t.Context(), d.clock.Now()))
		d.pass(11 * time.Minute)
		if thawed, err := d.gate.Thaw(t.Context()); thawed != want || err != nil {
			t.Errorf("%d: thawed %+v, %v, want %+v", code, thawed, err, want)
		}
	}
}

func TestAfterARestoreWhatTheBackupNeverHeardOfIsStoppedAndCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 2, 2)
	// After the backup was made one message was confirmed, another was not.
	confirmed, open := sameMessage("x", externalID(0, 0)), sameMessage("y", externalID(0, 1))
	for _, message := range []wecom.MassSend{confirmed, open} {
		_, err := d.client(t, d.server.URL).AddMassSend(t.Context(), message)
		must(t, err)
	}
	task := d.platform.PendingTasks("")[0]
	must(t, d.platform.People().ConfirmTask(task.UserID, task.ID))
	must(t, d.db.Freeze(t.Context(), d.clock.Now()))
	d.pass(11 * time.Minute)
	thawed, err := d.gate.Thaw(t.Context())
	if want := (delivery.Thawed{Stopped: 2, Adopted: 1}); thawed != want || err != nil {
		t.Fatalf("thawed %+v, %v, want %+v", thawed, err, want)
	}
	if len(d.platform.PendingTasks("")) != 0 {
		t.Error("the unknown task still waits for the member")
	}
	d.plan(t, "ask", 0, 0, 1)
	d.send(t)
	d.confirm(t)
	for number := range 2 {
		if got := received(d.platform)[externalID(0, number)]; got != 1 {
			t.Errorf("customer %d received %d", number, got)
		}
	}
}
