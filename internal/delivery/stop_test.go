package delivery_test

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/id"
)

func TestAnObjectionStopsTheTaskAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 3)
	d.plan(t, "ask", 0, 0, 1, 2)
	d.send(t)
	customers := []id.Customer{customer(0, 1)}
	if n, err := d.gate.Stop(t.Context(), customers); n != 0 || err != nil {
		t.Fatalf("before anybody objects: stopped %d, %v", n, err)
	}
	_, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: customers, Because: delivery.Objection})
	must(t, err)
	if n, err := d.gate.Stop(t.Context(), customers); n != 1 || err != nil {
		t.Fatalf("stopped %d, %v", n, err)
	}
	if len(d.platform.PendingTasks("")) != 0 {
		t.Error("the task still waits for the member")
	}
	d.pass(10 * time.Minute)
	if r := d.read(t); r.Cancelled != 1 || r.Moved != 2 {
		t.Errorf("results %+v", r)
	}
}

func TestAPersonTakesABatchBackAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "ask", 0, 0, 1)
	d.send(t)
	if stopped, err := d.gate.TakeBack(t.Context(), "lead", d.only(t).ID); !stopped || err != nil {
		t.Fatalf("stopped %v, %v", stopped, err)
	}
	if len(d.platform.PendingTasks("")) != 0 {
		t.Error("the task still waits for the member")
	}
	if _, err := d.gate.TakeBack(t.Context(), "lead", d.only(t).ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("taken back twice: %v", err)
	}
	d.pass(10 * time.Minute)
	d.read(t)
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"withdrawn:person"}) {
		t.Errorf("ledger says %v", words)
	}
	if x := d.only(t); x.Task != delivery.Cancelled || x.DecidedBy != "lead" {
		t.Errorf("%s by %q", x.Task, x.DecidedBy)
	}
}

func TestWhatTheMemberConfirmedIsNotTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.plan(t, "ask", 0, 0)
	d.send(t)
	d.confirm(t)
	if _, err := d.gate.TakeBack(t.Context(), "lead", d.only(t).ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("taken back after the confirmation: %v", err)
	}
	d.read(t)
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"delivered"}) {
		t.Errorf("ledger says %v", words)
	}
}

func TestATaskIsTakenBackLaterWhereWeComIsAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.plan(t, "ask", 0, 0)
	d.send(t)
	d.server.CloseClientConnections()
	must(t, d.server.Listener.Close())
	if stopped, err := d.gate.TakeBack(t.Context(), "lead", d.only(t).ID); stopped || err != nil {
		t.Fatalf("stopped %v, %v", stopped, err)
	}
	if x := d.only(t); x.CancelFor != delivery.ByPerson || x.Task != delivery.Open {
		t.Errorf("%s for %q: Read would not take it back", x.Task, x.CancelFor)
	}
}
