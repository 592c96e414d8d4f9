package cohort

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// settled tallies people of whom some brought others. Customer n is people[n-1];
// aliases answer as given.
func settled(people []person, aliases map[id.Customer]id.Customer) *Tally {
	t := NewTally(now, now)
	t.Share = .2
	for i := range people {
		t.Add(&people[i].state, &people[i].known, people[i].owner)
	}
	t.Settle(func(c id.Customer) id.Customer {
		if to, merged := aliases[c]; merged {
			return to
		}
		return c
	})
	return t
}

func TestReferralsMoveValueAndLeaveEveryTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.Custom(anyPerson), 2, 40).Draw(t, "people")
		for i := range people {
			people[i].state.ID = id.Customer(i + 1)
		}
		want := 0.0
		for i := range people {
			if !rapid.Bool().Draw(t, "brought") {
				continue
			}
			by := rapid.IntRange(0, len(people)-1).Draw(t, "by")
			people[i].state.Referrer = profile.Referrer{By: id.Customer(by + 1), Since: 1, Stayed: 2}
			people[by].state.Referrals = append(people[by].state.Referrals, profile.Referral{At: 2, Customer: people[i].state.ID})
			if people[i].known.Value.Evidence != insight.NotMeasurable {
				want += .2 * people[i].known.Value.Value
			}
		}
		tally := settled(people, nil)
		whole := tally.Whole()
		var parts []*Sums
		for _, s := range tally.Stores() {
			parts = append(parts, s)
		}
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }
		for name, s := range map[string]*Sums{"whole": whole, "stores together": Merge(parts)} {
			if s.Share != .2 {
				t.Fatalf("%s: share %v", name, s.Share)
			}
			if !near(s.All.Given, want) || !near(s.All.Received, want) || !near(s.All.AfterReferrals(), s.All.Value) {
				t.Fatalf("%s: %v given, %v received, want %v", name, s.All.Given, s.All.Received, want)
			}
			for division, sum := range map[string]Sum{
				"contact": cohortsOf(s.Contact, s.NoContact), "order": cohortsOf(s.Order, s.NoOrder), "way": groupsOf(s.Ways), "code": groupsOf(s.Codes),
				"line": groupsOf(s.Lines), "campaign": groupsOf(s.Campaigns), "store": groupsOf(s.Stores),
			} {
				if !near(sum.Given, want) || !near(sum.Received, want) || sum.Referred != s.All.Referred || sum.Referrers != s.All.Referrers {
					t.Fatalf("%s by %s: %+v, want %+v", name, division, sum.Moved, s.All.Moved)
				}
			}
		}
	})
}

func worthPerson(c id.Customer, fen float64) person {
	return person{state: profile.Customer{ID: c}, known: insight.Customer{Value: insight.Estimate{Value: fen, Evidence: insight.Fitted}}}
}

func TestWhoAnswersForAMergedReferrerReceives(t *testing.T) {
	referrer, referred := worthPerson(1, 500), worthPerson(2, 1000)
	referrer.state.Referrals = []profile.Referral{{At: 5, Customer: 2}}
	referred.state.Referrer = profile.Referrer{By: 9, As: 2, Since: 1, Stayed: 5}
	referrer.owner.Store, referred.owner.Store = 7, 8
	for _, s := range settled([]person{referrer, referred}, map[id.Customer]id.Customer{9: 1}).Stores() {
		want := Moved{Referrers: 1, Received: 200}
		if s.Stores[0].Key == keyOf(id.Store(8)) {
			want = Moved{Referred: 1, Given: 200}
		}
		if s.All.Moved != want || s.Stores[0].Moved != want {
			t.Errorf("store %s: %+v, want %+v", s.Stores[0].Key, s.All.Moved, want)
		}
	}
}

func TestNothingIsGivenToSomebodyWhoIsNotThere(t *testing.T) {
	referred := worthPerson(2, 1000)
	referred.state.Referrer = profile.Referrer{By: 9, As: 2, Since: 1, Stayed: 5}
	if s := settled([]person{referred}, nil).Whole(); s.All.Any() {
		t.Errorf("%+v", s.All.Moved)
	}
}

func TestCampaignsAreToldApart(t *testing.T) {
	tea, none := worthPerson(1, 500), worthPerson(2, 700)
	tea.state.Described.Campaign = "春茶节"
	s := settled([]person{tea, none}, nil).Whole()
	if len(s.Campaigns) != 2 || s.Campaigns[0].Key != "" || s.Campaigns[0].Value != 700 || s.Campaigns[1].Key != "春茶节" || s.Campaigns[1].Value != 500 {
		t.Errorf("%+v", s.Campaigns)
	}
}
