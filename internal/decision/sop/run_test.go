package sop_test

import (
	"fmt"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
)

// stepsOf writes a process of private messages: name and offset in turn, "lane/name" for
// those of a lane.
func stepsOf(t *testing.T, steps ...string) sop.Process {
	t.Helper()
	text := "sop: 1\nname: moved\ntitle: {zh: 换}\nsubject: customer\ntrigger: {fact: relation_added}\nclock: relative\nagain: once\nexecutor: relation\nsteps:\n"
	for i := 0; i < len(steps); i += 2 {
		text += fmt.Sprintf("  - {name: %s, at: %s, channel: private, purpose: serve, content: [{text: {zh: 您好}}]}\n", steps[i], steps[i+1])
	}
	p, err := sop.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhoIsMovedGoesOnWhereNothingIsLostAndNothingHappensTwice(t *testing.T) {
	began := time.Date(2026, 5, 5, 9, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		sentence string
		is       []string
		next     string // "" where the run is through
	}{
		{"nothing changed", []string{"hello", "1h", "note", "2d", "tip", "3d"}, "note"},
		{"one that was to come stands before the one to come now", []string{"hello", "1h", "tip", "1d", "note", "2d"}, "tip"},
		{"the one to come is gone and the next falls earlier", []string{"hello", "1h", "tip", "1d"}, "tip"},
		{"a new one falls between the two", []string{"hello", "1h", "extra", "50h", "tip", "3d"}, "extra"},
		{"a new one is over", []string{"hello", "1h", "extra", "2h", "note", "2d"}, "note"},
		{"what happened comes later now", []string{"note", "2d", "hello", "3d", "tip", "4d"}, "note"},
		{"only what happened is left", []string{"hello", "3d"}, ""},
	} {
		was, is := stepsOf(t, "hello", "1h", "note", "2d", "tip", "3d"), stepsOf(t, c.is...)
		run := was.Enter(sop.RunKey{Subject: sop.OfCustomer, ID: 1, Occurrence: int64(event.At(began))}, 1, began, time.UTC)
		run.Step = 1
		next := is.Adopt(&was, run, []string{"hello"}, 2, time.UTC)
		got := ""
		if next.State == sop.Waiting {
			got = is.Steps[next.Step].Name
		}
		if got != c.next || next.Version != 2 {
			t.Errorf("%s: goes on at %q of version %d, want %q", c.sentence, got, next.Version, c.next)
		}
		if c.sentence == "what happened comes later now" && next.Happened != "hello" {
			t.Errorf("the run does not know what happened: %q", next.Happened)
		}
	}
}
