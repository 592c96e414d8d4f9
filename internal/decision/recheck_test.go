package decision_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

func TestTheGateAsksAgainWhatCanHaveChanged(t *testing.T) {
	t.Parallel()
	planned := now.Add(-2 * time.Hour)
	for because, change := range map[decision.Because]func(*decision.Standing){
		"":                          func(*decision.Standing) {},
		decision.BecauseGone:        func(s *decision.Standing) { s.Profile.Relations[0].Until = event.At(now) },
		decision.BecauseRefused:     func(s *decision.Standing) { s.Profile.Refused = event.At(now) },
		decision.BecauseHoldout:     func(s *decision.Standing) { s.Held = true },
		decision.BecauseInDoubt:     func(s *decision.Standing) { s.InDoubt = true },
		decision.BecauseComplaint:   func(s *decision.Standing) { s.Profile.Complaints = []profile.Complaint{{Opened: event.At(now)}} },
		decision.BecauseBought:      func(s *decision.Standing) { s.Profile.Orders.Last = event.At(now) },
		decision.BecauseBudgetDay:   func(s *decision.Standing) { s.Contacts = contacts(0) },
		decision.BecauseBudgetWeek:  func(s *decision.Standing) { s.Contacts = contacts(2, 5) },
		decision.BecauseBudgetMonth: func(s *decision.Standing) { s.Contacts = contacts(8, 12, 16, 20, 24) },
	} {
		standing := decision.Standing{Profile: &profile.Customer{Relations: []profile.Relation{{Staff: 1, Since: 1}}}}
		change(&standing)
		got := decision.Defaults().Recheck(standing, decision.Intent{
			Staff: 1, Purpose: event.Remind, Channel: event.MassSend, Planned: planned, Day: clock.Day(now, clock.Shanghai),
		})
		if got != because {
			t.Errorf("got %q, want %q", got, because)
		}
	}
}

func TestTheGateAsksTheBudgetsOfLowTrustAndOfTheChannel(t *testing.T) {
	t.Parallel()
	rules := decision.Defaults()
	rules.ChannelBudget.MassSend = decision.Budget{Day: 1, Week: 1, Month: 2}
	for _, c := range []struct {
		name     string
		limiting insight.Part
		by, asks event.Channel
		contacts []decision.Contact
		want     decision.Because
	}{
		{"one a week is enough for who trusts little", insight.Trust, event.OneToOne, event.OneToOne, contacts(3), decision.BecauseBudgetWeek},
		{"who trusts hears a second", insight.Exposure, event.OneToOne, event.OneToOne, contacts(3), ""},
		{"three a month are enough for who trusts little", insight.Trust, event.OneToOne, event.OneToOne, contacts(8, 12, 16), decision.BecauseBudgetMonth},
		{"the channel's week is full", insight.Need, event.MassSend, event.MassSend, contacts(3), decision.BecauseBudgetWeek},
		{"another channel is open", insight.Need, event.MassSend, event.OneToOne, contacts(3), ""},
		{"what came by another channel fills nothing", insight.Need, event.OneToOne, event.MassSend, contacts(3), ""},
		{"the channel's month is full", insight.Need, event.MassSend, event.MassSend, contacts(9, 20), decision.BecauseBudgetMonth},
	} {
		for i := range c.contacts {
			c.contacts[i].Channel = c.by
		}
		inLedger := decision.Standing{Profile: &profile.Customer{Relations: []profile.Relation{{Staff: 1, Since: 1}}}, Limiting: c.limiting, Contacts: c.contacts}
		inProfile := decision.Standing{Profile: &profile.Customer{Relations: []profile.Relation{{Staff: 1, Since: 1}}}, Limiting: c.limiting}
		for _, x := range slices.Backward(c.contacts) {
			inProfile.Profile.Touches.Recent = append(inProfile.Profile.Touches.Recent, profile.Touch{At: x.At, Channel: x.Channel})
		}
		intent := decision.Intent{Staff: 1, Purpose: event.Serve, Channel: c.asks, Planned: now, Day: clock.Day(now, clock.Shanghai)}
		for where, standing := range map[string]decision.Standing{"ledger": inLedger, "profile": inProfile} {
			if got := rules.Recheck(standing, intent); got != c.want {
				t.Errorf("%s, by the %s: got %q, want %q", c.name, where, got, c.want)
			}
		}
	}
}

func TestAnErasedCustomerIsNotReached(t *testing.T) {
	t.Parallel()
	if got := decision.Defaults().Recheck(decision.Standing{}, decision.Intent{Staff: 1}); got != decision.BecauseGone {
		t.Errorf("got %q", got)
	}
}

func contacts(daysAgo ...int) (all []decision.Contact) {
	for _, d := range daysAgo {
		all = append(all, decision.Contact{At: event.At(now.AddDate(0, 0, -d)), Channel: event.OneToOne})
	}
	return all
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	s := decision.Defaults()
	for hour, quiet := range map[int]bool{0: true, 8: true, 9: false, 20: false, 21: true, 23: true} {
		if got := s.Quiet(time.Date(2026, 5, 5, hour, 0, 0, 0, clock.Shanghai)); got != quiet {
			t.Errorf("%d h: quiet %v", hour, got)
		}
	}
}

func TestSettingsSayAllThatIsWrong(t *testing.T) {
	t.Parallel()
	if err := decision.Defaults().Validate(); err != nil {
		t.Fatalf("defaults: %v", err)
	}
	s := decision.Defaults()
	s.Budget.Week, s.QuietFrom, s.Holdout.Share, s.WindowDays = 0, 8*time.Hour, 0.6, 8
	err := s.Validate()
	if err == nil {
		t.Fatal("wrong settings were accepted")
	}
	for _, word := range []string{"budget", "quiet", "hold-out shares", "window days"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not complained about in: %v", word, err)
		}
	}
}

func TestContaminationCountsWhoWasReachedAllTheSame(t *testing.T) {
	t.Parallel()
	day := event.At(now.AddDate(0, 0, -10))
	touched := func(channel event.Channel, purpose event.Purpose) *profile.Customer {
		return &profile.Customer{Touches: profile.Touches{Recent: []profile.Touch{{At: day, Channel: channel, Purpose: purpose}}}}
	}
	var n decision.Contamination
	for _, c := range []*profile.Customer{
		{},
		touched(event.Welcome, event.Greet),
		touched(event.OneToOne, event.Serve),
		touched(event.Moments, event.Ask),
		touched(event.MassSend, event.Ask),
		{Talk: profile.Talk{Outbound: 1, LastOut: day}},
		{Groups: []profile.Membership{{Group: 1, Since: 1}}},
		{Groups: []profile.Membership{{Group: 1, Since: 1, Until: 2}}},
	} {
		n.Count(c, event.At(now.AddDate(0, 0, -30)))
	}
	want := decision.Contamination{Held: 8, Welcomed: 1, Served: 2, Groups: 1, Moments: 1, Marketed: 1, Clean: 2}
	if n != want {
		t.Errorf("got %+v, want %+v", n, want)
	}
}

func TestWhatSellsIsAskedAgainWhenItLeaves(t *testing.T) {
	t.Parallel()
	rules := decision.Defaults()
	rules.Promises = []decision.Promise{{State: "counter", Days: 14, Material: "cup"}}
	for _, c := range []struct {
		name     string
		change   func(*decision.Standing, *decision.OrdersKnown)
		promised bool
		want     decision.Because
	}{
		{"nothing came between", func(*decision.Standing, *decision.OrdersKnown) {}, false, ""},
		{"orders of 25 h ago", func(_ *decision.Standing, o *decision.OrdersKnown) { o.AsOf = now.Add(-25 * time.Hour) }, false, decision.BecauseStale},
		{"orders of the own shop of 25 h ago", func(s *decision.Standing, o *decision.OrdersKnown) {
			s.Profile.Orders.Recent, o.Late = []profile.Order{{Shop: "a"}}, map[string]time.Time{"a": now.Add(-25 * time.Hour)}
		}, false, decision.BecauseStale},
		{"orders of another shop of 25 h ago", func(s *decision.Standing, o *decision.OrdersKnown) {
			s.Profile.Orders.Recent, o.Late = []profile.Order{{Shop: "b"}}, map[string]time.Time{"a": now.Add(-25 * time.Hour)}
		}, false, ""},
		{"trust limits by now", func(s *decision.Standing, _ *decision.OrdersKnown) { s.Insight.Limiting = insight.Trust }, false, decision.BecauseDistrust},
		{"trust limits, what was promised", func(s *decision.Standing, _ *decision.OrdersKnown) { s.Insight.Limiting = insight.Trust }, true, ""},
		{"the promise was kept meanwhile", func(s *decision.Standing, _ *decision.OrdersKnown) {
			s.Profile.Touches.Recent = []profile.Touch{{At: event.At(now.AddDate(0, 0, -2)), Purpose: event.Remind}}
		}, true, decision.BecauseUnpromised},
		{"sixty silent days are over by now", func(s *decision.Standing, _ *decision.OrdersKnown) {
			s.Profile.Relations[0].Since = event.At(now.AddDate(0, 0, -60))
		}, false, decision.BecauseSilent},
		{"too few orders are linked by now", func(s *decision.Standing, _ *decision.OrdersKnown) { s.Insight.Value.Evidence = insight.NotMeasurable }, false, decision.BecauseUnmeasured},
		{"an objection comes first", func(s *decision.Standing, o *decision.OrdersKnown) { s.Profile.Refused, o.AsOf = 1, time.Time{} }, false, decision.BecauseRefused},
	} {
		standing := decision.Standing{Insight: &insight.Customer{}, Profile: &profile.Customer{
			Relations: []profile.Relation{{Staff: 1, Since: event.At(now.AddDate(0, 0, -5)), State: "counter"}}}}
		orders := decision.OrdersKnown{AsOf: now.Add(-23 * time.Hour)}
		c.change(&standing, &orders)
		intent := decision.Intent{Staff: 1, Purpose: event.Remind, Channel: event.MassSend, Planned: now, Promised: c.promised, Day: clock.Day(now, clock.Shanghai)}
		if got := rules.RecheckSale(standing, intent, now, orders); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAnswersToCustomersUseUpNoBudget(t *testing.T) {
	t.Parallel()
	rules := decision.Defaults()
	rules.Budget, rules.LowTrust = decision.Budget{Day: 1, Week: 1, Month: 1}, decision.Budget{Day: 1, Week: 1, Month: 1}
	rules.ChannelBudget.OneToOne = rules.Budget
	for _, service := range []bool{true, false} {
		want := decision.Because("")
		if !service {
			want = decision.BecauseBudgetDay
		}
		related := []profile.Relation{{Staff: 1, Since: 1}}
		touch := profile.Touch{At: event.At(now), Channel: event.OneToOne, Purpose: event.Serve, Service: service}
		for where, standing := range map[string]decision.Standing{
			"profile": {Limiting: insight.Trust, Profile: &profile.Customer{Relations: related, Touches: profile.Touches{Recent: []profile.Touch{touch}}}},
			"ledger": {Limiting: insight.Trust, Profile: &profile.Customer{Relations: related},
				Contacts: []decision.Contact{{At: event.At(now), Channel: event.OneToOne, Service: service}}},
		} {
			intent := decision.Intent{Staff: 1, Purpose: event.Serve, Channel: event.OneToOne, Planned: now, Day: clock.Day(now, clock.Shanghai)}
			if got := rules.Recheck(standing, intent); got != want {
				t.Errorf("%s, service %t: got %q, want %q", where, service, got, want)
			}
		}
	}
}
