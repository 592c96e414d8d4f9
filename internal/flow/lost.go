package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// forget takes back the answers, within the day's plan, about touched customers
// about whom there is none any more.
func (f *Flow) forget(ctx context.Context, day time.Time, states []profile.Customer) error {
	t, left, err := f.lost(ctx, day, states)
	if err != nil {
		return err
	}
	return f.takeBack(ctx, t, uncounted(day, t.Actions, left))
}

// forgetUnplanned is forget on a day of which nothing is counted yet.
func (f *Flow) forgetUnplanned(ctx context.Context, day time.Time, states []profile.Customer) error {
	t, _, err := f.lost(ctx, day, states)
	if err != nil {
		return err
	}
	return f.takeBack(ctx, t, nil)
}

// lost returns what no longer holds because the brand can no longer reach the
// customers or somebody else answers for them, and how they were left alone.
func (f *Flow) lost(ctx context.Context, day time.Time, states []profile.Customer) (t TakenBack, left []decision.Withheld, err error) {
	t.Day = day
	because := map[id.Customer]decision.Because{}
	for i := range states {
		if c := &states[i]; !reachable(c) {
			t.Gone = append(t.Gone, c.ID)
			because[c.ID] = decision.BecauseStaff
			if merged(*c) {
				because[c.ID] = decision.BecauseTwin
			}
		}
	}
	if len(t.Gone) == 0 {
		return t, nil, nil
	}
	standing, err := f.plans.PlanOf(ctx, day, t.Gone)
	if err != nil {
		return t, nil, fmt.Errorf("read the day's plan: %w", err)
	}
	for _, a := range standing.Actions {
		t.Actions = append(t.Actions, decision.Cancellation{Action: a, Because: because[a.Customer]})
	}
	return t, standing.Withheld, f.withdrawTwins(ctx, states)
}

// withdrawTwins takes back what is underway to merged customers since earlier
// days: the person is contacted by who answers.
func (f *Flow) withdrawTwins(ctx context.Context, states []profile.Customer) error {
	var twins []id.Customer
	for i := range states {
		if merged(states[i]) {
			twins = append(twins, states[i].ID)
		}
	}
	if len(twins) == 0 {
		return nil
	}
	underway, err := f.plans.Underway(ctx, Whom{List: twins})
	if err != nil || len(underway) == 0 {
		return err
	}
	back := make([]decision.Cancellation, 0, len(underway))
	for _, c := range slices.Sorted(maps.Keys(underway)) {
		back = append(back, decision.Cancellation{Action: decision.Action{Customer: c}, Because: decision.BecauseTwin})
	}
	return f.gate.Withdraw(ctx, back)
}

// afterTwins asks again what stands where something may have been withdrawn from
// merged customers, so that it is not in the way of who answers for them.
func (f *Flow) afterTwins(ctx context.Context, s *standing, states []profile.Customer) (err error) {
	if !slices.ContainsFunc(states, merged) {
		return nil
	}
	ids := make([]id.Customer, len(states))
	for i := range states {
		ids[i] = states[i].ID
	}
	*s, err = f.standing(ctx, Whom{List: ids})
	return err
}
