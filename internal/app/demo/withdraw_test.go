package demo

import (
	"fmt"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/org"
)

// pendingBatch lives until a member has a mass send with several customers to
// confirm, and returns it. Nobody confirms meanwhile. What sells comes late: in the first
// days most are served, which is worth more within a year.
func pendingBatch(t *testing.T, d *Demo, selling bool) (delivery.Dispatch, []delivery.Touch) {
	t.Helper()
	const hours = 11 * 24
	for range hours {
		if err := d.Hour(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := d.App.DB().Dispatches(t.Context(), delivery.Query{States: []delivery.State{delivery.Accepted}, Scope: org.All()})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range list {
			touches, err := d.App.DB().TouchesOf(t.Context(), one.ID)
			if err != nil {
				t.Fatal(err)
			}
			if len(touches) > 1 && touches[0].State == delivery.Underway && one.Purpose.Sells() == selling && d.waits(one.MsgID) {
				return one, touches
			}
		}
	}
	t.Fatalf("in %d hours no batch waited for a confirmation (selling: %t)", hours, selling)
	return delivery.Dispatch{}, nil
}

func (d *Demo) waits(msgID string) bool {
	for _, task := range d.platform.PendingTasks("") {
		if task.ID == msgID {
			return true
		}
	}
	return false
}

// The word of one customer reaches a mass send that already waits at WeCom.
func TestOneCustomersWordTakesABatchBackAndTheOthersGetTheirs(t *testing.T) {
	for _, c := range []struct {
		name    string
		selling bool
		word    func(id.Customer) event.Body
	}{
		{"objection", false, func(id.Customer) event.Body { return event.MarketingRefused{} }},
		{"complaint", false, func(id.Customer) event.Body { return event.ComplaintOpened{} }},
		{"purchase", true, func(who id.Customer) event.Body {
			return event.OrderPaid{Order: id.Order(who), Shop: "youzan", Amount: money.Fen(3600)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := opened(t, 6000, true) // fewer leave days on which no batch sells to several: the first contact after a silence does not
			batch, touches := pendingBatch(t, d, c.selling)
			who := touches[0].Customer
			fact, err := event.New(event.Customer(who), d.clock.Now(), event.FromConsole, id.Hash("word"), c.word(who))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.App.Facts().Append(t.Context(), fact); err != nil {
				t.Fatal(err)
			}
			if err := d.App.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 4 { // ask WeCom to stop it, hear its answer, send anew
				d.clock.Set(d.clock.Now().Add(6 * time.Minute))
				if err := d.timers.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if d.waits(batch.MsgID) {
				t.Error("the batch still waits at WeCom")
			}
			before, err := d.App.DB().TouchesOf(t.Context(), batch.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, touch := range before {
				if touch.Customer == who && touch.State != delivery.Withdrawn {
					t.Errorf("the customer's touch is %s", touch.State)
				}
			}
			if lacking := d.others(t, batch, touches[1:], who); lacking != "" {
				t.Error(lacking)
			}
		})
	}
}

// others tells what is wrong with the batch that took the place of the one
// taken back: it must carry all others and not the one who spoke.
func (d *Demo) others(t *testing.T, batch delivery.Dispatch, rest []delivery.Touch, who id.Customer) string {
	t.Helper()
	list, err := d.App.DB().Dispatches(t.Context(), delivery.Query{Staff: batch.Staff, Scope: org.All()})
	if err != nil {
		t.Fatal(err)
	}
	again := map[id.Customer]bool{}
	for _, one := range list {
		if one.ID == batch.ID || one.State != delivery.Accepted || !d.waits(one.MsgID) {
			continue
		}
		touches, err := d.App.DB().TouchesOf(t.Context(), one.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, touch := range touches {
			again[touch.Customer] = again[touch.Customer] || touch.State == delivery.Underway
		}
	}
	if again[who] {
		return "who spoke is in a batch again"
	}
	for _, touch := range rest {
		if !again[touch.Customer] {
			return fmt.Sprintf("of %d others %d is in no batch", len(rest), touch.Customer)
		}
	}
	return ""
}
