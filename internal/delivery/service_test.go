package delivery_test

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/org"
)

func TestAnAnswerToACustomerTakesNoRoomOfThePlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 2)
	d.plan(t, "ask", 0, 0, 1)
	d.pass(time.Minute)
	for number, service := range []bool{true, false} {
		key := delivery.TouchKey{Customer: customer(0, number), Run: "sop/1/1", Channel: event.OneToOne}
		task := delivery.StaffTask{ID: key.ID(), Corp: corp, Staff: staff(0), Store: 1, Customer: key.Customer, Purpose: event.Serve, Text: "-",
			From: d.clock.Now(), Until: d.clock.Now().Add(time.Hour), State: delivery.Due, Since: d.clock.Now()}
		touch := delivery.Touch{ID: key.ID(), TouchKey: key, Staff: staff(0), Purpose: event.Serve, State: delivery.Underway, At: d.clock.Now(), Service: service}
		_, err := d.db.AddStaffTasks(t.Context(), []delivery.StaffTask{task}, []delivery.Touch{touch})
		must(t, err)
		must(t, d.gate.AnswerTask(t.Context(), org.All(), delivery.Answer{Task: key.ID(), State: delivery.DoneState, By: "guide"}))
	}
	d.send(t)
	d.confirm(t)
	if got := received(d.platform); len(got) != 1 || got[externalID(0, 0)] != 1 {
		t.Errorf("received %v: who was answered still gets what was planned", got)
	}
	if got := d.touches(t, 0, 1); !slices.Contains(got, "withdrawn:budget_day") {
		t.Errorf("who was contacted: %v", got)
	}
}
