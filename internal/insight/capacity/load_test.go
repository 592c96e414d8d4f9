package capacity_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
	"siyu/internal/profile"
)

var now = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

func days(n int) event.Instant { return event.At(now.AddDate(0, 0, -n)) }

func TestWhatBecameOfRelationsIsCounted(t *testing.T) {
	tally := capacity.NewTally(now)
	bought := func(first, last int) profile.Orders {
		return profile.Orders{Count: 2, First: days(first), Last: days(last)}
	}
	for _, c := range []profile.Customer{
		{Relations: []profile.Relation{{Staff: 5, Since: days(200)}}, Orders: bought(300, 10)},                                          // kept, bought again
		{Relations: []profile.Relation{{Staff: 5, Since: days(200), Until: days(20), End: event.ByCustomer}}, Orders: bought(300, 200)}, // lost, did not
		{Relations: []profile.Relation{{Staff: 5, Since: days(200), Until: days(20), End: event.ByStaff}}},                              // nobody knows
		{Relations: []profile.Relation{{Staff: 5, Since: days(200), Until: days(20), End: event.ByTransfer}, {Staff: 6, Since: days(20)}}},
		{Relations: []profile.Relation{{Staff: 5, Since: days(200), Until: days(100), End: event.ByCustomer}}}, // before the window
		{Relations: []profile.Relation{{Staff: 5, Since: days(30)}}, Orders: bought(300, 10)},                  // came later
		{Relations: []profile.Relation{{Staff: 5, Since: days(200)}, {Staff: 6, Since: days(150)}}, Orders: bought(30, 10)},
		{Relations: []profile.Relation{{Staff: 6, Since: days(200), Half: true}}},
	} {
		tally.Add(&c)
	}
	got := tally.List()
	want := []capacity.Held{{Staff: 5, Kept: 2, Lost: 1, Buyers: 2, Again: 1}, {Staff: 6, Kept: 1}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// world makes members whose customers are kept with a probability that falls
// beyond so many customers.
func world(lot *rand.Rand, members int, at, fall, between float64) []capacity.Held {
	list := make([]capacity.Held, members)
	for i := range list {
		n := 200 + lot.IntN(1400)
		p := .92 - fall/100*max(0, float64(n)-at) + between*lot.NormFloat64()
		kept, again := 0, 0
		for range n {
			if lot.Float64() < p {
				kept++
			}
			if lot.Float64() < .25 {
				again++
			}
		}
		list[i] = capacity.Held{Staff: id.Staff(i + 1), Kept: kept, Lost: n - kept, Buyers: n, Again: again}
	}
	return list
}

func TestABendThatIsThereIsFound(t *testing.T) {
	lot := rand.New(rand.NewPCG(7, 7))
	found, near := 0, 0
	const worlds = 30
	for range worlds {
		c := capacity.CurveOf(world(lot, 60, 800, .03, .02), capacity.Kept, lot)
		if c.Bends.Verdict == capacity.Falls {
			found++
			if math.Abs(float64(c.Bends.At)-800) < 250 {
				near++
			}
			if c.Bends.Per100 > -.015 || c.Bends.Per100 < -.06 {
				t.Errorf("falls by %g with each hundred, truly by 0.03", c.Bends.Per100)
			}
		}
	}
	if found < worlds-1 || near < worlds*3/4 {
		t.Errorf("found in %d of %d worlds, near where it is in %d", found, worlds, near)
	}
}

func TestWithoutABendOneVerdictInTenIsWrongAtMost(t *testing.T) {
	lot := rand.New(rand.NewPCG(8, 8))
	wrong := 0
	const worlds = 200
	for range worlds {
		if c := capacity.CurveOf(world(lot, 40, 0, 0, .03), capacity.Kept, lot); c.Bends.Verdict != capacity.Unbroken {
			wrong++
		}
	}
	if wrong > worlds/10 {
		t.Errorf("a bend in %d of %d worlds without any", wrong, worlds)
	}
	t.Logf("wrong in %d of %d", wrong, worlds)
}

func TestWithFewMembersOrEqualOnesNothingIsSaid(t *testing.T) {
	lot := rand.New(rand.NewPCG(9, 9))
	few := world(lot, capacity.LeastMembers-1, 800, .05, 0)
	few = append(few, capacity.Held{Staff: 99, Kept: 10}, capacity.Held{Staff: 98})
	if c := capacity.CurveOf(few, capacity.Kept, lot); c.Wanting != "members" || c.Members != capacity.LeastMembers-1 || c.Few != 1 {
		t.Errorf("%+v", c)
	}
	equal := make([]capacity.Held, 40)
	for i := range equal {
		equal[i] = capacity.Held{Staff: id.Staff(i + 1), Kept: 480 + i%7, Lost: 20}
	}
	if c := capacity.CurveOf(equal, capacity.Kept, lot); c.Wanting != "spread" || c.Members != 40 {
		t.Errorf("%+v", c)
	}
}

func TestTheSameMembersGiveTheSameCurve(t *testing.T) {
	members := world(rand.New(rand.NewPCG(1, 1)), 50, 700, .02, .02)
	a := capacity.CurveOf(members, capacity.Kept, rand.New(rand.NewPCG(2, 2)))
	b := capacity.CurveOf(members, capacity.Kept, rand.New(rand.NewPCG(2, 2)))
	if a.Bends != b.Bends {
		t.Errorf("%+v\n%+v", a.Bends, b.Bends)
	}
}

// A quarter of the buyers bought again, of every member: the curve is flat and
// says so, and its parts hold everybody once.
func TestAnOutcomeThatIsTheSameForAllIsUnbroken(t *testing.T) {
	members := world(rand.New(rand.NewPCG(3, 3)), 50, 700, .02, .02)
	c := capacity.CurveOf(members, capacity.Again, rand.New(rand.NewPCG(2, 2)))
	if c.Bends.Verdict != capacity.Unbroken || math.Abs(c.Share-.25) > .02 {
		t.Errorf("%+v", c)
	}
	n := 0
	for _, p := range c.Parts {
		n += p.Members
	}
	if n != 50 || len(c.Parts) != 5 {
		t.Errorf("%+v", c.Parts)
	}
}

func TestAdherenceThatFallsWithSizeIsTold(t *testing.T) {
	var crews []capacity.Crew
	for members := 1; members <= 20; members++ {
		crews = append(crews, capacity.Crew{Members: members, Due: 100, OnTime: 100 - 3*members - members%3})
	}
	s := capacity.SpanOf(append(crews, capacity.Crew{Members: 30, Due: 3}))
	if !s.Falls() || s.Rises() || s.Wide != 11 || s.Few != 1 || s.Rank.Pairs != 20 {
		t.Errorf("%+v", s)
	}
	if s.Sizes[0].Teams != 5 || s.Sizes[3].Teams != 5 || s.Sizes[0].Adherence <= s.Sizes[3].Adherence {
		t.Errorf("%+v", s.Sizes)
	}
}

func TestTeamsOfOneSizeSayNothingOfSize(t *testing.T) {
	crews := make([]capacity.Crew, 20)
	for i := range crews {
		crews[i] = capacity.Crew{Members: 4, Due: 50, OnTime: 20 + i}
	}
	if s := capacity.SpanOf(crews); s.Measurable() || s.Falls() {
		t.Errorf("%+v", s)
	}
	if s := capacity.SpanOf(crews[:3]); s.Measurable() {
		t.Errorf("%+v", s)
	}
}

func TestWideTeamsAndLargeOnesThatFallBehindAreNamed(t *testing.T) {
	var crews []capacity.Crew
	for members := 1; members <= 12; members++ {
		crews = append(crews, capacity.Crew{Store: id.Store(members), Members: members, Due: 100, OnTime: 90})
	}
	named := func() (stores []id.Store) {
		for _, c := range capacity.SpanOf(crews).Watch {
			stores = append(stores, c.Store)
		}
		return stores
	}
	if got := named(); !slices.Equal(got, []id.Store{12, 11}) {
		t.Errorf("where size makes no difference %v are named", got)
	}
	for i := range crews {
		crews[i].OnTime = 99 - 3*i - i%2
	}
	crews[9].OnTime = 99
	crews = append(crews, capacity.Crew{Store: 13, Members: 9, Due: 3})
	if got := named(); !slices.Equal(got, []id.Store{12, 11, 9, 8}) {
		t.Errorf("where large teams do less %v are named", got)
	}
}
