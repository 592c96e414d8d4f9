package demo

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/flow"
)

func opened(t *testing.T, customers int, archive bool) *Demo {
	t.Helper()
	d, err := Open(t.Context(), Config{
		Addr: "127.0.0.1:0", Data: t.TempDir(), Customers: customers, Seed: 1, Archive: archive, Linked: 0.85,
		Start: time.Date(2026, 11, 2, 0, 0, 0, 0, clock.Shanghai), Log: slog.New(slog.DiscardHandler), Say: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// The whole mill on one stage: what Siyu says it delivered is what the
// simulator delivered, every related customer has exactly one answer, and
// nobody held out was marketed to.
func TestDaysLivedWithSiyuAgreeWithTheSimulatorLineByLine(t *testing.T) {
	d := opened(t, 2500, true)
	if err := d.Live(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	s, err := d.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	if s.PlanActions+s.Withheld != s.Customers {
		t.Errorf("%d planned and %d withheld are not the %d related customers", s.PlanActions, s.Withheld, s.Customers)
	}
	if s.PlanActions == 0 || s.TasksConfirmed == 0 || s.Touches == 0 {
		t.Errorf("nothing happened: %d planned, %d tasks confirmed, %d touches", s.PlanActions, s.TasksConfirmed, s.Touches)
	}
	if s.Differences != 0 {
		t.Errorf("%d lines differ between our record (%d) and the simulator's (%d)", s.Differences, s.Touches, s.LedgerLines)
	}
	if s.HoldoutReached != 0 {
		t.Errorf("%d held-out customers were marketed to", s.HoldoutReached)
	}
	if s.RejectedLines != 0 {
		t.Errorf("%d lines of the shop's exports were rejected", s.RejectedLines)
	}
	theSumsAreThoseOfTheCustomers(t, d)
	theListOfMembersIsKnown(t, d)
	theLinksAreOpened(t, d)
	theSameStateComesOutOfTheLog(t, d)
	theConnectionFoundEverybody(t, d)
}

// theLinksAreOpened: people open what staff and mass messages send them, and
// whoever opened is known only of the former.
func theLinksAreOpened(t *testing.T, d *Demo) {
	t.Helper()
	counters, err := d.App.DB().Counters(t.Context(), []string{flow.CountSent, flow.CountSentMass, flow.CountOpened, flow.CountOpenedMass, flow.CountOpenedOnce, flow.CountReaders, flow.CountLost},
		0, event.At(d.clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]int64{}
	for _, c := range counters {
		sums[c.Name] += c.Delta
	}
	t.Logf("links: %v", sums)
	if sums[flow.CountOpened] == 0 || sums[flow.CountOpenedOnce] > sums[flow.CountSent] || sums[flow.CountReaders] > sums[flow.CountOpened] ||
		sums[flow.CountOpenedMass] > 0 != (sums[flow.CountSentMass] > 0) {
		t.Errorf("links: %v", sums)
	}
}

func theSameStateComesOutOfTheLog(t *testing.T, d *Demo) {
	t.Helper()
	r, err := d.App.Verify(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if r.Differences != 0 || r.Customers == 0 {
		t.Errorf("folding %d facts again: %d of %d states differ", r.Facts, r.Differences, r.Customers)
	}
}

// theConnectionFoundEverybody compares relation by relation with the simulator.
func theConnectionFoundEverybody(t *testing.T, d *Demo) {
	t.Helper()
	s, err := d.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := d.world.Relations(); s.Relations != want {
		t.Errorf("we know %d relations, the simulator has %d", s.Relations, want)
	}
}
