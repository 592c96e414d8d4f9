package profile

import (
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

func TestTheNewestMessageOfEitherSideSaysWithWhomACustomerChattedLast(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	c := &Customer{ID: 1}
	for _, m := range []struct {
		after time.Duration
		said  event.MessageExchanged
		want  id.Staff
	}{
		{0, event.MessageExchanged{Staff: 1}, 1},
		{time.Hour, event.MessageExchanged{Staff: 2, Inbound: true}, 2},
		{2 * time.Hour, event.MessageExchanged{Staff: 3, Group: 9, Inbound: true}, 2}, // talk in a group is the group's
		{30 * time.Minute, event.MessageExchanged{Staff: 1}, 2},                       // told late
		{3 * time.Hour, event.MessageExchanged{Inbound: true}, 2},                     // nobody knows to whom
		{4 * time.Hour, event.MessageExchanged{Staff: 1}, 1},
	} {
		f, err := event.New(event.Customer(1), noon.Add(m.after), event.FromArchive, id.Hash(m.after.String()), m.said)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Apply(f); err != nil {
			t.Fatal(err)
		}
		if c.Talk.LastWith != m.want {
			t.Errorf("after %s: %d, want %d", m.after, c.Talk.LastWith, m.want)
		}
	}
}

func TestAMassMessageMadeElsewhereFindsItsAnswerThoughItIsToldLate(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	c := &Customer{ID: 1}
	apply := func(after time.Duration, body event.Body) {
		t.Helper()
		f, err := event.New(event.Customer(1), noon.Add(after), event.FromBackfill, id.Hash(after.String()), body)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	apply(30*time.Hour, event.MessageExchanged{Staff: 1, Inbound: true})
	apply(0, event.MassReceived{Staff: 1, Purpose: event.Ask})
	apply(40*time.Hour, event.MassReceived{Staff: 1, Purpose: event.Promote})
	apply(-100*time.Hour, event.MassReceived{Staff: 1, Purpose: event.Serve})
	for i, want := range []struct {
		purpose  event.Purpose
		answered bool
	}{{event.Serve, false}, {event.Ask, true}, {event.Promote, false}} {
		got := c.Touches.Recent[i]
		if got.Channel != event.MassElsewhere || got.Purpose != want.purpose || (got.Answered != 0) != want.answered {
			t.Errorf("message %d: %+v, want %+v", i, got, want)
		}
	}
	if c.Touches.Count != 3 || c.Touches.Last != event.At(noon.Add(40*time.Hour)) {
		t.Errorf("%d, last %v", c.Touches.Count, c.Touches.Last.Time())
	}
}
