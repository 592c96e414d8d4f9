package delivery_test

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// harmDesk has one member whose first customers got a message, and a second one
// whose customers have it as an unconfirmed task.
func harmDesk(t *testing.T, customers int) *desk {
	t.Helper()
	d := newDesk(t, 3, customers)
	for member := range 2 {
		d.plan(t, "remind", member, numbers(0, customers)...)
	}
	d.send(t)
	for _, task := range d.platform.PendingTasks("") {
		if task.UserID == userID(0) {
			must(t, d.platform.People().ConfirmTask(task.UserID, task.ID))
		}
	}
	d.read(t)
	return d
}

func numbers(from, until int) (list []int) {
	for n := from; n < until; n++ {
		list = append(list, n)
	}
	return list
}

// delete lets customers of the first member delete that member.
func (d *desk) delete(t testing.TB, customers ...int) {
	t.Helper()
	for _, n := range customers {
		d.pass(time.Second)
		must(t, d.platform.People().DeleteByCustomer(userID(0), externalID(0, n)))
		d.happened(t, customer(0, n), event.RelationEnded{Staff: staff(0), By: event.ByCustomer})
	}
	d.pass(decision.FollowAfter + time.Second)
}

func (d *desk) brake(t testing.TB) delivery.Braked {
	t.Helper()
	b, err := d.gate.Brake(t.Context())
	must(t, err)
	return b
}

func (d *desk) sends(t testing.TB, states ...delivery.SendState) []delivery.Send {
	t.Helper()
	list, err := d.db.Sends(t.Context(), delivery.SendQuery{States: states})
	must(t, err)
	return list
}

const manyDelete = 12

func TestDeletionsAboveTheBandStopWhatIsNotConfirmedAndAsk(t *testing.T) {
	t.Parallel()
	d := harmDesk(t, 20)
	d.plan(t, "remind", 2, numbers(0, 19)...) // of the same words, not sent yet
	d.plan(t, "ask", 2, 19)                   // other words
	d.delete(t, 0)
	if b := d.brake(t); len(b.Halted) != 0 {
		t.Fatalf("one deletion halted %+v", b.Halted)
	}
	d.delete(t, numbers(1, manyDelete)...)
	b := d.brake(t)
	if len(b.Halted) != 1 || b.Halted[0].Because != decision.Deleted || b.Halted[0].Evidence.Events != manyDelete || b.Halted[0].Evidence.Delivered != 20 {
		t.Fatalf("halted %+v", b.Halted)
	}
	if b.Stopped != 1 || len(d.platform.PendingTasks("")) != 0 {
		t.Errorf("%d tasks stopped, %d wait for their member", b.Stopped, len(d.platform.PendingTasks("")))
	}
	if sent := d.send(t); sent.Accepted != 1 {
		t.Errorf("sent %+v, want the other words only", sent)
	}
	if again := d.brake(t); len(again.Halted) != 0 || again.Stopped != 0 {
		t.Errorf("the next round did %+v", again)
	}
}

func TestAHaltedSendGoesOnWhereAPersonLetsIt(t *testing.T) {
	t.Parallel()
	d := harmDesk(t, 20)
	d.delete(t, numbers(0, manyDelete)...)
	send := d.brake(t).Halted[0]
	d.pass(10 * time.Minute)
	if r := d.read(t); r.Cancelled != 1 || r.Moved != 20 {
		t.Fatalf("results %+v", r)
	}
	if sent := d.send(t); sent.Accepted+sent.Dropped != 0 {
		t.Fatalf("sent %+v while nobody had decided", sent)
	}
	must(t, d.gate.Continue(t.Context(), delivery.SendWord{Account: "lead", Why: "a recall was in the news"}, send.ID))
	if err := d.gate.Continue(t.Context(), delivery.SendWord{Account: "lead", Why: "a recall was in the news"}, send.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("decided twice: %v", err)
	}
	d.send(t)
	d.confirm(t)
	d.read(t)
	d.brake(t)
	got := received(d.platform)
	for n := range 20 {
		if got[externalID(1, n)] != 1 {
			t.Fatalf("customer %d received %d", n, got[externalID(1, n)])
		}
	}
	after := d.sends(t, delivery.Continued)
	if len(after) != 1 || after[0].DecidedBy != "lead" || after[0].Why != "a recall was in the news" || after[0].Deletions != 0 || after[0].Delivered != 20 {
		t.Errorf("counting did not begin anew: %+v", after)
	}
}

func TestACancelledSendReachesNobodyElse(t *testing.T) {
	t.Parallel()
	d := harmDesk(t, 20)
	d.plan(t, "remind", 2, numbers(0, 20)...)
	d.delete(t, numbers(0, manyDelete)...)
	send := d.brake(t).Halted[0]
	must(t, d.gate.CancelSend(t.Context(), delivery.SendWord{Account: "lead"}, send.ID))
	d.pass(10 * time.Minute)
	d.read(t)
	d.brake(t)
	d.send(t)
	d.confirm(t)
	for member, want := range []int{1, 0, 0} {
		if got := received(d.platform)[externalID(member, 15)]; got != want {
			t.Errorf("the customer of member %d received %d, want %d", member, got, want)
		}
	}
	if words := d.touches(t, 2, 0); !slices.Equal(words, []string{"withdrawn:send_cancelled"}) {
		t.Errorf("ledger says %v", words)
	}
}

func TestWhatTheMemberConfirmsBeforeWeComStopsCountsOnce(t *testing.T) {
	t.Parallel()
	d := harmDesk(t, 20)
	d.delete(t, numbers(0, manyDelete)...)
	d.server.CloseClientConnections()
	d.confirm(t) // the second member was faster than the breaker
	d.brake(t)
	d.pass(10 * time.Minute)
	d.read(t)
	for _, send := range d.sends(t, delivery.Halted) {
		must(t, d.gate.Continue(t.Context(), delivery.SendWord{Account: "lead", Why: "a recall was in the news"}, send.ID))
	}
	d.send(t)
	d.confirm(t)
	d.read(t)
	for n := range 20 {
		if got := received(d.platform)[externalID(1, n)]; got != 1 {
			t.Fatalf("customer %d received %d", n, got)
		}
	}
}

// twoWordings is a text that is said in two ways.
var twoWordings = content.Library{Materials: []content.Material{
	{Code: "remind", Purpose: event.Remind, Text: "茶该喝完了吧？", Others: []content.Wording{{Text: "茶还够喝吗？"}}},
}}

func TestDeletionsAfterOneWordingStopTheOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 3, 20)
	say := func(member, wording int) {
		t.Helper()
		var actions []decision.Action
		for n := range 20 {
			a := d.action(member, n, event.MassSend, "remind")
			a.Wording = twoWordings.Materials[0].Wordings()[wording].Code()
			actions = append(actions, a)
		}
		_, err := d.gate.Queue(t.Context(), actions, twoWordings)
		must(t, err)
	}
	say(0, 0)
	say(1, 1)
	d.send(t)
	for _, task := range d.platform.PendingTasks("") {
		if task.UserID == userID(0) {
			must(t, d.platform.People().ConfirmTask(task.UserID, task.ID))
		}
	}
	d.read(t)
	say(2, 1) // not sent yet
	d.delete(t, numbers(0, manyDelete)...)
	b := d.brake(t)
	if len(b.Halted) != 1 || b.Stopped != 1 || len(d.platform.PendingTasks("")) != 0 {
		t.Fatalf("halted %+v, stopped %d, %d tasks wait", b.Halted, b.Stopped, len(d.platform.PendingTasks("")))
	}
	if sent := d.send(t); sent.Accepted != 0 {
		t.Errorf("the other wording left: %+v", sent)
	}
	stopped, err := d.db.StoppedWords(t.Context(), d.clock.Now())
	must(t, err)
	if plan, all := delivery.Sayable(twoWordings, stopped); len(plan.Materials) != 0 || len(all.Materials) != 1 {
		t.Errorf("the text can be planned: %+v", plan.Materials)
	}
	corrected := content.Library{Materials: []content.Material{twoWordings.Materials[0]}}
	corrected.Materials[0].Text = "茶喝完了吗？"
	if plan, _ := delivery.Sayable(corrected, stopped); len(plan.Materials) != 1 || len(plan.Materials[0].Others) != 1 {
		t.Errorf("a corrected text cannot be planned: %+v", plan.Materials)
	}
	d.pass(10 * time.Minute)
	d.read(t)
	must(t, d.gate.Continue(t.Context(), delivery.SendWord{Account: "lead", Why: "a recall was in the news"}, b.Halted[0].ID))
	d.send(t)
	d.confirm(t)
	d.read(t)
	for member := 1; member < 3; member++ {
		if got := received(d.platform)[externalID(member, 15)]; got != 1 {
			t.Errorf("once it goes on the customer of member %d received %d", member, got)
		}
	}
	if list := d.sends(t); len(list) != 1 {
		t.Errorf("%d sends, want one of all wordings and of what took their place", len(list))
	}
}

func TestADeletionIsPutDownToTheLastMessageOfTheMember(t *testing.T) {
	t.Parallel()
	at := func(hours int) time.Time { return morning.Add(time.Duration(hours) * time.Hour) }
	mass := func(touch int64, staff id.Staff, hours int) decision.Reached {
		return decision.Reached{Touch: touch, Staff: staff, Send: touch, At: at(hours)}
	}
	reached := []decision.Reached{mass(1, 5, 0), mass(2, 5, 3), mass(3, 6, 4), {Touch: 4, Staff: 5, At: at(5)}}
	for name, c := range map[string]struct {
		done decision.Done
		want []decision.Effect
	}{
		"the last one of the member": {decision.Done{Deed: decision.Deleted, At: at(6), Staff: 5}, []decision.Effect{{Touch: 2, Deed: "harm deleted", At: at(6)}}},
		"a complaint: of anybody":    {decision.Done{Deed: decision.Complained, At: at(6)}, []decision.Effect{{Touch: 3, Deed: "harm complained", At: at(6)}}},
		"too late":                   {decision.Done{Deed: decision.Deleted, At: at(27), Staff: 5}, nil},
		"before it arrived":          {decision.Done{Deed: decision.Complained, At: at(-1)}, nil},
	} {
		if got := decision.EffectsOf(c.done, reached); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAPurchaseInTheWeekCountsForTheWording(t *testing.T) {
	t.Parallel()
	reached := []decision.Reached{{Touch: 1, At: morning}, {Touch: 2, At: morning}}
	reached[1].Wording = 7
	for days, want := range map[int]int{6: 1, 7: 0} {
		done := decision.Done{Deed: decision.DidBuy, At: morning.AddDate(0, 0, days)}
		if got := decision.EffectsOf(done, reached); len(got) != want || want == 1 && got[0].Touch != 2 {
			t.Errorf("after %d days: %+v", days, got)
		}
	}
}

func TestStoppedWordsAreNotPlannedAgain(t *testing.T) {
	t.Parallel()
	d := harmDesk(t, 20)
	d.delete(t, numbers(0, manyDelete)...)
	d.brake(t)
	stopped, err := d.db.StoppedWords(t.Context(), d.clock.Now())
	must(t, err)
	texts := library
	texts.Materials = slices.Clone(library.Materials)
	texts.Materials[1].Others = []content.Wording{{Text: "茶还够喝吗？", Weight: 2}}
	plan, _ := delivery.Sayable(texts, stopped)
	if len(plan.Materials) != 3 || plan.Materials[1].Text != "茶还够喝吗？" || len(plan.Materials[1].Others) != 0 {
		t.Errorf("the other wording is not what is left: %+v", plan.Materials)
	}
	if plan, all := delivery.Sayable(library, stopped); len(plan.Materials) != 2 || len(all.Materials) != 3 {
		t.Errorf("%d texts can be planned, %d are known", len(plan.Materials), len(all.Materials))
	}
	if later, err := d.db.StoppedWords(t.Context(), d.clock.Now().Add(delivery.SendPause+24*time.Hour)); len(later) != 0 || err != nil {
		t.Errorf("a week later %v, %v", later, err)
	}
}
