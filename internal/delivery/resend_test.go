package delivery_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/wecom/simulator"
)

func (d *desk) missed() delivery.MissedGate { return delivery.MissedGate{Gate: d.gate, Missed: d.db} }

func TestWhomAMassMessageMissedGetItAgainWhereAPersonWantsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 5)
	d.plan(t, "ask", 0, 0, 1, 2, 3)
	d.happened(t, customer(0, 3), event.MarketingRefused{By: "customer"})
	d.send(t)
	first := d.only(t, delivery.Accepted)
	if _, err := d.missed().ResendMissed(t.Context(), "lead", first.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("sent again before it was over: %v", err)
	}
	d.platform.SetQuota(simulator.QuotaDaily)
	_, err := d.platform.People().SendOwnMass(simulator.OwnMass{UserID: userID(0), ExternalUserIDs: []string{externalID(0, 1), externalID(0, 2)}, Text: "x"})
	must(t, err)
	d.confirm(t)
	d.read(t)
	// The one who objects meanwhile is asked about again at the gate.
	d.happened(t, customer(0, 2), event.MarketingRefused{By: "customer"})
	d.pass(24 * time.Hour)
	customers, err := d.missed().ResendMissed(t.Context(), "lead", first.ID)
	must(t, err)
	if customers != 2 {
		t.Errorf("sent again to %d customers", customers)
	}
	if _, err := d.missed().ResendMissed(t.Context(), "lead", first.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("sent again twice: %v", err)
	}
	d.send(t)
	d.confirm(t)
	d.read(t)
	for number, want := range [][]string{{"delivered"}, {"delivered", "failed:quota"}, {"failed:quota", "withdrawn:refused_marketing"}, {"withdrawn:refused_marketing"}} {
		words := d.touches(t, 0, number)
		if slices.Sort(words); !slices.Equal(words, want) {
			t.Errorf("customer %d: %v, want %v", number, words, want)
		}
	}
	again := d.dispatches(t, delivery.Accepted)
	if at := slices.IndexFunc(again, func(x delivery.Dispatch) bool { return x.ID == delivery.MissedID(first.ID) }); at < 0 || again[at].ResendOf != first.ID || again[at].ApprovedBy != "lead" ||
		again[at].Marker == first.Marker || again[at].Send != first.Send {
		t.Errorf("accepted %+v", again)
	}
	if n := received(d.platform)[externalID(0, 0)]; n != 1 {
		t.Errorf("who had got it got it %d times", n)
	}
	if problems, err := d.db.Check(t.Context()); err != nil || len(problems) != 0 {
		t.Errorf("problems %v, %v", problems, err)
	}
}

func TestNobodyGetsTheSameWordsTwiceByBeingSentThemAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 3)
	d.plan(t, "ask", 0, 0, 1, 2)
	d.send(t)
	first := d.only(t, delivery.Accepted)
	d.pass(36 * time.Hour) // nobody confirms in time
	d.read(t)
	d.pass(10 * time.Minute)
	d.read(t)
	d.pass(12 * time.Hour)
	d.plan(t, "ask", 0, 0) // the plan of the next day says the same to one of them
	d.send(t)
	d.confirm(t)
	d.read(t)
	d.plan(t, "ask", 0, 1) // and again to another one, who has not got it yet
	customers, err := d.missed().ResendMissed(t.Context(), "lead", first.ID)
	must(t, err)
	if customers != 1 {
		t.Errorf("sent again to %d customers, want the one who has it neither nor on its way", customers)
	}
	for range 3 {
		d.send(t)
		d.confirm(t)
		d.read(t)
		d.pass(24 * time.Hour)
	}
	if got := fmt.Sprint(received(d.platform)); got != fmt.Sprint(map[string]int{externalID(0, 0): 1, externalID(0, 1): 1, externalID(0, 2): 1}) {
		t.Errorf("received %s", got)
	}
}

func TestWhatNobodyApprovedWaitsForApprovalWhenItIsSentAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.settings.Approve = false
	d.restart(t)
	d.plan(t, "ask", 0, 0)
	waiting := d.only(t, delivery.Planned)
	d.pass(48 * time.Hour)
	_, err := d.gate.End(t.Context())
	must(t, err)
	_, err = d.missed().ResendMissed(t.Context(), "lead", waiting.ID)
	must(t, err)
	if next := d.only(t, delivery.Planned); next.ApprovedBy != "" {
		t.Errorf("sent again past its approval: %+v", next)
	}
	if _, err := d.missed().ResendMissed(t.Context(), "lead", 77); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an unknown dispatch: %v", err)
	}
}

func TestWhoBoughtSinceTheFirstSendGetsNoReminderByTheSecond(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "remind", 0, 0, 1)
	d.send(t)
	first := d.only(t, delivery.Accepted)
	d.platform.SetQuota(simulator.QuotaDaily)
	_, err := d.platform.People().SendOwnMass(simulator.OwnMass{UserID: userID(0), ExternalUserIDs: []string{externalID(0, 0), externalID(0, 1)}, Text: "x"})
	must(t, err)
	d.confirm(t)
	d.read(t)
	d.pass(time.Hour)
	d.happened(t, customer(0, 0), event.OrderPaid{Order: 1, Amount: 9900})
	d.pass(23 * time.Hour)
	customers, err := d.missed().ResendMissed(t.Context(), "lead", first.ID)
	must(t, err)
	if customers != 2 {
		t.Fatalf("sent again to %d customers", customers)
	}
	d.send(t)
	d.confirm(t)
	d.read(t)
	for number, want := range [][]string{{"failed:quota", "withdrawn:bought_since"}, {"delivered", "failed:quota"}} {
		words := d.touches(t, 0, number)
		if slices.Sort(words); !slices.Equal(words, want) {
			t.Errorf("customer %d: %v, want %v", number, words, want)
		}
	}
	if got := received(d.platform); got[externalID(0, 0)] != 1 || got[externalID(0, 1)] != 2 { // beside what filled the quota
		t.Errorf("received %v", got)
	}
}
