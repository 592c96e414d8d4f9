package capacity_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/insight/capacity"
)

// works are pieces of a kind.
type works struct {
	kind capacity.Kind
	n    int
}

func load(list ...works) capacity.Load {
	l := capacity.Load{}
	for _, w := range list {
		l.Add(w.kind, w.n)
	}
	return l
}

// Two members, present five days of seven, with two hours each: 2 x 120 x 0.71 =
// 170 minutes. 30 messages take 120, 2 mass messages 4, 3 groups 30 and Moments
// of 1.42 members, rounded to one, 5: 159.
func TestHoursOfAStoreByHand(t *testing.T) {
	var team capacity.Team
	team.Add(0, 30)
	team.Add(0, 30)
	b := capacity.Defaults().BalanceOf(team, load(works{capacity.Ask, 30}, works{capacity.Mass, 2}, works{capacity.Groups, 3}), 1)
	if b.Has != 170*time.Minute || b.Needs != 159*time.Minute || b.Left() != 11*time.Minute || b.Short() {
		t.Errorf("%+v", b)
	}
	if list, lacks := b.Stops(); lacks != 0 || slices.ContainsFunc(list, func(s capacity.Stop) bool { return s.Stops > 0 || s.Needed }) {
		t.Errorf("stops %+v although time suffices", list)
	}
}

func TestAMemberWithMoreCapacityHasMoreTime(t *testing.T) {
	var usual, strong capacity.Team
	usual.Add(0, 30)
	strong.Add(60, 30)
	s := capacity.Defaults()
	if a, b := s.BalanceOf(usual, nil, 1).Has, s.BalanceOf(strong, nil, 1).Has; b != 2*a {
		t.Errorf("%s and %s", a, b)
	}
}

// One member has 85 minutes. 10 messages that sell to the untrusting (40), 10
// that sell (40), 5 questions (20) and Moments (5) take 105: 20 are missing, so
// five of the first are stopped and nothing else.
func TestSellingToTheUntrustingStopsFirst(t *testing.T) {
	var team capacity.Team
	team.Add(0, 30)
	b := capacity.Defaults().BalanceOf(team, load(works{capacity.Ask, 5}, works{capacity.Sell, 10}, works{capacity.SellDistrust, 10}), 1)
	list, lacks := b.Stops()
	if lacks != 0 || len(list) != 3 {
		t.Fatalf("%+v, lacks %s", list, lacks)
	}
	want := capacity.Stop{Kind: capacity.SellDistrust, Stops: 5, Of: 10, Frees: 20 * time.Minute, Needed: true}
	if list[0] != want || list[1].Needed || list[1].Stops != 0 || list[2].Stops != 0 {
		t.Errorf("%+v", list)
	}
}

func TestGroupsAndMomentsAreNeverStopped(t *testing.T) {
	var team capacity.Team
	team.Add(0, 30)
	b := capacity.Defaults().BalanceOf(team, load(works{capacity.Groups, 50}, works{capacity.Serve, 1}), 1)
	list, lacks := b.Stops()
	if len(list) != 1 || list[0].Kind != capacity.Serve || list[0].Stops != 1 {
		t.Errorf("%+v", list)
	}
	if want := (500 + 5 - 85) * time.Minute; lacks != want {
		t.Errorf("lacks %s, want %s", lacks, want)
	}
}

func TestStoppingFreesWhatIsMissingAndNotAPieceMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := capacity.Settings{ByHand: rapid.IntRange(0, 9).Draw(t, "by hand"), Confirm: rapid.IntRange(0, 9).Draw(t, "confirm"), Invite: 2, Process: 3, Group: 10, Moments: 5, Day: rapid.IntRange(1, 300).Draw(t, "day"), Present: 1}
		var team capacity.Team
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			team.Add(rapid.IntRange(0, 60).Draw(t, "capacity"), 30)
		}
		l := capacity.Load{}
		for _, k := range capacity.Kinds() {
			l.Add(k, rapid.IntRange(0, 40).Draw(t, string(k)))
		}
		b := s.BalanceOf(team, l, 1)
		list, lacks := b.Stops()
		freed, turn := time.Duration(0), true
		for _, stop := range list {
			if stop.Stops > 0 && !turn {
				t.Fatalf("%s is stopped although something before it goes on: %+v", stop.Kind, list)
			}
			turn = stop.Stops == stop.Of
			freed += stop.Frees
			if stop.Stops > stop.Of || stop.Frees > 0 && freed-s.Each(stop.Kind) >= -b.Left() {
				t.Fatalf("more is stopped than needed: %+v of %s missing", stop, -b.Left())
			}
		}
		if missing := max(0, -b.Left()); freed+lacks < missing || lacks > 0 && freed+lacks != missing {
			t.Fatalf("%s missing, %s freed, %s lacking", missing, freed, lacks)
		}
	})
}

// One member has 85 minutes of a usual day. The first process needs 10 steps of 3
// minutes and 5 of 2, the second 4 of 15, both of which sell, and 2 posts of 10 in
// groups; with Moments 125 minutes: 40 are missing. Of what takes most, three of 15
// minutes are stopped; half a day has 43 minutes, and 82 are missing.
func TestStepsOfProcessesTakeTheirOwnTimeAndGroupsAreNeverStopped(t *testing.T) {
	var team capacity.Team
	team.Add(0, 30)
	l := capacity.Load{}
	l.AddSteps(1, capacity.StepSell, 10, 3*time.Minute)
	l.AddSteps(1, capacity.StepSell, 5, 2*time.Minute)
	l.AddSteps(2, capacity.StepSell, 4, 15*time.Minute)
	l.AddSteps(2, capacity.StepGroup, 2, 10*time.Minute)
	b := capacity.Defaults().BalanceOf(team, l, 1)
	if b.Needs != 125*time.Minute || b.Steps() != 120*time.Minute || b.Of(2) != (capacity.Work{Process: 2, Count: 6, Takes: 80 * time.Minute}) || b.Of(1).Each() != 160*time.Second {
		t.Errorf("%+v", b)
	}
	list, lacks := b.Stops()
	want := []capacity.Stop{{Kind: capacity.StepSell, Process: 2, Stops: 3, Of: 4, Frees: 45 * time.Minute, Needed: true}, {Kind: capacity.StepSell, Process: 1, Of: 15}}
	if lacks != 0 || !slices.Equal(list, want) {
		t.Errorf("stops %+v, lacks %s", list, lacks)
	}
	half := capacity.Defaults().BalanceOf(team, l, .5)
	list, lacks = half.Stops()
	if half.Has != 43*time.Minute || list[0].Stops != 4 || list[1].Stops != 9 || lacks != 0 {
		t.Errorf("half a day has %s, stops %+v, lacks %s", half.Has, list, lacks)
	}
	if kinds := b.ByKind(); len(kinds) != 3 || kinds[0] != (capacity.Work{Kind: capacity.StepSell, Count: 19, Takes: 100 * time.Minute}) {
		t.Errorf("by kind: %+v", kinds)
	}
	list = capacity.AddStops(capacity.AddStops(nil, want), []capacity.Stop{{Kind: capacity.Sell, Stops: 1, Of: 2, Frees: time.Minute}, {Kind: capacity.StepSell, Process: 1, Stops: 15, Of: 15, Frees: 50 * time.Minute}})
	if len(list) != 3 || list[0].Kind != capacity.Sell || list[1] != (capacity.Stop{Kind: capacity.StepSell, Process: 1, Stops: 15, Of: 30, Frees: 50 * time.Minute}) {
		t.Errorf("of two places: %+v", list)
	}
}

func TestManyStepsOfALargeBrandAreStoppedInPart(t *testing.T) {
	l := capacity.Load{}
	l.AddSteps(1, capacity.Step, 300_000, 4*time.Minute)
	b := capacity.Defaults().BalanceOf(capacity.Team{Members: 2000, Shares: 2000}, l, 1)
	list, lacks := b.Stops()
	if lacks != 0 || list[0].Stops != 259_175 || list[0].Frees < -b.Left() {
		t.Errorf("%s missing: %+v, lacks %s", -b.Left(), list, lacks)
	}
}

func TestSumsOfPlacesAreSumsOfTheirWork(t *testing.T) {
	var one capacity.Team
	one.Add(0, 30)
	s := capacity.Defaults()
	a := s.BalanceOf(one, load(works{capacity.Ask, 2}, works{capacity.Groups, 1}), 1)
	b := s.BalanceOf(one, load(works{capacity.Ask, 3}, works{capacity.Sell, 1}), 1)
	sum := a
	sum.Add(b)
	if sum.Has != a.Has+b.Has || sum.Needs != a.Needs+b.Needs || sum.Team.Members != 2 {
		t.Errorf("%+v", sum)
	}
	kinds := ""
	for _, w := range sum.Work {
		kinds += string(w.Kind) + " "
	}
	if kinds != "sell ask moments groups " || sum.Work[1].Count != 5 {
		t.Errorf("%+v", sum.Work)
	}
}

func TestSettingsOutOfBoundsAreNamed(t *testing.T) {
	if wrong := capacity.Defaults().Flaws(); wrong != nil {
		t.Errorf("defaults: %v", wrong)
	}
	if wrong := (capacity.Settings{ByHand: -1, Group: 1000, Present: 1.2}).Flaws(); !slices.Equal(wrong, []string{"by_hand", "group", "day", "present"}) {
		t.Errorf("%v", wrong)
	}
}
