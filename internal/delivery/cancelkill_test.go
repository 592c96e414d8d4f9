package delivery_test

import (
	"context"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
)

// objectors are the first customers of the dispatches of all rounds before.
func objectors(o orders) (list []id.Customer) {
	for round := range o.Round {
		o.Round = round
		for i, a := range killActions(o) {
			if i%perDispatch == 0 {
				list = append(list, a.Customer)
			}
		}
	}
	return list
}

// longestTaking is the real time that a child gets: it sends, reads and takes back.
const longestTaking = 6 * longestSpared

func object(ctx context.Context, gate *delivery.Gate, o orders) error {
	_, err := gate.Withdraw(ctx, delivery.Withdrawal{Customers: objectors(o), Because: delivery.Objection})
	return err
}

func TestKilledWhileTasksAreTakenBackTheRestIsSentAnewOnce(t *testing.T) {
	rounds := max(4, killtest.Rounds(t)/20)
	s := newSlaughter(t, 500*time.Millisecond, rounds, 77)
	for round := range rounds {
		o := s.orders(round)
		o.Objecting = true
		killtest.Start(t, o).Kill(time.Duration(s.rng.Int64N(int64(longestTaking))))
		if round%4 == 3 {
			s.confirm(t)
		}
		s.pass(3 * roundTime) // past the quarantine: what was stopped is moved in the next round
	}
	s.settleObjections(t, rounds)
	objected := map[id.Customer]bool{}
	for _, c := range objectors(s.orders(rounds)) {
		objected[c] = true
	}
	got, others, kept, taken := received(s.platform), 0, 0, 0
	for _, dispatch := range s.dispatches(t) {
		touches, err := s.db.TouchesOf(t.Context(), dispatch.ID)
		must(t, err)
		for _, touch := range touches {
			n := got[s.addresses[touch.Customer]]
			if delivered := touch.State == delivery.Delivered; n > 1 || delivered != (n == 1) {
				t.Errorf("a touch of %s dispatch %d is %s and reached its customer %d times", dispatch.State, dispatch.ID, touch.State, n)
			}
			switch {
			case objected[touch.Customer]:
				kept += n
				taken += 1 - n
			case n == 0:
				t.Errorf("who did not object got nothing: %s dispatch %d, touch %s %s", dispatch.State, dispatch.ID, touch.State, touch.Because)
			default:
				others++
			}
		}
	}
	if taken == 0 || kept == 0 {
		t.Errorf("%d messages were taken back, %d were not", taken, kept)
	}
	t.Logf("%d kills: %d customers got theirs once; %d who objected had it before, %d did not get it", rounds, others, kept, taken)
}

// settleObjections lets a last start finish, with everything confirmed that is left.
func (s *slaughter) settleObjections(t *testing.T, rounds int) {
	t.Helper()
	var err error
	s.db = openDB(t, s.path)
	last := s.orders(rounds)
	for range 6 {
		s.gate, err = killGate(t.Context(), s.db, last)
		must(t, err)
		_, err = s.gate.Recover(t.Context())
		must(t, err)
		_, err = s.gate.Reconcile(t.Context())
		must(t, err)
		for _, doubt := range s.dispatches(t, delivery.InDoubt) {
			if doubt.Because == delivery.NotListed {
				_, err := s.gate.Resend(t.Context(), "lead", doubt.ID)
				must(t, err)
			}
		}
		s.send(t)
		must(t, object(t.Context(), s.gate, last))
		s.read(t)
		s.pass(time.Minute)
		last.Now = s.clock.Now()
	}
	s.confirm(t)
	s.read(t)
}
