package mind

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"siyu/internal/insight"
	"siyu/internal/insight/brandtest"
	"siyu/internal/insight/lifecycle"
)

func TestANightGivesEverybodyAStageByTheCutPointsItLearned(t *testing.T) {
	law := brandtest.Usual()
	people, s := law.People(2000, 11), Situation{Now: law.End(), LinkRate: 1, LinkFloor: .5}
	learner := NewLearner(Defaults(), s)
	for _, p := range people {
		learner.Add(p.Profile)
	}
	document, err := json.Marshal(learner.Learned())
	if err != nil {
		t.Fatal(err)
	}
	var m Model
	if err := json.Unmarshal(document, &m); err != nil {
		t.Fatal(err)
	}
	cut := m.Stages.Of(brandtest.Line)
	if cut.From != lifecycle.FromGaps || cut.Gaps < 1000 || cut.Declining <= brandtest.CycleDays || cut.Most.Days <= cut.Most.Naive {
		t.Errorf("learned %+v", cut)
	}
	settings, counts := Defaults(), map[insight.Stage]int{}
	blind := s
	blind.LinkRate = .1
	for _, p := range people {
		k := m.Understand(&settings, &s, p.Profile)
		counts[k.Stage]++
		if !k.StageUntil.IsZero() && !k.StageUntil.After(s.Now) {
			t.Fatalf("%s until %s, which has passed", k.Stage, k.StageUntil)
		}
		if unseen := m.Understand(&settings, &blind, p.Profile).Stage; unseen != insight.Mature && unseen != insight.Unmeasurable {
			t.Fatalf("orders are not linked, yet somebody is %s", unseen)
		}
	}
	for _, stage := range insight.Stages() {
		if counts[stage] == 0 && stage != insight.Unmeasurable || counts[insight.Unmeasurable] > 0 {
			t.Fatalf("stages %v", counts)
		}
	}
	s.Stages = lifecycle.Settings{Points: []lifecycle.Point{{Declining: 1, Lost: 2}, {Line: brandtest.Line, Declining: 1, Lost: 2}}}
	set := map[insight.Stage]int{}
	for _, p := range people {
		set[m.Understand(&settings, &s, p.Profile).Stage]++
	}
	if set[insight.Lost] <= counts[insight.Lost]+counts[insight.Declining] || set[insight.Introduced] > counts[insight.Introduced] {
		t.Errorf("by days that are set %v, learned %v", set, counts)
	}
}

func TestCutPointsAreLearnedAlikeTwice(t *testing.T) {
	law := brandtest.Usual()
	learn := func() lifecycle.Cuts {
		l := NewLearner(Defaults(), Situation{Now: law.End().Add(time.Hour), LinkRate: 1})
		for _, p := range law.People(300, 3) {
			l.Add(p.Profile)
		}
		return l.Learned().Stages
	}
	if a, b := learn(), learn(); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v\n%+v", a, b)
	}
}
