package decision_test

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/profile"
)

var now = time.Date(2026, 5, 5, 10, 0, 0, 0, clock.Shanghai)

// brandOf returns a brief with members of whom some left, and their customers.
func brandOf(t *rapid.T) (decision.Brief, []decision.Case) {
	b := brief()
	b.Now, b.Day = now, clock.Day(now, clock.Shanghai)
	b.Settings.Capacity = rapid.IntRange(0, 4).Draw(t, "capacity")
	b.Settings.MaxConfirmations = rapid.IntRange(0, 3).Draw(t, "confirmations")
	b.Settings.MaxPerMassSend = rapid.IntRange(1, 4).Draw(t, "per mass send")
	b.Settings.Explore.TieShare = rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "ties")
	b.Settings.Explore.TimingShare = rapid.SampledFrom([]float64{0, 0.05, 0.5}).Draw(t, "days drawn")
	members := rapid.IntRange(1, 4).Draw(t, "members")
	for i := range members {
		b.Org.Staff = append(b.Org.Staff, org.Staff{
			ID: id.Staff(i + 1), Store: id.Store(i%2 + 1), Corp: "ww", Contact: true, Active: rapid.IntRange(0, 5).Draw(t, "active") > 0,
		})
	}
	cases := make([]decision.Case, rapid.IntRange(0, 60).Draw(t, "customers"))
	for i := range cases {
		cases[i] = caseOf(t, id.Customer(i+1), members)
	}
	return b, cases
}

func caseOf(t *rapid.T, customer id.Customer, members int) decision.Case {
	c := decision.Case{
		Profile: &profile.Customer{ID: customer}, Insight: &insight.Customer{ID: customer},
		Held: rapid.IntRange(0, 9).Draw(t, "held") == 0, Pending: rapid.IntRange(0, 9).Draw(t, "pending") == 0,
		OrdersAsOf: now.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "orders age")) * time.Hour),
	}
	c.Profile.Relations = []profile.Relation{{Staff: id.Staff(rapid.IntRange(1, members).Draw(t, "staff")), Since: 1}}
	for range rapid.IntRange(0, 3).Draw(t, "touches") {
		at := now.AddDate(0, 0, -rapid.IntRange(0, 40).Draw(t, "days ago"))
		c.Profile.Touches.Recent = append(c.Profile.Touches.Recent, profile.Touch{At: event.At(at), Channel: event.MassSend, Purpose: event.Ask})
	}
	slices.SortFunc(c.Profile.Touches.Recent, func(a, b profile.Touch) int { return int(a.At - b.At) })
	c.Insight.Limiting = rapid.SampledFrom([]insight.Part{insight.Need, insight.Trust, insight.Exposure, insight.None, insight.Unknown}).Draw(t, "limiting")
	for _, part := range []insight.Part{insight.Need, insight.Trust, insight.Exposure} {
		c.Insight.Levers = append(c.Insight.Levers, insight.Lever{Part: part, Gain: float64(rapid.IntRange(0, 500).Draw(t, "gain")), Cost: 100})
	}
	if rapid.Bool().Draw(t, "due") {
		c.Insight.NextDue = now
	}
	return c
}

func TestEveryCustomerGetsExactlyOneAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, cases := brandOf(t)
		plan := decision.Make(b, slices.Values(cases))
		answers := map[id.Customer]int{}
		for _, a := range plan.Actions {
			answers[a.Customer]++
		}
		for _, w := range plan.Withheld {
			answers[w.Customer]++
			if w.Because == "" {
				t.Fatalf("customer %d is withheld without a reason", w.Customer)
			}
		}
		for _, c := range cases {
			if answers[c.Profile.ID] != 1 {
				t.Fatalf("customer %d has %d answers", c.Profile.ID, answers[c.Profile.ID])
			}
		}
		if len(plan.Actions)+len(plan.Withheld) != len(cases) {
			t.Fatalf("%d planned + %d withheld for %d customers", len(plan.Actions), len(plan.Withheld), len(cases))
		}
	})
}

func TestNobodyIsAskedForMoreThanMembersCanDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, cases := brandOf(t)
		for staff, load := range loads(t, decision.Make(b, slices.Values(cases)), b.Settings.MaxPerMassSend) {
			if load.OneToOne > b.Settings.Capacity || load.Confirmations > b.Settings.MaxConfirmations {
				t.Fatalf("member %d: %+v above %d contacts, %d confirmations", staff, load, b.Settings.Capacity, b.Settings.MaxConfirmations)
			}
		}
	})
}

// loads counts as delivery will: mass sends with equal contents, as full as
// they may be.
func loads(t *rapid.T, plan decision.Plan, full int) map[id.Staff]decision.Load {
	type contents struct {
		staff    id.Staff
		purpose  event.Purpose
		line     id.Line
		material string
		from     time.Time
	}
	sends, load := map[contents]int{}, map[id.Staff]decision.Load{}
	for _, a := range plan.Actions {
		if a.Channel == event.MassSend {
			sends[contents{a.Staff, a.Purpose, a.Line, a.Material, a.From}]++
			continue
		}
		l := load[a.Staff]
		l.OneToOne++
		load[a.Staff] = l
	}
	for c, n := range sends {
		if c.material == "" {
			t.Fatal("a mass send has no material")
		}
		l := load[c.staff]
		l.Confirmations += (n + full - 1) / full
		load[c.staff] = l
	}
	return load
}

func TestNothingIsSoldWhileTrustLimitsOrNothingIsDueOrOrdersAreOld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, cases := brandOf(t)
		byID := map[id.Customer]decision.Case{}
		for _, c := range cases {
			byID[c.Profile.ID] = c
		}
		for _, a := range decision.Make(b, slices.Values(cases)).Actions {
			c := byID[a.Customer]
			old := now.Sub(c.OrdersAsOf) > b.Settings.OrderMaxAge
			if a.Purpose.Sells() && (c.Insight.Limiting == insight.Trust || c.Insight.NextDue.IsZero() || old) {
				t.Fatalf("%s is planned for %+v", a.Purpose, c.Insight)
			}
			if a.Gain.Value <= a.Cost || c.Held || c.Pending {
				t.Fatalf("must not be planned: %+v for %+v", a, c)
			}
			if a.Probability <= 0 || a.Probability > 1 {
				t.Fatalf("probability %g", a.Probability)
			}
		}
	})
}

func TestPlanningTwiceIsOnePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, cases := brandOf(t)
		first := decision.Make(b, slices.Values(cases))
		second := decision.Make(b, slices.Values(cases))
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("planned %+v, then %+v", first, second)
		}
		ids := map[int64]bool{}
		for _, a := range first.Actions {
			if a.ID <= 0 || ids[a.ID] {
				t.Fatalf("action id %d is not unique", a.ID)
			}
			ids[a.ID] = true
		}
	})
}

func TestStoredProbabilityIsHowOftenAPurposeIsDrawn(t *testing.T) {
	t.Parallel()
	const customers = 20_000
	b := brandWith(1, customers)
	plan := decision.Make(b, cases(b, customers))
	purposes := map[event.Purpose]int{}
	for _, a := range plan.Actions {
		purposes[a.Purpose]++
	}
	// Levers on need and trust tie, so serve and ask are drawn 1:1. Four
	// standard errors of a share of 0.5 among 20,000 are 0.0141.
	if share := float64(purposes[event.Serve]) / customers; math.Abs(share-0.5) > 0.0141 {
		t.Errorf("serve was drawn in %.4f of cases, stored was 0.5", share)
	}
}

// Effects are learned by comparing what was drawn: then nothing but what is done
// may hang on the draw, least of all whether anything is.
func TestWhoIsContactedDoesNotHangOnWhatWasDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, cases := brandOf(t)
		b.Settings.Explore = decision.Explore{TieShare: .5} // days are another draw
		b.Library.Materials = slices.DeleteFunc(slices.Clone(b.Library.Materials), func(content.Material) bool { return rapid.IntRange(0, 3).Draw(t, "missing") == 0 })
		contacted := func(salt string) map[id.Customer]string {
			b.Salt = salt
			who := map[id.Customer]string{}
			for _, a := range decision.Make(b, slices.Values(cases)).Actions {
				if a.Channel == event.OneToOne {
					who[a.Customer] = fmt.Sprint(a.Alternatives)
				}
			}
			return who
		}
		one := contacted("one")
		for _, salt := range []string{"two", "three"} {
			if other := contacted(salt); !maps.Equal(one, other) {
				t.Fatalf("another draw contacts\n%v instead of\n%v", other, one)
			}
		}
	})
}

func TestReplanTouchesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	b := brandWith(1, 2)
	all := slices.Collect(cases(b, 4))
	plan := decision.Make(b, slices.Values(all))
	given := map[id.Customer]decision.Action{}
	for _, a := range plan.Actions {
		given[a.Customer] = a
		b.Given = loadsOf(plan.Actions)
	}
	same := decision.Replan(b, given, slices.Values(all))
	if len(same.Actions)+len(same.Cancelled)+len(same.Withheld) != 0 {
		t.Errorf("nothing changed, but the plan did: %+v", same)
	}

	for i := range all { // another purpose fits better now
		all[i].Insight.Limiting, all[i].Insight.Levers[0].Gain = insight.Need, 0
	}
	same = decision.Replan(b, given, slices.Values(all))
	if len(same.Cancelled) != 0 {
		t.Errorf("tasks were taken back because another purpose fits better: %+v", same.Cancelled)
	}

	all[0].Profile.Refused = event.At(b.Now)
	change := decision.Replan(b, given, slices.Values(all[:1]))
	if len(change.Cancelled) != 1 || change.Cancelled[0].Because != decision.BecauseRefused || len(change.Withheld) != 1 {
		t.Errorf("an objection must take the action back: %+v", change)
	}
}

func TestReplanTakesBackWhatIsForbiddenNow(t *testing.T) {
	t.Parallel()
	for because, change := range map[decision.Because]func(*decision.Case){
		"":                        func(c *decision.Case) { c.InDoubt = true }, // it is this very action
		decision.BecauseComplaint: func(c *decision.Case) { c.Profile.Complaints = []profile.Complaint{{Opened: event.At(now)}} },
		decision.BecauseBought:    func(c *decision.Case) { c.Profile.Orders.Last = event.At(now) },
		decision.BecauseGone:      func(c *decision.Case) { c.Profile.Relations[0].Until = event.At(now) },
		decision.BecauseHoldout:   func(c *decision.Case) { c.Held = true },
		decision.BecauseBudgetDay: func(c *decision.Case) {
			c.Profile.Touches.Recent = append(c.Profile.Touches.Recent, profile.Touch{At: event.At(now), Channel: event.OneToOne})
		},
	} {
		b := brandWith(1, 1)
		c := slices.Collect(cases(b, 1))[0]
		c.Profile.Orders.Last = event.At(now.AddDate(0, 0, -40))
		c.Insight.Limiting, c.Insight.NextDue = insight.Exposure, now
		c.Insight.Levers = []insight.Lever{{Part: insight.Exposure, Gain: 900}}
		plan := decision.Make(b, slices.Values([]decision.Case{c}))
		if len(plan.Actions) != 1 || plan.Actions[0].Purpose != event.Remind {
			t.Fatalf("plan %+v", plan)
		}
		change(&c)
		got := decision.Replan(b, map[id.Customer]decision.Action{c.Profile.ID: plan.Actions[0]}, slices.Values([]decision.Case{c}))
		if len(got.Cancelled) != len(got.Withheld) || because == "" && len(got.Cancelled) != 0 {
			t.Errorf("%q: %+v", because, got)
		}
		if because != "" && (len(got.Cancelled) != 1 || got.Cancelled[0].Because != because) {
			t.Errorf("%q: %+v", because, got.Cancelled)
		}
	}
}

func TestReplanGivesTheRoomOfACancelledContactToSomebodyElse(t *testing.T) {
	t.Parallel()
	b := brandWith(1, 1)
	b.Settings.MaxConfirmations = 0
	all := slices.Collect(cases(b, 2))
	plan := decision.Make(b, slices.Values(all[:1]))
	b.Given = loadsOf(plan.Actions)
	given := map[id.Customer]decision.Action{plan.Actions[0].Customer: plan.Actions[0]}
	all[0].Profile.Refused = event.At(b.Now)
	change := decision.Replan(b, given, slices.Values(all))
	if len(change.Actions) != 1 || change.Actions[0].Customer != all[1].Profile.ID {
		t.Errorf("the second customer should take the place: %+v", change)
	}
	if given[plan.Actions[0].Customer].ID != plan.Actions[0].ID || b.Given[1].OneToOne != 1 {
		t.Error("replanning changed what the caller holds")
	}
}

func loadsOf(actions []decision.Action) map[id.Staff]decision.Load {
	given := map[id.Staff]decision.Load{}
	for _, a := range actions {
		l := given[a.Staff]
		l.OneToOne++
		given[a.Staff] = l
	}
	return given
}

func brandWith(members, capacity int) decision.Brief {
	b := brief()
	b.Now, b.Day = now, clock.Day(now, clock.Shanghai)
	b.Settings.Capacity = capacity
	for i := range members {
		b.Org.Staff = append(b.Org.Staff, org.Staff{ID: id.Staff(i + 1), Store: id.Store(i%50 + 1), Corp: "ww", Active: true, Contact: true})
	}
	return b
}

// cases yields customers who are all worth a contact, one at a time, as a
// database would.
func cases(b decision.Brief, n int) iter.Seq[decision.Case] {
	reasons := []insight.Reason{{Key: "trust.replied", Weight: 0.4, Number: 3}, {Key: "trust.silent", Weight: -0.3}, {Key: "trust.asked", Weight: 0.1}}
	return func(yield func(decision.Case) bool) {
		for i := range n {
			gain := float64(1000 + i*7919%5000)
			c := decision.Case{
				Profile: &profile.Customer{
					ID: id.Customer(i + 1), Relations: []profile.Relation{{Staff: b.Org.Staff[i%len(b.Org.Staff)].ID, Since: 1}},
					Touches: profile.Touches{Recent: []profile.Touch{{At: event.At(now.AddDate(0, -2, 0)), Channel: event.MassSend}}},
				},
				Insight: &insight.Customer{
					Limiting: insight.Trust, Trust: insight.Estimate{Because: reasons}, Repurchase: insight.Estimate{Model: "need-trust-exposure/1"},
					Levers: []insight.Lever{{Part: insight.Trust, Gain: gain, Cost: 100}, {Part: insight.Need, Gain: gain - 1, Cost: 100}},
				},
				OrdersAsOf: now,
			}
			if !yield(c) {
				return
			}
		}
	}
}

// BenchmarkPlan plans for a million customers of 600 members, all of whom are
// worth a contact, and prints the heap that the planner itself holds when it
// chooses.
func BenchmarkPlan(b *testing.B) {
	const customers = 1_000_000
	for range b.N {
		brief := brandWith(600, 30)
		p := decision.NewPlanner(brief)
		before := heap()
		begin := time.Now()
		for c := range cases(brief, customers) {
			p.Consider(c)
		}
		considered := time.Now()
		held := heap() - before
		chosen := time.Now()
		actions, withheld := 0, 0
		p.Choose(func(decision.Action) { actions++ }, func(decision.Withheld) { withheld++ })
		if actions+withheld != customers {
			b.Fatalf("%d + %d answers", actions, withheld)
		}
		b.ReportMetric(float64(held)/1e6, "MB")
		b.ReportMetric(considered.Sub(begin).Seconds()+time.Since(chosen).Seconds(), "s/plan")
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func ExampleAssign() {
	held := 0
	for c := range id.Customer(100_000) {
		if decision.Assign("salt", c, 0.05) {
			held++
		}
	}
	fmt.Println(held > 4_700 && held < 5_300)
	// Output: true
}

func TestHoldoutIsNestedAndStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		customer := id.Customer(rapid.Int64Min(1).Draw(t, "customer"))
		small, large := rapid.Float64Range(0, 0.5).Draw(t, "small"), rapid.Float64Range(0, 0.5).Draw(t, "large")
		if small > large {
			small, large = large, small
		}
		if decision.Assign("s", customer, small) && !decision.Assign("s", customer, large) {
			t.Fatalf("held at %g, not at %g", small, large)
		}
		if decision.Assign("s", customer, 0) {
			t.Fatal("held out although there is no hold-out")
		}
	})
}

func TestHoldoutShareFollowsTheSizeOfTheBrand(t *testing.T) {
	t.Parallel()
	rule := decision.Defaults().Holdout
	got := map[int]float64{}
	for _, n := range []int{1_999, 2_000, 29_999, 30_000} {
		got[n] = rule.ShareOf(n)
	}
	want := map[int]float64{1_999: 0, 2_000: 0.2, 29_999: 0.2, 30_000: 0.05}
	if !maps.Equal(got, want) {
		t.Errorf("shares %v, want %v", got, want)
	}
}
