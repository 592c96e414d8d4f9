package delivery

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// runOfProcess begins the Run of touches that processes want; see sop.RunKey.Name.
const runOfProcess = "sop/"

// TakeSteps takes back what members have not done of the steps, and returns how much
// that was. Customers leave mass messages that have not left; unconfirmed ones are
// stopped in WeCom, and the others get them by a new dispatch. What a member confirmed
// stays.
func (g StepGate) TakeSteps(ctx context.Context, steps []sop.StepRecord, because string) (taken int, err error) {
	mass := map[int64]bool{}
	var customers []id.Customer
	for i := range steps {
		done := false
		err := g.Tasks.ChangeStaffTask(ctx, steps[i].Touch, func(t *StaffTask, touch *Touch) error {
			if done = t.open(); done {
				t.end(Taken, touch, because, g.Clock.Now())
			}
			return nil
		})
		switch {
		case fault.CodeOf(err) == fault.NotFound:
			mass[steps[i].Touch] = true
			customers = append(customers, steps[i].Customer())
		case err != nil:
			return taken, fmt.Errorf("take step %d back: %w", steps[i].Step, err)
		case done:
			taken++
		}
	}
	if len(mass) == 0 {
		return taken, nil
	}
	n, err := g.takeMass(ctx, mass, customers, because)
	return taken + n, err
}

// takeMass takes touches out of mass messages.
func (g StepGate) takeMass(ctx context.Context, touches map[int64]bool, customers []id.Customer, because string) (taken int, err error) {
	reaching := Query{States: []State{Planned, Claimed, Calling, InDoubt, Accepted}, Customers: customers}
	err = g.each(ctx, reaching, func(d Dispatch) error {
		if d.Process == 0 || d.CancelFor == Retired {
			return nil
		}
		n := 0
		err := g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
			n = 0
			for i := range r.Touches {
				if t := &r.Touches[i]; touches[t.ID] && t.State == Underway && t.Because == "" && r.take(t, because, stoppedFor(because), g.Clock.Now()) {
					n++
				}
			}
			return r.dropEmpty(g.Clock.Now())
		})
		taken += n
		if err != nil {
			return fmt.Errorf("take steps out of dispatch %d: %w", d.ID, err)
		}
		return nil
	})
	if err != nil {
		return taken, err
	}
	// What this leaves is stopped when results are read next.
	_, _ = g.Stop(ctx, customers)
	return taken, nil
}

// stoppedFor returns why a task is taken back of which a customer leaves.
func stoppedFor(because string) CancelReason {
	switch sop.Because(because) {
	case sop.Because(decision.BecauseRefused):
		return Objection
	case sop.Because(decision.BecauseComplaint):
		return Complaint
	case sop.Because(decision.BecauseBought):
		return Purchase
	case sop.BecauseTwin:
		return SamePerson
	case sop.BecauseRetired:
		return Retired
	}
	return StepStopped
}

// dropEmpty drops a dispatch that has not left and that nobody is to get any more, so
// that nobody is asked to approve it and it takes no confirmation.
func (r *Record) dropEmpty(now time.Time) error {
	if r.Dispatch.State != Planned && r.Dispatch.State != Claimed {
		return nil
	}
	for i := range r.Touches {
		if r.Touches[i].State == Underway {
			return nil
		}
	}
	return r.Dispatch.enter(Dropped, now, nobodyLeft)
}

// RetireSteps takes back what of a process's mass messages no member has confirmed,
// because the process was taken out of use: what has not left never leaves, what WeCom
// has is stopped, what is in doubt once it is found. It returns how many messages it
// concerned. A second call finds nothing more.
func (g StepGate) RetireSteps(ctx context.Context, process int64) (dispatches int, err error) {
	var open []Dispatch
	unconfirmed := Query{Process: process, States: []State{Planned, Claimed, Calling, InDoubt}, Tasks: []TaskState{Open, Cancelling}}
	err = g.each(ctx, unconfirmed, func(d Dispatch) error {
		concerned := false
		err := g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) (err error) {
			concerned, err = r.retire(g.Clock.Now())
			d = r.Dispatch
			return err
		})
		if err != nil {
			return fmt.Errorf("retire dispatch %d: %w", d.ID, err)
		}
		if concerned {
			dispatches++
		}
		if d.Task == Open {
			open = append(open, d)
		}
		return nil
	})
	if err != nil {
		return dispatches, err
	}
	g.stopAll(ctx, open)
	return dispatches, nil
}

// retire takes a dispatch back as a whole. It tells whether there was anything to take
// back.
func (r *Record) retire(now time.Time) (concerned bool, err error) {
	d := &r.Dispatch
	switch {
	case d.State == Planned || d.State == Claimed:
		return true, r.drop(now, string(Retired))
	case d.Task.reached() || d.Task == Cancelled || d.CancelFor == Retired:
		return false, nil
	case d.State == Calling || d.State == InDoubt || d.State == Accepted:
		d.CancelFor = Retired
		return true, nil
	}
	return false, nil
}

// noRoom keeps a dispatch from asking its member for one confirmation too many: a step
// that may be late leaves on the next day, if that is in its window.
func (g *Gate) noRoom(r *Record, now time.Time) error {
	d := &r.Dispatch
	if tomorrow, _ := g.tomorrow(now); d.Postpone && tomorrow.Before(d.Until) {
		d.NotBefore = tomorrow
		return d.enter(Planned, now, string(decision.BecauseCapacity))
	}
	return r.drop(now, string(decision.BecauseCapacity))
}
