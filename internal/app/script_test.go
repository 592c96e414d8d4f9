package app

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

func chatting(t *testing.T) *joint {
	t.Helper()
	j := join(t, "sqlite://"+filepath.Join(t.TempDir(), "siyu.db"), web.ModePolling)
	must(t, j.timers.Run(t.Context()))
	return j
}

func (j *joint) tells(about event.Subject, body event.Body) {
	j.t.Helper()
	j.tellsAt(j.clock.Now(), about, body)
}

func (j *joint) tellsAt(at time.Time, about event.Subject, body event.Body) {
	j.t.Helper()
	fact, err := event.New(about, at, event.FromConsole, id.Hash(string(body.Kind())), body)
	must(j.t, err)
	_, err = j.facts.Append(j.t.Context(), fact)
	must(j.t, err)
	must(j.t, j.Turn(j.t.Context()))
}

func TestBesideAChatNothingIsOfferedThatAPlanWouldNotSell(t *testing.T) {
	h, ctx := chatting(t), t.Context()
	offered := func(n int) string {
		list, err := h.desk.Scripts(ctx, org.All(), h.customer(n))
		must(t, err)
		purposes := map[event.Purpose]bool{}
		for _, s := range list.Scripts {
			purposes[s.Purpose] = true
		}
		return fmt.Sprintln(list.NoSale, purposes[event.Serve], purposes[event.Ask], purposes[event.Remind])
	}
	equal(t, "no order was read", offered(0), fmt.Sprintln(decision.BecauseStale, true, true, false))
	h.tells(event.Customer(h.customer(2)), event.OrderPaid{Order: 1, Shop: "youzan", Store: 1, Amount: 9900})
	equal(t, "who bought today", offered(2), fmt.Sprintln(decision.BecauseNotDue, true, true, false))
	h.tellsAt(h.clock.Now().AddDate(0, 0, -45), event.Customer(h.customer(3)), event.OrderPaid{Order: 2, Shop: "youzan", Store: 1, Amount: 9900})
	equal(t, "who is due", offered(3), fmt.Sprintln("", true, true, true))
	anna := web.Asker{Account: "anna", Scope: org.Scope{Staff: h.staffOf("anna")}}
	must(t, h.desk.ScriptSaid(ctx, anna, web.ScriptSaid{Customer: h.customer(3), Purpose: event.Ask, Once: "a"}))
	equal(t, "who was contacted today", offered(3), fmt.Sprintln(decision.BecauseBudgetDay, true, false, false))
	h.byHand(t, h.staffOf("ben"), int(h.customer(5)), 1, h.clock.Now().Add(time.Hour))
	equal(t, "for whom a contact waits", offered(5), fmt.Sprintln(decision.BecausePending, true, false, false))
	h.tells(event.Customer(h.customer(4)), event.ComplaintOpened{})
	equal(t, "who complains", offered(4), fmt.Sprintln(decision.BecauseComplaint, false, false, false))
	must(t, h.db.AssignHoldout(ctx, map[id.Customer]bool{h.customer(0): true}, h.clock.Now()))
	equal(t, "who is held out", offered(0), fmt.Sprintln(decision.BecauseHoldout, true, false, false))
	must(t, h.desk.SetMarketing(ctx, leading, h.customer(1), false))
	equal(t, "who does not want to be disturbed", offered(1), fmt.Sprintln(decision.BecauseRefused, true, false, false))
}

func TestATextSentBesideAChatIsAContact(t *testing.T) {
	h, ctx := chatting(t), t.Context()
	member := web.Asker{Account: "anna", Scope: org.Scope{Staff: id.StaffOf(id.Corp(h.platform.Credentials(0).Corp), "anna")}}
	said := func(by web.Asker, purpose event.Purpose, once string) error {
		return h.desk.ScriptSaid(ctx, by, web.ScriptSaid{Customer: h.customer(0), Purpose: purpose, Once: once})
	}
	for _, once := range []string{"a", "a", "b"} { // a double click is one
		must(t, said(member, event.Ask, once))
	}
	must(t, said(member, event.Serve, "c"))
	states, err := h.db.LoadCustomers(ctx, []id.Customer{h.customer(0)})
	must(t, err)
	contacts := ""
	for _, touch := range states[0].Touches.Recent {
		contacts += fmt.Sprint(touch.Purpose, touch.Channel, touch.Service, " ")
	}
	equal(t, "contacts", contacts, "askone_to_onefalse askone_to_onefalse serveone_to_onetrue ")
	if err := said(leading, event.Ask, "d"); fault.CodeOf(err) != fault.Denied {
		t.Errorf("who is no member sent it: %v", err)
	}
	if err := said(member, event.Promote, "e"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("an offer was sent beside the plan: %v", err)
	}
}
