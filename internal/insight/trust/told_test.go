package trust

import (
	"math"
	"testing"

	"siyu/internal/event"
	"siyu/internal/insight/feature"
	"siyu/internal/profile"
)

// gave is a customer who gave these scores on day 80, 81, ... to messages that asked.
func gave(scores ...int) *profile.Customer {
	c := quiet()
	for i, s := range scores {
		c.Surveys = append(c.Surveys, profile.SurveyAnswer{At: event.Instant(80+i) * day, Survey: 1, Score: s, Touch: 5})
	}
	return c
}

// judged is a customer whom members found to be so on day 80, 81, ...
func judged(rapports ...event.Rapport) *profile.Customer {
	c := quiet()
	for i, r := range rapports {
		c.Judged = append(c.Judged, profile.Judgement{At: event.Instant(80+i) * day, Rapport: r})
	}
	return c
}

func TestWhatPeopleSayOutrightMovesTrustWithoutAnArchiveToo(t *testing.T) {
	for _, brand := range []Brand{known, {}} {
		of := func(c *profile.Customer) float64 { return score(measure(c, 100, brand)) }
		base := of(quiet())
		for name, c := range map[string]*profile.Customer{"who gives five of five": gave(5), "whom a member knows": judged(event.Close)} {
			if of(c) <= base {
				t.Errorf("%s: %v, without %v", name, of(c), base)
			}
		}
		for name, c := range map[string]*profile.Customer{"who gives one of five": gave(1), "who would rather not be bothered": judged(event.Cold)} {
			if of(c) >= base {
				t.Errorf("%s: %v, without %v", name, of(c), base)
			}
		}
		for name, c := range map[string]*profile.Customer{"who gives three of five": gave(3), "who is neither": judged(event.Lukewarm)} {
			if of(c) != base {
				t.Errorf("%s: %v, without %v", name, of(c), base)
			}
		}
	}
}

func TestTheLatestWordStandsAndFades(t *testing.T) {
	if got := measure(judged(event.Cold, event.Close), 100, known); got[distant].Value != 0 || got[familiar].Number != 19 {
		t.Errorf("taken back by tapping another: %+v, %+v", got[distant], got[familiar])
	}
	if got := measure(judged(event.Cold, event.Close), 81, known); got[familiar].Value != 0 || got[distant].Value == 0 {
		t.Errorf("before the second tap: %+v, %+v", got[distant], got[familiar])
	}
	if got := measure(judged(event.Close), 80+rapportHalfLife, known); math.Abs(got[familiar].Value-.5) > 1e-9 {
		t.Errorf("a half-life later: %+v", got[familiar])
	}
	if got := measure(gave(1, 5), 81+surveyHalfLife, known); math.Abs(got[surveyed].Value-.5) > 1e-9 || got[surveyed].Number != 5 {
		t.Errorf("a half-life after the latest score: %+v", got[surveyed])
	}
	out := make([]feature.Measured, Count)
	if n := Measure(on(gave(4, 4), 100), Brand{}, out); n != 2 {
		t.Errorf("trust rests on %d exchanges", n)
	}
}

func TestToAnswerASurveyIsAnActOfTrustWhateverTheScore(t *testing.T) {
	for _, brand := range []Brand{known, {}} {
		if !Acted(on(gave(1), 100), 70*day, brand) {
			t.Error("an answer to a message that asks is none")
		}
		if Acted(on(gave(1), 100), 81*day, brand) || Acted(on(gave(1), 80), 70*day, brand) {
			t.Error("an answer outside of the month counts")
		}
	}
	elsewhere := gave(5)
	elsewhere.Surveys[0].Touch = 0
	if Acted(on(elsewhere, 100), 70*day, known) {
		t.Error("an answer after an order is an act of trust")
	}
	if Acted(on(judged(event.Close), 100), 70*day, known) {
		t.Error("what a member thinks is an act of the customer")
	}
}
