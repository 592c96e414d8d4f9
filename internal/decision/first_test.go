package decision_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Steps that must happen come first: what members were given by processes is gone from
// the plan's room.
func TestStepsThatMustHappenTakeTheirRoomFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, all := brandOf(t)
		b.Given = map[id.Staff]decision.Load{}
		for _, s := range b.Org.Staff {
			b.Given[s.ID] = decision.Load{OneToOne: rapid.IntRange(0, 5).Draw(t, "by hand"), Steps: time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes of steps")) * time.Minute, Confirmations: rapid.IntRange(0, 4).Draw(t, "to confirm")}
		}
		for staff, load := range loads(t, decision.Make(b, slices.Values(all)), b.Settings.MaxPerMassSend) {
			given := b.Given[staff]
			hands := time.Duration(load.OneToOne+given.OneToOne)*decision.ContactTakes + given.Steps
			if load.OneToOne > 0 && hands > time.Duration(b.Settings.Capacity)*decision.ContactTakes || load.Confirmations > 0 && load.Confirmations+given.Confirmations > b.Settings.MaxConfirmations {
				t.Fatalf("member %d: %+v beside %+v given, room for %d and %d", staff, load, given, b.Settings.Capacity, b.Settings.MaxConfirmations)
			}
		}
	})
}

// Of the 30 contacts that fit into a day, 4 minutes each, a call of a process of 30 minutes
// takes the room of 8.
func TestALongCallTakesTheRoomOfAsManyContacts(t *testing.T) {
	t.Parallel()
	for given, want := range map[decision.Load]int{
		{}: 30,
		{StepContacts: 1, Steps: 30 * time.Minute}: 22,
		{Steps: time.Minute}:                       29,
		{OneToOne: 10, Steps: 80 * time.Minute}:    0,
		{OneToOne: 40}:                             0,
	} {
		b, all := week(slices.Repeat([]float64{900}, 40)...)
		b.Settings.Capacity, b.Settings.MaxConfirmations, b.Settings.Explore = 30, 0, decision.Explore{}
		b.Given = map[id.Staff]decision.Load{1: given}
		if n := len(decision.Make(b, slices.Values(all)).Actions); n != want {
			t.Errorf("beside %+v: %d contacts, want %d", given, n, want)
		}
	}
}

// Whichever comes first, a step or a planned action, the other one waits: while it is on
// its way, and for the rest of the day once it has reached the customer.
func TestAStepAndAnActionOfOneDayExcludeEachOther(t *testing.T) {
	t.Parallel()
	b, all := week(900)
	all[0].Pending = true // a step of a process is with a member
	plan := decision.Make(b, slices.Values(all))
	if w := plan.Withheld; len(w) != 1 || w[0].Because != decision.BecausePending || w[0].Purpose != event.Serve || w[0].Gain != 900 {
		t.Errorf("beside a step that waits: %+v", plan)
	}
	all[0].Pending = false
	all[0].Profile.Touches.Recent = []profile.Touch{{At: event.At(now) - 60_000, Channel: event.OneToOne, Purpose: event.Serve}}
	plan = decision.Make(b, slices.Values(all))
	if w := plan.Withheld; len(w) != 1 || w[0].Because != decision.BecauseBudgetDay {
		t.Errorf("after a step of the day: %+v", plan)
	}
	step := decision.Intent{Staff: 1, Purpose: event.Serve, Channel: event.OneToOne, Planned: now, Day: clock.Day(now, clock.Shanghai)}
	standing := decision.Standing{Profile: all[0].Profile, Limiting: insight.Trust}
	if because := b.Settings.RecheckStep(standing, step); because != decision.BecauseBudgetDay {
		t.Errorf("a step after an action of the day: %q", because)
	}
	standing.Profile = &profile.Customer{ID: 1, Relations: all[0].Profile.Relations}
	standing.Pending = true
	if because := b.Settings.RecheckStep(standing, step); because != decision.BecausePending {
		t.Errorf("a step beside an action that waits: %q", because)
	}
}

// More hands never lower what a day gains, whatever purposes and mass sends there are to
// choose from: hands are one kind of room, and gains do not hang on who is reached.
func TestMoreHandsNeverGainLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, all := brandOf(t)
		b.Settings.Explore, b.Settings.MaxConfirmations = decision.Explore{}, 0
		before := -1.
		for hands := 1; hands <= 6; hands++ {
			b.Settings.Capacity = hands
			gained := 0.
			for _, a := range decision.Make(b, slices.Values(all)).Actions {
				gained += a.Gain.Value - a.Cost
			}
			if gained < before-1e-6 {
				t.Fatalf("%d hands gain %.1f, %d gained %.1f", hands, gained, hands-1, before)
			}
			before = gained
		}
	})
}
