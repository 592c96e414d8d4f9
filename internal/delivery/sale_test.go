package delivery_test

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/insight"
	"siyu/internal/org"
)

func TestAReminderDoesNotLeaveOnOrdersOfMoreThanADayAgo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.plan(t, "remind", 0, 0)
	d.pass(time.Hour)
	d.orders = 25 * time.Hour
	d.send(t)
	d.confirm(t)
	if got := d.touches(t, 0, 0); len(received(d.platform)) != 0 || !slices.Equal(got, []string{"withdrawn:orders_stale"}) {
		t.Fatalf("received %v, ledger %v", received(d.platform), got)
	}
	if waits, err := d.db.Underway(t.Context(), flow.Whom{}); err != nil || len(waits) != 0 {
		t.Errorf("nobody can be planned anew: %v, %v", waits, err)
	}
	d.pass(24 * time.Hour)
	d.orders = 10 * time.Hour
	d.plan(t, "remind", 0, 0)
	d.send(t)
	d.confirm(t)
	d.read(t)
	if got := received(d.platform)[externalID(0, 0)]; got != 1 {
		t.Errorf("received %d when orders were known again", got)
	}
}

func TestWhatServesLeavesOnStaleOrders(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	d.orders = 25 * time.Hour
	d.plan(t, "ask", 0, 0)
	if sent := d.send(t); sent.Accepted != 1 {
		t.Errorf("sent %+v", sent)
	}
}

func TestNobodyIsSoldToWhomTrustLimitsWhenItLeaves(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "remind", 0, 0, 1)
	must(t, d.db.SaveInsights(t.Context(), []flow.InsightRow{
		{Customer: insight.Customer{ID: customer(0, 0), AsOf: d.clock.Now(), Limiting: insight.Trust}, Related: true},
		{Customer: insight.Customer{ID: customer(0, 1), AsOf: d.clock.Now(), Limiting: insight.Exposure}, Related: true},
	}))
	d.send(t)
	d.confirm(t)
	if got := d.touches(t, 0, 0); received(d.platform)[externalID(0, 1)] != 1 || !slices.Equal(got, []string{"withdrawn:trust_limits"}) {
		t.Errorf("received %v, the one who does not trust %v", received(d.platform), got)
	}
}

func TestWhatSellsAndWaitsForAMemberIsTakenBackOnStaleOrders(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 5)
	d.plan(t, "remind", 0, 0, 1, 2)
	d.send(t)
	d.plan(t, "remind", 0, 3) // has not left: asked when it leaves
	byHand := d.action(0, 4, event.OneToOne, "remind")
	queued, err := d.gate.Queue(t.Context(), []decision.Action{byHand}, library)
	must(t, err)
	if queued.Tasks != 1 {
		t.Fatalf("queued %+v", queued)
	}
	sold, err := d.db.SellingUnderway(t.Context(), delivery.Touch{}, 10)
	must(t, err)
	if len(sold) != 4 {
		t.Fatalf("%d touches sell and wait for the member, want 4", len(sold))
	}
	stale := slices.DeleteFunc(sold, func(t delivery.Touch) bool { return t.Customer == customer(0, 1) })
	taken, err := d.gate.TakeSales(t.Context(), stale, "orders_stale")
	must(t, err)
	if taken != 3 {
		t.Errorf("took %d back", taken)
	}
	if again, err := d.db.SellingUnderway(t.Context(), delivery.Touch{}, 10); err != nil || len(again) != 0 { // the other one gets it by a new message
		t.Errorf("left: %v, %v", again, err)
	}
	tasks, err := d.db.StaffTasks(t.Context(), delivery.TaskQuery{Staff: staff(0), Scope: org.All()})
	must(t, err)
	if len(tasks) != 1 || tasks[0].State != delivery.Taken || tasks[0].Because != "orders_stale" {
		t.Errorf("the task by hand: %+v", tasks)
	}
	d.pass(d.settings.Quarantine + time.Minute)
	d.read(t)
	for number, want := range map[int]string{0: "withdrawn:orders_stale", 1: "underway", 2: "withdrawn:orders_stale", 3: "underway"} {
		if got := d.touches(t, 0, number); !slices.Equal(got, []string{want}) {
			t.Errorf("customer %d: %v, want %s", number, got, want)
		}
	}
	d.send(t)
	d.confirm(t)
	d.read(t)
	if got := received(d.platform); len(got) != 2 || got[externalID(0, 1)] != 1 || got[externalID(0, 3)] != 1 {
		t.Errorf("received %v: those whose orders are known get it", got)
	}
}
