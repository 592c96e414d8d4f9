package world

import (
	"maps"
	"slices"
	"testing"
)

func TestTheOracleLosesLessThanRulesThatKnowNoLaw(t *testing.T) {
	w, _ := lived(t, Config{Customers: 600, Seed: 5, Watched: true})
	var truths []Truth
	for i, truth := range reachable(w) {
		if i%10 == 0 {
			truths = append(truths, truth)
		}
	}
	ask := func(sight Sight) (known []Posterior) {
		for _, truth := range truths {
			known = append(known, w.Oracle(truth.Person, sight))
		}
		return known
	}
	everything, orders := ask(Sight{}), ask(Sight{TalkFrom: Never, ContactFrom: Never})
	recency := Judge(truths, RecencyRule(truths))
	least, little := Judge(truths, GainRule(everything)), Judge(truths, GainRule(orders))
	named := Judge(truths, NameRule(everything))
	t.Logf("recency %+v\nsees everything %+v, by name %+v\nsees orders %+v", recency, least, named, little)
	if !(least.Regret < recency.Regret) || !(little.Regret < recency.Regret) {
		t.Errorf("regret %v and %v, recency %v", least.Regret, little.Regret, recency.Regret)
	}
	if !(named.MacroF1 > recency.MacroF1) {
		t.Errorf("macro-F1 %v, recency %v", named.MacroF1, recency.MacroF1)
	}
}

func TestWatchingPeopleChangesNothing(t *testing.T) {
	watched, _ := lived(t, Config{Customers: 200, Seed: 6, Watched: true})
	alone, _ := lived(t, Config{Customers: 200, Seed: 6})
	if !maps.EqualFunc(receipts(watched), receipts(alone), slices.Equal) {
		t.Error("watched people buy something else")
	}
}

func TestLawsTakeAwayWhatTheyName(t *testing.T) {
	w, _ := lived(t, Config{Customers: 300, Seed: 7, Law: NoEffect})
	for _, truth := range reachable(w) {
		if truth.Limiting != NoPart {
			t.Fatalf("contacts have no effect, yet %s would help: %v", truth.Limiting, truth.Gain)
		}
	}
	w, _ = lived(t, Config{Customers: 300, Seed: 7, Law: TrustIsIdle})
	for _, truth := range reachable(w) {
		if truth.Trust != 0 {
			t.Fatalf("buying ignores trust, yet trust adds %v", truth.Trust)
		}
	}
	w, _ = lived(t, Config{Customers: 300, Seed: 7, Law: NoFatigue})
	for i := range w.people {
		if w.people[i].fatigue != 0 {
			t.Fatalf("nobody tires, yet person %d has had %v contacts too many", i, w.people[i].fatigue)
		}
	}
	if _, err := newWorld(Config{Law: "gravity"}, &nowhere{}); err == nil {
		t.Error("an unknown law was accepted")
	}
}
