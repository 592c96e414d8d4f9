package world

import (
	"math"
	"testing"
)

func reachable(w *World) []Truth {
	var out []Truth
	for _, t := range w.Truths() {
		if t.Reachable {
			out = append(out, t)
		}
	}
	return out
}

func TestEveryLimitingPartOccursAndNoneRules(t *testing.T) {
	w, _ := lived(t, Config{Customers: 2000, Seed: 21})
	truths := reachable(w)
	count := map[Part]float64{}
	for _, truth := range truths {
		count[truth.Limiting] += 1 / float64(len(truths))
	}
	for _, part := range []Part{NeedPart, TrustPart, ExposurePart, NoPart} {
		t.Logf("%-9s %.3f", part, count[part])
		if count[part] < 0.05 || count[part] > 0.60 {
			t.Errorf("%s is true of %.3f, expected 0.05 to 0.60", part, count[part])
		}
	}
	random, majority, recency := Judge(truths, RandomRule(truths, 1)), Judge(truths, MajorityRule(truths)), Judge(truths, RecencyRule(truths))
	t.Logf("random %+v\nmajority %+v\nrecency %+v", random, majority, recency)
	if majority.Accuracy < random.Accuracy || majority.MacroF1 > random.MacroF1 {
		t.Error("the majority rule must be right more often than chance and have a worse macro-F1")
	}
}

func TestTruthIsTheLeverThatGainsMost(t *testing.T) {
	w, _ := lived(t, Config{Customers: 300, Seed: 2})
	for _, truth := range w.Truths() {
		again := w.Truth(truth.Person)
		if again.Gain != truth.Gain || again.Limiting != truth.Limiting {
			t.Fatalf("asked twice, person %d has %+v and %+v", truth.Person, truth, again)
		}
		for _, part := range []Part{NeedPart, TrustPart, ExposurePart, NoPart} {
			if truth.Worth(part) > truth.Best() {
				t.Errorf("%s is said to limit person %d, %s is worth more: %v", truth.Limiting, truth.Person, part, truth.Gain)
			}
		}
		if !truth.Reachable && truth.Limiting != NoPart {
			t.Errorf("nobody can reach person %d and a lever is said to help", truth.Person)
		}
	}
}

// Three people who differ in one thing each: what holds them back must be it.
func TestTheLimitingPartIsWhatIsMissing(t *testing.T) {
	w := anyWorld(t)
	person := traits{base: meanBase, remember: math.Exp2(-1.0 / 14), disposition: 0.55, patience: 4, openness: 1.2, talk: 1, factors: w.factors}
	person.cycle = [lineCount]float32{38, 24, 180}
	person.appetite = [lineCount]float32{1, 0, 0}
	due := [lineCount]float32{45, neverBought, neverBought}
	for name, c := range map[string]struct {
		state hidden
		want  Part
	}{
		"due and trusting, but forgotten": {hidden{age: due, trust: 0.85, memory: 0.03}, ExposurePart},
		"due and present, but distrusted": {hidden{age: due, trust: 0.15, memory: 0.85}, TrustPart},
		"trusting and present, not due":   {hidden{age: [lineCount]float32{1, neverBought, neverBought}, trust: 0.85, memory: 0.85}, NeedPart},
		"gone for good":                   {hidden{age: due, trust: 0.5, memory: 0.5, lapsed: true}, NoPart},
	} {
		a := around{day: 400, service: 0.8, reachable: true}
		_, gain := person.counterfactual(c.state, a, w.chance, replicates)
		got := limiting(gain)
		if got != c.want {
			t.Errorf("%s: %s limits (gains %v), expected %s", name, got, gain, c.want)
		}
	}
}

func TestJudgeKnowsAnswers(t *testing.T) {
	truths := []Truth{
		{Limiting: NeedPart, Gain: [3]float64{0.5, 0.1, 0.2}},
		{Limiting: TrustPart, Gain: [3]float64{0.1, 0.4, 0.0}},
		{Limiting: NoPart, Gain: [3]float64{-0.1, -0.2, 0.01}},
		{Limiting: NeedPart, Gain: [3]float64{0.3, 0.2, 0.1}},
	}
	perfect := Judge(truths, []Part{NeedPart, TrustPart, NoPart, NeedPart})
	if perfect != (Score{People: 4, MacroF1: 1, Accuracy: 1}) {
		t.Errorf("the truth scores %+v", perfect)
	}
	// need: 1 of 2 found, 1 of 1 right, F1 2/3; trust: 1 of 1, 1 of 2 right, 2/3; none 1 of 1, 1 of 1, 1.
	s := Judge(truths, []Part{NeedPart, TrustPart, NoPart, TrustPart})
	if math.Abs(s.MacroF1-(2.0/3+2.0/3+1)/3) > 1e-12 || s.Accuracy != 0.75 || math.Abs(s.Regret-0.1/4) > 1e-12 {
		t.Errorf("scores %+v", s)
	}
}

func TestTwoSetsOfFuturesMostlyNameTheSamePart(t *testing.T) {
	w, _ := lived(t, Config{Customers: 600, Seed: 3})
	same, people := 0.0, 0.0
	for _, truth := range reachable(w) {
		p := &w.people[truth.Person]
		_, gain := p.counterfactual(p.hidden, w.around(p, w.day), p.apart(1), replicates)
		people++
		if limiting(gain) == truth.Limiting {
			same++
		}
	}
	t.Logf("the same part for %.3f of people", same/people)
	if same/people < 0.8 {
		t.Errorf("only %.3f of people keep their limiting part under other luck", same/people)
	}
}
