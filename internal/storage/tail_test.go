package storage

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

func numbered(t *testing.T, from, n int) []event.Fact {
	t.Helper()
	facts := make([]event.Fact, n)
	for i := range facts {
		f, err := event.New(event.Customer(id.Customer(from+i)), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), event.FromCallback,
			id.Hash(fmt.Sprint(from+i)), event.CustomerSeen{Corp: "ww1", Type: 1})
		if err != nil {
			t.Fatal(err)
		}
		f.Seq, f.Received = int64(from+i), f.At.Add(1234567)
		facts[i] = f
	}
	return facts
}

func TestTheTailOfTheLogKeepsTheNewestWithoutGaps(t *testing.T) {
	var end tail
	if _, ok := end.after(0, 10); ok {
		t.Error("an empty tail answers")
	}
	const pushed, each = 5 * mostTail, 1000
	for from := 1; from <= pushed; from += each {
		end.push(numbered(t, from, each))
	}
	if _, ok := end.after(pushed-3*mostTail, 10); ok {
		t.Error("it reaches back farther than it may")
	}
	for after := int64(pushed - mostTail); after <= pushed; after += 777 {
		facts, ok := end.after(after, 500)
		if want := min(500, pushed-after); !ok || int64(len(facts)) != want {
			t.Fatalf("%d facts after %d, want %d", len(facts), after, want)
		}
		for i, f := range facts {
			if f.Seq != after+1+int64(i) {
				t.Fatalf("position %d is fact %d", after+1+int64(i), f.Seq)
			}
		}
	}
	end.push(numbered(t, pushed+11, 5)) // ten are on their way
	if _, ok := end.after(pushed, 10); ok {
		t.Error("it answers over a gap")
	}
	end.push(numbered(t, pushed+1, 10))
	if facts, ok := end.after(pushed+10, 10); !ok || len(facts) != 5 {
		t.Errorf("%d facts after the gap", len(facts))
	}
}

func TestTheTailSaysWhatTheDatabaseSays(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: filepath.Join(t.TempDir(), "siyu.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, facts := range [][]event.Fact{numbered(t, 1, 20), numbered(t, 11, 20), numbered(t, 1, 10)} {
		if _, err := db.AppendFacts(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	quick, ok := db.tail.after(0, 100)
	stored, err := db.facts(t.Context(), "SELECT "+factColumns+" FROM fact ORDER BY seq")
	if err != nil || !ok || len(stored) != 30 || fmt.Sprintf("%+v", quick) != fmt.Sprintf("%+v", stored) {
		t.Errorf("tail %d facts, database %d: %v\n%+v\n%+v", len(quick), len(stored), err, quick, stored)
	}
}
