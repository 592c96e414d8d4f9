package backfill_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom/simulator"
)

// sent is what Siyu knows of its own mass messages.
type sent struct {
	own       map[string]bool
	unsettled time.Time
}

func (s *sent) Own(context.Context, []string) (map[string]bool, error) { return s.own, nil }

func (s *sent) Unsettled(context.Context, id.Corp) (time.Time, error) { return s.unsettled, nil }

// sends lets a member send a mass message by hand, or confirm one of the corp's.
func (c *corp) sends(at time.Time, m simulator.OwnMass) (msgID string) {
	c.t.Helper()
	msgID, err := c.platform.Past(at).SendOwnMass(m)
	must(c.t, err)
	return msgID
}

// received returns who is told to have received what from the given fact on.
func (c *corp) received(after int) map[string]int {
	c.t.Helper()
	list := map[string]int{}
	for _, f := range c.memory.Facts(after) {
		if f.Kind != event.KindMassReceived {
			continue
		}
		body, err := event.Read[event.MassReceived](f)
		must(c.t, err)
		list[fmt.Sprintf("%s %s", f.At.In(noon.Location()).Format("01-02 15"), body.Purpose)]++
	}
	return list
}

func same(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: told %v, want %v", what, got, want)
	}
}

func TestWhatMembersSentToManyBeforeSiyuIsKnownOnTheFirstDay(t *testing.T) {
	c := open(t)
	c.fill(2, 20, 0)
	c.sends(noon.AddDate(0, 0, -100), simulator.OwnMass{UserID: staffName(0), ExternalUserIDs: []string{"wm00000", "wm00002"}, Text: "会员日全场 8 折，仅限今天"})
	c.sends(noon.AddDate(0, 0, -10), simulator.OwnMass{UserID: staffName(1), ExternalUserIDs: []string{"wm00001"}, Text: "冲泡方法整理好了，有问题随时问我"})
	c.sends(noon.AddDate(0, 0, -3), simulator.OwnMass{UserID: staffName(1), ExternalUserIDs: []string{"wm00003"}, Text: "最近想喝点什么？", Corp: true})
	c.sends(noon.AddDate(0, 0, -2), simulator.OwnMass{UserID: staffName(1), ExternalUserIDs: []string{"wm00004", "wm00005"}, Text: "好久不见"})
	must(t, c.backfill.Run(t.Context()))
	want := map[string]int{"02-04 12 promote": 2, "05-05 12 serve": 1, "05-12 12 ask": 1, "05-13 12 remind": 1} // wm00004 is no customer of that member
	same(t, "first look", c.received(0), want)
	told := len(c.memory.Facts(0))
	must(t, c.backfill.Run(t.Context()))
	must(t, c.backfill.Reconcile(t.Context()))
	same(t, "looking again", c.received(told), nil)
	c.clock.Set(c.clock.Now().Add(26 * time.Hour))
	c.sends(c.clock.Now().Add(-time.Hour), simulator.OwnMass{UserID: staffName(0), ExternalUserIDs: []string{"wm00004"}, Text: "新到的豆子给您留了一份"})
	must(t, c.backfill.Reconcile(t.Context()))
	same(t, "a day later", c.received(told), map[string]int{"05-16 13 remind": 1})
}

func TestSiyusOwnMassMessagesAreNotTakenForThoseOfOthers(t *testing.T) {
	c := open(t)
	c.fill(2, 6, 0)
	by := func(corp bool, days int) string {
		return c.sends(noon.AddDate(0, 0, -days), simulator.OwnMass{UserID: staffName(0), ExternalUserIDs: []string{"wm00001"}, Text: "x", Corp: corp})
	}
	c.sent.own = map[string]bool{by(true, 9): true}
	by(true, 8)
	c.sent.unsettled = noon.AddDate(0, 0, -5)
	by(true, 4)  // may be the call without an answer
	by(false, 3) // a member's own is not
	must(t, c.backfill.Run(t.Context()))
	same(t, "while a call is without an answer", c.received(0), map[string]int{"05-07 12 remind": 1, "05-12 12 remind": 1})
	told := len(c.memory.Facts(0))
	c.sent.unsettled = time.Time{}
	c.clock.Set(c.clock.Now().Add(20 * 24 * time.Hour))
	must(t, c.backfill.Reconcile(t.Context()))
	same(t, "once it is settled", c.received(told), map[string]int{"05-11 12 remind": 1})
}
