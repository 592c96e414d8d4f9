package delivery_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
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

// mute is a WeCom that never answers.
type mute struct{ delivery.WeCom }

func (mute) MassSendTasks(ctx context.Context, _, _ string) (wecom.MassSendTaskPage, error) {
	<-ctx.Done()
	return wecom.MassSendTaskPage{}, ctx.Err()
}

func (mute) CancelMassSend(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestATaskIsTakenBackLaterWhereWeComNeverAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.settings.StopWithin = 50 * time.Millisecond
	d.plan(t, "ask", 0, 0)
	d.send(t)
	d.gate = d.open(t, "node")
	answering := d.gate.Corps[corp]
	d.gate.Corps[corp] = mute{answering}
	if stopped, err := d.gate.TakeBack(t.Context(), "lead", d.only(t).ID); stopped || err != nil {
		t.Fatalf("stopped %v, %v", stopped, err)
	}
	if x := d.only(t); x.CancelFor != delivery.ByPerson || x.DecidedBy != "lead" {
		t.Errorf("%s for %q by %q: Read would not take it back", x.Task, x.CancelFor, x.DecidedBy)
	}
	d.gate.Corps[corp] = answering
	d.read(t)
	d.pass(10 * time.Minute)
	d.read(t)
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"withdrawn:person"}) {
		t.Errorf("ledger says %v", words)
	}
}

// door is a WeCom during whose calls something happens.
type door struct {
	delivery.WeCom
	asking, stopping func()
}

func (x *door) MassSendTasks(ctx context.Context, id, cursor string) (wecom.MassSendTaskPage, error) {
	page, err := x.WeCom.MassSendTasks(ctx, id, cursor)
	if during := x.asking; during != nil {
		x.asking = nil
		during()
	}
	return page, err
}

func (x *door) CancelMassSend(ctx context.Context, id string) error {
	if during := x.stopping; during != nil {
		x.stopping = nil
		during()
	}
	return x.WeCom.CancelMassSend(ctx, id)
}

func TestATaskThatIsConfirmedWhileItIsTakenBackIsNotCalledStopped(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]struct{ read, stopping bool }{
		"another node reads it while WeCom is asked":     {read: true},
		"the member confirms after WeCom was asked":      {},
		"another node reads it while WeCom stops it":     {read: true, stopping: true},
		"the member confirms just before WeCom stops it": {stopping: true},
	} {
		d := newDesk(t, 1, 1)
		d.plan(t, "ask", 0, 0)
		d.send(t)
		other, x := d.gate, &door{}
		confirm := func() {
			d.confirm(t)
			if happens.read {
				_, err := other.Read(t.Context())
				must(t, err)
			}
		}
		if happens.stopping {
			x.stopping = confirm
		} else {
			x.asking = confirm
		}
		d.gate = d.open(t, "node")
		x.WeCom = d.gate.Corps[corp]
		d.gate.Corps[corp] = x
		stopped, err := d.gate.TakeBack(t.Context(), "lead", d.only(t).ID)
		if stopped || fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s: stopped %v, %v", name, stopped, err)
		}
		if task := d.only(t); task.DecidedBy == "lead" && task.Task == delivery.Confirmed && !happens.stopping {
			t.Errorf("%s: the ledger says that %q took it back", name, task.DecidedBy)
		}
		d.read(t)
		if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"delivered"}) {
			t.Errorf("%s: ledger says %v", name, words)
		}
	}
}

func TestAWeComThatHangsHoldsTurnsUpOnceAMinute(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.settings.StopWithin = 2 * time.Second // in which a busy machine answers, too
	d.plan(t, "ask", 0, 0, 1)
	d.send(t)
	customers := []id.Customer{customer(0, 1)}
	_, err := d.gate.Withdraw(t.Context(), delivery.Withdrawal{Customers: customers, Because: delivery.Objection})
	must(t, err)
	var asked atomic.Int32
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	answering := d.server
	d.server = hanging
	d.restart(t)
	for range 50 { // reasons and chunks of a turn
		if n, err := d.gate.Stop(t.Context(), customers); n != 0 || err != nil {
			t.Fatalf("stopped %d, %v", n, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d calls were waited for", n)
	}
	d.gate.Corps[corp] = d.client(t, answering.URL)
	d.pass(time.Minute)
	if n, err := d.gate.Stop(t.Context(), customers); n != 1 || err != nil {
		t.Errorf("after the minute: stopped %d, %v", n, err)
	}
}
